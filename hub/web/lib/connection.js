/**
 * One lasting connection to the hub, made of as many sockets as it takes: it opens them, signs in,
 * notices when one is dead, and decides from the close code whether and when to come back.
 * It knows frames and ids, not rooms: that is the client's part.
 */
import { Backoff } from './backoff.js';
import { afterClose, BAD_FRAME, DRAINING, hintIn, NOT_SIGNED_IN, TOO_MANY } from './closing.js';

export const SUBPROTOCOL = 'madang.v1';

const MAX_IN_FLIGHT = 20;
const MAX_WAITING = 1000;
/** Seconds: a socket that says nothing for so long is dead, whatever TCP believes. */
const DEAD_AFTER = 60;
/** Seconds in which a command must be answered, and a socket must open. */
const PATIENCE = 30;
/** Seconds in which a ping must be answered after the machine woke or the network changed. */
const PROBE = 5;
/** Seconds online after which an earlier bad frame is forgiven. */
const FORGIVEN_AFTER = 60;
const TICK = 1;

/** A refused command. `code` is the wire's, or "offline" where the connection ended first. */
export class CommandError extends Error {
  constructor({ code, message, temporary = false, retry_after: retryAfter = null }) {
    super(message ?? code);
    this.name = 'CommandError';
    this.code = code;
    this.temporary = temporary;
    this.retryAfter = retryAfter;
  }
}

/** The clock and timers of the platform, in seconds. Tests hand in their own. */
export const platformClock = {
  now: () => performance.now() / 1000,
  after: (seconds, call) => setTimeout(call, seconds * 1000),
  every: (seconds, call) => setInterval(call, seconds * 1000),
  cancel: (timer) => { clearTimeout(timer); clearInterval(timer); },
};

export class Connection {
  #options;
  #clock;
  #random;
  #backoff;
  #socket = null;
  #state = 'stopped';
  #id = 0;
  /** Commands that were sent and not answered: id → { verb, resolve, reject, sent }. */
  #flying = new Map();
  #waiting = [];
  #timer = null;
  #ticker = null;
  #heard = 0;
  #pinged = null;
  #started = 0;
  #heartbeat = 25;
  #drain = null;
  #badFrame = false;
  #triedSignIn = false;
  #retryAt = null;

  /**
   * `url` is the ws(s) address; `WebSocket` its constructor; `signIn` an async function that gives
   * a token for the first frame, or null where the cookie does it; `renew` one that is called
   * after 4401 and resolves to whether to try again. `onOpen()` runs on each new socket after the
   * sign-in and must resolve before the connection counts as online; `onPush(push)`;
   * `onState(state, { retryAt, reason })`.
   */
  constructor({ clock = platformClock, random = Math.random, ...options }) {
    this.#options = options;
    this.#clock = clock;
    this.#random = random;
    this.#backoff = new Backoff({ random });
  }

  /** connecting, online, offline (a return is scheduled), signed-out or stopped. */
  get state() {
    return this.#state;
  }

  /** When the next try is due, on the clock handed in (seconds), or null. */
  get retryIn() {
    return this.#retryAt === null ? null : Math.max(0, this.#retryAt - this.#clock.now());
  }

  start() {
    if (this.#socket || this.#timer) return;
    this.#triedSignIn = false;
    this.#ticker ??= this.#clock.every(TICK, () => this.#tick());
    this.#connect();
  }

  /** Leave, and stay away until `start`. */
  stop() {
    this.#end('stopped', null);
    this.#cancelTimer();
  }

  /** Come back at once where a wait is under way; otherwise make sure that the socket lives. */
  hurry() {
    if (this.#state === 'offline') {
      this.#cancelTimer();
      this.#connect();
    } else if (this.#state === 'online' && this.#pinged === null) {
      this.#ping(PROBE);
    }
  }

  /** Give the socket up now, as if it had died, and come back the usual way. */
  drop() {
    if (this.#socket) this.#closed(this.#socket, 1006, '');
  }

  /** Send a command. Resolves to the verb's answer; rejects with CommandError. */
  request(verb, body) {
    return new Promise((resolve, reject) => {
      if (!this.#socket || this.#socket.readyState !== 1) {
        reject(new CommandError({ code: 'offline', temporary: true }));
      } else if (this.#waiting.length >= MAX_WAITING) {
        reject(new CommandError({ code: 'rate_limited', temporary: true, retry_after: 1 }));
      } else {
        this.#waiting.push({ verb, body, resolve, reject });
        this.#launch();
      }
    });
  }

  /** Send a frame that has no answer; dropped where there is no connection. */
  tell(verb, body) {
    if (this.#state === 'online') this.#write({ [verb]: body });
  }

  /** Every how many seconds of silence to ping, as the server wishes. */
  set heartbeat(seconds) {
    if (seconds > 0) this.#heartbeat = seconds;
  }

  #connect() {
    this.#drain = null;
    this.#retryAt = null;
    this.#started = this.#heard = this.#clock.now();
    this.#pinged = null;
    const socket = new this.#options.WebSocket(this.#options.url, [SUBPROTOCOL]);
    this.#socket = socket;
    this.#become('connecting');
    socket.onopen = () => this.#opened(socket);
    socket.onmessage = ({ data }) => { if (socket === this.#socket) this.#received(data); };
    socket.onclose = ({ code, reason }) => this.#closed(socket, code, reason);
    socket.onerror = () => {}; // a close event follows and carries the code
  }

  async #opened(socket) {
    try {
      const token = await this.#options.signIn();
      if (socket !== this.#socket) return;
      if (token !== null) await this.request('auth', { token });
      await this.#options.onOpen();
    } catch (error) {
      // No token, or refused while coming up: this socket is of no use. A closed one is dealt with.
      if (socket === this.#socket) {
        this.#closed(socket, error.code === 'unauthenticated' ? NOT_SIGNED_IN : 1006, '');
      }
      return;
    }
    if (socket !== this.#socket) return;
    this.#backoff.reset();
    this.#triedSignIn = false;
    this.#started = this.#clock.now();
    this.#become('online');
  }

  #launch() {
    while (this.#waiting.length && this.#flying.size < MAX_IN_FLIGHT) {
      const { verb, body, ...promise } = this.#waiting.shift();
      this.#id += 1;
      this.#flying.set(this.#id, { verb, sent: this.#clock.now(), ...promise });
      this.#write({ id: this.#id, [verb]: body });
    }
  }

  #write(frame) {
    if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify(frame));
  }

  #received(data) {
    this.#heard = this.#clock.now();
    const frame = JSON.parse(data);
    if (frame.push) {
      if (frame.push.drain) this.#drain = frame.push.drain.after;
      this.#options.onPush(frame.push);
      return;
    }
    const command = this.#flying.get(frame.id);
    if (!command) return;
    this.#flying.delete(frame.id);
    if (frame.error) command.reject(new CommandError(frame.error));
    else command.resolve(frame[command.verb]);
    this.#launch();
  }

  #tick() {
    if (!this.#socket) return;
    const now = this.#clock.now();
    const [oldest] = this.#flying.values();
    const silent = now - this.#heard;
    const stuck = this.#state === 'connecting' ? now - this.#started > PATIENCE
      : oldest !== undefined && now - oldest.sent > PATIENCE;
    if (silent > DEAD_AFTER || stuck || (this.#pinged !== null && now > this.#pinged)) this.drop();
    else if (this.#state === 'online' && silent >= this.#heartbeat && this.#pinged === null) this.#ping(PATIENCE);
    if (this.#state === 'online' && now - this.#started > FORGIVEN_AFTER) this.#badFrame = false;
  }

  #ping(patience) {
    this.#pinged = this.#clock.now() + patience;
    const answered = () => { this.#pinged = null; };
    this.request('ping', {}).then(answered, answered);
  }

  async #closed(socket, code, reason) {
    if (socket !== this.#socket) return;
    const drain = this.#drain;
    this.#release();
    const hint = code === DRAINING ? drain : code === TOO_MANY ? hintIn(reason) : null;
    // A drained server may end in any way; it has said when to come back.
    const known = drain !== null && (code === 1001 || code === 1006 || code === 1012) ? DRAINING : code;
    const { action, delay } = afterClose(known, {
      hint: known === DRAINING ? drain : hint, again: this.#badFrame, random: this.#random,
    });
    if (action === 'stop') this.#end('stopped', code);
    else if (action === 'signed-out') this.#end('signed-out', code);
    else if (action === 'sign-in') await this.#signInAgain();
    else {
      if (code === BAD_FRAME) this.#badFrame = true;
      this.#returnIn(delay ?? this.#backoff.next());
    }
  }

  async #signInAgain() {
    if (this.#triedSignIn) {
      this.#end('signed-out', NOT_SIGNED_IN);
      return;
    }
    this.#triedSignIn = true;
    this.#become('connecting');
    let again = false;
    try {
      again = await this.#options.renew();
    } catch {
      this.#triedSignIn = false; // the renewal itself could not be asked for: no network
      this.#returnIn(this.#backoff.next());
      return;
    }
    if (this.#state !== 'connecting') return; // stopped meanwhile
    if (again) this.#returnIn(0);
    else this.#end('signed-out', NOT_SIGNED_IN);
  }

  #returnIn(seconds) {
    this.#retryAt = this.#clock.now() + seconds;
    this.#timer = this.#clock.after(seconds, () => {
      this.#timer = null;
      this.#connect();
    });
    this.#become('offline');
  }

  #end(state, code) {
    const socket = this.#socket;
    this.#release();
    if (socket && socket.readyState < 2) socket.close(1000);
    if (this.#ticker !== null) this.#clock.cancel(this.#ticker);
    this.#ticker = null;
    this.#retryAt = null;
    this.#become(state, code);
  }

  /** Let go of the socket and fail what was waiting for its answers. */
  #release() {
    const socket = this.#socket;
    this.#socket = null;
    this.#drain = null;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      if (socket.readyState < 2) socket.close(1000);
    }
    const lost = [...this.#flying.values(), ...this.#waiting];
    this.#flying.clear();
    this.#waiting = [];
    for (const { reject } of lost) reject(new CommandError({ code: 'offline', temporary: true }));
  }

  #cancelTimer() {
    if (this.#timer !== null) this.#clock.cancel(this.#timer);
    this.#timer = null;
  }

  #become(state, code = null) {
    if (state === this.#state && state !== 'offline') return;
    this.#state = state;
    this.#options.onState(state, { retryIn: this.retryIn, code });
  }
}
