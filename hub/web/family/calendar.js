/** `<f-calendar>`: the deadlines of a month, on a grid and as a list. */
import { button, fill, h } from '../lib/dom.js';
import { t, when } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { problemOf } from '../lib/problem.js';
import { weeksOf } from './dues.js';
import { noticeCard } from './notice-card.js';

const DAY = 86_400_000;
/** What is due next, where a month has nothing. */
const NEXT = 3;

export class Calendar extends HTMLElement {
  #notices;
  #year;
  #month;
  #found = [];
  #chosen = null;
  #error = null;
  #loading = false;
  #turn = 0;
  #title = h('h1', { 'aria-live': 'polite' });
  #grid = h('table', { class: 'month' });
  #list = h('div', { class: 'agenda' });
  #end = new AbortController();

  constructor({ notices }) {
    super();
    this.#notices = notices;
    this.#today();
    this.className = 'view calendar-view';
    this.append(
      h('header', { class: 'view-head calendar-head' },
        this.#title,
        button(t('calendar.today'), { kind: 'plain', on: { click: () => { this.#today(); this.#load(); } } }),
        button(t('calendar.before'), { kind: 'icon', icon: icon('back'), on: { click: () => this.#turnTo(-1) } }),
        button(t('calendar.after'), { kind: 'icon', icon: icon('chevron'), on: { click: () => this.#turnTo(1) } })),
      h('div', { class: 'view-scroll' }, h('div', { class: 'calendar-body' }, this.#grid, this.#list)),
    );
  }

  connectedCallback() {
    this.#notices.addEventListener('change', () => this.#changed(), { signal: this.#end.signal });
    this.#load();
  }

  disconnectedCallback() {
    this.#end.abort();
  }

  #today() {
    const [year, month] = when().key(new Date()).split('-').map(Number);
    this.#year = year;
    this.#month = month - 1;
    this.#chosen = null;
  }

  #turnTo(step) {
    const to = new Date(Date.UTC(this.#year, this.#month + step, 1));
    this.#year = to.getUTCFullYear();
    this.#month = to.getUTCMonth();
    this.#chosen = null;
    this.#load();
  }

  /** A notice came or was answered: what is shown of it follows. */
  #changed() {
    const known = new Map([...this.#notices.open, ...this.#notices.items]);
    this.#found = this.#found.map((notice) => known.get(notice.id) ?? notice);
    this.#render();
  }

  async #load() {
    this.#turn += 1;
    const turn = this.#turn;
    this.#loading = true;
    this.#error = null;
    this.#found = [];
    this.#render();
    const weeks = weeksOf(this.#year, this.#month);
    // A day more on both ends: where a day begins depends on the time zone.
    const from = new Date(Date.parse(weeks[0][0].key) - DAY).toISOString();
    const to = new Date(Date.parse(weeks.at(-1)[6].key) + 2 * DAY).toISOString();
    try {
      const found = await this.#notices.due(from, to);
      if (turn !== this.#turn) return;
      this.#found = found.filter(({ state }) => state !== 'withdrawn').sort((one, other) => one.deadline.localeCompare(other.deadline));
    } catch (error) {
      if (turn === this.#turn) this.#error = error;
    }
    if (turn !== this.#turn) return;
    this.#loading = false;
    this.#render();
  }

  #byDay() {
    const days = new Map();
    for (const notice of this.#found) {
      const key = when().key(new Date(notice.deadline));
      days.set(key, [...days.get(key) ?? [], notice]);
    }
    return days;
  }

  #render() {
    const days = this.#byDay();
    const now = new Date();
    const today = when().key(now);
    const focused = this.#grid.contains(document.activeElement) ? document.activeElement.dataset.day : null;
    this.#title.textContent = when().month(new Date(Date.UTC(this.#year, this.#month, 15)));
    const weeks = weeksOf(this.#year, this.#month);
    fill(this.#grid,
      h('caption', { class: 'visually-hidden' }, this.#title.textContent),
      h('thead', {}, h('tr', {}, weeks[0].map(({ key }) => h('th', { scope: 'col' }, when().weekday(noon(key)))))),
      h('tbody', {}, weeks.map((week) => h('tr', {}, week.map((day) => h('td', {}, this.#day(day, days.get(day.key) ?? [], today)))))));
    if (focused) this.#grid.querySelector(`[data-day="${focused}"]`)?.focus();
    this.#renderList(days, now);
  }

  #day({ key, day, inside }, found, today) {
    const spoken = `${when().day(noon(key), new Date())}${found.length ? `, ${t('calendar.count', { n: found.length })}` : ''}`;
    return h('button', {
      type: 'button', class: ['day-cell', !inside && 'outside', key === today && 'today', found.length && 'has'], data: { day: key },
      'aria-pressed': String(this.#chosen === key), 'aria-current': key === today ? 'date' : null,
      on: { click: () => { this.#chosen = this.#chosen === key ? null : key; this.#render(); } },
    }, h('span', { class: 'day-number' }, String(day)), h('span', { class: 'visually-hidden' }, spoken),
    found.length ? h('span', { class: 'day-dots', 'aria-hidden': 'true' }, found.slice(0, 3).map(({ answered_at: answered, confirmed_at: confirmed }) => h('span', { class: answered || confirmed ? 'done' : '' }))) : null,
    found.length ? h('span', { class: 'day-titles', 'aria-hidden': 'true' }, found.slice(0, 2).map(({ title }) => h('span', { class: 'one-line' }, title))) : null);
  }

  #renderList(days, now) {
    if (this.#error) {
      fill(this.#list, h('div', { class: 'state' }, icon('warning'), h('p', {}, problemOf(this.#error)), button(t('retry'), { on: { click: () => this.#load() } })));
      return;
    }
    if (this.#loading) {
      fill(this.#list, h('div', { class: 'notice-skeleton', role: 'status', 'aria-label': t('loading') }, h('div', { class: 'skeleton' }), h('div', { class: 'skeleton' })));
      return;
    }
    const prefix = `${this.#year}-${String(this.#month + 1).padStart(2, '0')}`;
    // The days of the next month that stand in the grid are shown too: at a month's end they are what matters.
    const shown = [...days].filter(([key]) => (this.#chosen ? key === this.#chosen : key >= prefix));
    const several = this.#notices.names;
    if (!shown.length) {
      const next = this.#chosen ? [] : this.#notices.todo(now).filter(({ deadline }) => deadline).slice(0, NEXT);
      fill(this.#list, h('div', { class: 'state' }, icon('calendar'), h('p', {}, t(this.#chosen ? 'calendar.none.day' : 'calendar.none'))),
        next.length ? h('section', {}, h('h2', {}, t('calendar.next')),
          h('ol', { class: 'notice-list' }, next.map((notice) => noticeCard(notice, { now, children: several, isOpen: false }).node))) : null);
      return;
    }
    fill(this.#list, shown.map(([key, found]) => h('section', {},
      h('h2', {}, when().day(noon(key), now)),
      h('ol', { class: 'notice-list' }, found.map((notice) => noticeCard(notice, { now, children: several, isOpen: false }).node)))));
  }
}

customElements.define('f-calendar', Calendar);

/** Noon of a day, for words about it that hold in any time zone near ours. */
function noon(key) {
  return new Date(`${key}T03:00:00Z`);
}
