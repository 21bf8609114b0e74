/** `<a-reach>`: whom a notice reached, live: step by step, by channel, and by name who is missing and why. */
import { button, fill, h } from '../lib/dom.js';
import { number, t, when } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { problemOf } from '../lib/problem.js';
import { refill } from '../lib/refill.js';
import { toast } from '../lib/toast.js';
import { calls } from './calls.js';
import { progressOf } from './desk.js';
import { bar } from './notice-list.js';
import { choice } from './parts.js';
import { ask } from './sending.js';

const PAGE = 50;
/** A school has so many grades at most. */
const MOST_GRADES = 12;
const STATES = ['waiting', 'sent', 'delivered', 'skipped', 'failed'];
/** Milliseconds between two looks at the people, however often the counts move. */
const REST = 3000;
/** The server tells of what moves for ten minutes after it was asked. */
const RENEW = 300_000;

export class ReachView extends HTMLElement {
  #desk;
  #notice;
  #reach = null;
  #people = [];
  #next = null;
  #filter = 'missing';
  #unit = '';
  #error = null;
  #turn = 0;
  #timer = null;
  #renew;
  #steps = h('ol', { class: 'funnel' });
  #channels = h('div', {});
  #tools = h('div', { class: 'people-tools' });
  #count = h('p', { class: 'faint', role: 'status' });
  #list = h('ul', { class: 'reach-people' });
  #more = h('div', { class: 'feed-end' });
  #remind = h('div', { class: 'remind' });
  #waiting = h('p', { class: 'faint' });
  #left = h('p', { class: 'faint' });
  #one = h('p', { class: 'faint', hidden: true }, t('reach.one'));
  #end = new AbortController();

  constructor(desk, view) {
    super();
    this.#desk = desk;
    this.#notice = view;
    this.className = 'reach';
    this.append(h('section', { 'aria-label': t('reach.steps') }, this.#steps, this.#one, this.#left, this.#waiting), this.#remind,
      h('section', { 'aria-labelledby': 'reach-people' }, h('h2', { id: 'reach-people' }, t('reach.people')), this.#tools, this.#count, this.#list, this.#more), this.#channels);
  }

  connectedCallback() {
    this.#desk.addEventListener('reach', ({ detail }) => { if (detail === this.#notice.id) this.#moved(); }, { signal: this.#end.signal });
    this.#desk.addEventListener('state', ({ detail }) => { if (detail.state === 'online') this.#load(); }, { signal: this.#end.signal });
    this.#renew = setInterval(() => { if (!document.hidden) this.#load(); }, RENEW);
    fill(this.#steps, [1, 2, 3, 4].map(() => h('li', { class: 'skeleton funnel-skeleton', 'aria-hidden': 'true' })));
    this.#load();
  }

  disconnectedCallback() {
    this.#end.abort();
    clearInterval(this.#renew);
    clearTimeout(this.#timer);
  }

  update(view) {
    this.#notice = view;
    this.#load();
  }

  get #missing() {
    return this.#filter === 'missing' ? this.#reach?.goal ?? null : this.#filter === 'all' ? null : this.#filter;
  }

  /** Others are asked for: those of before must not be taken for them. */
  #anew() {
    this.#people = [];
    this.#count.textContent = '';
    fill(this.#list, h('li', { class: 'skeleton reach-skeleton', 'aria-hidden': 'true' }));
    fill(this.#more);
    this.#load();
  }

  async #load(after = null) {
    this.#turn += 1;
    const turn = this.#turn;
    try {
      // What a notice wants is known with the first answer only.
      if (!this.#reach) this.#reach = await calls.reach(this.#notice.id, { limit: 1 });
      const answer = await calls.reach(this.#notice.id, { missing: this.#missing, unit: this.#unit || null, after, limit: after ? PAGE : Math.max(PAGE, Math.min(200, this.#people.length)) });
      if (turn !== this.#turn || this.#end.signal.aborted) return;
      this.#reach = answer;
      this.#people = after ? [...this.#people, ...answer.people] : answer.people;
      this.#next = answer.next;
      this.#error = null;
      if (!this.#unit) this.#desk.learn(this.#notice.id, { goal: answer.goal, counts: answer.counts });
      this.#draw();
    } catch (error) {
      if (turn !== this.#turn || this.#end.signal.aborted) return;
      this.#error = error;
      if (!this.#people.length) fill(this.#list, h('li', { class: 'state state-small' }, h('p', {}, problemOf(error)), button(t('retry'), { on: { click: () => this.#load() } })));
      if (!this.#reach) fill(this.#steps);
    }
  }

  /** Counts are shown at once; who is behind them, when they rest. */
  #moved() {
    const counts = this.#desk.reach.get(this.#notice.id)?.counts;
    if (!this.#reach || !counts) return;
    if (!this.#unit) {
      this.#reach = { ...this.#reach, counts };
      this.#drawSteps();
      this.#drawRemind();
    }
    this.#timer ??= setTimeout(() => { this.#timer = null; this.#load(); }, REST);
  }

  #draw() {
    this.#drawSteps();
    this.#drawRemind();
    this.#drawTools();
    this.#drawPeople();
    this.#drawChannels();
  }

  #drawSteps() {
    const { counts, goal } = this.#reach;
    const far = progressOf(this.#reach);
    const last = goal === 'opened' ? [] : [[goal, far.done, far.all]];
    const steps = [['recipients', counts.recipients, counts.recipients], ['sent', counts.sent, counts.recipients], ['delivered', counts.delivered, counts.recipients], ['opened', counts.opened, counts.recipients], ...last];
    refill(this.#steps, steps.map(([name, done, all]) => h('li', { class: ['funnel-step', name === goal && 'funnel-goal'] },
      h('span', { class: 'funnel-name' }, t(`reach.step.${name}`)),
      h('strong', {}, t('reach.people.count', { n: done })),
      h('span', { class: 'funnel-share' }, name === 'recipients' ? '' : share(done, all)),
      bar(done, all))));
    // Else the numbers of people and of students, beside each other, seem to contradict.
    this.#one.hidden = goal !== 'answered' || this.#notice.form?.signers?.guardians !== 'one';
    const gone = counts.left?.[goal] ?? 0;
    this.#left.hidden = !gone;
    this.#left.textContent = t('reach.left', { n: gone });
    const n = counts.channels.push?.waiting ?? 0;
    this.#waiting.hidden = !n;
    this.#waiting.textContent = t('reach.waiting', { n });
  }

  #drawRemind() {
    const far = progressOf(this.#reach);
    const { staff, state, deadline } = this.#notice;
    const left = far ? far.all - far.done : 0;
    const past = deadline && new Date(deadline) <= new Date();
    const may = state === 'published' && staff.level !== 'colleague';
    if (this.#notice.erased_at) fill(this.#remind, h('p', { class: 'faint' }, t('reach.erased', { day: when().full(new Date(this.#notice.erased_at)) })));
    else if (!may || !far?.all) fill(this.#remind);
    else if (left <= 0) fill(this.#remind, h('p', { class: 'confirmed' }, icon('check'), t(`reach.complete.${this.#reach.goal}`)));
    else {
      refill(this.#remind, button(t('reach.remind', { n: left }), { key: 'remind', icon: icon('bell'), disabled: Boolean(past), on: { click: () => this.#ask() } }),
        h('p', { class: 'faint' }, past ? t('reach.past') : staff.reminded_at ? t('reach.reminded', { n: staff.reminders, time: when().full(new Date(staff.reminded_at)) }) : t('reach.remind.hint')));
    }
  }

  async #ask() {
    const far = progressOf(this.#reach);
    const answer = await ask({ title: t('reach.remind.title', { n: far.all - far.done }), body: [h('p', {}, t('reach.remind.text'))], yes: t('reach.remind.yes'), run: () => calls.remind(this.#notice.id) });
    if (!answer) return;
    toast(t('reach.remind.done', { n: answer.people }));
    this.#notice = { ...this.#notice, staff: { ...this.#notice.staff, reminders: this.#notice.staff.reminders + 1, reminded_at: new Date().toISOString() } };
    this.#drawRemind();
  }

  #drawTools() {
    if (this.#tools.firstChild) return;
    const { goal } = this.#reach;
    const options = ['missing', goal === 'opened' ? null : 'opened', 'delivered', 'all'].filter(Boolean);
    const select = h('select', { class: 'input', 'aria-label': t('reach.unit'), hidden: true, on: { change: () => { this.#unit = select.value; this.#anew(); } } });
    placesOf(this.#notice.staff.audience).then((places) => {
      fill(select, h('option', { value: '' }, t('reach.unit.all')), places);
      select.hidden = select.options.length < 3;
    }, () => {}); // without them all are shown, as before
    fill(this.#tools, choice(t('reach.show'), options.map((name) => [name, t(name === 'missing' ? `reach.missing.${goal}` : `reach.filter.${name}`)]), this.#filter, (name) => { this.#filter = name; this.#anew(); }),
      select);
  }

  #drawPeople() {
    this.#count.textContent = this.#people.length ? '' : t(this.#filter === 'all' ? 'reach.nobody' : 'reach.nobody.missing');
    refill(this.#list, this.#people.map((person) => this.#row(person)));
    refill(this.#more, this.#next ? button(t('more'), { on: { click: () => this.#load(this.#next) } }) : null);
  }

  #row(person) {
    const children = person.kind === 'student' ? [] : person.students;
    const where = [...new Set(person.students.map(({ unit }) => unit).filter(Boolean))].map((unit) => unit.split(' ').slice(-2).join(' ')).join(', ');
    return h('li', { class: 'reach-person' },
      h('div', { class: 'reach-who' }, h('strong', {}, person.name || t('unknown')),
        h('span', { class: 'faint' }, [children.length ? t('reach.guardian', { names: children.map(({ name }) => name).join(', ') }) : t('reach.student'), where].filter(Boolean).join(' · '))),
      h('div', { class: 'reach-far' }, this.#far(person), person.reminded ? h('span', { class: 'faint' }, t('reach.reminded.times', { n: person.reminded })) : null,
        person.left_at ? h('span', { class: 'mark' }, t(`reach.left.${person.left_why}`)) : null,
        person.listed_at && !person.left_at ? h('span', { class: 'mark mark-todo' }, t('reach.listed')) : null),
      h('ul', { class: 'reach-ways' }, Object.entries(person.channels).map(([channel, { state, reason }]) => h('li', { class: `way way-${state}` },
        `${t(`channel.${channel}`)} ${t(`way.${state}`)}`, reason ? h('span', { class: 'way-reason' }, ` · ${t(`reason.${reason}`)}`) : null))));
  }

  #far(person) {
    const { goal } = this.#reach;
    for (const step of ['answered', 'confirmed', 'opened', 'delivered', 'sent']) {
      const at = person[`${step}_at`];
      if (!at || (step === 'answered' && goal !== 'answered') || (step === 'confirmed' && goal !== 'confirmed')) continue;
      const done = !person.missing;
      return h('span', { class: ['mark', done && 'mark-done'] }, done ? icon('check') : null, t(`reach.did.${step}`, { time: when().list(new Date(at), new Date()) }));
    }
    return h('span', { class: 'mark' }, t('reach.did.nothing'));
  }

  #drawChannels() {
    const used = Object.entries(this.#reach.counts.channels).filter(([, states]) => STATES.some((state) => states[state]));
    if (!used.length) {
      fill(this.#channels);
      return;
    }
    refill(this.#channels, h('section', {}, h('h2', {}, t('reach.channels')), h('div', { class: 'table-scroll', tabindex: '0', role: 'group', 'aria-label': t('reach.channels') }, h('table', { class: 'plain-table' },
      h('thead', {}, h('tr', {}, h('td', {}), STATES.map((state) => h('th', { scope: 'col' }, t(`way.${state}`))))),
      h('tbody', {}, used.map(([channel, states]) => h('tr', {}, h('th', { scope: 'row' }, t(`channel.${channel}`)), STATES.map((state) => h('td', {}, number(states[state] ?? 0))))))))));
  }
}

customElements.define('a-reach', ReachView);

/**
 * The places to choose from, as options: the units of the audience; of a single one those below it, and of a
 * school the classes by grade.
 */
async function placesOf(audience) {
  const option = ({ id, name }) => h('option', { value: id }, name);
  if (audience.length !== 1) return audience.map(({ unit, name }) => option({ id: unit, name }));
  const below = await unitsBelow(audience[0].unit);
  const grades = below.filter(({ kind, below: more }) => kind === 'grade' && more);
  if (!grades.length || grades.length > MOST_GRADES) return below.map(option);
  const classes = await Promise.all(grades.map(({ id }) => unitsBelow(id)));
  return grades.map((grade, at) => h('optgroup', { label: grade.name }, option({ id: grade.id, name: t('audience.all', { name: grade.name }) }), classes[at].map(option)));
}

async function unitsBelow(unit) {
  return (await calls.audiences(unit)).units.filter(({ kind }) => kind !== 'department');
}

function share(done, all) {
  return all ? `${Math.floor((100 * done) / all)}%` : '';
}
