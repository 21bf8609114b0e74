/** `<f-shell>`: the navigation and, on wide screens side by side, what a place shows. */
import { Badge } from '../lib/badge.js';
import { ConnectionBanner } from '../lib/banner.js';
import { button, fill, h } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { RoomView } from '../talk/room-view.js';
import { Calendar } from './calendar.js';
import { Feed } from './feed.js';
import { FormView } from './form-view.js';
import { HoursNote } from './hours-note.js';
import { NoticeView } from './notice-view.js';
import { RoomList } from './room-list.js';
import { back, current, places, visiting } from './route.js';
import { SettingsView } from './settings-view.js';

const TABS = [
  ['feed', 'tab.feed', 'bell'],
  ['calendar', 'tab.calendar', 'calendar'],
  ['rooms', 'tab.rooms', 'talk'],
  ['settings', 'tab.settings', 'settings'],
];
/** The tab that each view belongs to. */
const TAB_OF = { notice: 'feed', form: 'feed', room: 'rooms' };

export class Shell extends HTMLElement {
  #session;
  #actions;
  #tabs = new Map();
  #side = h('section', { class: 'pane side-pane', tabindex: '-1' });
  #main = h('section', { class: 'pane main-pane', id: 'main', tabindex: '-1' });
  #lists = new Map();
  #place = {};
  #end = new AbortController();

  constructor(session, actions) {
    super();
    this.#session = session;
    this.#actions = actions;
    this.className = 'family';
    // All of it: on phones only one pane is there at a time, and each of them is what the page is for.
    this.setAttribute('role', 'main');
    const nav = h('nav', { class: 'tabs', 'aria-label': t('tab.label') },
      h('p', { class: 'tabs-name', 'aria-hidden': 'true' }, h('img', { src: '/web/lib/icon.svg', alt: '', width: 32, height: 32 }), t('app.name')),
      TABS.map(([view, words, picture]) => {
        const count = h('span', { class: 'tab-count' });
        const tab = h('a', { class: 'tab', ...visiting(places[view]()) }, h('span', { class: 'tab-icon' }, icon(picture), count), h('span', {}, t(words)));
        this.#tabs.set(view, { tab, count });
        return tab;
      }),
      session.store.me.kind === 'staff' ? h('a', { class: 'tab tab-staff', href: '/' }, h('span', { class: 'tab-icon' }, icon('leave')), h('span', {}, t('tab.staff'))) : null);
    this.append(
      h('a', { class: 'skip', href: '#main', on: { click: (event) => { event.preventDefault(); (this.#main.offsetParent ? this.#main : this.#side).focus(); } } }, t('tab.skip')),
      new ConnectionBanner(session.store), nav, this.#side, this.#main,
      h('div', { class: 'visually-hidden', role: 'status', id: 'spoken' }),
    );
  }

  connectedCallback() {
    const options = { signal: this.#end.signal };
    addEventListener('popstate', () => this.#show(), options);
    addEventListener('hashchange', () => this.#show(), options);
    this.#session.store.addEventListener('rooms', () => { this.#count(); this.#appeared(); }, options);
    this.#session.store.addEventListener('gone', () => this.#show(true), options);
    this.#session.notices.addEventListener('change', () => this.#count(), options);
    this.#session.notices.addEventListener('arrived', ({ detail }) => this.#say(detail), options);
    this.#count();
    this.#show(true);
    // Whatever place is opened first: the marks on the tabs and what is due next want them.
    const { notices } = this.#session;
    if (!notices.loaded && !notices.loading) notices.reload();
  }

  disconnectedCallback() {
    this.#end.abort();
    for (const list of this.#lists.values()) list.end();
  }

  #show(again = false) {
    const place = current();
    const same = JSON.stringify(place) === JSON.stringify(this.#place);
    if (same && !again) return;
    const moved = Boolean(this.#place.view) && !same;
    this.#place = place;
    const tab = TAB_OF[place.view] ?? place.view;
    this.dataset.view = place.view;
    this.dataset.tab = tab;
    this.#mark(tab);
    this.#showList(tab, place);
    const view = this.#viewOf(place);
    this.#main.hidden = !view;
    fill(this.#main, view);
    this.#main.scrollTop = 0;
    if (moved) this.#arrive(view);
  }

  /** The list beside or before what is shown: kept, so that one comes back to where one was. */
  #showList(tab, place) {
    const Kind = { feed: Feed, rooms: RoomList }[tab];
    this.#side.hidden = !Kind;
    if (!Kind) return;
    if (!this.#lists.has(tab)) this.#lists.set(tab, new Kind(this.#session));
    const list = this.#lists.get(tab);
    if (list.parentNode !== this.#side) fill(this.#side, list);
    list.mark(place.notice ?? place.room ?? null);
  }

  #viewOf(place) {
    switch (place.view) {
      case 'notice': return new NoticeView(this.#session, place.notice);
      case 'form': return new FormView(this.#session, place.notice, place.student);
      case 'calendar': return new Calendar(this.#session);
      case 'settings': return new SettingsView(this.#session, this.#actions);
      case 'room': return this.#room(place.room);
      default: return h('div', { class: 'state wide-only' }, icon(place.view === 'rooms' ? 'talk' : 'bell'), h('p', {}, t(place.view === 'rooms' ? 'rooms.choose' : 'feed.choose')));
    }
  }

  #room(id) {
    const { store } = this.#session;
    if (!store.rooms.has(id)) {
      return h('div', { class: 'view' },
        h('header', { class: 'view-head' }, button(t('back'), { kind: 'icon', icon: icon('back'), on: { click: () => back(places.rooms()) } })),
        h('div', { class: 'state' }, store.loaded ? [h('p', {}, t('room.gone')), h('p', { class: 'faint' }, t('room.gone.hint'))] : h('p', {}, `${t('loading')}…`)));
    }
    return new RoomView(store, id, null, { note: new HoursNote(this.#session, id) });
  }

  /** The room in the address may come only with the first `open`. */
  #appeared() {
    if (this.#place.view === 'room' && !this.#main.querySelector('s-room-view') && this.#session.store.rooms.has(this.#place.room)) this.#show(true);
  }

  #mark(current) {
    for (const [view, { tab }] of this.#tabs) {
      if (view === current) tab.setAttribute('aria-current', 'page');
      else tab.removeAttribute('aria-current');
    }
  }

  #count() {
    const { notices, store } = this.#session;
    const counts = { feed: [notices.unread, 'feed.unread'], rooms: [store.unread, 'rooms.unread'] };
    for (const [view, [n, words]] of Object.entries(counts)) {
      fill(this.#tabs.get(view).count, n ? Badge.of(n, t(words, { n })) : null);
    }
    const n = notices.unread + store.unread;
    document.title = t('notify.title', { n, name: t('app.name') });
    if (n) navigator.setAppBadge?.(n).catch(() => {});
    else navigator.clearAppBadge?.().catch(() => {});
  }

  /** A new place is spoken and read from its heading on. */
  #arrive(view) {
    const heading = (view?.isConnected && this.#main.querySelector('h1')) || this.#side.querySelector('h1');
    if (!heading || this.#main.contains(document.activeElement)) return;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }

  #say(words) {
    this.querySelector('#spoken').textContent = words;
  }
}

customElements.define('f-shell', Shell);
