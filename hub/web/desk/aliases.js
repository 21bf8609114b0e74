/** `<d-aliases>`: other ways to ask, one a line, and questions that came in to take as such. */
import { button, fill, h } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { desk } from './api.js';
import { field } from './parts.js';

export class Aliases extends HTMLElement {
  #id;
  #field;
  #proposed = h('div', { class: 'proposed', hidden: true });

  constructor(id, aliases, changed) {
    super();
    this.#id = id;
    this.#field = h('textarea', { class: 'input', rows: Math.min(8, Math.max(3, aliases.length + 1)), value: aliases.join('\n'), on: { input: changed } });
    this.className = 'aliases';
    this.changed = changed;
  }

  get value() {
    return this.#field.value.split('\n').map((line) => line.trim()).filter(Boolean);
  }

  connectedCallback() {
    if (this.children.length) return;
    fill(this, field(t('entry.aliases'), this.#field, t('entry.aliases.hint')), this.#proposed);
    if (this.#id) this.#propose();
  }

  async #propose() {
    try {
      const { proposals } = await desk.proposals(this.#id);
      this.#proposed.hidden = proposals.length === 0;
      fill(this.#proposed, h('p', { class: 'faint' }, t('entry.proposals')),
        h('ul', { class: 'chips' }, proposals.map((one) => this.#chip(one))));
    } catch {
      // The entry can be written without.
    }
  }

  #chip({ question, asked }) {
    const chip = h('li', {}, button(asked > 1 ? `${question} (${asked})` : question, {
      kind: 'chip', icon: icon('plus'), 'aria-label': t('entry.proposals.take', { question }),
      on: {
        click: () => {
          this.#field.value = [...this.value, question].join('\n');
          chip.remove();
          this.#proposed.hidden = !this.#proposed.querySelector('li');
          this.#field.focus();
          this.changed();
        },
      },
    }));
    return chip;
  }
}

customElements.define('d-aliases', Aliases);
