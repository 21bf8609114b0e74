/** `<s-people-picker>`: choose people by walking the org tree or by name. */
import { api } from '../lib/api.js';
import { Avatar } from '../lib/avatar.js';
import { button, debounce, fill, h } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { problemOf } from '../lib/problem.js';

const PAGE = 100;
const PLACES = new Set(['school', 'district', 'office']);

export class PeoplePicker extends HTMLElement {
  /** The people chosen, in order: { id, name }. */
  chosen = [];
  #except;
  #changed;
  #input;
  #chips = h('ul', { class: 'chips', 'aria-label': t('new.chosen') });
  #path = h('ol', { class: 'path', 'aria-label': t('new.path') });
  #list = h('ul', { class: 'people' });
  #note = h('p', { class: 'faint', role: 'status' });
  #more;
  #unit = null;
  /** The chatbots, which belong to no unit. */
  #bots = [];
  #next = null;
  #running = null;

  /**
   * `me`: whose school to begin at; `except`: ids that cannot be chosen; `changed()` is called when
   * the choice has changed.
   */
  constructor({ me, except = new Set(), changed }) {
    super();
    this.#except = except;
    this.#changed = changed;
    this.#input = h('input', { class: 'input', type: 'search', autofocus: true, placeholder: t('new.search'), 'aria-label': t('new.search'), on: { input: debounce(250, () => this.#load(null)) } });
    this.#more = button(t('more'), { hidden: true, on: { click: () => this.#load(this.#next) } });
    this.className = 'people-picker';
    this.append(this.#chips, this.#input, this.#path, h('div', { class: 'picker-list' }, this.#list, this.#note, this.#more));
    this.#begin(me);
  }

  /** Colleagues are wanted most: begin at the school (or office) that my first role belongs to. */
  async #begin(me) {
    this.#note.textContent = `${t('loading')}…`;
    try {
      this.#bots = (await api.directory({ limit: 1 })).people.filter(isBot);
      const own = me.roles[0]?.unit;
      const { unit } = own ? await api.directory({ unit: own, limit: 1 }) : { unit: null };
      this.#unit = unit?.path?.findLast(({ kind }) => PLACES.has(kind))?.id ?? own ?? null;
    } catch {
      this.#unit = null; // from the top, then
    }
    this.#load(null);
  }

  async #load(after) {
    const query = this.#input.value.trim();
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    if (!after) this.#note.textContent = `${t('loading')}…`;
    try {
      const page = await api.directory(query ? { q: query, after, limit: PAGE } : { unit: this.#unit, after, limit: PAGE }, running.signal);
      this.#drawPath(query ? null : page.unit);
      const rows = (people) => people.filter(({ id }) => !this.#except.has(id)).map((person) => this.#personRow(person));
      if (!after) fill(this.#list, query ? null : rows(this.#bots), inOrder(page.units ?? []).map((unit) => this.#unitRow(unit)));
      this.#list.append(...rows(query ? page.people : page.people.filter((person) => !isBot(person))));
      this.#next = page.next;
      this.#more.hidden = !page.next;
      this.#note.textContent = this.#list.children.length ? '' : query ? t('new.none', { query }) : t('new.nobody');
    } catch (error) {
      if (error.name !== 'AbortError') this.#note.textContent = problemOf(error);
    }
  }

  #drawPath(unit) {
    const path = unit?.path ?? [];
    const steps = path.some(({ id }) => id === unit.id) ? path : unit ? [...path, unit] : [];
    this.#path.hidden = !steps.length;
    fill(this.#path, steps.length ? h('li', {}, this.#step(t('new.top'), null)) : null,
      steps.map(({ id, name }, index) => h('li', {}, icon('chevron'),
        index === steps.length - 1 ? h('span', { 'aria-current': 'location' }, name) : this.#step(name, id))));
  }

  #step(name, id) {
    return h('button', { type: 'button', class: 'path-step', on: { click: () => this.#enter(id) } }, name);
  }

  #enter(unit) {
    this.#unit = unit;
    this.#input.value = '';
    this.#load(null);
    this.#input.focus();
  }

  #unitRow({ id, name, people }) {
    return h('li', {}, h('button', { type: 'button', class: 'person unit', on: { click: () => this.#enter(id) } },
      icon('building'), h('span', { class: 'person-name one-line' }, name),
      h('span', { class: 'faint' }, people ? t('new.people', { n: people }) : ''), icon('chevron')));
  }

  #personRow({ id, name, roles = [] }) {
    const box = h('input', { type: 'checkbox', checked: this.chosen.some((person) => person.id === id), data: { person: id }, on: { change: () => this.#toggle({ id, name }, box.checked) } });
    const where = roles.map((role) => role.unit_name).filter(Boolean).join(', ');
    return h('li', {}, h('label', { class: 'person' }, box, Avatar.of(id, name, { size: 'small' }),
      h('span', { class: 'person-words' }, h('span', { class: 'one-line person-name' }, name), where ? h('span', { class: 'faint one-line' }, where) : null)));
  }

  #toggle(person, on) {
    this.chosen = this.chosen.filter(({ id }) => id !== person.id);
    if (on) this.chosen.push(person);
    const box = this.#list.querySelector(`[data-person="${CSS.escape(person.id)}"]`);
    if (box) box.checked = on;
    fill(this.#chips, this.chosen.map((one) => h('li', {}, h('button', {
      type: 'button', class: 'chip', 'aria-label': t('new.remove', { name: one.name }),
      on: { click: () => { this.#toggle(one, false); this.#input.focus(); } },
    }, h('span', {}, one.name), icon('close')))));
    this.#changed();
  }
}

function isBot({ kind }) {
  return kind === 'bot';
}

/** Departments after grades and classes, each kind in the order the server gives. */
function inOrder(units) {
  return units.toSorted((one, other) => (one.kind === 'department') - (other.kind === 'department'));
}

customElements.define('s-people-picker', PeoplePicker);
