/** What somebody has begun to write, per room, kept over reloads. */

const MOST_CHARACTERS = 20_000;

export class Drafts {
  #prefix;

  constructor(person) {
    this.#prefix = `madang.draft.${person}.`;
  }

  get(room) {
    try {
      return JSON.parse(localStorage.getItem(this.#prefix + room)) ?? {};
    } catch {
      return {};
    }
  }

  /** `draft`: { text, replyTo }; an empty one is forgotten. */
  set(room, { text, replyTo = null }) {
    try {
      if (text || replyTo) {
        localStorage.setItem(this.#prefix + room, JSON.stringify({ text: text.slice(0, MOST_CHARACTERS), replyTo }));
      } else localStorage.removeItem(this.#prefix + room);
    } catch {
      // Storage is full or forbidden: the draft lives as long as the page.
    }
  }
}
