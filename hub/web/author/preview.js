/** `<a-preview>`: a notice as families will have it on a phone: made by the server and by the family page's own parts. */
import { fieldOf } from '../family/form-fields.js';
import { translated } from '../family/form-texts.js';
import { due } from '../family/notice-card.js';
import { Dialog } from '../lib/dialog.js';
import { button, fill, h } from '../lib/dom.js';
import { bytes, t, when } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { problemOf } from '../lib/problem.js';
import { richText } from '../lib/rich-text.js';
import { calls } from './calls.js';
import { LANGUAGES } from './extra-parts.js';

const PAUSE = 500;

export class Preview extends HTMLElement {
  #unit;
  #by;
  #draft = null;
  #language = null;
  #timer = null;
  #running = null;
  #asked = '';
  #screen = h('div', { class: 'phone-screen', tabindex: '0', role: 'group', 'aria-label': t('preview.title') });

  /** `unit` and `by`: names of in whose name, and of who writes. */
  constructor({ unit, by }) {
    super();
    this.#unit = unit;
    this.#by = by;
    this.className = 'preview';
    this.append(h('p', { class: 'column-name' }, t('preview.title')), h('div', { class: 'phone' }, this.#screen));
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
    this.#running?.abort();
  }

  /** Show a draft, a moment later. */
  show(draft, { unit = this.#unit, now = false } = {}) {
    this.#draft = draft;
    this.#unit = unit;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#load(), now ? 0 : PAUSE);
  }

  /** Show a notice whose HTML is known already. */
  showView(view) {
    const { texts, language } = view;
    this.#draft = { ...view, text: texts[language].text, title: texts[language].title, translations: Object.fromEntries(Object.keys(texts).filter((name) => name !== language).map((name) => [name, texts[name]])), at: view.published_at };
    this.#render(texts[this.#language ?? language]);
  }

  async #load() {
    const draft = this.#draft;
    if (this.#language && this.#language !== draft.language && !(this.#language in draft.translations)) this.#language = null;
    const { title, text } = this.#language && this.#language !== draft.language ? draft.translations[this.#language] : draft;
    const asked = JSON.stringify([title, text, draft.form, draft.files, draft.deadline, draft.urgent, draft.confirm, this.#language, this.#unit, Object.keys(draft.translations)]);
    if (asked === this.#asked) return;
    this.#running?.abort();
    this.#running = new AbortController();
    try {
      const { shown } = await calls.preview({ title: title.slice(0, 200), text }, this.#running.signal);
      this.#asked = asked;
      this.#render(shown);
    } catch (error) {
      if (error.name !== 'AbortError') fill(this.#screen, h('p', { class: 'note-bar' }, icon('warning'), problemOf(error)));
    }
  }

  #render(shown) {
    const draft = this.#draft;
    const now = new Date();
    const language = this.#language ?? draft.language;
    const names = [draft.language, ...Object.keys(draft.translations)];
    const { scrollTop } = this.#screen;
    fill(this.#screen, h('div', { class: 'notice-body', lang: language },
      h('div', { class: 'notice-head' },
        h('p', { class: 'notice-card-top' }, h('span', { class: ['kind', `kind-${draft.kind}`] }, t(`kind.${draft.kind}`)), h('span', { class: 'notice-card-unit' }, this.#unit)),
        h('h2', { class: 'preview-title' }, draft.urgent ? h('span', { class: 'urgent' }, t('notice.urgent')) : null, shown.title || t('desk.untitled')),
        h('p', { class: 'faint' }, [this.#by, when().full(new Date(draft.at ?? draft.publish_at ?? now))].filter(Boolean).join(' · ')),
        draft.deadline ? h('p', {}, due(draft.deadline, now)) : null),
      names.length > 1 ? h('div', { class: 'segments', role: 'group', 'aria-label': t('notice.language') }, names.map((name) => button(name === draft.language ? t('notice.source', { name: LANGUAGES[name] ?? name }) : LANGUAGES[name] ?? name, {
        lang: name, 'aria-pressed': String(name === language), on: { click: () => { this.#language = name; if (draft.texts) this.showView(draft); else this.#load(); } },
      }))) : null,
      h('div', { class: 'rich' }, richText(shown.html)),
      draft.files.length ? h('section', { class: 'notice-files' }, h('h3', {}, t('notice.files.title', { n: draft.files.length })), h('ul', {}, draft.files.map(({ name, size }) => h('li', { class: 'file' }, icon('file'), h('span', { class: 'file-text' }, h('span', { class: 'file-name' }, name), ' ', h('span', { class: 'faint' }, bytes(size))))))) : null,
      draft.form?.fields.length ? this.#form(draft, language) : null),
    h('div', { class: 'action-bar', inert: true }, draft.form?.fields.length ? h('span', { class: 'button button-main' }, icon('sign'), t('answer.begin')) : draft.confirm ? h('span', { class: 'button button-main' }, icon('check'), t('notice.confirm')) : null));
    this.#screen.scrollTop = scrollTop;
  }

  /** As it is filled in: it can be tried, and goes nowhere. */
  #form(draft, language) {
    const form = translated(draft.form, language);
    return h('section', { class: 'preview-form', lang: language }, h('h3', {}, t('answer.title')),
      form.fields.map((field) => fieldOf({ ...field, id: `preview-${field.id}`, label: field.label || '…', ...(field.options ? { options: field.options.map((option) => ({ ...option, label: option.label || '…' })) } : {}) }, undefined, { name: this.#by, changed: () => {} }).node));
  }
}

customElements.define('a-preview', Preview);

/** The same in a dialog, where there is no room beside. */
export function openPreview(draft, names) {
  const preview = new Preview(names);
  preview.show(draft, { now: true });
  return Dialog.open({ title: t('preview.title'), className: 'preview-dialog', body: [preview] });
}
