/** Starts the page of those who write notices. */
import { Client } from '../lib/client.js';
import { confirm } from '../lib/dialog.js';
import { t } from '../lib/i18n.js';
import { LocalStore, Outbox } from '../lib/outbox.js';
import { Start } from '../lib/start.js';
import { mend, permission, switchOff } from '../family/push.js';
import { Desk } from './desk.js';
import { forget, unsaved } from './keeping.js';
import { CATALOGUES } from './messages/all.js';
import { Shell } from './shell.js';

let desk = null;

const start = new Start({
  catalogues: CATALOGUES,
  enter,
  show: () => new Shell(desk, start),
  client: () => desk?.client,
  mayLeave,
  leave: () => (permission() === 'granted' ? switchOff() : null),
  forget: (chosen) => { if (chosen) forget(desk.me.id); }, // who was signed out from outside finds their drafts again
  end,
});

function enter(me) {
  if (me.kind !== 'staff') {
    location.replace('/family');
    return false;
  }
  desk = new Desk(new Client({ outbox: new Outbox(new LocalStore(me.id)), renew: start.renew }), me);
  desk.addEventListener('state', ({ detail }) => start.follow(detail));
  mend();
  return true;
}

async function mayLeave() {
  const n = unsaved(desk.me.id).length;
  return !n || confirm({ title: t('settings.signout.title'), text: t('save.signout', { n }), yes: t('settings.signout'), danger: true });
}

function end() {
  desk?.client.stop();
  desk?.end();
  desk = null;
}

start.begin();
