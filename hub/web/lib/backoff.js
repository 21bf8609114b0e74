/**
 * How long to wait before trying again. Pure: the chance is passed in.
 *
 * Exponential with full jitter: the n-th wait is anywhere between 0 and base·2ⁿ, capped, so that
 * thousands of clients that lost the same server do not come back in the same second.
 */
export class Backoff {
  #base;
  #cap;
  #random;
  #tries = 0;

  /** `base` and `cap` in seconds; `random` gives a number in [0, 1). */
  constructor({ base = 1, cap = 20, random = Math.random } = {}) {
    this.#base = base;
    this.#cap = cap;
    this.#random = random;
  }

  /** How many waits have been given out since the last reset. */
  get tries() {
    return this.#tries;
  }

  /** The next wait in seconds. */
  next() {
    const ceiling = Math.min(this.#cap, this.#base * 2 ** this.#tries);
    this.#tries += 1;
    return this.#random() * ceiling;
  }

  /** Start over: what was tried has succeeded. */
  reset() {
    this.#tries = 0;
  }
}
