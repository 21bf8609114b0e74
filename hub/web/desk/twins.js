/** `<d-twins>`: says where another entry that is published answers the same question. */
import { debounce, fill, h } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { desk } from './api.js';

export class Twins extends HTMLElement {
  #about;
  #asked = 0;

  /** `about` gives the `draft`, the `unit` and the `entry`'s id. */
  constructor(about) {
    super();
    this.#about = about;
    this.setAttribute('role', 'status');
  }

  connectedCallback() {
    this.changed();
  }

  changed() {
    if (this.isConnected) this.#soon();
  }

  #soon = debounce(700, () => this.#look());

  async #look() {
    const asked = ++this.#asked;
    const { draft, unit, entry } = this.#about;
    try {
      const { twins } = await desk.twins({ unit: unit(), content: draft(), entry });
      if (asked === this.#asked) this.#show(twins);
    } catch {
      if (asked === this.#asked) fill(this); // It can be written and published without.
    }
  }

  #show(twins) {
    fill(this, twins.map((twin) => h('p', { class: 'twin' }, icon('warning'), h('span', {}, t('twins.same'), ' ',
      h('a', { href: `#/entries/${encodeURIComponent(twin.entry)}`, target: '_blank', rel: 'noopener' }, twin.name || t('entries.untitled')), ' ',
      t('twins.question', { question: twin.question })))));
  }
}

customElements.define('d-twins', Twins);
