/** The parts that most notices do without: translations, a child's own words, the follow-up, when it goes out. */
import { button, fill, h } from '../lib/dom.js';
import { number, t, when } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { Menu } from '../lib/menu.js';
import { problemOf } from '../lib/problem.js';
import { settings } from '../lib/settings.js';
import { toast } from '../lib/toast.js';
import { calls } from './calls.js';
import { TextField } from './markdown-field.js';
import { fromField, inDays, toField } from './moments.js';
import { check, field, part } from './parts.js';
import { stepsField } from './steps-field.js';

export const LANGUAGES = { ko: '한국어', en: 'English', zh: '中文', vi: 'Tiếng Việt', ja: '日本語', ru: 'Русский', th: 'ไทย', mn: 'Монгол', uz: 'Oʻzbekcha', km: 'ខ្មែរ' };
const DUE_HOUR = 17;
/** For how many days after the deadline answers are kept; 0 for as long as the office keeps any. */
const KEPT = [0, 30, 180, 365, 1095, 1825];

/** When families have to have answered by, and when it goes out. */
export function timesPart(page) {
  const zone = settings.timezone;
  const moment = (name, changed) => {
    const input = h('input', { class: 'input', type: 'datetime-local', value: toField(page.draft[name], zone), on: { change: () => changed(fromField(input.value, zone)) } });
    return input;
  };
  const deadline = moment('deadline', (at) => page.set({ deadline: at }));
  const quick = [[1, 'times.tomorrow'], [3, 'times.days'], [7, 'times.week']].map(([days, words]) => button(t(words, { n: days }), {
    kind: 'plain', class: 'quick', on: { click: () => { deadline.value = inDays(days, DUE_HOUR, new Date(), zone); page.set({ deadline: fromField(deadline.value, zone) }); } },
  }));
  const clear = button(t('times.none'), { class: 'quick', on: { click: () => { deadline.value = ''; page.set({ deadline: null }); } } });
  return part('deadline', t(page.draft.form ? 'times.deadline' : 'times.deadline.note'), {},
    h('div', { class: 'times' }, h('label', {}, h('span', { class: 'visually-hidden' }, t('times.deadline')), deadline), h('div', { class: 'quicks' }, quick, clear)),
    page.correction || !page.draft.form ? null : keptField(page),
    page.correction || page.draft.form ? null : check(t('write.confirm'), { checked: page.draft.confirm, hint: t('write.confirm.hint'), changed: (confirm) => page.set({ confirm }) }),
    page.correction || !page.mayBeUrgent() ? null : check(t('write.urgent'), { checked: page.draft.urgent, hint: t('write.urgent.hint'), changed: (urgent) => page.set({ urgent }) }));
}

/** Forms with personal data say how long it is kept; then its answers are erased, and the ledger still verifies. */
function keptField(page) {
  const now = page.draft.keep_days ?? 0;
  const select = h('select', { class: 'input', on: { change: () => page.set({ keep_days: Number(select.value) || null }) } },
    [...new Set([...KEPT, now])].sort((one, other) => one - other).map((days) => h('option', { value: String(days) }, days ? t('times.kept.days', { n: days }) : t('times.kept.office'))));
  select.value = String(now);
  return field(t('times.kept'), select, { hint: t('times.kept.hint') });
}

export function schedulePart(page) {
  const zone = settings.timezone;
  const input = h('input', { class: 'input', type: 'datetime-local', value: toField(page.draft.publish_at, zone), on: { change: () => put(fromField(input.value, zone)) } });
  const made = part('schedule', t('schedule.title'), { hint: t('schedule.hint'), folded: !page.draft.publish_at },
    h('div', { class: 'times' }, h('label', {}, h('span', { class: 'visually-hidden' }, t('schedule.title')), input),
      h('div', { class: 'quicks' }, button(t('schedule.morning'), { class: 'quick', on: { click: () => { input.value = inDays(1, 8, new Date(), zone); put(fromField(input.value, zone)); } } }), button(t('schedule.now'), { class: 'quick', on: { click: () => { input.value = ''; put(null); } } }))));
  function put(at) {
    page.set({ publish_at: at });
    made.says(at ? when().full(new Date(at)) : t('schedule.now'));
  }
  made.says(page.draft.publish_at ? when().full(new Date(page.draft.publish_at)) : t('schedule.now'));
  return made;
}

/** Reminders by themselves: after so many hours, over another way, only to those who have not done it. */
export function followUpPart(page) {
  const steps = stepsField(page.draft.follow_up, (follow_up) => {
    page.set({ follow_up });
    says();
  });
  const made = part('steps', t('steps.title'), { hint: t('steps.hint'), folded: !page.draft.follow_up.length }, ...steps);
  const says = () => made.says(page.draft.follow_up.length ? t('steps.count', { n: page.draft.follow_up.length }) : t('steps.none'));
  says();
  return made;
}

/** The notice in further languages, the source beside each. */
export function translationsPart(page) {
  const list = h('div', { class: 'part-stack' });
  const add = button(t('translations.add'), {
    icon: icon('globe'), 'aria-haspopup': 'menu',
    on: { click: (event) => Menu.open(event.currentTarget, Object.entries(LANGUAGES).filter(([name]) => name !== page.draft.language && !(name in page.draft.translations)).map(([name, label]) => ({ label, run: () => begin(name) })), t('translations.add')) },
  });
  const made = part('translations', t('translations.title'), { hint: t('translations.hint'), folded: !Object.keys(page.draft.translations).length }, list, h('div', { class: 'row' }, add));
  function begin(name) {
    page.set({ translations: { ...page.draft.translations, [name]: { title: '', text: '' } } });
    draw();
    list.lastElementChild.querySelector('input').focus();
  }
  function change(name, fields) {
    page.set({ translations: { ...page.draft.translations, [name]: { ...page.draft.translations[name], ...fields } } });
  }
  function remove(name) {
    const { [name]: _, ...rest } = page.draft.translations;
    const form = page.draft.form ? { form: { ...page.draft.form, translations: Object.fromEntries(Object.entries(page.draft.form.translations ?? {}).filter(([one]) => one !== name)) } } : {};
    page.set({ translations: rest, ...form });
    draw();
    add.focus();
  }
  function draw() {
    const { translations } = page.draft;
    fill(list, Object.entries(translations).map(([name, { title, text }]) => {
      const input = h('input', { class: 'input', value: title, lang: name, 'aria-label': t('translations.of.title', { name: LANGUAGES[name] ?? name }), placeholder: t('write.title'), on: { input: () => change(name, { title: input.value }) } });
      const source = h('div', { class: 'source faint' });
      const refresh = () => fill(source, h('strong', {}, page.draft.title || t('desk.untitled')), h('p', {}, page.draft.text));
      refresh();
      return h('section', { class: 'translation', 'aria-label': LANGUAGES[name] ?? name },
        h('div', { class: 'item-head' }, h('h3', { lang: name }, LANGUAGES[name] ?? name), button(t('translations.remove', { name: LANGUAGES[name] ?? name }), { kind: 'icon', icon: icon('trash'), on: { click: () => remove(name) } })),
        h('div', { class: 'beside' },
          h('div', { class: 'part-stack', on: { focusin: refresh } }, input,
            new TextField({ value: text, label: t('translations.of.text', { name: LANGUAGES[name] ?? name }), lang: name, least: 5, changed: (value) => change(name, { text: value }), columns: () => page.draft.merge }),
            page.draft.form ? formWords(page, name) : null),
          h('div', {}, h('p', { class: 'column-name' }, t('translations.source')), source)));
    }));
    made.says(Object.keys(translations).map((name) => LANGUAGES[name] ?? name).join(', '));
  }
  draw();
  return made;
}

/** The words of a form in a language, each beside its source. */
function formWords(page, language) {
  const words = () => page.draft.form.translations?.[language] ?? {};
  const put = (name, value) => {
    const next = { ...words(), [name]: value };
    if (!value.trim()) delete next[name];
    page.set({ form: { ...page.draft.form, translations: { ...page.draft.form.translations, [language]: next } } });
  };
  const rows = page.draft.form.fields.flatMap((one) => [
    [`${one.id}.label`, one.label],
    ...(one.help ? [[`${one.id}.help`, one.help]] : []),
    ...(one.options ?? []).map((option) => [`${one.id}.${option.id}`, option.label]),
    ...['purpose', 'items', 'retention', 'refusal', 'recipient'].filter((name) => one.privacy?.[name]).map((name) => [`${one.id}.${name}`, one.privacy[name]]),
  ]).filter(([, source]) => source.trim());
  if (!rows.length) return null;
  return h('details', { class: 'form-words' }, h('summary', {}, t('translations.form', { n: rows.length })),
    rows.map(([name, source]) => {
      const input = h('input', { class: 'input', lang: language, value: words()[name] ?? '', on: { input: () => put(name, input.value) } });
      return field(source, input);
    }));
}

/** Words of its own for every child, from a table. */
export function mergePart(page) {
  const report = h('div', { class: 'part-stack', role: 'status' });
  const input = h('input', { type: 'file', class: 'visually-hidden', id: 'merge-file', accept: '.csv,text/csv', on: { change: () => { const [file] = input.files; input.value = ''; if (file) take(file); } } });
  const choose = h('label', { class: 'button button-plain', htmlFor: 'merge-file' }, icon('attach'), h('span', {}, t('merge.choose')));
  const drop = button(t('merge.drop'), { kind: 'quiet', on: { click: () => remove() } });
  const made = part('merge', t('merge.title'), { hint: t('merge.hint'), folded: !page.draft.merge.length },
    h('div', { class: 'files-field row' }, input, choose, drop), report);
  async function take(file) {
    fill(report, h('p', {}, t('merge.busy')));
    try {
      const id = await page.saver.flush();
      const found = await calls.merge(id, file);
      columns(found.columns);
      tell(found);
    } catch (error) {
      fill(report, h('p', { class: 'error-text' }, problemOf(error)));
    }
  }
  async function remove() {
    try {
      await calls.unmerge(page.saver.id);
      columns([]);
      fill(report);
    } catch (error) {
      toast(problemOf(error));
    }
  }
  function columns(names) {
    page.set({ merge: names });
    draw();
    page.columnsChanged();
  }
  function tell({ rows, faults, faulty, unused, missing, without }) {
    fill(report,
      h('p', { class: ['note-bar', faulty || without || missing.length ? '' : 'note-info'] }, icon(faulty || without || missing.length ? 'warning' : 'check'), h('span', {}, t('merge.rows', { n: rows }), without ? ` ${t('merge.without', { n: without })}` : '')),
      missing.length ? h('p', { class: 'error-text' }, t('merge.missing', { names: missing.join(', ') })) : null,
      unused.length ? h('p', { class: 'faint' }, t('merge.unused', { names: unused.join(', ') })) : null,
      faulty ? h('div', { class: 'table-scroll', tabindex: '0' }, h('table', { class: 'plain-table' }, h('caption', {}, t('merge.faulty', { n: faulty })),
        h('tbody', {}, faults.map(({ line, message }) => h('tr', {}, h('th', { scope: 'row' }, t('merge.line', { n: line })), h('td', {}, message)))))) : null,
      faulty > faults.length ? h('p', { class: 'faint' }, t('merge.more', { n: number(faulty - faults.length) })) : null);
  }
  function draw() {
    const { merge } = page.draft;
    drop.hidden = !merge.length;
    choose.querySelector('span').textContent = t(merge.length ? 'merge.again' : 'merge.choose');
    made.says(merge.length ? merge.join(', ') : '');
  }
  draw();
  return made;
}
