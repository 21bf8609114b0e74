/** `<f-feed>`: all notices of all children and schools in one list, what has to be done first. */
import { button, debounce, fill, h } from '../lib/dom.js';
import { t, when } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { problemOf } from '../lib/problem.js';
import { place, refill } from '../lib/refill.js';
import { schoolYear } from './dues.js';
import { Invite } from './invite.js';
import { noticeCard } from './notice-card.js';

const KINDS = ['note', 'newsletter', 'consent', 'documents'];
const SKELETONS = 6;
/** Open matters shown before "all of them". */
const TODO_SHOWN = 3;

export class Feed extends HTMLElement {
  #notices;
  #children = h('div', { class: 'chips-row', role: 'group', 'aria-label': t('feed.children') });
  #kind;
  #year;
  #search;
  #selects;
  #filterButton;
  #todo = h('section', { class: 'todo', hidden: true, 'aria-labelledby': 'todo-title' });
  #list = h('ol', { class: 'notice-list', 'aria-label': t('tab.feed') });
  #note = h('div', { class: 'feed-note', role: 'status' });
  #scroller;
  #end = h('div', { class: 'feed-end' });
  #cards = new Map();
  #todoCards = new Map();
  #allTodo = false;
  #open = null;
  #frame = null;
  #minute = null;
  #watcher = null;
  #place = 0;
  #stop = new AbortController();

  constructor({ notices }) {
    super();
    this.#notices = notices;
    this.#kind = h('select', { class: 'input', 'aria-label': t('feed.kind'), on: { change: () => this.#choose({ kind: this.#kind.value }) } },
      h('option', { value: '' }, t('feed.kind.all')), KINDS.map((kind) => h('option', { value: kind }, t(`kind.${kind}`))));
    this.#year = h('select', { class: 'input', 'aria-label': t('feed.year'), on: { change: () => this.#choose({ year: this.#year.value }) } });
    this.#search = h('input', {
      class: 'input', type: 'search', placeholder: t('feed.search'), 'aria-label': t('feed.search'), value: notices.filter.q,
      on: { input: debounce(350, () => this.#choose({ q: this.#search.value.trim() })) },
    });
    this.#kind.value = notices.filter.kind;
    this.#selects = h('div', { class: 'feed-filters', hidden: !(notices.filter.kind || notices.filter.year) }, this.#kind, this.#year);
    this.#filterButton = button(t('feed.filter'), {
      kind: 'icon', icon: icon('filter'), 'aria-expanded': String(!this.#selects.hidden),
      on: { click: () => { this.#selects.hidden = !this.#selects.hidden; this.#filterButton.setAttribute('aria-expanded', String(!this.#selects.hidden)); } },
    });
    this.#scroller = h('div', { class: 'feed-scroll' }, this.#note, this.#todo, new Invite(), this.#list, this.#end);
    this.className = 'feed';
    this.append(
      h('header', { class: 'feed-head' },
        h('h1', {}, t('tab.feed')),
        this.#children,
        h('div', { class: 'feed-filters', role: 'search' }, this.#search, this.#filterButton),
        this.#selects),
      this.#scroller,
    );
    this.#scroller.addEventListener('scroll', () => { this.#place = this.#scroller.scrollTop; }, { passive: true });
    notices.addEventListener('change', () => this.#later(), { signal: this.#stop.signal });
  }

  connectedCallback() {
    this.#watcher = new IntersectionObserver(([{ isIntersecting }]) => { if (isIntersecting) this.#notices.more(); }, { root: this.#scroller, rootMargin: '600px' });
    this.#watcher.observe(this.#end);
    this.#minute = setInterval(() => this.#later(), 60_000); // "오늘" passes without anything happening
    if (!this.#notices.loaded && !this.#notices.loading) this.#notices.reload();
    this.#render();
    this.#scroller.scrollTop = this.#place;
  }

  disconnectedCallback() {
    this.#watcher.disconnect();
    clearInterval(this.#minute);
  }

  /** Nobody shows this list any more. */
  end() {
    this.#stop.abort();
  }

  /** Show which notice is open. */
  mark(id) {
    this.#open = id;
    this.#later();
    if (!id) requestAnimationFrame(() => { this.#scroller.scrollTop = this.#place; });
  }

  #choose(filter) {
    this.#place = 0;
    this.#scroller.scrollTop = 0;
    this.#notices.choose(filter);
  }

  #later() {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      this.#render();
    });
  }

  #render() {
    const now = new Date();
    this.#renderFilters(now);
    const source = this.#notices;
    const several = source.names;
    this.#renderNote();
    this.#renderTodo(now, several);
    if (!source.loaded && source.loading && !source.items.size) {
      this.#list.setAttribute('aria-busy', 'true');
      fill(this.#list, Array.from({ length: SKELETONS }, () => h('li', { class: 'notice-skeleton', 'aria-hidden': 'true' }, h('div', { class: 'skeleton' }), h('div', { class: 'skeleton' }), h('div', { class: 'skeleton' }))));
      fill(this.#end);
      return;
    }
    this.#list.removeAttribute('aria-busy');
    const kept = new Map();
    const nodes = [];
    let day = null;
    for (const notice of source.sorted()) {
      if (this.#todoCards.has(notice.id)) continue; // it stands above: nobody wants to read it twice
      const at = new Date(notice.published_at);
      const key = when().key(at);
      if (key !== day) {
        day = key;
        const words = key === when().key(now) ? t('date.today') : when().day(at, now);
        const known = this.#cards.get(`day-${key}`);
        const made = known?.signature === words ? known : { node: h('li', { class: 'feed-day' }, h('h2', {}, words)), signature: words };
        kept.set(`day-${key}`, made);
        nodes.push(made.node);
      }
      const made = noticeCard(notice, { now, children: several, isOpen: notice.id === this.#open, known: this.#cards.get(notice.id) });
      kept.set(notice.id, made);
      nodes.push(made.node);
    }
    this.#cards = kept;
    place(this.#list, nodes);
    this.#renderEnd();
  }

  #renderFilters(now) {
    const { students, years, filter } = this.#notices;
    const signature = JSON.stringify([students, years, filter.student, filter.year]);
    if (this.#children.dataset.shown === signature) return;
    this.#children.dataset.shown = signature;
    this.#children.hidden = students.length < 2;
    refill(this.#children, [{ id: '', name: t('feed.children.all') }, ...students].map(({ id, name, unit: where }) => h('button', {
      type: 'button', class: 'chip-choice', key: id, 'aria-pressed': String(filter.student === id),
      on: { click: () => this.#choose({ student: id }) },
    }, h('span', {}, name), where ? h('span', { class: 'chip-place one-line' }, where) : null)));
    const known = years.length ? years : [schoolYear(when().key(now))];
    fill(this.#year, h('option', { value: '' }, t('feed.year.all')), known.map((year) => h('option', { value: String(year) }, t('feed.year.of', { year }))));
    this.#year.value = filter.year;
    this.#year.hidden = known.length < 2;
  }

  #renderNote() {
    const { error, items } = this.#notices;
    if (!error) {
      fill(this.#note);
      return;
    }
    refill(this.#note, h('div', { class: ['state', items.size && 'state-small'] },
      icon('warning'), h('p', {}, problemOf(error)), button(t('retry'), { on: { click: () => this.#notices.reload() } })));
  }

  #renderTodo(now, several) {
    const todo = this.#notices.filtered ? [] : this.#notices.todo(now);
    this.#todo.hidden = todo.length === 0;
    if (!todo.length) {
      fill(this.#todo);
      this.#todoCards = new Map();
      return;
    }
    const shown = this.#allTodo ? todo : todo.slice(0, TODO_SHOWN);
    const kept = new Map(shown.map((notice) => [notice.id, noticeCard(notice, { now, children: several, isOpen: notice.id === this.#open, known: this.#todoCards.get(notice.id) })]));
    this.#todoCards = kept;
    if (!this.#todo.firstChild) {
      fill(this.#todo, h('h2', { id: 'todo-title' }), h('ol', { class: 'notice-list' }), h('div', {}));
    }
    const [title, list, more] = this.#todo.children;
    title.textContent = t('feed.todo', { n: todo.length });
    place(list, [...kept.values()].map(({ node }) => node));
    refill(more, todo.length > TODO_SHOWN ? button(this.#allTodo ? t('feed.todo.less') : t('feed.todo.more', { n: todo.length - TODO_SHOWN }), {
      key: 'all', kind: 'quiet', 'aria-expanded': String(this.#allTodo), on: { click: () => { this.#allTodo = !this.#allTodo; this.#render(); } },
    }) : null);
  }

  #renderEnd() {
    const { items, loaded, loading, next, filtered, error } = this.#notices;
    if (loading) refill(this.#end, h('p', { class: 'faint' }, `${t('loading')}…`));
    else if (loaded && !items.size) {
      refill(this.#end, h('div', { class: 'state' }, icon(filtered ? 'search' : 'bell'), h('p', {}, t(filtered ? 'feed.none' : 'feed.empty')),
        filtered ? button(t('feed.reset'), { on: { click: () => this.#reset() } }) : h('p', { class: 'faint' }, t('feed.empty.hint'))));
    } else if (loaded && !next && !error) fill(this.#end, h('p', { class: 'faint' }, t('feed.end')));
    else fill(this.#end);
  }

  #reset() {
    this.#search.value = '';
    this.#kind.value = '';
    this.#choose({ student: '', kind: '', year: '', q: '' });
  }
}

customElements.define('f-feed', Feed);
