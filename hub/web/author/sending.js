/** The last look before something goes out: to whom, when, what happens then. */
import { Dialog } from '../lib/dialog.js';
import { button, h } from '../lib/dom.js';
import { t, when } from '../lib/i18n.js';
import { problemOf } from '../lib/problem.js';
import { audienceWords } from './notice-list.js';
import { check, field } from './parts.js';

/** Ask once more, then `run()`; resolves to its answer, or null where one went back. A refusal is shown, and can be tried again. */
export async function ask({ title, body, yes, danger = false, run, ready = () => null }) {
  const error = h('p', { class: 'error-text', role: 'alert' });
  const go = button(yes, { kind: danger ? 'danger' : 'main', autofocus: !danger, on: { click: () => act() } });
  const dialog = Dialog.open({ title, body: [...body, error], foot: [button(t('cancel'), { on: { click: () => dialog.close() } }), go] });
  async function act() {
    const missing = ready();
    error.textContent = missing ?? '';
    if (missing || go.disabled) return;
    go.disabled = true;
    try {
      dialog.close({ answer: await run() });
    } catch (fault) {
      error.textContent = problemOf(fault);
      go.disabled = false;
    }
  }
  return (await dialog.closed)?.answer ?? null;
}

/** What will happen, in a list. */
function summary(draft, unit) {
  const rows = [
    ['send.who', audienceWords(draft.audience)],
    ['send.unit', unit],
    ['send.when', draft.publish_at ? when().full(new Date(draft.publish_at)) : t('schedule.now')],
    ['times.deadline', draft.deadline ? when().full(new Date(draft.deadline)) : null],
    ['times.kept', draft.keep_days ? t('times.kept.days', { n: draft.keep_days }) : null],
    ['send.urgent', draft.urgent ? t('send.urgent.text') : null],
    ['steps.title', draft.follow_up.length ? draft.follow_up.map(({ after_hours: hours, channel }) => t('send.step', { n: hours, channel: t(`channel.${channel}`) })).join(', ') : null],
  ];
  return h('dl', { class: 'facts' }, rows.filter(([, words]) => words).map(([key, words]) => h('div', {}, h('dt', {}, t(key)), h('dd', {}, words))));
}

export function askToPublish(draft, unit, run) {
  return ask({
    title: t(draft.publish_at ? 'send.title.later' : 'send.title', { title: draft.title }), body: [summary(draft, unit)],
    yes: t(draft.publish_at ? 'send.later' : 'send.now'), run,
  });
}

export function askToSubmit(draft, unit, run) {
  return ask({ title: t('send.title.approval'), body: [h('p', {}, t('send.approval.text')), summary(draft, unit)], yes: t('send.approval'), run });
}

/** What was corrected is told to families; small slips need not wake anybody. */
export function askToCorrect(run, { form }) {
  const note = h('input', { class: 'input', maxlength: 500, autofocus: true, placeholder: t('correct.note.hint') });
  const silent = check(t('correct.silent'), { checked: false, hint: t('correct.silent.hint'), changed: () => {} });
  return ask({
    title: t('correct.title'),
    body: [h('p', {}, t('correct.text')), form ? h('p', { class: 'note-bar' }, t('correct.form')) : null, field(t('correct.note'), note), silent].filter(Boolean),
    yes: t('correct.send'), run: () => run({ note: note.value, silent: silent.querySelector('input').checked }),
  });
}

/** Take back, or give back with a reason. */
export function askForReason({ title, text, yes, required, danger = true, run }) {
  const reason = h('textarea', { class: 'input', rows: 3, maxlength: 500, autofocus: true });
  return ask({
    title, body: [h('p', {}, text), field(t('reason'), reason, { optional: !required })], yes, danger,
    ready: () => (required && !reason.value.trim() ? t('reason.missing') : null), run: () => run(reason.value.trim()),
  });
}
