/** Answers to read: what was asked, and what was said. */
import { api } from '../lib/api.js';
import { h } from '../lib/dom.js';
import { t, when } from '../lib/i18n.js';
import { isEmpty } from './form-texts.js';
import { signatureView } from './signature-pad.js';

/** `form` in the language that is shown. */
export function answersView(form, answers, language) {
  return h('dl', { class: 'answers' }, form.fields.map((field) => h('div', { class: 'answer' },
    h('dt', { lang: language }, field.label),
    h('dd', {}, isEmpty(answers[field.id]) ? h('span', { class: 'faint' }, t('answer.none')) : shown(field, answers[field.id])))));
}

function shown(field, value) {
  switch (field.type) {
    case 'agree': return h('strong', { class: value === 'agree' ? 'agreed' : 'refused' }, t(value === 'agree' ? 'form.agree' : 'form.disagree'));
    case 'choice': {
      const chosen = [value].flat();
      return field.options.filter(({ id }) => chosen.includes(id)).map(({ label }) => label).join(', ');
    }
    case 'date': return when().day(new Date(`${value}T12:00:00Z`), new Date());
    case 'file': return h('ul', {}, value.map(({ id, name }) => h('li', {}, h('a', { href: api.fileUrl(id), download: name }, name))));
    case 'signature': return signatureView(value);
    default: return h('span', { class: 'answer-text' }, String(value));
  }
}
