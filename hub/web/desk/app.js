/** Starts the FAQ desk: who is there, what they keep, then the desk or why there is none. */
import { api } from '../lib/api.js';
import { button, fill, h } from '../lib/dom.js';
import { addCatalogues, locale, setLocale, t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { applyTheme, preferences, setPreference } from '../lib/preferences.js';
import { problemOf } from '../lib/problem.js';
import { loadSettings, settings } from '../lib/settings.js';
import { SignIn } from '../lib/sign-in.js';
import { toast } from '../lib/toast.js';
import { desk } from './api.js';
import en from './messages/en.js';
import ko from './messages/ko.js';
import { DeskShell } from './shell.js';

addCatalogues({ ko, en });

const root = document.getElementById('app');

function speak(name) {
  setLocale(name);
  document.documentElement.lang = locale();
  document.title = t('desk.title');
}

async function start() {
  applyTheme();
  await loadSettings();
  speak(preferences.locale ?? settings.locale);
  try {
    const answer = await api.me();
    await enter(answer.me ?? answer);
  } catch (error) {
    if (error.code === 'unauthenticated') askToSignIn();
    else askToSignIn(problemOf(error));
  }
}

function askToSignIn(note = null) {
  fill(root, new SignIn({ note, done: enter }));
}

async function enter(me) {
  speak(preferences.locale ?? me.locale ?? settings.locale);
  try {
    const { units, topics } = await desk.desks();
    fill(root, new DeskShell({ me, units, topics, changeLocale: (name) => changeLocale(me, name), signOut }));
  } catch (error) {
    fill(root, error.code === 'not_found' ? nothing() : failed(error, me));
  }
}

function nothing() {
  return h('main', { class: 'state whole' }, icon('building'),
    h('h1', {}, t('desk.none')), h('p', { class: 'faint' }, t('desk.none.hint')),
    h('a', { class: 'button button-plain', href: '/' }, t('desk.messenger')),
    button(t('settings.signout'), { kind: 'quiet', on: { click: signOut } }));
}

function failed(error, me) {
  return h('main', { class: 'state whole' }, icon('warning'), h('p', {}, problemOf(error)),
    button(t('retry'), { on: { click: () => enter(me) } }));
}

async function changeLocale(me, name) {
  setPreference('locale', name);
  speak(name);
  await enter(me);
  try {
    await api.setLocale(name);
  } catch {
    // This device remembers; the server hears of it the next time it is changed.
  }
}

async function signOut() {
  try {
    await api.signOut();
  } catch (error) {
    toast(problemOf(error));
    return;
  }
  askToSignIn();
}

start();
