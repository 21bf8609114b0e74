/** `<s-room-list>`: my rooms, the latest first, with a filter, the way to a new one, and the settings. */
import { button, fill, h } from '../lib/dom.js';
import { matches } from '../lib/hangul.js';
import { t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { place } from '../lib/refill.js';
import { Drafts } from '../talk/drafts.js';
import { openNewRoom } from './new-room.js';
import { roomRow } from '../talk/room-row.js';
import { go } from '../talk/route.js';
import { openSettings } from './settings-menu.js';

const SKELETON_ROWS = 8;

export class RoomList extends HTMLElement {
  #store;
  #drafts;
  #list;
  #filter;
  #note;
  #rows = new Map();
  #current = null;
  #frame = null;
  #minute = null;
  #end = new AbortController();

  constructor(store, actions) {
    super();
    this.#store = store;
    this.#drafts = new Drafts(store.me.id);
    this.#filter = h('input', {
      class: 'input', type: 'search', placeholder: t('rooms.filter.hint'), 'aria-label': t('rooms.filter'),
      on: { input: () => this.#render(), keydown: (event) => this.#filterKey(event) },
    });
    this.#list = h('ul', { class: 'room-list', 'aria-label': t('rooms.title'), on: { keydown: (event) => this.#key(event) } });
    this.#note = h('div', { class: 'state', hidden: true, role: 'status' });
    this.append(
      h('header', { class: 'rooms-head' },
        h('h1', {}, t('rooms.title')),
        this.#mayBegin ? button(t('rooms.new'), { kind: 'icon', icon: icon('compose'), on: { click: () => openNewRoom(store) } }) : null,
        store.me.kind === 'staff' ? h('a', { class: 'button button-icon', href: '/author', 'aria-label': t('rooms.notices'), title: t('rooms.notices') }, icon('bell')) : null,
        button(t('settings.title'), {
          kind: 'icon', icon: icon('settings'), 'aria-haspopup': 'menu',
          on: { click: (event) => openSettings(event.currentTarget, store, actions) },
        })),
      h('div', { class: 'rooms-filter', role: 'search' }, icon('search'), this.#filter),
      this.#list,
      this.#note,
    );
  }

  connectedCallback() {
    const options = { signal: this.#end.signal };
    for (const type of ['rooms', 'people', 'presence', 'typing', 'reset', 'draft']) {
      this.#store.addEventListener(type, () => this.#later(), options);
    }
    // "오후 3:05" becomes "어제" without anything happening.
    this.#minute = setInterval(() => this.#later(), 60_000);
    this.#render();
  }

  disconnectedCallback() {
    this.#end.abort();
    clearInterval(this.#minute);
  }

  /** Show which room is open. */
  mark(room) {
    this.#current = room;
    this.#render();
    this.#rows.get(room)?.node.scrollIntoView({ block: 'nearest' });
  }

  /** Guardians and students answer; they have no directory to begin from. */
  get #mayBegin() {
    return this.#store.me.kind === 'staff';
  }

  #later() {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      this.#render();
    });
  }

  #shown() {
    const query = this.#filter.value.trim();
    const rooms = this.#store.sorted();
    return query ? rooms.filter((room) => matches(query, this.#store.titleOf(room))) : rooms;
  }

  #render() {
    if (!this.#store.loaded) {
      this.#list.setAttribute('aria-busy', 'true');
      fill(this.#list, Array.from({ length: SKELETON_ROWS }, () => h('li', { class: 'room-row-skeleton', 'aria-hidden': 'true' },
        h('div', { class: 'skeleton' }), h('div', {}, h('div', { class: 'skeleton' }), h('div', { class: 'skeleton' })))));
      return;
    }
    this.#list.removeAttribute('aria-busy');
    const rooms = this.#shown();
    const now = new Date();
    const focused = this.#list.contains(document.activeElement) ? document.activeElement.closest('li')?.dataset.room : null;
    const kept = new Map();
    for (const room of rooms) {
      const isOpen = room.id === this.#current;
      const draft = isOpen ? '' : this.#drafts.get(room.id).text ?? '';
      const known = this.#rows.get(room.id);
      const made = roomRow(room, { store: this.#store, now, isOpen, draft, known });
      kept.set(room.id, made);
    }
    this.#rows = kept;
    place(this.#list, [...kept.values()].map(({ node }) => node));
    this.#tabStop(focused);
    this.#empty(rooms);
  }

  #tabStop(focused) {
    const links = [...this.#list.querySelectorAll('a')];
    const stop = links.find((link) => link.parentNode.dataset.room === (focused ?? this.#current)) ?? links[0];
    for (const link of links) link.tabIndex = link === stop ? 0 : -1;
  }

  #empty(rooms) {
    this.#note.hidden = rooms.length > 0;
    if (rooms.length) return;
    const query = this.#filter.value.trim();
    if (query) fill(this.#note, h('p', {}, t('rooms.none', { query })));
    else {
      fill(this.#note, h('p', {}, t('rooms.empty')), this.#mayBegin ? h('p', { class: 'faint' }, t('rooms.empty.hint')) : null,
        this.#mayBegin ? button(t('rooms.new'), { kind: 'main', icon: icon('plus'), on: { click: () => openNewRoom(this.#store) } }) : null);
    }
  }

  #filterKey(event) {
    if (event.isComposing) return;
    if (event.key === 'ArrowDown') {
      this.#list.querySelector('a')?.focus();
      event.preventDefault();
    } else if (event.key === 'Enter') {
      const [first] = this.#shown();
      if (!first) return;
      this.#filter.value = '';
      go(first.id);
    } else if (event.key === 'Escape' && this.#filter.value) {
      this.#filter.value = '';
      this.#render();
      event.preventDefault();
    }
  }

  #key(event) {
    const links = [...this.#list.querySelectorAll('a')];
    const at = links.indexOf(document.activeElement);
    if (at < 0) return;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    if (to < 0) {
      this.#filter.focus();
      return;
    }
    const link = links[Math.min(to, links.length - 1)];
    for (const other of links) other.tabIndex = other === link ? 0 : -1;
    link.focus();
  }
}

customElements.define('s-room-list', RoomList);
