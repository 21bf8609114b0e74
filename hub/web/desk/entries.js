/** `<d-entries>`: the list with its search and filters, and beside it the editor. */
import { button, debounce, fill, h } from '../lib/dom.js';
import { number, t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { problemOf } from '../lib/problem.js';
import { refill } from '../lib/refill.js';
import { toast } from '../lib/toast.js';
import { desk } from './api.js';
import { Editor } from './editor.js';
import { AUDIENCES, audienceWords, choice, loadingRows, moment, stateMark, unitChoice } from './parts.js';

const STATES = ['published', 'changed', 'draft', 'withdrawn'];
const PAGE = 50;

export class EntriesView extends HTMLElement {
  #shell;
  #query = { q: '', state: '', unit: '', audience: '', topic: '' };
  #states = h('div', { class: 'state-filter', role: 'group' });
  #list = h('ul', { class: 'entry-list' });
  #note = h('p', { class: 'faint list-note', role: 'status' });
  #more;
  #bulk = h('div', { class: 'bulk', hidden: true });
  #side = h('section', { class: 'editor-pane' });
  #chosen = new Set();
  #next = null;
  #running = null;
  #editor = null;
  #open = null;

  constructor(shell) {
    super();
    this.#shell = shell;
    this.className = 'entries';
    this.#more = button(t('more'), { class: 'list-more', hidden: true, on: { click: () => this.#load(true) } });
  }

  get unsaved() {
    return Boolean(this.#editor?.unsaved);
  }

  connectedCallback() {
    const search = h('input', {
      class: 'input', type: 'search', 'aria-label': t('entries.search'), placeholder: t('entries.search'),
      on: { input: (event) => { this.#query.q = event.target.value.trim(); this.#soon(); } },
    });
    const pick = (name) => ({ on: { change: (event) => { this.#query[name] = event.target.value; this.#load(); } } });
    const { units, topics } = this.#shell;
    fill(this,
      h('section', { class: 'list-pane', 'aria-label': t('desk.entries') },
        h('div', { class: 'list-tools' },
          h('div', { class: 'list-first' }, search,
            button(t('entries.new'), { kind: 'main', icon: icon('plus'), class: 'new-entry', on: { click: () => this.#shell.begin(null) } })),
          this.#states,
          h('div', { class: 'list-filters' },
            units.length > 1 ? unitChoice(units, pick('unit')) : null,
            choice(t('entries.audience'), [['', t('audience.any')], ...AUDIENCES.map((one) => [one, t(`audience.${one}`)])], pick('audience')),
            topics.length ? choice(t('entries.topic'), [['', t('topic.any')], ...topics.map((one) => [one, one])], pick('topic')) : null)),
        this.#bulk, this.#note, this.#list, this.#more),
      this.#side);
    this.#load();
  }

  /** Show an entry in the editor, `new` for one to begin, null for none. */
  open(item) {
    if (item === this.#open && this.#editor) return;
    const unsaved = this.#editor?.unsaved && item !== this.#open;
    if (unsaved && !globalThis.confirm(t('editor.leave'))) {
      history.replaceState(null, '', this.#open ? `#/entries/${encodeURIComponent(this.#open)}` : '#/entries');
      return;
    }
    this.#open = item;
    this.toggleAttribute('data-editing', Boolean(item));
    this.#editor = item ? new Editor(this.#shell, item === 'new' ? null : item, {
      saved: (entry) => this.#saved(entry), gone: () => { this.#editor = null; location.hash = '#/entries'; this.#load(); },
    }) : null;
    fill(this.#side, this.#editor ?? h('div', { class: 'state' }, icon('edit'), h('p', {}, t('entries.choose')), h('p', { class: 'faint' }, t('entries.choose.hint'))));
    this.#markOpen();
  }

  #soon = debounce(250, () => this.#load());

  async #load(further = false) {
    this.#running?.abort();
    this.#running = new AbortController();
    if (!further) {
      this.#chosen.clear();
      for (const box of this.#list.querySelectorAll(':checked')) box.checked = false;
      this.#showBulk();
      this.#note.textContent = `${t('loading')}…`;
      if (!this.#list.children.length) fill(this.#list, h('li', {}, loadingRows()));
    }
    try {
      const query = { ...this.#query, limit: PAGE, after: further ? this.#next : null };
      const { entries, counts, next } = await desk.entries(query, this.#running.signal);
      const rows = entries.map((entry) => this.#row(entry));
      if (further) this.#list.append(...rows);
      else refill(this.#list, rows);
      this.#next = next;
      this.#more.hidden = !next;
      this.#showStates(counts);
      this.#showNote(counts);
      this.#markOpen();
    } catch (error) {
      if (error.name === 'AbortError') return;
      fill(this.#list);
      fill(this.#note, problemOf(error), ' ', button(t('retry'), { kind: 'quiet', on: { click: () => this.#load() } }));
    }
  }

  #showNote(counts) {
    const all = STATES.reduce((sum, state) => sum + counts[state], 0);
    const found = this.#query.state ? counts[this.#query.state] : all;
    const narrowed = Object.values(this.#query).some(Boolean);
    if (found) this.#note.textContent = t('entries.count', { n: found });
    else if (narrowed) this.#note.textContent = t('entries.none');
    else fill(this.#note, t('entries.empty'), ' ', h('a', { href: '#/import' }, t('desk.import')));
  }

  #showStates(counts) {
    const all = STATES.reduce((sum, state) => sum + counts[state], 0);
    this.#states.setAttribute('aria-label', t('entries.state'));
    refill(this.#states, [['', all], ...STATES.map((state) => [state, counts[state]])].map(([state, n]) => h('button', {
      type: 'button', class: 'state-choice', key: state, 'aria-pressed': String(this.#query.state === state),
      on: { click: () => { this.#query.state = state; this.#load(); } },
    }, h('span', {}, state ? t(`entry.state.${state}`) : t('entries.all')), h('span', { class: 'count' }, number(n)))));
  }

  #row(entry) {
    const check = h('input', {
      type: 'checkbox', 'aria-label': t('entries.select', { name: entry.name || t('entries.untitled') }),
      on: { change: ({ target }) => { this.#chosen[target.checked ? 'add' : 'delete'](entry.id); this.#showBulk(); } },
    });
    return h('li', { class: 'entry-row', key: entry.id, data: { entry: entry.id } },
      h('label', { class: 'check' }, check),
      h('a', { class: 'entry-link', href: `#/entries/${encodeURIComponent(entry.id)}` },
        h('span', { class: 'entry-top' }, h('strong', { class: 'one-line' }, entry.name || t('entries.untitled')), stateMark(entry.state)),
        entry.question && entry.question !== entry.name ? h('span', { class: 'entry-question one-line' }, entry.question) : null,
        h('span', { class: 'entry-facts faint' },
          [entry.unit.name, audienceWords(entry.audience), entry.topic, t('entries.aliases', { n: entry.aliases }), entry.pinned && t('entries.pinned')].filter(Boolean).join(' · '),
          ' · ', moment(entry.changed_at))));
  }

  #markOpen() {
    for (const row of this.#list.querySelectorAll('.entry-row')) {
      const link = row.querySelector('a');
      if (row.dataset.entry === this.#open) link.setAttribute('aria-current', 'true');
      else link.removeAttribute('aria-current');
    }
  }

  #showBulk() {
    const n = this.#chosen.size;
    this.#bulk.hidden = n === 0;
    if (n === 0) return;
    fill(this.#bulk, h('span', { role: 'status' }, t('entries.chosen', { n })),
      button(t('editor.publish'), { kind: 'main', on: { click: () => this.#act('publish') } }),
      button(t('editor.withdraw'), { on: { click: () => this.#act('withdraw') } }));
  }

  async #act(what) {
    try {
      const chosen = [...this.#chosen];
      let done = 0;
      const refused = [];
      for (let at = 0; at < chosen.length; at += 500) {
        const answer = await desk[what](chosen.slice(at, at + 500)); // eslint-disable-line no-await-in-loop
        done += answer.entries.length;
        refused.push(...answer.refused);
      }
      toast(t(`entries.done.${what}`, { n: done }));
      if (refused.length) toast(t('entries.refused', { n: refused.length, why: refused[0].why }));
      this.#load();
    } catch (error) {
      toast(problemOf(error));
    }
  }

  #saved(entry) {
    if (this.#open !== entry.id) {
      this.#open = entry.id;
      history.replaceState(null, '', `#/entries/${encodeURIComponent(entry.id)}`);
    }
    this.#load();
  }
}

customElements.define('d-entries', EntriesView);
