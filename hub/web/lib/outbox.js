/**
 * Commands that are not acknowledged yet, in the order they were given.
 *
 * Each keeps the `cid` it was born with, so sending it once more, on another connection or after
 * a reload, can never make a second event. Pure but for the `store` handed in.
 *
 * An entry: { cid, verb, room, args, made, failed }. `verb` is send, edit, recall, react or pin,
 * `args` the rest of the command, `made` a number that orders entries, `failed` null or
 * { code, message } of a refusal that trying again does not mend.
 */
export class Outbox {
  #entries = new Map();
  #flying = new Set();
  #store;
  #made = 0;

  /** `store` has load() → entries, put(entry) and remove(cid); without one nothing survives a reload. */
  constructor(store = null) {
    this.#store = store;
    const kept = [...(store?.load() ?? [])].sort((one, other) => one.made - other.made);
    for (const entry of kept) this.#entries.set(entry.cid, entry);
    this.#made = kept.at(-1)?.made ?? 0;
  }

  get size() {
    return this.#entries.size;
  }

  /** All entries, oldest first. */
  entries() {
    return [...this.#entries.values()];
  }

  get(cid) {
    return this.#entries.get(cid);
  }

  /** Add a command behind the others. Returns the entry. */
  add({ cid, verb, room, args, now = Date.now() }) {
    this.#made = Math.max(this.#made + 1, now);
    const entry = { cid, verb, room, args, made: this.#made, failed: null };
    this.#entries.set(cid, entry);
    this.#store?.put(entry);
    return entry;
  }

  /**
   * The entries to send now: of each room the oldest that has not failed, where none of that room
   * is on its way. One at a time keeps a room's order even where the server refuses one for a while.
   */
  ready() {
    const busy = new Set();
    for (const cid of this.#flying) busy.add(this.#entries.get(cid)?.room);
    const found = [];
    for (const entry of this.#entries.values()) {
      if (entry.failed || busy.has(entry.room)) continue;
      busy.add(entry.room);
      found.push(entry);
    }
    return found;
  }

  /** The entry is on its way. */
  fly(cid) {
    this.#flying.add(cid);
  }

  /** The entry is here again: its connection ended, or it was refused for the moment. */
  land(cid) {
    this.#flying.delete(cid);
  }

  /** The server has it: forget it. */
  done(cid) {
    this.#flying.delete(cid);
    if (this.#entries.delete(cid)) this.#store?.remove(cid);
  }

  /** The server will not have it: keep it for the person to decide. */
  fail(cid, { code, message }) {
    this.#flying.delete(cid);
    this.#change(cid, { code, message });
  }

  /** Try a failed entry again, in its old place. */
  retry(cid) {
    this.#change(cid, null);
  }

  #change(cid, failed) {
    const entry = this.#entries.get(cid);
    if (!entry) return;
    const changed = { ...entry, failed };
    this.#entries.set(cid, changed);
    this.#store?.put(changed);
  }
}

/**
 * Keeps entries in the browser's localStorage, one key each, so that several tabs of one person
 * do not overwrite one another. Where storage is full or forbidden, entries live in memory only.
 */
export class LocalStore {
  #prefix;
  #storage;

  constructor(person, storage = globalThis.localStorage) {
    this.#prefix = `madang.outbox.${person}.`;
    this.#storage = storage;
  }

  load() {
    const found = [];
    for (const key of Object.keys(this.#storage)) {
      if (!key.startsWith(this.#prefix)) continue;
      try {
        found.push(JSON.parse(this.#storage.getItem(key)));
      } catch {
        this.#storage.removeItem(key); // not ours, or cut off while it was written
      }
    }
    return found;
  }

  put(entry) {
    try {
      this.#storage.setItem(this.#prefix + entry.cid, JSON.stringify(entry));
    } catch {
      // QuotaExceededError: the message is still sent, it only does not survive a reload.
    }
  }

  remove(cid) {
    this.#storage.removeItem(this.#prefix + cid);
  }
}
