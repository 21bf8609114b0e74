/** Starts the FAQ desk: what somebody keeps, then the desk or why there is none. */
import { button, h } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { problemOf } from '../lib/problem.js';
import { Start } from '../lib/start.js';
import { desk } from './api.js';
import en from './messages/en.js';
import ko from './messages/ko.js';
import { DeskShell } from './shell.js';

let me = null;
/** What there is to keep, or why it could not be asked for. */
let kept = null;
let fault = null;

const start = new Start({ catalogues: { ko, en }, enter, show });

async function enter(who) {
  me = who;
  try {
    [kept, fault] = [await desk.desks(), null];
  } catch (error) {
    [kept, fault] = [null, error];
  }
}

function show() {
  document.title = t('desk.title');
  if (kept) return new DeskShell({ me, ...kept, changeLocale: start.changeLocale, signOut: start.signOut });
  return fault.code === 'not_found' ? nothing() : failed();
}

function nothing() {
  return h('main', { class: 'state whole' }, icon('building'),
    h('h1', {}, t('desk.none')), h('p', { class: 'faint' }, t('desk.none.hint')),
    h('a', { class: 'button button-plain', href: '/' }, t('desk.messenger')),
    button(t('settings.signout'), { kind: 'quiet', on: { click: start.signOut } }));
}

function failed() {
  return h('main', { class: 'state whole' }, icon('warning'), h('p', {}, problemOf(fault)),
    button(t('retry'), { on: { click: () => start.enter(me) } }));
}

start.begin();
