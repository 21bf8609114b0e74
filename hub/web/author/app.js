/** Starts the page of those who write notices: who is there, then either the sign-in form or the shell. */
import { api } from '../lib/api.js';
import { Client } from '../lib/client.js';
import { confirm } from '../lib/dialog.js';
import { fill } from '../lib/dom.js';
import { addCatalogues, locale, setLocale, t } from '../lib/i18n.js';
import { LocalStore, Outbox } from '../lib/outbox.js';
import { applyTheme, preferences, setPreference } from '../lib/preferences.js';
import { problemOf } from '../lib/problem.js';
import { loadSettings, settings } from '../lib/settings.js';
import { SignIn } from '../lib/sign-in.js';
import { toast } from '../lib/toast.js';
import { Desk } from './desk.js';
import { forget, unsaved } from './keeping.js';
import { CATALOGUES } from './messages/all.js';
import { Shell } from './shell.js';

const root = document.getElementById('app');

let desk = null;

addCatalogues(CATALOGUES);

function speak(name) {
  setLocale(name in CATALOGUES ? name : settings.locale);
  document.documentElement.lang = locale();
}

async function start() {
  applyTheme();
  await loadSettings();
  speak(preferences.locale ?? settings.locale);
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

function enter(answer) {
  const me = answer.me ?? answer;
  if (me.kind !== 'staff') {
    location.replace('/family');
    return;
  }
  speak(preferences.locale ?? me.locale ?? settings.locale);
  const client = new Client({ outbox: new Outbox(new LocalStore(me.id)), renew });
  desk = new Desk(client, me);
  desk.addEventListener('state', ({ detail }) => {
    if (detail.state === 'signed-out') askToSignIn({ note: detail.code === 4403 ? 'signin.ended.admin' : 'signin.ended' });
  });
  show();
  client.start();
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
  fill(root, new Shell(desk, { changeLocale, signOut }));
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
  const n = unsaved(desk.me.id).length;
  if (n && !await confirm({ title: t('settings.signout.title'), text: t('save.signout', { n }), yes: t('settings.signout'), danger: true })) return;
  desk.client.stop();
  try {
    await api.signOut();
  } catch (error) {
    toast(problemOf(error));
    desk.client.start();
    return;
  }
  forget(desk.me.id);
  history.replaceState(null, '', '#/');
  askToSignIn();
}

function end() {
  desk?.client.stop();
  desk?.end();
  desk = null;
}

start();
