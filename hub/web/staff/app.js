/** Starts the staff page: who is there, then either the sign-in form or the shell with a client. */
import { api } from '../lib/api.js';
import { Client } from '../lib/client.js';
import { fill } from '../lib/dom.js';
import { locale, setLocale } from '../lib/i18n.js';
import { LocalStore, Outbox } from '../lib/outbox.js';
import { loadSettings, settings } from '../lib/settings.js';
import { toast } from '../lib/toast.js';
import { problemOf } from '../lib/problem.js';
import { Notifier } from './notifier.js';
import { applyTheme, preferences, setPreference } from '../lib/preferences.js';
import { Shell } from './shell.js';
import { SignIn } from '../lib/sign-in.js';
import { Store } from '../talk/store.js';

const root = document.getElementById('app');

let session = null;

function speak(name) {
  setLocale(name);
  document.documentElement.lang = locale();
}

async function start() {
  applyTheme();
  await loadSettings();
  speak(preferences.locale ?? settings.locale);
  try {
    const answer = await api.me();
    enter(answer.me ?? answer);
  } catch (error) {
    if (error.code === 'unauthenticated') askToSignIn();
    else askToSignIn({ note: problemOf(error) });
  }
}

function askToSignIn({ note = null } = {}) {
  end();
  fill(root, new SignIn({ note, done: enter }));
}

function enter(me) {
  if (me.kind !== 'staff') {
    location.replace(`/family${location.hash}`); // families have a page of their own
    return;
  }
  speak(preferences.locale ?? me.locale ?? settings.locale);
  const client = new Client({
    outbox: new Outbox(new LocalStore(me.id)),
    renew: async () => {
      try {
        return (await api.renew()).token;
      } catch (error) {
        if (error.code === 'unauthenticated') return null;
        throw error;
      }
    },
  });
  const store = new Store(client, me);
  session = { client, store, notifier: new Notifier(store) };
  store.addEventListener('state', ({ detail }) => {
    if (detail.state === 'signed-out') {
      askToSignIn({ note: detail.code === 4403 ? 'signin.ended.admin' : 'signin.ended' });
    }
  });
  store.addEventListener('problem', ({ detail }) => toast(detail));
  show();
  client.start();
}

function show() {
  fill(root, new Shell(session.store, { changeLocale, signOut }));
}

async function changeLocale(name) {
  setPreference('locale', name);
  speak(name);
  show();
  try {
    await api.setLocale(name);
  } catch {
    // This device remembers; the server hears of it the next time it is changed.
  }
}

async function signOut() {
  session.client.stop();
  try {
    await api.signOut();
  } catch (error) {
    toast(problemOf(error));
    session.client.start();
    return;
  }
  history.replaceState(null, '', '#/');
  askToSignIn();
}

function end() {
  session?.client.stop();
  session?.notifier.end();
  session = null;
}

start();
