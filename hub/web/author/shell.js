/** `<a-shell>`: the list of notices and, beside it, what is written or followed. */
import { ConnectionBanner } from '../lib/banner.js';
import { fill, h } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { Composer } from './composer.js';
import { Follow } from './follow.js';
import { NoticeList } from './notice-list.js';
import { current } from './route.js';
import { Rules } from './rules.js';

export class Shell extends HTMLElement {
  #desk;
  #list;
  #main = h('section', { class: 'pane main-pane', id: 'main', tabindex: '-1' });
  #place = null;
  #view = null;
  #end = new AbortController();

  constructor(desk, actions) {
    super();
    this.#desk = desk;
    this.#list = new NoticeList(desk, actions);
    this.className = 'author';
    // All of it: on phones only one pane is there at a time, and each of them is what the page is for.
    this.setAttribute('role', 'main');
    this.append(
      h('a', { class: 'skip', href: '#main', on: { click: (event) => { event.preventDefault(); this.#main.focus(); } } }, t('tab.skip')),
      new ConnectionBanner(desk),
      h('nav', { class: 'pane side-pane', 'aria-label': t('desk.title') }, this.#list),
      this.#main,
      h('div', { class: 'visually-hidden', role: 'status', id: 'spoken' }),
    );
  }

  connectedCallback() {
    const options = { signal: this.#end.signal };
    addEventListener('popstate', () => this.#show(), options);
    addEventListener('hashchange', () => this.#show(), options);
    this.#desk.reload();
    this.#desk.loadDesks().catch(() => {});
    this.#show();
  }

  disconnectedCallback() {
    this.#end.abort();
    this.#list.end();
  }

  #show() {
    const place = current();
    const key = JSON.stringify(place);
    if (key === this.#place) {
      this.#desk.hurry(); // chosen once more: one wants to know what is new
      return;
    }
    const moved = this.#place !== null;
    this.#place = key;
    this.dataset.view = place.view;
    this.#list.mark(place.notice ?? place.key ?? null);
    if (place.view === 'follow' && this.#view instanceof Follow && this.#view.id === place.notice) {
      this.#view.choose(place.tab);
      return;
    }
    this.#view = this.#viewOf(place);
    fill(this.#main, this.#view);
    if (moved) this.#arrive();
  }

  #viewOf(place) {
    if (place.view === 'write') return new Composer(this.#desk, place);
    if (place.view === 'follow') return new Follow(this.#desk, place);
    if (place.view === 'rules') return new Rules(this.#desk, place);
    document.title = `${t('desk.title')} · ${t('app.name')}`;
    return h('div', { class: 'state wide-only' }, icon('bell'), h('p', {}, t('desk.choose')), h('p', { class: 'faint' }, t('desk.choose.hint')));
  }

  /** A new place is spoken and read from its heading on. */
  #arrive() {
    if (this.#main.contains(document.activeElement)) return;
    const heading = this.#main.querySelector('h1') ?? this.#list.querySelector('h1');
    if (!heading) return;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }
}

customElements.define('a-shell', Shell);
