/** A dialog to choose units by walking down from the one in whose name is written; a unit stands for all below it. */
import { Dialog } from '../lib/dialog.js';
import { button, fill, h } from '../lib/dom.js';
import { matches } from '../lib/hangul.js';
import { t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { problemOf } from '../lib/problem.js';
import { calls } from './calls.js';

const PLACES = new Set(['school', 'grade']);

/** Resolves to [{ unit, name, students }], or null where nothing was changed. */
export async function chooseUnits(desk, audience) {
  const chosen = new Map(audience.map(({ unit, name, students }) => [unit, { unit, name, students }]));
  const path = [{ id: desk.id, name: desk.name, kind: desk.kind, students: desk.students }];
  let units = [];
  const filter = h('input', { class: 'input', type: 'search', placeholder: t('audience.filter'), 'aria-label': t('audience.filter'), on: { input: () => draw() } });
  const trail = h('ol', { class: 'path', 'aria-label': t('new.path') });
  const list = h('ul', { class: 'people unit-list' });
  const note = h('p', { class: 'faint', role: 'status' });
  const count = h('p', { class: 'faint', role: 'status' });
  let running = null;

  async function enter(steps) {
    path.splice(0, path.length, ...steps);
    running?.abort();
    running = new AbortController();
    filter.value = '';
    note.textContent = `${t('loading')}…`;
    units = [];
    draw();
    try {
      units = (await calls.audiences(path.at(-1).id, running.signal)).units.filter(({ kind }) => kind !== 'department'); // no families there
      note.textContent = units.length ? '' : t('audience.leaf');
      draw();
    } catch (error) {
      if (error.name !== 'AbortError') note.textContent = problemOf(error);
    }
  }

  /** Whether a unit is taken in by one above it that is chosen. */
  const covered = () => path.slice(0, -1).some(({ id }) => chosen.has(id));

  function draw() {
    const here = path.at(-1);
    fill(trail, path.map((step, at) => h('li', {}, at ? icon('chevron') : null, at === path.length - 1
      ? h('span', { 'aria-current': 'location' }, step.name)
      : h('button', { type: 'button', class: 'path-step', on: { click: () => enter(path.slice(0, at + 1)) } }, step.name))));
    const query = filter.value.trim();
    filter.hidden = units.length < 10;
    const inside = covered() || chosen.has(here.id);
    fill(list,
      h('li', { class: 'unit-all' }, row({ ...here, name: t('audience.all', { name: here.name }) }, here, covered(), false)),
      units.filter(({ name }) => !query || matches(query, name)).map((unit) => h('li', {}, row(unit, unit, inside, unit.below))));
    tell();
  }

  function row(shown, unit, inside, below) {
    const box = h('input', { type: 'checkbox', checked: inside || chosen.has(unit.id), disabled: inside, on: { change: () => toggle(unit, box.checked) } });
    return h('div', { class: 'unit-row' },
      h('label', { class: 'check' }, box, h('span', { class: 'one-line' }, shown.name),
        unit.students === undefined || unit.students === null ? null : h('span', { class: 'faint unit-count' }, t('audience.students', { n: unit.students }))),
      below ? button(t('audience.enter', { name: unit.name }), { kind: 'icon', icon: icon('chevron'), on: { click: () => enter([...path, unit]) } }) : null);
  }

  function toggle(unit, on) {
    if (on) {
      chosen.set(unit.id, { unit: unit.id, name: fullName(unit), students: unit.students });
      // What is below is taken in already.
      if (unit.id === path.at(-1).id) for (const one of units) chosen.delete(one.id);
    } else chosen.delete(unit.id);
    draw();
  }

  /** Named with the school and the grade it is in, where those are not what one writes in the name of. */
  function fullName(unit) {
    const above = path.slice(1).filter(({ id, kind, name }) => id !== unit.id && PLACES.has(kind) && !unit.name.startsWith(name));
    return [...above.map(({ name }) => name), unit.name].join(' ');
  }

  function tell() {
    const known = [...chosen.values()];
    const sum = known.every(({ students }) => Number.isInteger(students)) ? known.reduce((all, { students }) => all + students, 0) : null;
    count.textContent = known.length ? t(sum === null ? 'audience.chosen' : 'audience.chosen.sum', { n: known.length, sum }) : t('audience.none');
  }

  const dialog = Dialog.open({
    title: t('audience.choose'), className: 'unit-dialog', body: [trail, filter, list, note],
    foot: [count, button(t('cancel'), { on: { click: () => dialog.close() } }), button(t('audience.take'), { kind: 'main', on: { click: () => dialog.close([...chosen.values()]) } })],
  });
  enter([...path]);
  return dialog.closed;
}
