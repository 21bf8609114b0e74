/**
 * The fields of a form, each with its label, help, error and control. `fieldOf` gives
 * { node, focus(), fault(sentence | null) }; `changed(value)` is called with each answer.
 */
import { api, ApiError } from '../lib/api.js';
import { button, fill, h } from '../lib/dom.js';
import { bytes, number, t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { problemOf } from '../lib/problem.js';
import { settings } from '../lib/settings.js';
import { SignaturePad } from './signature-pad.js';

const MAKERS = { agree, choice, text, date, file, signature };
const PRIVACY = ['purpose', 'items', 'retention', 'recipient', 'refusal'];

export function fieldOf(field, value, { name, changed }) {
  const id = `field-${field.id}`;
  const error = h('p', { class: 'error-text', id: `${id}-error`, role: 'alert' });
  const described = [field.help ? `${id}-help` : '', `${id}-error`].filter(Boolean).join(' ');
  const made = (MAKERS[field.type] ?? unknown)(field, value, { id, described, name, changed });
  const label = h('span', {}, field.label, field.required === false ? h('span', { class: 'optional' }, ` ${t('form.optional')}`) : null);
  const isGroup = made.group === true;
  const node = h(isGroup ? 'fieldset' : 'div', { class: ['form-field', `form-${field.type}`], data: { field: field.id }, ...(isGroup ? { 'aria-describedby': described } : {}) },
    isGroup ? h('legend', { id: `${id}-legend` }, label) : h('label', { htmlFor: id, id: `${id}-label` }, label),
    field.help ? h('p', { class: 'faint', id: `${id}-help` }, field.help) : null,
    made.nodes, error);
  return {
    node,
    focus: () => { made.focus(); node.scrollIntoView({ block: 'center' }); },
    fault(sentence) {
      error.textContent = sentence ?? '';
      node.classList.toggle('wrong', Boolean(sentence));
      made.control?.setAttribute('aria-invalid', String(Boolean(sentence)));
    },
  };
}

/** Agree or disagree: neither is chosen beforehand. What the privacy act wants known stands above. */
function agree(field, value, { id, changed }) {
  const radios = [['agree', 'form.agree'], ['disagree', 'form.disagree']].map(([answer, words]) => option({
    type: 'radio', name: id, checked: value === answer, label: t(words), chosen: () => changed(answer),
  }));
  const { privacy } = field;
  return {
    group: true,
    nodes: [
      privacy ? h('div', { class: 'privacy' },
        h('p', { class: 'matter' }, t(`matter.${privacy.matter}`)),
        h('dl', {}, PRIVACY.filter((part) => privacy[part]).map((part) => h('div', {}, h('dt', {}, t(`privacy.${part}`)), h('dd', {}, privacy[part]))))) : null,
      h('div', { class: 'options options-two' }, radios),
    ],
    focus: () => radios[0].querySelector('input').focus(),
  };
}

function choice(field, value, { id, changed }) {
  const chosen = new Set(field.multiple ? value ?? [] : [value]);
  const options = field.options.map((one) => option({
    type: field.multiple ? 'checkbox' : 'radio', name: id, checked: chosen.has(one.id), label: one.label,
    chosen: (on) => {
      if (!field.multiple) return changed(one.id);
      if (on) chosen.add(one.id);
      else chosen.delete(one.id);
      return changed(field.options.map((each) => each.id).filter((each) => chosen.has(each)));
    },
  }));
  return { group: true, nodes: [h('div', { class: 'options' }, options)], focus: () => options[0].querySelector('input').focus() };
}

function option({ type, name, checked, label, chosen }) {
  return h('label', { class: 'option' }, h('input', { type, name, checked, on: { change: ({ target }) => chosen(target.checked) } }), h('span', {}, label));
}

function text(field, value, { id, described, changed }) {
  const longest = field.longest ?? 500;
  const count = h('p', { class: 'faint form-count', 'aria-hidden': 'true' });
  const control = h(field.lines ? 'textarea' : 'input', {
    class: 'input', id, value: value ?? '', 'aria-describedby': described, 'aria-required': String(field.required !== false),
    ...(field.lines ? { rows: 4 } : { type: 'text', autocomplete: 'off' }),
    on: { input: () => { changed(control.value); tell(); } },
  });
  const tell = () => {
    const length = [...control.value].length;
    count.hidden = length < longest * 0.8;
    count.textContent = `${number(length)} / ${number(longest)}`;
  };
  tell();
  return { control, nodes: [control, count], focus: () => control.focus() };
}

function date(field, value, { id, described, changed }) {
  const control = h('input', {
    class: 'input', id, type: 'date', value: value ?? '', min: field.earliest, max: field.latest, 'aria-describedby': described,
    'aria-required': String(field.required !== false), on: { change: () => changed(control.value) },
  });
  return { control, nodes: [control], focus: () => control.focus() };
}

function file(field, value, { id, described, changed }) {
  const files = [...(value ?? [])];
  const most = field.most ?? 1;
  const list = h('ul', { class: 'uploads' });
  const input = h('input', { type: 'file', class: 'visually-hidden', id, multiple: most > 1, 'aria-describedby': described, on: { change: () => take() } });
  const choose = h('label', { class: 'button button-plain', htmlFor: id }, icon('attach'), h('span', {}, t('form.file.choose')));
  const draw = () => {
    fill(list, files.map((one, at) => h('li', { class: 'upload' }, icon('file'),
      h('span', { class: 'file-text' }, h('span', { class: 'file-name' }, one.name), ' ', h('span', { class: 'faint' }, bytes(one.size))),
      button(t('compose.upload.remove', { name: one.name }), { kind: 'icon', icon: icon('close'), on: { click: () => { files.splice(at, 1); told(); input.focus(); } } }))));
    choose.hidden = files.length >= most;
    input.disabled = files.length >= most;
  };
  const told = () => { draw(); changed(files); };
  const take = async () => {
    const chosen = [...input.files].slice(0, most - files.length);
    input.value = '';
    await Promise.all(chosen.map((one) => upload(one)));
  };
  const upload = async (one) => {
    const bar = h('progress', { max: 1, value: 0, 'aria-label': t('compose.upload.progress', { name: one.name }) });
    const row = h('li', { class: 'upload' }, icon('file'), h('span', { class: 'file-text' }, one.name), bar);
    list.append(row);
    try {
      if (one.size > settings.limits.file_bytes) throw new ApiError({ code: 'too_large', detail: t('form.file.large', { size: bytes(settings.limits.file_bytes) }) });
      const { id: made, name, size } = await api.upload(one, (fraction) => { bar.value = fraction; }).done;
      files.push({ id: made, name, size });
      told();
    } catch (error) {
      fill(row, icon('warning'), h('span', { class: 'error-text' }, `${t('compose.upload.failed', { name: one.name })} ${problemOf(error)}`),
        button(t('retry'), { kind: 'quiet', on: { click: () => { row.remove(); upload(one); } } }));
    }
  };
  draw();
  return { control: input, nodes: [list, input, choose], focus: () => input.focus() };
}

function signature(field, value, { id, name, changed }) {
  const pad = new SignaturePad({ value, ways: field.ways ?? ['drawn', 'typed'], name, labelledby: `${id}-legend` });
  pad.addEventListener('change', (event) => {
    if (event.target === pad) changed(pad.value);
  });
  return { group: true, nodes: [pad], focus: () => pad.focus() };
}

/** A kind of field that this version of the page does not know: say so rather than send half an answer. */
function unknown() {
  return { nodes: [h('p', { class: 'error-text' }, t('form.unknown'))], focus() {} };
}
