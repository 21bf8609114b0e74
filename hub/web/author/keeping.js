/** What is being written, kept on this device until the server has it: a reload or a dead line loses nothing. */

const PREFIX = 'madang.notice.';

/** The copy of one draft; `key` is a notice's id, or one of this device's own before it has that. */
export class Kept {
  #prefix;
  #key;

  constructor(person, key) {
    this.#prefix = `${PREFIX}${person}.`;
    this.#key = key;
  }

  /** { draft, id, base, once, pending, at } as kept, or null. */
  read() {
    try {
      return JSON.parse(localStorage.getItem(this.#prefix + this.#key));
    } catch {
      return null;
    }
  }

  /** Returns whether there was room. */
  write(content) {
    try {
      localStorage.setItem(this.#prefix + this.#key, JSON.stringify({ ...content, at: Date.now() }));
      return true;
    } catch {
      return false;
    }
  }

  drop() {
    try {
      localStorage.removeItem(this.#prefix + this.#key);
    } catch {
      // It was not kept either.
    }
  }

  /** From now on under another key; what is kept is written anew by whoever renames it. */
  rename(key) {
    this.drop();
    this.#key = key;
  }
}

/** Copies that the server does not have yet: { key, draft, id, at }, the latest first. */
export function unsaved(person) {
  const prefix = `${PREFIX}${person}.`;
  try {
    return keysOf(prefix).map((name) => ({ key: name.slice(prefix.length), ...JSON.parse(localStorage.getItem(name)) }))
      .filter(({ pending }) => pending).sort((one, other) => other.at - one.at);
  } catch {
    return [];
  }
}

/** Erase all copies of somebody who signs out; they were asked before. */
export function forget(person) {
  try {
    for (const name of keysOf(`${PREFIX}${person}.`)) localStorage.removeItem(name);
  } catch {
    // Nothing could be kept either.
  }
}

function keysOf(prefix) {
  return Object.keys(localStorage).filter((name) => name.startsWith(prefix));
}
