/** `<s-search-panel>`: finds messages in this room, or in all of mine and notices beside them. */
import { api } from '../lib/api.js';
import { button, debounce, fill, h } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { hit, noticeHit } from './hit.js';
import { Panel } from './panel.js';
import { problemOf } from '../lib/problem.js';

const SHORTEST = 2;

export class SearchPanel extends Panel {
  #store;
  #room;
  #input;
  #here = true;
  #scope;
  #list = h('ul', { class: 'hits' });
  #note = h('div', { class: 'panel-note', role: 'status' });
  #more;
  #next = null;
  #running = null;

  constructor(store, room, shell) {
    super(t('search.title'), shell);
    this.#store = store;
    this.#room = room;
    this.#input = h('input', { class: 'input', type: 'search', 'aria-label': t('search.label'), placeholder: t('search.label'), on: { input: () => this.#soon() } });
    this.#scope = h('div', { class: 'segments', role: 'group', 'aria-label': t('search.title') }, [true, false].map((here) => button(
      t(here ? 'search.here' : 'search.everywhere'),
      { 'aria-pressed': String(here === this.#here), on: { click: (event) => this.#choose(here, event.currentTarget) } },
    )));
    this.#more = button(t('more'), { class: 'panel-more', hidden: true, on: { click: () => this.#search(this.#next) } });
    fill(this.body, h('div', { class: 'panel-form' }, this.#input, this.#scope), this.#note, this.#list, this.#more);
    this.#note.textContent = t('search.hint');
  }

  begin() {
    this.#input.focus();
  }

  #soon = debounce(250, () => this.#search(null));

  #choose(here, pressed) {
    this.#here = here;
    for (const one of this.#scope.children) one.setAttribute('aria-pressed', String(one === pressed));
    this.#search(null);
  }

  async #search(before) {
    const query = this.#input.value.trim();
    this.#running?.abort();
    if (query.length < SHORTEST) {
      fill(this.#list);
      this.#more.hidden = true;
      this.#note.textContent = t('search.hint');
      return;
    }
    const running = new AbortController();
    this.#running = running;
    this.#note.textContent = `${t('loading')}…`;
    try {
      const { hits, people, next, notices = [] } = await api.search({ q: query, room: this.#here ? this.#room : null, before }, running.signal);
      this.#store.learn(Object.entries(people ?? {}).map(([id, { name }]) => ({ id, name })));
      if (!before) fill(this.#list);
      this.#list.append(...notices.map((notice) => noticeHit(notice, query)), ...hits.map(({ room, event }) => hit(event, {
        store: this.#store, words: query, where: this.#here ? null : this.#titleOf(room), go: () => this.shell.visit(room, event.seq),
      })));
      this.#next = next;
      this.#more.hidden = !next;
      this.#note.textContent = this.#list.children.length ? '' : t('search.none', { query });
    } catch (error) {
      if (error.name !== 'AbortError') this.#note.textContent = problemOf(error);
    }
  }

  #titleOf(id) {
    const room = this.#store.rooms.get(id);
    return room ? this.#store.titleOf(room) : t('rooms.untitled');
  }
}

customElements.define('s-search-panel', SearchPanel);
