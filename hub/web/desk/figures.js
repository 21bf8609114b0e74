/** `<d-figures>`: how much was asked, how it was answered, day by day, and which entries answered most. */
import { button, fill, h } from '../lib/dom.js';
import { number, t, when } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { problemOf } from '../lib/problem.js';
import { desk } from './api.js';
import { choice, loadingRows, unitChoice } from './parts.js';

const DAYS = [7, 30, 90, 365];
const BANDS = ['sure', 'unsure', 'unknown'];
const NS = 'http://www.w3.org/2000/svg';

export class FiguresView extends HTMLElement {
  #shell;
  #query = { days: 30, unit: '' };
  #asked = 0;
  #body = h('div', { class: 'figures-body' });

  constructor(shell) {
    super();
    this.#shell = shell;
    this.className = 'column';
  }

  connectedCallback() {
    const days = choice(t('figures.days'), DAYS.map((n) => [n, t('figures.last', { n })]), { on: { change: (event) => { this.#query.days = event.target.value; this.#load(); } } });
    days.value = this.#query.days;
    fill(this, h('div', { class: 'tools' }, days,
      this.#shell.units.length > 1 ? unitChoice(this.#shell.units, { on: { change: (event) => { this.#query.unit = event.target.value; this.#load(); } } }) : null), this.#body);
    this.#load();
  }

  async #load() {
    const asked = ++this.#asked;
    fill(this.#body, loadingRows(4));
    try {
      const figures = await desk.figures(this.#query);
      if (asked === this.#asked) this.#show(figures);
    } catch (error) {
      if (asked !== this.#asked) return;
      fill(this.#body, h('div', { class: 'state' }, icon('warning'), h('p', {}, problemOf(error)), button(t('retry'), { on: { click: () => this.#load() } })));
    }
  }

  #show(figures) {
    if (!figures.asked) {
      fill(this.#body, h('div', { class: 'state' }, icon('search'), h('p', {}, t('figures.none'))));
      return;
    }
    const share = (n) => t('figures.share', { percent: number(Math.round((100 * n) / figures.asked)) });
    const tile = (name, value, note = '') => h('div', { class: ['tile', `tile-${name}`] }, h('dt', {}, t(`figures.${name}`)), h('dd', {}, number(value)), h('dd', { class: 'faint' }, note));
    fill(this.#body,
      h('dl', { class: 'tiles' },
        tile('asked', figures.asked, t('figures.people', { n: figures.people })),
        ...BANDS.map((band) => tile(band, figures[band], share(figures[band]))),
        tile('handed', figures.handed_over),
        tile('helpful', figures.helpful, t('figures.unhelpful', { n: figures.unhelpful }))),
      h('section', { class: 'chart-box' }, h('h2', {}, t('figures.daily')), legend(), chart(figures.days)),
      h('section', {}, h('h2', {}, t('figures.top')), top(figures.top)));
  }
}

function legend() {
  return h('ul', { class: 'legend', 'aria-hidden': 'true' }, BANDS.map((band) => h('li', {}, h('span', { class: ['swatch', `band-fill-${band}`] }), t(`figures.${band}`))));
}

/** Bars drawn as SVG: a page with this policy may set no style from a script's text. */
function chart(days) {
  const most = Math.max(...days.map((day) => day.asked), 1);
  const width = Math.max(320, days.length * 14);
  const height = 140;
  const step = width / days.length;
  const thick = Math.min(step * 0.7, 40);
  const picture = svg('svg', { viewBox: `0 0 ${width} ${height}`, class: 'chart', role: 'img', 'aria-label': t('figures.daily'), preserveAspectRatio: 'none' });
  days.forEach((day, place) => {
    let base = height;
    for (const band of BANDS) {
      const tall = (day[band] / most) * (height - 8);
      if (!tall) continue;
      base -= tall;
      const bar = svg('rect', { x: (place + 0.5) * step - thick / 2, y: base, width: thick, height: tall, class: `band-fill-${band}` });
      bar.append(Object.assign(svg('title', {}), { textContent: `${dayName(day.day)}: ${t(`figures.${band}`)} ${number(day[band])}` }));
      picture.append(bar);
    }
  });
  const rows = days.map((day) => h('tr', {}, h('th', { scope: 'row' }, dayName(day.day)), ...['asked', ...BANDS].map((name) => h('td', {}, number(day[name])))));
  return [picture, h('p', { class: 'chart-ends faint', 'aria-hidden': 'true' }, [...new Set([days[0].day, days.at(-1).day])].map((day) => h('span', {}, dayName(day)))),
    h('details', {}, h('summary', {}, t('figures.table')), h('div', { class: 'table-scroll' }, h('table', {},
      h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, t('figures.day')), ...['asked', ...BANDS].map((name) => h('th', { scope: 'col' }, t(`figures.${name}`))))),
      h('tbody', {}, rows))))];
}

function dayName(day) {
  return when().day(new Date(`${day}T12:00:00+09:00`), new Date());
}

function top(entries) {
  if (!entries.length) return h('p', { class: 'faint' }, t('figures.top.none'));
  return h('ol', { class: 'top' }, entries.map((one) => h('li', {}, h('a', { href: `#/entries/${encodeURIComponent(one.entry)}`, class: 'one-line' }, one.name),
    h('span', { class: 'faint' }, t('questions.asked', { n: one.asked }), one.unhelpful ? ` · ${t('figures.unhelpful', { n: one.unhelpful })}` : ''))));
}

function svg(tag, attributes) {
  const element = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

customElements.define('d-figures', FiguresView);
