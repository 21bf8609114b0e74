/** For whom a notice is: in whose name, which units with all below them, guardians, students or both. */
import { button, fill, h } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { problemOf } from '../lib/problem.js';
import { toast } from '../lib/toast.js';
import { chooseUnits } from './unit-picker.js';
import { choice, field, part } from './parts.js';

const WHO = ['families', 'guardians', 'students'];

/** `page`: { draft, set, saver, correction, desks } of the composer. */
export function audiencePart(page) {
  const body = h('div', { class: 'part-stack' });
  /** Of a correction: the units that have it. They stay; others may be added. */
  const had = page.correction ? page.draft.audience.filter(({ unit }) => page.sent.has(unit)) : [];
  const fixed = (unit) => had.some((one) => one.unit === unit);
  const made = part('audience', t('audience.title'), {}, body);

  function draw() {
    const { draft, correction } = page;
    const desk = page.desk;
    fill(body,
      correction ? null : desks(desk),
      draft.audience.length ? h('ul', { class: 'chips' }, draft.audience.map((aim) => h('li', { class: 'aim' }, h('span', {}, aim.name), aim.students > 0 ? h('span', { class: 'faint' }, t('audience.students', { n: aim.students })) : null,
        fixed(aim.unit) ? null : button(t('audience.remove', { name: aim.name }), { kind: 'icon', icon: icon('close'), on: { click: () => { page.set({ audience: draft.audience.filter((one) => one.unit !== aim.unit) }); draw(); body.querySelector('button')?.focus(); } } }))))
        : h('p', { class: 'faint' }, t('audience.none')),
      correction && !grows(desk) ? h('p', { class: 'faint' }, t('audience.fixed')) : null,
      correction && grows(desk) ? h('p', { class: 'faint' }, t('audience.grows')) : null,
      (correction ? !grows(desk) : desk?.kind === 'class' && draft.audience.length) ? null
        : h('div', { class: 'row' }, button(t(correction ? 'audience.add' : 'audience.choose'), { icon: icon('people'), disabled: !desk, on: { click: () => pick(desk) } })),
      correction ? h('p', {}, t(`who.${draft.audience[0]?.who ?? 'families'}`)) : who());
  }

  /** What has words of its own for each child, and what a class has, stays with those who have it. */
  function grows(desk) {
    return desk && desk.kind !== 'class' && !page.draft.merge.length;
  }

  function desks(desk) {
    // What somebody else began in the name of a unit below stays in that name.
    if (page.desks.length < 2 || !page.desks.includes(desk)) return desk ? h('p', { class: 'aim-desk' }, icon('building'), desk.name) : null;
    const locked = Boolean(page.saver.id && page.draft.files.length);
    const select = h('select', { class: 'input', disabled: locked, on: { change: () => move(select) } },
      page.desks.map(({ id, name }) => h('option', { value: id }, name)));
    select.value = page.draft.unit;
    return field(t('audience.desk'), select, { hint: locked ? t('audience.desk.locked') : null });
  }

  async function move(select) {
    const before = page.draft.unit;
    try {
      await page.saver.move(select.value);
      page.set({ audience: usual(page.desks.find(({ id }) => id === select.value), page.who) });
    } catch (error) {
      toast(problemOf(error));
      select.value = before;
    }
    draw();
    page.moved();
  }

  function who() {
    const { draft } = page;
    const now = draft.audience[0]?.who ?? page.who;
    return h('div', { class: 'field' }, h('span', {}, t('audience.who')),
      choice(t('audience.who'), WHO.map((one) => [one, t(`who.${one}`)]), now, (one) => {
        page.who = one;
        page.set({ audience: page.draft.audience.map((aim) => ({ ...aim, who: one })) });
      }));
  }

  async function pick(desk) {
    const units = await chooseUnits(desk, page.draft.audience);
    if (!units) return;
    const one = page.draft.audience[0]?.who ?? page.who;
    const added = units.filter(({ unit }) => !fixed(unit)).map(({ unit, name, students }) => ({ unit, name, who: one, students }));
    page.set({ audience: [...had, ...added] });
    made.fault(null);
    draw();
  }

  draw();
  return { ...made, draw };
}

/** Whom one usually writes to from a unit: a homeroom teacher to the class; nobody as long as others have not said. */
export function usual(desk, who = 'families') {
  return desk?.kind === 'class' ? [{ unit: desk.id, name: desk.name, who, students: desk.students }] : [];
}
