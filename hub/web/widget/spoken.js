/**
 * What a screen reader says by itself. An answer that is being written changes many times in a second: it is said
 * once, when it is there, and what is only so for a moment is not said at all.
 */

import { h } from '../lib/dom.js';

/** How long something must last that passes by itself, and how long what was said stays to be found, in milliseconds. */
const LASTS = 1500;
const STAYS = 10_000;

export class Spoken {
  node = h('div', { class: 'hidden', 'aria-live': 'polite' });
  #last = '';
  #timer = null;

  /** Say it, if it is anything new; what `passes` only if nothing else is said soon. */
  say(text, { passes = false } = {}) {
    if (text === this.#last) return;
    this.#last = text;
    this.#later(passes ? LASTS : 0, () => {
      this.node.textContent = text;
      // It stands in the conversation as well, and is not to be met twice there.
      this.#later(STAYS, () => { this.node.textContent = ''; });
    });
  }

  #later(ms, call) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(call, ms);
  }
}
