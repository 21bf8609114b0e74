/**
 * How the bot stands as a chat opens: who asks, whether it answers, and what people ask most. Goes on looking until
 * that is known, less and less often, and only while somebody would see it. Knows nothing of the page.
 */

import { Refused } from './api.js';

/** Seconds before it is looked again; the last is kept to. */
const PAUSES = [1, 2, 4, 8, 15, 30];
/** How often a bot that answers may tell no questions until there are none: a busy one does not tell in time. */
const EMPTY = 3;

export class About {
  /** What stands in the way: 'starting', 'offline' or null. */
  state = null;
  questions = [];
  /** Why there will be no answer. */
  refused = null;
  /** Characters of a question. */
  most = Infinity;
  #find;
  #wanted;
  #changed;
  #told = false;
  #tries = 0;
  #empty = 0;
  #over = false;
  #looking = false;
  #timer = null;

  /** `find` asks the hub; `wanted(known)` says whether it matters now; `changed(about)` is awaited with what the hub said first, later with null. */
  constructor(find, wanted, changed) {
    this.#find = find;
    this.#wanted = wanted;
    this.#changed = changed;
  }

  /** Look now, unless everything is known or is being found out. Also for when somebody is back who was away. */
  async look() {
    if (this.#over || this.#looking || !this.#wanted(this.#told)) return;
    this.#looking = true;
    clearTimeout(this.#timer);
    const { first, wait } = await this.#once();
    await this.#changed(first);
    this.#looking = false;
    if (this.#over) return;
    const seconds = Math.max(PAUSES[Math.min(this.#tries, PAUSES.length - 1)], wait);
    this.#tries += 1;
    // Not all who lost the same server come back in the same second.
    this.#timer = setTimeout(() => this.look(), seconds * (750 + 500 * Math.random()));
  }

  async #once() {
    try {
      const about = await this.#find();
      const first = this.#told ? null : about;
      this.#told = true;
      this.#take(about);
      return { first, wait: 0 };
    } catch (error) {
      const refused = error instanceof Refused;
      this.#over = refused && error.status < 500 && error.status !== 429; // asking tells soon enough what is wrong
      this.state = refused ? null : 'offline';
      if (this.#over) this.refused = error;
      return { first: null, wait: (refused && error.retryAfter) || 0 };
    }
  }

  #take({ ready, questions, question_chars }) {
    this.most = question_chars;
    this.state = ready ? null : 'starting';
    this.questions = questions;
    if (ready && questions.length === 0) this.#empty += 1;
    this.#over = questions.length > 0 || this.#empty === EMPTY;
  }
}
