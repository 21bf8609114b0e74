/** `<d-handoff>`: who takes over from the chatbot in a unit, where and when, and who keeps its entries. */
import { api } from '../lib/api.js';
import { button, debounce, fill, h } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { problemOf } from '../lib/problem.js';
import { toast } from '../lib/toast.js';
import { desk } from './api.js';
import { choice, field, loadingRows, unitChoice } from './parts.js';

const DAYS = [0, 1, 2, 3, 4, 5, 6];
const OFFICE_HOURS = { start: 540, end: 1020, days: [0, 1, 2, 3, 4] };
const MOST_FOUND = 8;
const DAY = 1440; // minutes, where hours last until midnight

export class HandoffView extends HTMLElement {
  #shell;
  #unit;
  #body = h('div', { class: 'handoff-body' });
  #asked = 0;
  unsaved = false;

  constructor(shell) {
    super();
    this.#shell = shell;
    this.#unit = shell.units[0]?.id;
    this.className = 'column';
  }

  connectedCallback() {
    const { units } = this.#shell;
    const change = ({ target }) => {
      if (this.unsaved && !confirm(t('editor.leave'))) {
        target.value = this.#unit;
        return;
      }
      this.#unit = target.value;
      this.#load();
    };
    fill(this, units.length > 1 ? h('div', { class: 'tools' }, unitChoice(units, { all: false, on: { change } })) : null, this.#body);
    this.#load();
  }

  async #load() {
    this.#asked += 1;
    const asked = this.#asked;
    this.unsaved = false;
    fill(this.#body, loadingRows(4));
    try {
      const [setting, below] = await Promise.all([desk.setting(this.#unit), api.directory({ unit: this.#unit, limit: 1 })]);
      if (asked === this.#asked) this.#show(setting, below.units ?? []);
    } catch (error) {
      if (asked === this.#asked) fill(this.#body, h('div', { class: 'state' }, icon('warning'), h('p', {}, problemOf(error)), button(t('retry'), { on: { click: () => this.#load() } })));
    }
  }

  #show(setting, below) {
    const { handoff, keepers, unit, may_change: mayChange, version } = setting;
    const touched = () => {
      this.unsaved = true;
      save.disabled = false;
    };
    const takes = h('input', { type: 'checkbox', checked: handoff !== null });
    const departments = below.filter(({ kind }) => kind === 'department');
    const room = choice(t('handoff.room'), [unit, ...departments].map(({ id, name }) => [id, t('handoff.room.of', { name })]));
    if (handoff) {
      if (![...room.options].some(({ value }) => value === handoff.room_of)) room.append(h('option', { value: handoff.room_of }, t('handoff.room.other')));
      room.value = handoff.room_of;
    }
    const hours = hoursFields(handoff ? handoff.hours : OFFICE_HOURS);
    const closed = new ClosedDays(handoff?.closed ?? [], touched);
    const away = h('textarea', { class: 'input', rows: 2, maxlength: 300, value: handoff?.away ?? '', placeholder: t('handoff.away.example') });
    const people = new Keepers(keepers, touched);
    const details = h('div', { class: 'handoff-details' },
      field(t('handoff.room'), room, t('handoff.room.hint')),
      hours.node,
      closed.node,
      field(t('handoff.away'), away, t('handoff.away.hint')));
    const follow = () => { details.hidden = !takes.checked; };
    takes.addEventListener('change', follow);
    follow();
    const problem = h('p', { class: 'error-text', role: 'alert', hidden: true });
    const save = h('button', { class: 'button button-main', disabled: true }, h('span', {}, t('handoff.save')));
    const submit = async (event) => {
      event.preventDefault();
      const told = takes.checked ? { room_of: room.value, hours: hours.value(), closed: closed.value, away: away.value.trim() } : null;
      save.disabled = true;
      problem.hidden = true;
      this.unsaved = false;
      try {
        await desk.set(this.#unit, { keepers: people.ids, handoff: told, version });
        toast(t('handoff.saved'));
        if (!this.unsaved) await this.#load(); // else somebody went on meanwhile
      } catch (error) {
        this.unsaved = true;
        // Theirs would be lost where somebody else's came first: it stays here to be read until it is loaded anew.
        const again = error.code === 'conflict' ? button(t('handoff.reload'), { kind: 'quiet', on: { click: () => this.#load() } }) : null;
        fill(problem, problemOf(error), again);
        problem.hidden = false;
        save.disabled = false;
      }
    };
    fill(this.#body, h('form', { on: { submit, input: touched, change: touched } },
      h('fieldset', { disabled: !mayChange },
        h('section', {},
          h('h2', {}, t('handoff.title')),
          h('p', { class: 'faint' }, this.#standing(setting)),
          h('label', { class: 'check-label' }, takes, h('span', {}, t('handoff.takes', { name: unit.name }))),
          details),
        h('section', {}, h('h2', {}, t('handoff.keepers')), h('p', { class: 'faint' }, t('handoff.keepers.hint')), people.node),
        mayChange ? h('div', { class: 'tools' }, save, problem) : h('p', { class: 'faint' }, t('handoff.readonly')))));
  }

  /** Who takes over as things stand. */
  #standing({ responsible, unit }) {
    if (!responsible) return t('handoff.nobody');
    return responsible.id === unit.id ? t('handoff.here') : t('handoff.above', { name: responsible.name });
  }
}

/** `{ node, value() }`: always, or on some days from one time to another. */
function hoursFields(hours) {
  const shown = hours ?? OFFICE_HOURS;
  const kind = (value, checked) => h('label', { class: 'check-label' }, h('input', { type: 'radio', name: 'hours', value, checked }), h('span', {}, t(`handoff.hours.${value}`)));
  const start = h('input', { class: 'input', type: 'time', required: true, value: clock(shown.start), 'aria-label': t('handoff.from') });
  const end = h('input', { class: 'input', type: 'time', required: true, value: clock(shown.end), 'aria-label': t('handoff.until') });
  const boxes = DAYS.map((day) => h('input', { type: 'checkbox', value: day, checked: shown.days.includes(day) }));
  const times = h('div', { class: 'times', hidden: hours === null },
    h('div', { class: 'days', role: 'group', 'aria-label': t('handoff.days') }, DAYS.map((day) => h('label', { class: 'day' }, boxes[day], h('span', {}, t(`handoff.day.${day}`))))),
    h('div', { class: 'tools' }, start, '–', end));
  const node = h('fieldset', { class: 'hours', on: { change: follow } },
    h('legend', {}, t('handoff.hours')), kind('always', hours === null), kind('set', hours !== null), times);
  function set() {
    return node.querySelector('[value="set"]').checked;
  }
  function follow() {
    times.hidden = !set();
    for (const input of [start, end]) input.disabled = !set();
  }
  follow();
  return {
    node,
    value: () => (set() ? { start: minutes(start.value), end: minutes(end.value) || DAY, days: DAYS.filter((day) => boxes[day].checked) } : null),
  };
}

const clock = (total) => `${String(Math.floor(total / 60) % 24).padStart(2, '0')}:${String(total % 60).padStart(2, '0')}`;

/** Minutes of the day. */
function minutes(time) {
  const [hour, minute] = time.split(':').map(Number);
  return hour * 60 + minute;
}

/** On which days nobody is there: those that are set, and two dates for further ones. */
class ClosedDays {
  #spans;
  #touched;
  #chips = h('ul', { class: 'chips' });
  #first = h('input', { class: 'input', type: 'date', 'aria-label': t('handoff.closed.first') });
  #last = h('input', { class: 'input', type: 'date', 'aria-label': t('handoff.closed.last') });
  #add = button(t('handoff.closed.add'), { kind: 'quiet', on: { click: () => this.#take() } });

  constructor(spans, touched) {
    this.#spans = [...spans];
    this.#touched = touched;
    const follow = () => this.#follow();
    this.node = h('fieldset', { class: 'hours' },
      h('legend', {}, t('handoff.closed')), h('p', { class: 'faint' }, t('handoff.closed.hint')), this.#chips,
      h('div', { class: 'tools', on: { input: follow, change: follow } }, this.#first, '–', this.#last, this.#add));
    this.#draw();
    this.#follow();
  }

  /** Those that are set, with two dates that were chosen and not added yet: whoever saves means them too. */
  get value() {
    if (!this.#add.disabled) this.#take();
    return this.#spans;
  }

  #follow() {
    this.#last.min = this.#first.value;
    this.#add.disabled = !this.#first.value || (this.#last.value !== '' && this.#last.value < this.#first.value);
  }

  #draw() {
    this.#spans.sort((one, other) => one.first.localeCompare(other.first));
    this.#chips.hidden = !this.#spans.length;
    fill(this.#chips, this.#spans.map((span) => h('li', {}, h('button', {
      type: 'button', class: 'chip', 'aria-label': t('handoff.closed.remove', { days: daysOf(span) }), on: { click: () => this.#drop(span) },
    }, h('span', {}, daysOf(span)), icon('close')))));
  }

  #drop(span) {
    this.#spans = this.#spans.filter((one) => one !== span);
    this.#changed();
  }

  #take() {
    const first = this.#first.value;
    this.#spans.push({ first, last: this.#last.value || first });
    this.#first.value = '';
    this.#last.value = '';
    this.#follow();
    this.#changed();
  }

  #changed() {
    this.#touched();
    this.#draw();
    this.#first.focus();
  }
}

/** One day, or from one to another. */
function daysOf({ first, last }) {
  const [from, until] = [first, last].map((day) => day.replaceAll('-', '. '));
  return first === last ? from : `${from} – ${until}`;
}

/** Who keeps the entries: those named, and a search for further ones. */
class Keepers {
  #people;
  #touched;
  #chips = h('ul', { class: 'chips' });
  #found = h('ul', { class: 'found', hidden: true });
  #note = h('p', { class: 'faint', role: 'status' });
  #search;
  #asked = 0;

  constructor(people, touched) {
    this.#people = [...people];
    this.#touched = touched;
    const keydown = (event) => { if (event.key === 'Enter') event.preventDefault(); };
    this.#search = h('input', { class: 'input', type: 'search', placeholder: t('handoff.keeper.search'), 'aria-label': t('handoff.keeper.search'), on: { input: (event) => { event.stopPropagation(); this.#soon(); }, change: (event) => event.stopPropagation(), keydown } });
    this.node = h('div', { class: 'keepers' }, this.#chips, this.#search, this.#found, this.#note);
    this.#draw();
  }

  get ids() {
    return this.#people.map(({ id }) => id);
  }

  #draw() {
    this.#chips.hidden = !this.#people.length;
    fill(this.#chips, this.#people.map((person) => h('li', {}, h('button', {
      type: 'button', class: 'chip', 'aria-label': t('handoff.keeper.remove', { name: person.name }), on: { click: () => this.#drop(person) },
    }, h('span', {}, person.name), icon('close')))));
  }

  #drop(person) {
    this.#people = this.#people.filter(({ id }) => id !== person.id);
    this.#touched();
    this.#draw();
    this.#search.focus();
  }

  #take(person) {
    this.#people.push(person);
    this.#touched();
    this.#search.value = '';
    fill(this.#found);
    this.#found.hidden = true;
    this.#draw();
    this.#search.focus();
  }

  #soon = debounce(250, () => this.#look());

  async #look() {
    const q = this.#search.value.trim();
    this.#asked += 1;
    const asked = this.#asked;
    let people = [];
    let note = '';
    try {
      if (q) ({ people } = await api.directory({ q, limit: 50 }));
    } catch (error) {
      note = problemOf(error);
    }
    if (asked !== this.#asked) return;
    const known = new Set(this.ids);
    const rows = people.filter(({ id, kind }) => kind === 'staff' && !known.has(id)).slice(0, MOST_FOUND).map(({ id, name, roles = [] }) => {
      const where = roles.map((role) => role.unit_name).filter(Boolean).join(', ');
      return h('li', {}, button(t('handoff.keeper.add', { name, where }), { kind: 'quiet', on: { click: () => this.#take({ id, name }) } }));
    });
    fill(this.#found, rows);
    this.#found.hidden = !rows.length;
    this.#note.textContent = note || (q && !rows.length ? t('handoff.keeper.none') : '');
  }
}

customElements.define('d-handoff', HandoffView);
