/**
 * Gets the outbox's commands to the server: in order within a room, each until it is answered,
 * under one `cid`. It decides which refusals are worth another try.
 */
import { CommandError } from './connection.js';

/** Refusals of one command by a failing server before the person is asked. */
const MAX_FAILURES = 5;
/** Refusals that always pass in time: tried without end. */
const PATIENT = new Set(['rate_limited', 'unavailable']);
const LONGEST_WAIT = 20;

export class Sender {
  #outbox;
  #request;
  #emit;
  #clock;
  #ready = false;
  #promises = new Map();
  #failures = new Map();
  #paused = new Set();

  /** `request(verb, body)` sends a command; `emit(item)` tells of "sent" and "failed". */
  constructor({ outbox, request, emit, clock }) {
    this.#outbox = outbox;
    this.#request = request;
    this.#emit = emit;
    this.#clock = clock;
  }

  /**
   * Add a command. Resolves to { seq, at }; rejects once it is refused for good or discarded. A
   * `cid` that waits already is the same command again: it gets the same promise.
   */
  command(verb, room, args, cid = crypto.randomUUID()) {
    const waiting = this.#promises.get(cid);
    if (waiting) return waiting.promise;
    const settle = {};
    const promise = new Promise((resolve, reject) => Object.assign(settle, { resolve, reject }));
    this.#promises.set(cid, { ...settle, promise });
    this.#outbox.add({ cid, verb, room, args });
    this.pump();
    return promise;
  }

  /** Send a refused command again. */
  retry(cid) {
    this.#failures.delete(cid);
    this.#outbox.retry(cid);
    this.pump();
  }

  /** Forget a command. One that is on its way may still arrive. */
  discard(cid) {
    this.#outbox.done(cid);
    this.#settle(cid)?.reject(new CommandError({ code: 'discarded' }));
  }

  /** The connection is there (again). */
  resume() {
    this.#ready = true;
    this.pump();
  }

  /** The connection is gone: what was on its way counts as unsent. */
  pause() {
    this.#ready = false;
    for (const { cid } of this.#outbox.entries()) this.#outbox.land(cid);
  }

  pump() {
    if (!this.#ready) return;
    for (const entry of this.#outbox.ready()) {
      if (!this.#paused.has(entry.room)) this.#transmit(entry);
    }
  }

  async #transmit({ cid, verb, room, args }) {
    this.#outbox.fly(cid);
    const files = args.files?.map((file) => file.id ?? file);
    try {
      const { seq, at } = await this.#request(verb, { room, cid, ...args, ...(files ? { files } : {}) });
      this.#outbox.done(cid);
      this.#failures.delete(cid);
      this.#emit({ type: 'sent', cid, room, verb, seq, at });
      this.#settle(cid)?.resolve({ seq, at });
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      if (error.code === 'offline') return; // the next connection resends it
      this.#outbox.land(cid);
      this.#refused({ cid, verb, room }, error);
    }
    this.pump();
  }

  #refused({ cid, verb, room }, error) {
    const failures = (this.#failures.get(cid) ?? 0) + 1;
    this.#failures.set(cid, failures);
    // Without a sign-in the connection is about to end, and the next one resends.
    const patient = PATIENT.has(error.code) || error.code === 'unauthenticated';
    if (patient || (error.temporary && failures < MAX_FAILURES)) {
      this.#paused.add(room);
      this.#clock.after(error.retryAfter ?? Math.min(LONGEST_WAIT, 2 ** (failures - 1)), () => {
        this.#paused.delete(room);
        this.pump();
      });
      return;
    }
    this.#failures.delete(cid);
    // A refused message is kept for the person; of a refused reaction there is nothing to keep.
    if (verb === 'send') this.#outbox.fail(cid, error);
    else this.#outbox.done(cid);
    this.#emit({ type: 'failed', cid, room, verb, error });
    this.#settle(cid)?.reject(error);
  }

  #settle(cid) {
    const promise = this.#promises.get(cid);
    this.#promises.delete(cid);
    return promise;
  }
}
