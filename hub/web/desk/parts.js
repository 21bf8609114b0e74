/** Small parts that several places of the desk show. */
import { h } from '../lib/dom.js';
import { t, when } from '../lib/i18n.js';

/** A labelled choice; `options` are [value, label]. */
export function choice(label, options, props = {}) {
  const select = h('select', { class: 'input', 'aria-label': label, ...props },
    options.map(([value, words]) => h('option', { value }, words)));
  return select;
}

/** The choice of a unit that is kept; `all` puts all of them first. */
export function unitChoice(units, { all = true, ...props } = {}) {
  const options = units.map((unit) => [unit.id, unit.name]);
  return choice(t('desk.unit'), all ? [['', t('desk.unit.all')], ...options] : options, props);
}

/** A labelled field with a hint below. */
export function field(label, control, hint = '') {
  const id = `f-${crypto.randomUUID()}`;
  control.id = id;
  const note = hint ? h('span', { class: 'faint', id: `${id}-hint` }, hint) : null;
  if (note) control.setAttribute('aria-describedby', note.id);
  return h('div', { class: 'field' }, h('label', { for: id }, label), control, note);
}

export function stateMark(state) {
  return h('span', { class: ['mark-state', `is-${state}`] }, t(`entry.state.${state}`));
}

/** When something happened, short, with the whole of it on demand. */
export function moment(iso) {
  const at = new Date(iso);
  return h('time', { datetime: iso, title: when().full(at) }, when().list(at, new Date()));
}

export const AUDIENCES = ['guardian', 'student', 'staff'];

export function audienceWords(audience) {
  if (!audience.length) return t('audience.none');
  return audience.length === AUDIENCES.length ? t('audience.all') : audience.map((one) => t(`audience.${one}`)).join(' · ');
}

/** For whom something is, to be ticked; `value` lists who is. */
export function audienceChoice(legend, chosen, changed, hint = '') {
  const checks = AUDIENCES.map((one) => h('input', { type: 'checkbox', value: one, checked: chosen.includes(one), on: { change: changed } }));
  const set = h('fieldset', { class: 'field audiences' }, h('legend', {}, legend),
    h('div', { class: 'checks' }, checks.map((check) => h('label', { class: 'check-label' }, check, h('span', {}, t(`audience.${check.value}`))))),
    hint ? h('span', { class: 'faint' }, hint) : null);
  return {
    set,
    get value() { return checks.filter((check) => check.checked).map((check) => check.value); },
    clear() { for (const check of checks) check.checked = false; },
  };
}

export function loadingRows(count = 5) {
  return h('div', { class: 'loading', 'aria-hidden': 'true' }, Array.from({ length: count }, () => h('div', { class: 'skeleton' })));
}
