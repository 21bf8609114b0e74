/** `<a-rules>`: what a unit asks of those who write in its name, and when it talks with families. */
import { button, fill, h } from '../lib/dom.js';
import { matches } from '../lib/hangul.js';
import { t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { problemOf } from '../lib/problem.js';
import { toast } from '../lib/toast.js';
import { calls } from './calls.js';
import { KINDS } from './draft.js';
import { check, field, part } from './parts.js';
import { back, go, places, visiting } from './route.js';
import { stepsField } from './steps-field.js';

/** Monday is 0, as the API counts. */
const WEEK = [0, 1, 2, 3, 4, 5, 6];
const USUAL_HOURS = { start: '08:30', end: '16:30', days: [0, 1, 2, 3, 4] };
const MANY = 10;

export class Rules extends HTMLElement {
  #desk;
  #unit;
  #body = h('div', { class: 'rules-body' });

  constructor(desk, place) {
    super();
    this.#desk = desk;
    this.#unit = place.unit;
    this.className = 'view rules-view';
    this.append(
      h('header', { class: 'view-head' },
        button(t('back'), { kind: 'icon', icon: icon('back'), class: this.#unit ? '' : 'to-list', on: { click: () => back(this.#unit ? places.rules() : places.list()) } }),
        h('h1', { class: 'view-name one-line' }, t('rules.title'))),
      h('div', { class: 'view-scroll' }, this.#body));
  }

  connectedCallback() {
    document.title = `${t('rules.title')} · ${t('app.name')}`;
    this.#load();
  }

  async #load() {
    fill(this.#body, h('div', { class: 'notice-skeletons', role: 'status', 'aria-label': t('loading') }, [60, 100, 80].map((width) => h('div', { class: `skeleton wide-${width}` }))));
    try {
      const mine = (await this.#desk.loadDesks()).filter(({ administers }) => administers);
      const unit = this.#unit ?? mine[0]?.id;
      if (!unit) throw Object.assign(new Error(t('rules.nowhere')), { code: 'forbidden' });
      const [rules, hours, below] = await Promise.all([calls.rules(unit), calls.hours(unit), calls.audiences(unit)]);
      this.#render(unit, mine, rules, hours, below.units.filter(({ kind }) => kind !== 'department'));
    } catch (error) {
      fill(this.#body, h('div', { class: 'state' }, icon('warning'), h('p', {}, problemOf(error)), button(t('retry'), { on: { click: () => this.#load() } })));
    }
  }

  #render(unit, mine, rules, hours, below) {
    const writing = h('div', { class: 'part-frame' });
    const talking = h('div', { class: 'part-frame' });
    fill(this.#body,
      mine.length > 1 && mine.some(({ id }) => id === unit) ? this.#choice(unit, mine) : h('p', { class: 'aim-desk' }, icon('building'), rules.name),
      writing, talking, below.length ? this.#below(below) : null);
    this.#writing(writing, unit, rules);
    this.#talking(talking, unit, hours);
  }

  #choice(unit, mine) {
    const select = h('select', { class: 'input', on: { change: () => go(places.rules(select.value), { replace: true }) } },
      mine.map(({ id, name }) => h('option', { value: id }, name)));
    select.value = unit;
    return field(t('rules.unit'), select);
  }

  #writing(frame, unit, rules) {
    const next = { approval: new Set(rules.approval), urgent: rules.urgent, follow_up: rules.follow_up };
    const save = button(t('rules.save'), { kind: 'main', on: { click: () => keep(() => calls.setRules(unit, { ...next, approval: [...next.approval] })) } });
    const follow = button(t('rules.follow'), { kind: 'quiet', on: { click: () => keep(() => calls.dropRules(unit)) } });
    const keep = (change) => this.#keep(change, [save, follow], (now) => this.#writing(frame, unit, now));
    fill(frame, part('writing', t('rules.writing'), {},
      h('p', { class: 'faint' }, rules.own ? t('rules.own') : rules.of ? t('rules.from', { name: rules.of }) : t('rules.unset')),
      h('fieldset', { class: 'field plain-set' }, h('legend', {}, t('rules.approval')),
        h('p', { class: 'faint' }, t('rules.approval.hint')),
        h('div', { class: 'check-grid' }, KINDS.map((kind) => check(t(`kind.${kind}`), { checked: next.approval.has(kind), changed: (on) => { next.approval[on ? 'add' : 'delete'](kind); } })))),
      check(t('rules.urgent'), { checked: rules.urgent, hint: t('rules.urgent.hint'), changed: (on) => { next.urgent = on; } }),
      h('div', { class: 'field', role: 'group', 'aria-label': t('rules.steps') }, h('span', {}, t('rules.steps')), h('p', { class: 'faint' }, t('rules.steps.hint')),
        ...stepsField(rules.follow_up, (steps) => { next.follow_up = steps; })),
      h('div', { class: 'row' }, save, rules.own ? follow : null)).node);
  }

  #talking(frame, unit, standing) {
    const own = standing.unit === unit;
    const now = standing.hours ?? USUAL_HOURS;
    const days = new Set(now.days);
    const [start, end] = ['start', 'end'].map((name) => h('input', { class: 'input', type: 'time', value: now[name], required: true }));
    const save = button(t('rules.save'), { kind: 'main', on: { click: () => {
      const fault = !start.value || !end.value || start.value >= end.value ? 'rules.hours.order' : days.size ? null : 'rules.hours.none';
      made.fault(fault && t(fault));
      if (!fault) keep({ start: start.value, end: end.value, days: [...days].sort() });
    } } });
    const follow = button(t('rules.follow'), { kind: 'quiet', on: { click: () => keep(null) } });
    const keep = (hours) => this.#keep(() => calls.setHours(unit, hours), [save, follow], (told) => this.#talking(frame, unit, told));
    const made = part('talking', t('rules.hours'), { hint: t('rules.hours.hint') },
      h('p', { class: 'faint' }, t(own ? 'rules.own' : standing.hours ? 'rules.above' : 'rules.hours.unset')),
      h('div', { class: 'row hours-row' }, field(t('rules.hours.start'), start), field(t('rules.hours.end'), end)),
      h('fieldset', { class: 'field plain-set' }, h('legend', {}, t('rules.days')),
        h('div', { class: 'check-grid check-days' }, WEEK.map((day) => check(t('rules.day', { day }), { checked: days.has(day), changed: (on) => { days[on ? 'add' : 'delete'](day); } })))),
      h('div', { class: 'row' }, save, own ? follow : null));
    fill(frame, made.node);
  }

  #below(units) {
    const list = h('ul', { class: 'people unit-list rules-below' });
    const filter = h('input', { class: 'input', type: 'search', placeholder: t('audience.filter'), 'aria-label': t('audience.filter'), hidden: units.length < MANY, on: { input: () => draw() } });
    const draw = () => {
      const query = filter.value.trim();
      fill(list, units.filter(({ name }) => !query || matches(query, name)).map(({ id, name }) => h('li', {}, h('a', { class: 'rules-unit', ...visiting(places.rules(id)) }, h('span', { class: 'one-line' }, name), icon('chevron')))));
    };
    draw();
    return part('below', t('rules.below'), { hint: t('rules.below.hint'), folded: true }, filter, list).node;
  }

  async #keep(change, buttons, show) {
    for (const one of buttons) one.disabled = true;
    try {
      show(await change());
      toast(t('rules.saved'));
      this.#desk.forgetDesks();
    } catch (error) {
      toast(problemOf(error));
      for (const one of buttons) one.disabled = false;
    }
  }
}

customElements.define('a-rules', Rules);
