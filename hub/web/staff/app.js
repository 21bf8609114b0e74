/** Starts the staff page. */
import { Client } from '../lib/client.js';
import { LocalStore, Outbox } from '../lib/outbox.js';
import { Start } from '../lib/start.js';
import { toast } from '../lib/toast.js';
import { Store } from '../talk/store.js';
import { Notifier } from './notifier.js';
import { Shell } from './shell.js';

let session = null;

const start = new Start({ enter, show: () => new Shell(session.store, start), client: () => session?.client, end });

function enter(me) {
  if (me.kind !== 'staff') {
    location.replace(`/family${location.hash}`); // families have a page of their own
    return false;
  }
  const client = new Client({ outbox: new Outbox(new LocalStore(me.id)), renew: start.renew });
  const store = new Store(client, me);
  session = { client, store, notifier: new Notifier(store) };
  store.addEventListener('state', ({ detail }) => start.follow(detail));
  store.addEventListener('problem', ({ detail }) => toast(detail));
  return true;
}

function end() {
  session?.client.stop();
  session?.notifier.end();
  session = null;
}

start.begin();
