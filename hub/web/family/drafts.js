/** Answers that were begun and not sent, kept on this device: nothing that was filled in is lost. */

const PREFIX = 'madang.form.';
const MOST = 30;

/** The draft of one person's answer to one notice for one student. */
export class Draft {
  #key;

  constructor(person, notice, student) {
    this.#key = `${PREFIX}${person}.${notice}.${student}`;
  }

  /** { version, answers, cid } as it was kept, or null. */
  read() {
    try {
      return JSON.parse(localStorage.getItem(this.#key));
    } catch {
      return null;
    }
  }

  write(content) {
    try {
      localStorage.setItem(this.#key, JSON.stringify({ ...content, at: Date.now() }));
      tidy();
    } catch {
      // Full, or forbidden: it holds until the page is left.
    }
  }

  drop() {
    try {
      localStorage.removeItem(this.#key);
    } catch {
      // It was not kept either.
    }
  }
}

function keys() {
  return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
}

/** The oldest give way. */
function tidy() {
  const all = keys();
  if (all.length <= MOST) return;
  const age = (key) => JSON.parse(localStorage.getItem(key))?.at ?? 0;
  for (const key of all.sort((one, other) => age(one) - age(other)).slice(0, all.length - MOST)) localStorage.removeItem(key);
}

/** Erase all drafts of somebody who signs out. */
export function forgetDrafts(person) {
  try {
    for (const key of keys()) if (key.startsWith(`${PREFIX}${person}.`)) localStorage.removeItem(key);
  } catch {
    // Nothing could be kept either.
  }
}
