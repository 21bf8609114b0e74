/** `<a-list>`: the notices I write or administer, or those of my classes: what each is, how far it came. */
import { button, debounce, fill, h } from '../lib/dom.js';
import { number, t, when } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { Menu } from '../lib/menu.js';
import { problemOf } from '../lib/problem.js';
import { refill } from '../lib/refill.js';
import { due } from '../family/notice-card.js';
import { progressOf } from './desk.js';
import { KINDS } from './draft.js';
import { unsaved } from './keeping.js';
import { go, places, visiting } from './route.js';
import { openSettings } from './settings-menu.js';

const STATES = ['draft', 'submitted', 'scheduled', 'published', 'withdrawn'];
const BOXES = ['authored', 'homeroom'];

export class NoticeList extends HTMLElement {
  #desk;
  #open = null;
  #search;
  #boxes;
  #selects = new Map();
  #filters;
  #waiting = h('button', { type: 'button', class: 'desk-waiting', hidden: true, on: { click: () => this.#choose({ box: 'authored', state: 'submitted', kind: '', year: '', q: '' }) } });
  #rows = h('ul', { class: 'notice-list' });
  #note = h('div', { role: 'status' });
  #frame = null;
  #minute;
  #end = new AbortController();

  constructor(desk, actions) {
    super();
    this.#desk = desk;
    this.className = 'feed';
    this.#search = h('input', {
      class: 'input', type: 'search', placeholder: t('desk.search'), 'aria-label': t('desk.search'), value: desk.filter.q,
      on: { input: debounce(300, () => this.#choose({ q: this.#search.value.trim() })) },
    });
    this.#boxes = h('div', { class: 'segments', role: 'group', 'aria-label': t('desk.box') }, BOXES.map((box) => button(t(`desk.box.${box}`), {
      data: { box }, 'aria-pressed': String(desk.filter.box === box), on: { click: () => this.#choose({ box, state: '' }) },
    })));
    this.#filters = h('div', { class: 'feed-filters' },
      this.#select('state', 'desk.state', [['', t('desk.state.all')], ...STATES.map((state) => [state, t(`desk.state.${state}`)])]),
      this.#select('kind', 'feed.kind', [['', t('feed.kind.all')], ...KINDS.map((kind) => [kind, t(`kind.${kind}`)])]),
      this.#select('year', 'feed.year', [['', t('feed.year.all')]]));
    this.append(
      h('header', { class: 'feed-head' },
        h('div', { class: 'desk-top' },
          h('h1', {}, t('desk.title')),
          h('a', { class: 'button button-icon', href: '/', 'aria-label': t('desk.talk'), title: t('desk.talk') }, icon('talk')),
          button(t('settings.title'), {
            kind: 'icon', icon: icon('settings'), 'aria-haspopup': 'menu',
            on: { click: (event) => openSettings(event.currentTarget, desk, actions) },
          }),
          button(t('desk.new'), { kind: 'main', icon: icon('compose'), class: 'desk-new', 'aria-haspopup': 'menu', on: { click: (event) => begin(event.currentTarget) } })),
        this.#waiting, this.#boxes, this.#search, this.#filters),
      h('div', { class: 'feed-scroll' }, this.#rows, this.#note),
    );
  }

  connectedCallback() {
    const options = { signal: this.#end.signal };
    for (const type of ['change', 'reach', 'desks']) this.#desk.addEventListener(type, () => this.#later(), options);
    this.#minute = setInterval(() => this.#later(), 60_000);
    this.#render();
  }

  /** The page is left. */
  end() {
    this.#end.abort();
    clearInterval(this.#minute);
  }

  /** Show which notice is open. */
  mark(id) {
    this.#open = id;
    this.#later();
  }

  #select(name, words, options) {
    const select = h('select', {
      class: 'input', 'aria-label': t(words), on: { change: () => this.#choose({ [name]: select.value }) },
    }, options.map(([value, label]) => h('option', { value }, label)));
    select.value = this.#desk.filter[name];
    this.#selects.set(name, select);
    return select;
  }

  #choose(filter) {
    this.#desk.choose(filter);
    for (const one of this.#boxes.children) one.setAttribute('aria-pressed', String(one.dataset.box === this.#desk.filter.box));
    for (const [name, select] of this.#selects) select.value = this.#desk.filter[name];
  }

  #later() {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      this.#render();
    });
  }

  #render() {
    const desk = this.#desk;
    this.#renderYears();
    this.#waiting.hidden = !desk.waiting.size || (desk.filter.box === 'authored' && desk.filter.state === 'submitted');
    refill(this.#waiting, icon('sign'), h('span', {}, t('desk.waiting', { n: desk.waiting.size })), icon('chevron'));
    // What is out is of one's classes only, so there is no state to choose.
    this.#selects.get('state').hidden = desk.filter.box === 'homeroom';
    if (!desk.loaded && desk.loading) {
      fill(this.#rows, Array.from({ length: 6 }, () => h('li', { class: 'notice-skeleton', 'aria-hidden': 'true' }, h('div', { class: 'skeleton' }), h('div', { class: 'skeleton' }))));
      fill(this.#note, h('p', { class: 'visually-hidden' }, t('loading')));
      return;
    }
    const now = new Date();
    const local = desk.filter.box === 'authored' && !desk.filtered ? unsaved(desk.me.id).filter(({ id }) => !id || !desk.items.has(id)) : [];
    refill(this.#rows, local.map((one) => this.#localRow(one)), desk.sorted().map((row) => this.#row(row, now)));
    this.#renderNote(local.length);
  }

  #renderYears() {
    const select = this.#selects.get('year');
    if (select.options.length === this.#desk.years.length + 1) return;
    fill(select, h('option', { value: '' }, t('feed.year.all')), this.#desk.years.map((year) => h('option', { value: String(year) }, t('feed.year.of', { year }))));
    select.value = this.#desk.filter.year;
  }

  #renderNote(local) {
    const desk = this.#desk;
    if (desk.error) {
      refill(this.#note, h('div', { class: 'state state-small' }, h('p', {}, problemOf(desk.error)), button(t('retry'), { on: { click: () => desk.reload() } })));
    } else if (!desk.items.size && !local) {
      refill(this.#note, h('div', { class: 'state' }, icon('bell'),
        desk.filtered ? [h('p', {}, t('feed.none')), button(t('feed.reset'), { on: { click: () => { this.#search.value = ''; this.#choose({ kind: '', state: '', year: '', q: '' }); } } })]
          : desk.filter.box === 'homeroom' ? h('p', {}, t('desk.empty.homeroom'))
            : desk.desks?.length === 0 ? [h('p', {}, t('desk.nowhere')), h('p', { class: 'faint' }, t('desk.nowhere.hint'))]
              : [h('p', {}, t('desk.empty')), h('p', { class: 'faint' }, t('desk.empty.hint')), button(t('desk.new'), { kind: 'main', icon: icon('compose'), 'aria-haspopup': 'menu', on: { click: (event) => begin(event.currentTarget) } })]));
    } else if (desk.next) {
      refill(this.#note, h('p', { class: 'feed-end' }, button(desk.loading ? `${t('loading')}…` : t('more'), { key: 'more', disabled: desk.loading, on: { click: () => desk.more() } })));
    } else refill(this.#note, desk.items.size > 8 ? h('p', { class: 'feed-end faint' }, t('feed.end')) : null);
  }

  /** A draft that the server has not got. */
  #localRow({ key, id, draft }) {
    const isOpen = this.#open === (id ?? key);
    return h('li', { key: id ?? key }, h('a', {
      ...visiting(id ? places.edit(id) : places.begin(draft.kind, key)), class: ['notice-card', isOpen && 'open'], 'aria-current': isOpen ? 'page' : null,
    },
    top(draft.kind, 'local', ''),
    h('span', { class: 'notice-card-title' }, draft.title || t('desk.untitled')),
    h('span', { class: 'notice-card-foot' }, h('span', { class: 'faint' }, t('desk.local')))));
  }

  #row(row, now) {
    const isOpen = this.#open === row.id;
    const isDraft = row.state === 'draft' && row.may_change && row.by.id === this.#desk.me.id;
    return h('li', { key: row.id }, h('a', {
      ...visiting(isDraft ? places.edit(row.id) : places.follow(row.id)),
      class: ['notice-card', 'desk-card', isOpen && 'open', row.state === 'withdrawn' && 'withdrawn'], 'aria-current': isOpen ? 'page' : null,
    },
    top(row.kind, row.approval?.refused && row.state === 'draft' ? 'refused' : row.state, when().list(new Date(row.published_at ?? row.changed_at), now)),
    h('span', { class: 'notice-card-title' }, row.urgent ? h('span', { class: 'urgent' }, t('notice.urgent')) : null, row.title || t('desk.untitled')),
    h('span', { class: 'notice-card-excerpt' }, audienceWords(row.audience) || row.unit.name, row.by.id !== this.#desk.me.id && row.by.name ? ` · ${row.by.name}` : ''),
    this.#progress(row),
    h('span', { class: 'notice-card-foot' },
      row.state === 'scheduled' && row.publish_at ? h('span', { class: 'mark' }, icon('clock'), t('desk.scheduled', { time: when().full(new Date(row.publish_at)) })) : null,
      row.version > 1 ? h('span', { class: 'mark' }, t('notice.corrected')) : null,
      row.deadline && row.state !== 'withdrawn' ? due(row.deadline, now) : null)));
  }

  #progress(row) {
    if (row.state !== 'published') return null;
    const reach = this.#desk.reach.get(row.id);
    const far = progressOf(reach);
    if (!far) return row.recipients ? h('span', { class: 'faint' }, t(row.complete ? 'desk.recipients' : 'desk.expanding', { n: row.recipients })) : null;
    return h('span', { class: 'desk-progress' }, bar(far.done, far.all),
      h('span', {}, t(`desk.goal.${reach.goal}`, { done: number(far.done), all: number(far.all) })));
  }
}

customElements.define('a-list', NoticeList);

function top(kind, state, time) {
  return h('span', { class: 'notice-card-top' },
    h('span', { class: ['kind', `kind-${kind}`] }, t(`kind.${kind}`)),
    h('span', { class: ['desk-state', `desk-${state}`] }, t(`desk.state.${state}`)),
    h('time', {}, time));
}

/** A bar of so many of all; what it says stands beside it in words. */
export function bar(done, all) {
  const inner = h('span', {});
  inner.style.inlineSize = `${all ? Math.min(100, (100 * done) / all) : 0}%`;
  return h('span', { class: ['bar', all > 0 && done >= all && 'bar-full'], 'aria-hidden': 'true' }, inner);
}

/** Whom it is for, in a line. */
export function audienceWords(audience) {
  if (!audience.length) return '';
  const names = audience.slice(0, 2).map(({ name }) => name).join(', ');
  const rest = audience.length - 2;
  const who = t(`who.${audience[0].who}`);
  return rest > 0 ? t('desk.audience.more', { names, n: rest, who }) : t('desk.audience', { names, who });
}

/** Choose what kind of notice to write. */
export function begin(anchor) {
  Menu.open(anchor, KINDS.map((kind) => ({ label: t(`begin.${kind}`), icon: { note: 'edit', newsletter: 'file', consent: 'sign', documents: 'attach' }[kind], run: () => go(places.begin(kind, crypto.randomUUID())) })), t('desk.new'));
}
