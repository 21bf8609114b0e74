/** `<s-shell>`: the panes, the place in the history, the keys that work everywhere. */
import { button, fill, h } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { ConnectionBanner } from '../lib/banner.js';
import { MembersPanel } from './members-panel.js';
import { PinsPanel } from './pins-panel.js';
import { RoomList } from './room-list.js';
import { RoomView } from '../talk/room-view.js';
import { current, go, leave } from '../talk/route.js';
import { SearchPanel } from './search-panel.js';
import { openSwitcher } from './switcher.js';

/** From this width on, a panel stands beside the room rather than over it. */
const BESIDE = '(min-width: 1080px)';
const PANELS = { members: MembersPanel, pins: PinsPanel, search: SearchPanel };

export class Shell extends HTMLElement {
  #store;
  #list;
  #main;
  #aside;
  /** The room that is shown; undefined until something is. */
  #room;
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
      new ConnectionBanner(store),
      h('nav', { class: 'pane rooms-pane', 'aria-label': t('rooms.title') }, this.#list),
      this.#main,
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
    this.#store.addEventListener('reset', () => { this.#room = undefined; this.#view = null; }, options);
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

  /** Go to a message that a panel names; the panel stays where it hides nothing. */
  visit(room, seq) {
    if (room === this.#room && this.#view && matchMedia(BESIDE).matches) this.#view.jump(seq);
    else go(room, { seq });
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
    if (!room) return [state('rooms.choose', 'rooms.choose.hint')];
    const waits = !this.#store.loaded;
    return [
      // On phones the list is elsewhere: there must be a way to it from here, too.
      h('header', { class: 'room-head to-list' },
        button(t('back'), { kind: 'icon', icon: icon('back'), on: { click: leave } }),
        h('h1', { class: 'one-line' }, waits ? `${t('loading')}…` : t('rooms.title'))),
      waits ? h('div', { class: 'boot', 'aria-hidden': 'true' }, h('div', { class: 'skeleton' })) : state('room.gone', 'room.gone.hint'),
    ];
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

function state(words, hint) {
  return h('div', { class: 'state' }, h('p', {}, t(words)), h('p', { class: 'faint' }, t(hint)));
}

customElements.define('s-shell', Shell);
