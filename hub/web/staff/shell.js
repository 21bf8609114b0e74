/** `<s-shell>`: the panes, the place in the history, the keys that work everywhere. */
import { h, fill } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { ConnectionBanner } from './banner.js';
import { MembersPanel } from './members-panel.js';
import { PinsPanel } from './pins-panel.js';
import { RoomList } from './room-list.js';
import { RoomView } from './room-view.js';
import { current } from './route.js';
import { SearchPanel } from './search-panel.js';
import { openSwitcher } from './switcher.js';

const PANELS = { members: MembersPanel, pins: PinsPanel, search: SearchPanel };

export class Shell extends HTMLElement {
  #store;
  #list;
  #main;
  #aside;
  #room = null;
  #view = null;
  #panel = null;
  #end = new AbortController();

  constructor(store, { changeLocale, signOut }) {
    super();
    this.#store = store;
    this.#list = new RoomList(store, { changeLocale, signOut });
    this.#main = h('section', { class: 'pane room-pane' });
    this.#aside = h('section', { class: 'pane details-pane', hidden: true });
    this.className = 'shell';
    // All of it: on phones only one pane is there at a time, and each of them is what the page is for.
    this.setAttribute('role', 'main');
    this.append(
      h('nav', { class: 'pane rooms-pane', 'aria-label': t('rooms.title') }, this.#list),
      h('div', { class: 'middle' }, new ConnectionBanner(store), this.#main),
      this.#aside,
    );
  }

  connectedCallback() {
    const options = { signal: this.#end.signal };
    addEventListener('popstate', () => this.#show(), options);
    addEventListener('hashchange', () => this.#show(), options);
    addEventListener('keydown', (event) => this.#key(event), options);
    this.#store.addEventListener('rooms', () => this.#appeared(), options);
    this.#store.addEventListener('gone', ({ detail }) => { if (detail === this.#room) this.#show(true); }, options);
    this.#store.addEventListener('reset', () => { this.#room = null; this.#view = null; }, options);
    this.#show();
  }

  disconnectedCallback() {
    this.#end.abort();
  }

  /** Open a side panel, or close it where it is open already. */
  toggle(name) {
    if (history.state?.panel === name) {
      this.closePanel();
      return;
    }
    const state = { inside: true, panel: name };
    // One step for the panel, however many panels are opened in it.
    if (history.state?.panel) history.replaceState(state, '');
    else history.pushState(state, '');
    this.#showPanel();
  }

  closePanel() {
    if (history.state?.panel) history.back();
  }

  /** The room in the address may come only with the first `open`, or with a later `joined`. */
  #appeared() {
    if (!this.#view && current().room) this.#show(true);
  }

  #show(again = false) {
    const { room, seq } = current();
    if (room !== this.#room || again) {
      this.#room = room;
      this.#view = room && this.#store.rooms.has(room) ? new RoomView(this.#store, room, this) : null;
      fill(this.#main, this.#view ?? this.#placeholder(room));
      this.#list.mark(room);
      this.#panel = null;
    }
    this.dataset.view = room ? 'room' : 'list';
    if (seq && this.#view) this.#view.jump(seq);
    this.#showPanel();
  }

  #placeholder(room) {
    if (room && !this.#store.loaded) return h('div', { class: 'boot' }, h('div', { class: 'skeleton' }));
    const keys = room ? ['room.gone', 'room.gone.hint'] : ['rooms.choose', 'rooms.choose.hint'];
    return h('div', { class: 'state' }, h('p', {}, t(keys[0])), h('p', { class: 'faint' }, t(keys[1])));
  }

  #showPanel() {
    const name = this.#view ? history.state?.panel ?? null : null;
    const Kind = PANELS[name];
    this.#aside.hidden = !Kind;
    this.toggleAttribute('data-panel', Boolean(Kind));
    this.#view?.markPanel(name);
    if (!Kind) {
      const hadFocus = this.#aside.contains(document.activeElement);
      fill(this.#aside);
      if (hadFocus) this.#view?.focusCompose();
      this.#panel = null;
    } else if (!(this.#panel instanceof Kind)) {
      this.#panel = new Kind(this.#store, this.#room, this);
      this.#aside.setAttribute('aria-label', this.#panel.label);
      fill(this.#aside, this.#panel);
      this.#panel.begin?.();
    }
  }

  #key(event) {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.code === 'KeyK') {
      event.preventDefault(); // by code: with a Hangul layout the key's character is ㅏ
      openSwitcher(this.#store);
    } else if (event.key === 'Escape' && !event.defaultPrevented && !document.querySelector('dialog[open]')) {
      this.closePanel();
    }
  }
}

customElements.define('s-shell', Shell);
