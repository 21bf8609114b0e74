/** Starts the family page: who is there, then either the sign-in form or the shell with a client. */
import { api } from '../lib/api.js';
import { Client } from '../lib/client.js';
import { fill } from '../lib/dom.js';
import { addCatalogues, locale, setLocale } from '../lib/i18n.js';
import { LocalStore, Outbox } from '../lib/outbox.js';
import { applyTheme, preferences, setPreference } from '../lib/preferences.js';
import { problemOf } from '../lib/problem.js';
import { loadSettings, settings } from '../lib/settings.js';
import { SignIn } from '../lib/sign-in.js';
import { toast } from '../lib/toast.js';
import { list } from '../talk/route.js';
import { Store } from '../talk/store.js';
import { forgetDrafts } from './drafts.js';
import { CATALOGUES } from './messages/all.js';
import { Notices } from './notices.js';
import { mend, switchOff, tellWorker, worker } from './push.js';
import { go } from './route.js';
import { Shell } from './shell.js';

const root = document.getElementById('app');

let session = null;

addCatalogues(CATALOGUES);
list.hash = '#/rooms';

function speak(name) {
  setLocale(name);
  document.documentElement.lang = locale();
}

/** The language of this device's browser, where it is one of ours; a visitor has chosen none yet. */
function spoken() {
  const found = navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase()).find((name) => name in CATALOGUES);
  return found ?? settings.locale;
}

async function start() {
  applyTheme();
  worker();
  await loadSettings();
  speak(preferences.locale ?? spoken());
  try {
    enter(await api.me());
  } catch (error) {
    askToSignIn({ note: error.code === 'unauthenticated' ? null : problemOf(error) });
  }
}

function askToSignIn({ note = null } = {}) {
  end();
  fill(root, new SignIn({ note, done: enter }));
}

function enter(me) {
  if (me.kind === 'staff' && !me.roles.some(({ role }) => role === 'guardian' || role === 'student')) {
    location.replace('/');
    return;
  }
  speak(preferences.locale ?? me.locale ?? settings.locale);
  const client = new Client({ outbox: new Outbox(new LocalStore(me.id)), renew });
  const store = new Store(client, me);
  session = { client, store, notices: new Notices(client, me) };
  store.addEventListener('state', ({ detail }) => {
    if (detail.state === 'signed-out') {
      forget();
      askToSignIn({ note: detail.code === 4403 ? 'signin.ended.admin' : 'signin.ended' });
    }
  });
  store.addEventListener('problem', ({ detail }) => toast(detail));
  show();
  client.start();
  mend();
}

async function renew() {
  try {
    return (await api.renew()).token;
  } catch (error) {
    if (error.code === 'unauthenticated') return null;
    throw error;
  }
}

function show() {
  fill(root, new Shell(session, { changeLocale, signOut }));
}

async function changeLocale(name) {
  setPreference('locale', name);
  speak(name);
  show();
  try {
    await api.setLocale(name);
    session?.notices.reload(); // titles come in the language that the server knows
  } catch {
    // This device remembers; the server hears of it the next time it is changed.
  }
}

async function signOut() {
  session.client.stop();
  try {
    await switchOff();
    await api.signOut();
  } catch (error) {
    toast(problemOf(error));
    session.client.start();
    return;
  }
  forget();
  history.replaceState(null, '', '#/');
  askToSignIn();
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

start();
