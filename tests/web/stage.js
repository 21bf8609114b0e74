/**
 * A stage for the client: a clock that only tests move, and sockets whose other end the test plays.
 * The scenarios against a real hub are in tests/scenarios; here every instant is chosen.
 */

export class Clock {
  #now = 0;
  #timers = new Map();
  #id = 0;

  now = () => this.#now;
  after = (seconds, call) => this.#add(seconds, call, null);
  every = (seconds, call) => this.#add(seconds, call, seconds);
  cancel = (id) => this.#timers.delete(id);

  #add(seconds, call, again) {
    this.#id += 1;
    this.#timers.set(this.#id, { at: this.#now + seconds, call, again });
    return this.#id;
  }

  /** Let `seconds` pass, calling what falls due in its order, and let promises settle in between. */
  async pass(seconds) {
    const end = this.#now + seconds;
    for (;;) {
      const [next] = [...this.#timers].filter(([, { at }]) => at <= end).sort(([, one], [, other]) => one.at - other.at);
      if (!next) break;
      const [id, timer] = next;
      this.#now = timer.at;
      if (timer.again) timer.at += timer.again;
      else this.#timers.delete(id);
      timer.call();
      await settle();
    }
    this.#now = end;
    await settle();
  }
}

/** Let every promise that can go on do so. */
export async function settle() {
  for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
}

/** Makes a WebSocket constructor; `sockets` holds what it made, newest last. */
export function stage() {
  const sockets = [];
  class Socket {
    readyState = 0;
    sent = [];

    constructor(url, protocols) {
      Object.assign(this, { url, protocols });
      sockets.push(this);
    }

    send(data) { this.sent.push(JSON.parse(data)); }

    close(code) {
      this.readyState = 3;
      this.closedWith = code;
    }

    // What the test does as the server:
    async accept() {
      this.readyState = 1;
      this.onopen?.();
      await settle();
    }

    async say(frame) {
      this.onmessage?.({ data: JSON.stringify(frame) });
      await settle();
    }

    async end(code = 1006, reason = '') {
      this.readyState = 3;
      this.onclose?.({ code, reason });
      await settle();
    }

    /** Commands of a verb, as [id, body]. */
    of(verb) {
      return this.sent.filter((frame) => verb in frame).map((frame) => [frame.id, frame[verb]]);
    }

    async answer(verb, result) {
      const [id] = this.of(verb).at(-1);
      await this.say({ id, [verb]: result });
    }

    async refuse(verb, error) {
      const [id] = this.of(verb).at(-1);
      await this.say({ id, error: { message: error.code, temporary: false, retry_after: null, ...error } });
    }
  }
  return { Socket, sockets, last: () => sockets.at(-1) };
}
