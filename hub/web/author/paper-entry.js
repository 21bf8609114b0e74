/** Entering what a family handed in on paper: who signed, what was ticked, the scan. */
import { fieldOf } from '../family/form-fields.js';
import { faultOf, plainAnswers, translated } from '../family/form-texts.js';
import { Dialog } from '../lib/dialog.js';
import { button, h } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { problemOf } from '../lib/problem.js';
import { toast } from '../lib/toast.js';
import { calls } from './calls.js';
import { filesField } from './files-part.js';
import { field as labelled } from './parts.js';

/** Resolves to the submission, or null where none was entered. `row`: a student with those who may sign. */
export async function openPaper(notice, paper, row) {
  const values = {};
  const cid = crypto.randomUUID();
  const form = translated(paper.form, notice.language);
  const error = h('p', { class: 'error-text', role: 'alert' });
  const signer = h('select', { class: 'input' }, row.signers.map(({ id, name, relation, submission }) => h('option', { value: id }, `${name}${relation ? ` (${relation})` : ''}${submission ? ` · ${t('paper.already')}` : ''}`)));
  const first = row.signers.find(({ must, submission }) => must && !submission) ?? row.signers[0];
  signer.value = first.id;
  const nameOf = () => row.signers.find(({ id }) => id === signer.value).name;
  let scan = [];
  const files = filesField([], (chosen) => { scan = chosen; }, { id: 'paper-files', label: t('paper.scan.add') });
  // What is drawn on paper is on the scan: here its signer is named.
  const asked = form.fields.map((field) => (field.type === 'signature' ? { ...field, ways: ['typed'] } : field));
  const fields = new Map(asked.map((field) => {
    if (field.type === 'signature') values[field.id] = { typed: nameOf() };
    return [field.id, fieldOf({ ...field, id: `paper-${field.id}` }, values[field.id], { name: nameOf(), changed: (value) => { values[field.id] = value; fields.get(field.id).fault(null); } })];
  }));
  const send = button(t('paper.send'), { kind: 'main', on: { click: () => act() } });
  const dialog = Dialog.open({
    title: t('paper.title', { name: row.student.name }), className: 'paper-dialog',
    body: [h('p', { class: 'faint' }, t('paper.text')), labelled(t('paper.signer'), signer), ...[...fields.values()].map(({ node }) => node),
      h('div', { class: 'field' }, h('span', {}, t('paper.scan')), files.node), error],
    foot: [button(t('cancel'), { on: { click: () => dialog.close() } }), send],
  });
  async function act() {
    const wrong = asked.filter((field) => field.type !== 'signature').map((field) => [field.id, faultOf(field, values[field.id])]).filter(([, fault]) => fault);
    for (const [id, one] of fields) one.fault(t(...wrong.find(([name]) => name === id)?.[1] ?? ['', {}]));
    error.textContent = wrong.length ? t('paper.wrong') : files.busy ? t('write.uploading') : scan.length ? '' : t('paper.scan.missing');
    if (error.textContent) {
      fields.get(wrong[0]?.[0])?.focus();
      return;
    }
    for (const { id, type } of asked) if (type === 'signature') values[id] = { typed: nameOf() };
    send.disabled = true;
    try {
      const submission = await calls.enter(notice.id, {
        act: 'answer', student: row.student.id, version: paper.version, text_hash: paper.texts[notice.language], answers: plainAnswers(paper.form, values),
        cid, on_paper_for: signer.value, files: scan.map(({ id }) => id),
      });
      toast(t('paper.done', { name: row.student.name }));
      dialog.close(submission);
    } catch (fault) {
      for (const [id, sentence] of Object.entries(fault.fields ?? {})) fields.get(id)?.fault(sentence);
      error.textContent = problemOf(fault);
      send.disabled = false;
    }
  }
  return dialog.closed;
}
