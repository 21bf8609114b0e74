/** Starts the family page. */
import { Client } from '../lib/client.js';
import { CATALOGUES as SPOKEN } from '../lib/i18n.js';
import { LocalStore, Outbox } from '../lib/outbox.js';
import { Start } from '../lib/start.js';
import { toast } from '../lib/toast.js';
import { list } from '../talk/route.js';
import { Store } from '../talk/store.js';
import { forgetDrafts } from './drafts.js';
import { CATALOGUES } from './messages/all.js';
import { Notices } from './notices.js';
import { mend, switchOff, tellWorker, worker } from './push.js';
import { current, go } from './route.js';
import { Shell } from './shell.js';

let session = null;

list.hash = '#/rooms';

const start = new Start({
  catalogues: CATALOGUES,
  visitor: spoken,
  enter,
  show: () => new Shell(session, start),
  client: () => session?.client,
  leave: switchOff,
  forget,
  spoke: () => session?.notices.reload(), // titles come in the language that the server knows
  end,
});

/** The language of this device's browser, where it is one of ours; a visitor has chosen none yet. */
function spoken() {
  return navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase()).find((name) => name in SPOKEN);
}

function enter(me) {
  if (me.kind === 'staff' && !me.roles.some(({ role }) => role === 'guardian' || role === 'student')) {
    // A notification's link: to staff it leads where they talk and write.
    location.replace(`${current().view === 'notice' ? '/author' : '/'}${location.hash}`);
    return false;
  }
  const client = new Client({ outbox: new Outbox(new LocalStore(me.id)), renew: start.renew });
  const store = new Store(client, me);
  session = { client, store, notices: new Notices(client, me) };
  store.addEventListener('state', ({ detail }) => start.follow(detail));
  store.addEventListener('problem', ({ detail }) => toast(detail));
  mend();
  return true;
}

/** What was read here is nobody else's business on this device. */
function forget() {
  tellWorker({ type: 'forget' });
  if (session) forgetDrafts(session.store.me.id);
}

function end() {
  session?.client.stop();
  session?.notices.end();
  session = null;
}

navigator.serviceWorker?.addEventListener('message', ({ data }) => {
  if (data?.type === 'go' && session) go(data.hash);
  if (data?.type === 'pushed') session?.notices.hurry();
});

worker();
start.begin();
