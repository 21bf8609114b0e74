/** `<d-preview>`: what would be asked, and what would come, with the draft among what is published. */
import { debounce, fill, h } from '../lib/dom.js';
import { number, t } from '../lib/i18n.js';
import { problemOf } from '../lib/problem.js';
import { desk } from './api.js';
import { AUDIENCES, choice } from './parts.js';

export class Preview extends HTMLElement {
  #about;
  #question;
  #audience;
  #answer = h('div', { class: 'preview-answer', role: 'status' });
  #asked = 0;

  constructor(shell, about) {
    super();
    this.#about = about;
    this.className = 'look';
    const again = { on: { input: () => this.#soon(), change: () => this.#soon() } };
    this.#question = h('input', { class: 'input', value: about.first, maxlength: 1000, 'aria-label': t('preview.question'), placeholder: t('preview.question'), ...again });
    const first = about.draft().audience[0] ?? 'guardian';
    this.#audience = choice(t('entry.audience'), AUDIENCES.map((one) => [one, t('preview.as', { audience: t(`audience.${one}`) })]), again);
    this.#audience.value = first;
  }

  connectedCallback() {
    if (this.children.length) return;
    fill(this, h('h2', {}, t('preview.title')), h('div', { class: 'preview-form' }, this.#question, this.#audience), this.#answer);
    this.#soon();
  }

  /** The draft changed: look again. */
  changed() {
    if (this.isConnected) this.#soon();
  }

  #soon = debounce(700, () => this.#look());

  async #look() {
    const question = this.#question.value.trim();
    const number_ = ++this.#asked;
    if (!question) {
      fill(this.#answer, h('p', { class: 'faint' }, t('preview.hint')));
      return;
    }
    const draft = this.#about.draft();
    // Until it is said for whom it is, it is looked at as if it were for whoever asks.
    if (!draft.audience.length) draft.audience = [this.#audience.value];
    try {
      const found = await desk.preview({
        question, audience: this.#audience.value, unit: this.#about.unit(), entry: this.#about.entry,
        draft: (draft.title || draft.question) && draft.answer ? draft : null,
      });
      if (number_ === this.#asked) this.#show(found);
    } catch (error) {
      if (number_ !== this.#asked) return;
      fill(this.#answer, h('p', { class: 'faint' }, error.code === 'unavailable' ? t('preview.away') : problemOf(error)));
    }
  }

  #show({ band, confidence, hits }) {
    fill(this.#answer,
      h('p', { class: ['band', `band-${band}`] }, h('strong', {}, t(`band.${band}`)), ' ', h('span', { class: 'faint' }, t(`band.${band}.hint`, { percent: number(Math.round(confidence * 100)) }))),
      hits.length ? h('ol', { class: 'hits' }, hits.map((hit, place) => h('li', { class: (hit.entry ?? null) === (this.#about.entry ?? null) ? 'this-entry' : '' },
        h('span', { class: 'one-line' }, hit.name),
        h('span', { class: 'faint' }, (hit.entry ?? null) === (this.#about.entry ?? null) ? t('preview.this') : place === 0 && band === 'sure' ? t('preview.given') : '')))) : null);
  }
}

customElements.define('d-preview', Preview);
