/** `<s-pins-panel>`: the pinned messages of a room, found by reading back through its log. */
import { button, h } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { hit } from './hit.js';
import { Panel } from './panel.js';
import { problemOf } from '../lib/problem.js';
import { refill } from '../lib/refill.js';

const PAGE = 200;
/** Pages read at once before asking whether to look further back. */
const PAGES = 5;

export class PinsPanel extends Panel {
  #store;
  #session;
  #room;
  #found = new Map();
  #before;
  #more = true;
  #busy = false;
  #end = new AbortController();

  constructor(store, room, shell) {
    super(t('pins.title'), shell);
    this.#store = store;
    this.#room = room;
    this.#session = store.session(room);
    this.#before = (this.#session.view?.top ?? 0) + 1;
  }

  connectedCallback() {
    this.#session.addEventListener('change', () => { this.#takeShown(); this.#draw(); }, { signal: this.#end.signal });
    this.#takeShown();
    this.#older();
  }

  disconnectedCallback() {
    this.#end.abort();
  }

  /** What happens while the panel is open is seen in the messages of the room. */
  #takeShown() {
    for (const event of this.#session.state.shown) this.#put(event);
  }

  #put(event) {
    if (event.state?.pinned) this.#found.set(event.seq, event);
    else this.#found.delete(event.seq);
  }

  async #older() {
    this.#busy = true;
    this.#draw();
    try {
      for (let page = 0; page < PAGES && this.#more; page += 1) {
        const { events, more } = await this.#store.client.history(this.#room, { before: this.#before, limit: PAGE });
        for (const event of events) if (event.kind === 'message') this.#put(event);
        this.#more = more && events.length > 0;
        this.#before = events[0]?.seq ?? this.#before;
      }
      this.#busy = false;
      this.#takeShown();
      this.#draw();
    } catch (error) {
      this.#busy = false;
      this.#draw(problemOf(error));
    }
  }

  #draw(problem = null) {
    const pins = [...this.#found.values()].sort((one, other) => other.state.pinned.at.localeCompare(one.state.pinned.at));
    refill(this.body,
      h('ul', { class: 'hits' }, pins.map((event) => hit(event, {
        store: this.#store, note: t('pins.by', { name: this.#store.name(event.state.pinned.by) }),
        go: () => this.shell.visit(this.#room, event.seq),
      }))),
      this.#busy ? h('p', { class: 'faint panel-note', role: 'status' }, `${t('loading')}…`) : null,
      problem ? h('p', { class: 'error-text panel-note' }, problem) : null,
      !pins.length && !this.#busy && !problem
        ? h('div', { class: 'state' }, icon('pin'), h('p', {}, t('pins.empty')), h('p', { class: 'faint' }, t('pins.empty.hint'))) : null,
      this.#more && !this.#busy ? button(t('pins.older'), { class: 'panel-more', on: { click: () => this.#older() } }) : null);
  }
}

customElements.define('s-pins-panel', PinsPanel);
