/** `<f-room-list>`: the rooms of a family: those with teachers, and the class rooms. */
import { fill, h } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { place } from '../lib/refill.js';
import { Drafts } from '../talk/drafts.js';
import { roomRow } from '../talk/room-row.js';

const SKELETON_ROWS = 4;

export class RoomList extends HTMLElement {
  #store;
  #drafts;
  #list = h('ul', { class: 'room-list', 'aria-label': t('tab.rooms') });
  #note = h('div', { class: 'state', role: 'status', hidden: true });
  #rows = new Map();
  #current = null;
  #frame = null;
  #minute;
  #stop = new AbortController();

  constructor({ store }) {
    super();
    this.#store = store;
    this.#drafts = new Drafts(store.me.id);
    this.className = 'family-rooms';
    this.append(h('header', { class: 'feed-head' }, h('h1', {}, t('tab.rooms'))), this.#list, this.#note);
    for (const type of ['rooms', 'people', 'presence', 'typing', 'reset', 'draft']) {
      store.addEventListener(type, () => this.#later(), { signal: this.#stop.signal });
    }
  }

  connectedCallback() {
    this.#minute = setInterval(() => this.#later(), 60_000);
    this.#render();
  }

  disconnectedCallback() {
    clearInterval(this.#minute);
  }

  /** Nobody shows this list any more. */
  end() {
    this.#stop.abort();
  }

  /** Show which room is open. */
  mark(room) {
    this.#current = room;
    this.#render();
  }

  #later() {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      this.#render();
    });
  }

  #render() {
    const store = this.#store;
    if (!store.loaded) {
      fill(this.#list, Array.from({ length: SKELETON_ROWS }, () => h('li', { class: 'room-row-skeleton', 'aria-hidden': 'true' },
        h('div', { class: 'skeleton' }), h('div', {}, h('div', { class: 'skeleton' }), h('div', { class: 'skeleton' })))));
      return;
    }
    const rooms = store.sorted();
    const now = new Date();
    this.#rows = new Map(rooms.map((room) => {
      const isOpen = room.id === this.#current;
      const draft = isOpen ? '' : this.#drafts.get(room.id).text ?? '';
      return [room.id, roomRow(room, { store, now, isOpen, draft, known: this.#rows.get(room.id) })];
    }));
    place(this.#list, [...this.#rows.values()].map(({ node }) => node));
    this.#note.hidden = rooms.length > 0;
    if (!rooms.length) fill(this.#note, icon('talk'), h('p', {}, t('rooms.empty')), h('p', { class: 'faint' }, t('talk.empty.hint')));
  }
}

customElements.define('f-room-list', RoomList);
