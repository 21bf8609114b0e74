/** Below a notice with a form: each child it asks about, what was answered, and what can be done now. */
import { confirm, Dialog } from '../lib/dialog.js';
import { button, h } from '../lib/dom.js';
import { locale, t, when } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { problemOf } from '../lib/problem.js';
import { refill } from '../lib/refill.js';
import { toast } from '../lib/toast.js';
import { answersView } from './answers-view.js';
import { calls } from './calls.js';
import { translated } from './form-texts.js';
import { places, visiting } from './route.js';

const ANSWERED = new Set(['answered', 'again']);

/** `known`: what was returned before; it is shown until it is known anew. */
export function answerRows(notice, session, now, known) {
  const part = known ?? h('section', { class: 'answers-part', 'aria-labelledby': 'answers-title' },
    h('h2', { id: 'answers-title' }, t('answer.title')),
    h('ul', { class: 'answer-rows' }, h('li', { class: 'skeleton answer-skeleton' })));
  load(notice, session, now, part.lastChild);
  return part;
}

async function load(notice, session, now, list) {
  try {
    const paper = await calls.submissions(notice.id);
    const again = () => { session.notices.hurry(); load(notice, session, new Date(), list); };
    refill(list, paper.mine.length ? paper.mine.map((mine) => row(mine, { notice, paper, now, again }))
      : h('li', { class: 'faint' }, t('answer.nobody')));
  } catch (error) {
    refill(list, h('li', { class: 'answer-row' }, h('p', { class: 'error-text' }, problemOf(error)),
      button(t('retry'), { on: { click: () => load(notice, session, now, list) } })));
  }
}

function row(mine, { notice, paper, now, again }) {
  const { student, submission } = mine;
  const open = paper.open !== false && notice.state !== 'withdrawn' && (!notice.deadline || new Date(notice.deadline) > now);
  const answered = submission && ANSWERED.has(mine.state);
  return h('li', { key: student.id, class: ['answer-row', mine.state === 'answered' && 'is-answered'] },
    h('div', { class: 'answer-row-text' },
      h('p', { class: 'answer-child' }, student.name),
      h('p', { class: 'faint' }, stateWords(mine, open, paper.erased_at)),
      (mine.others ?? []).map(({ name, at }) => h('p', { class: 'faint' }, t('answer.other', { name, time: when().list(new Date(at), now) })))),
    h('div', { class: 'answer-row-actions' },
      mine.may_answer && open && !(answered && mine.state === 'answered') && !(paper.mine.length === 1 && mine.must_answer) // that is in the bar below
        ? h('a', { class: 'button button-main', ...visiting(places.form(notice.id, student.id)) }, icon('sign'), h('span', {}, t(mine.state === 'again' ? 'answer.again' : 'answer.begin'))) : null,
      answered ? button(t('answer.look'), { on: { click: () => look(mine, { notice, paper, open, again }) } }) : null));
}

function stateWords({ state, submission, may_answer: may, must_answer: must, left }, open, erased) {
  if (erased) return t('answer.state.erased', { day: when().full(new Date(erased)) });
  if (state === 'answered') return t('answer.state.answered', { time: when().full(new Date(submission.at)) });
  if (state === 'again') return t('answer.state.again');
  if (state === 'withdrawn') return t('answer.state.withdrawn', { time: when().full(new Date(submission.at)) });
  if (left) return t('answer.state.left');
  if (!open) return t('answer.state.closed');
  if (!may) return t('answer.state.forbidden');
  return t(must === false ? 'answer.state.enough' : 'answer.state.open');
}

/** What was answered; from here it is changed, withdrawn, or taken along as a certificate. */
function look(mine, { notice, paper, open, again }) {
  const { submission, student } = mine;
  const language = submission.language && submission.language in paper.texts ? submission.language : locale();
  const sameForm = submission.version === paper.version;
  const dialog = Dialog.open({
    title: t('answer.of', { name: student.name }),
    className: 'answer-dialog',
    body: [
      h('p', { class: 'faint' }, when().full(new Date(submission.at)), submission.by ? ` · ${t('answer.by', { name: submission.by.name })}` : ''),
      sameForm ? answersView(translated(paper.form, language), submission.answers, language) : h('p', {}, t('answer.older')),
      h('p', { class: 'faint answer-hash' }, t('answer.hash', { seq: submission.seq }), ' ', h('code', {}, submission.hash.slice(0, 16))),
      h('a', { class: 'button button-plain', href: calls.certificateUrl(notice.id, submission.id), download: '' }, icon('download'), h('span', {}, t('answer.certificate'))),
    ],
    foot: [
      // However late, and after the notice was taken back too: consent may be taken back at any time.
      button(t('answer.withdraw'), { kind: 'quiet', class: 'danger-text', on: { click: () => { dialog.close(); withdraw(mine, { notice, again }); } } }),
      mine.may_answer && open && paper.form.change !== false
        ? h('a', { class: 'button button-main', ...closing(() => dialog.close(), visiting(places.form(notice.id, student.id))) }, t('answer.change')) : null,
    ].filter(Boolean),
  });
}

function closing(close, link) {
  return { ...link, on: { click: (event) => { close(); link.on.click(event); } } };
}

async function withdraw(mine, { notice, again }) {
  const sure = await confirm({ title: t('answer.withdraw.title'), text: t('answer.withdraw.text'), yes: t('answer.withdraw'), danger: true });
  if (!sure) return;
  try {
    await calls.submit(notice.id, { act: 'withdraw', student: mine.student.id, cid: crypto.randomUUID() });
    toast(t('answer.withdrawn'));
    again();
  } catch (error) {
    toast(problemOf(error));
  }
}
