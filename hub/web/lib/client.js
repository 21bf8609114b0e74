/**
 * The client of Madang's wire, version 1 (the twin of hub/client). An ES module without
 * dependencies, for browsers and, with a WebSocket handed in, for node.
 *
 *     const client = new Client({ url: 'wss://hub.example/ws' });
 *     client.start();
 *     for await (const event of client.events()) console.log(event.type, event);
 *     const { seq, at } = await client.send('r…', { text: '안녕하세요' });
 *
 * What it promises: the events of each room come in order, each once, without a gap, across any
 * number of lost connections; a command that was accepted here is sent until the server answers
 * it, with one `cid`, so it happens once.
 *
 * Items of `events()`, told apart by `type`:
 *   state   { state, retryIn, code }   connecting, online, offline, signed-out or stopped
 *   reset   {}                         the log's epoch changed: drop every room's state
 *   opened  { me, rooms, people }      rooms as they stand; what was missed follows as events
 *   event   { room, event }            the next event of a room
 *   joined  { room }                   a room (as in `opened`) is mine now
 *   left    { room }                   a room (its id) is no longer mine
 *   read    { room, read }             a read cursor moved: { by, seq } or { seq, count }
 *   typing  { room, by }
 *   presence { presence }              { person: online | away | offline }
 *   push    { push }                   any other push (notices, runs of a bot, …)
 *   sent    { cid, room, verb, seq, at }  a command of the outbox was acknowledged
 *   failed  { cid, room, verb, error }    …or refused for good
 *   people  { people }                 names that came with an answer
 */
import { Connection, CommandError, platformClock } from './connection.js';
import { Outbox } from './outbox.js';
import { judge } from './room-state.js';
import { Sender } from './sender.js';

export { CommandError };

const PAGE = 200;
/** Rooms named in `open`: more would not fit a frame; the others are brought up to date by `sync`. */
const MAX_SINCE = 1500;
const MAX_QUEUED = 100_000;

export class Client {
  #connection;
  #clock;
  #outbox;
  #sender;
  #listeners = new Set();
  /** room → { last, seen, syncing }: the last event given out, the highest heard of. */
  #rooms = new Map();
  #epoch = null;
  /** Pushes that come before the answer to `open`; merged after it. */
  #held = null;
  #reads = new Map();
  #watched = new Set();
  #token;
  #renew;

  /**
   * `url`: ws(s) address, by default /ws of this page's origin. `token`: async function that gives
   * a bearer token (leave out where a cookie signs in). `renew`: async function that renews the
   * sign-in and gives the new token, or null where the person must sign in again; by default
   * `token`. `outbox`: an Outbox. `WebSocket`, `clock`, `random`: stand-ins for the platform's.
   */
  constructor({
    url = defaultUrl(), token = null, renew = token, outbox = new Outbox(),
    WebSocket = globalThis.WebSocket, clock = platformClock, random = Math.random,
  } = {}) {
    this.#token = token;
    this.#renew = renew;
    this.#outbox = outbox;
    this.#clock = clock;
    this.people = new Map();
    this.me = null;
    this.#connection = new Connection({
      url, WebSocket, clock, random,
      signIn: async () => (this.#token ? this.#token() : null),
      renew: async () => (this.#renew ? (await this.#renew()) !== null : false),
      onOpen: () => this.#open(),
      onPush: (push) => (this.#held ? this.#held.push(push) : this.#push(push)),
      onState: (state, more) => this.#state(state, more),
    });
    this.#sender = new Sender({
      outbox, clock,
      request: (verb, body) => this.#connection.request(verb, body),
      emit: (item) => this.#emit(item),
    });
  }

  get state() {
    return this.#connection.state;
  }

  /** Seconds until the next try, or null. */
  get retryIn() {
    return this.#connection.retryIn;
  }

  get outbox() {
    return this.#outbox;
  }

  start() {
    globalThis.addEventListener?.('online', this.#hurry);
    globalThis.addEventListener?.('offline', this.#offline);
    globalThis.document?.addEventListener('visibilitychange', this.#hurry);
    this.#connection.start();
  }

  /** Say good-bye; unacknowledged commands stay in the outbox. */
  stop() {
    globalThis.removeEventListener?.('online', this.#hurry);
    globalThis.removeEventListener?.('offline', this.#offline);
    globalThis.document?.removeEventListener('visibilitychange', this.#hurry);
    this.#connection.stop();
  }

  /** Try at once instead of waiting for the back-off, or make sure the connection lives. */
  reconnect() {
    if (this.state === 'stopped' || this.state === 'signed-out') this.start();
    else this.#connection.hurry();
  }

  /** Give the socket up as if the network had failed; the client comes back the usual way. */
  drop() {
    this.#connection.drop();
  }

  #hurry = () => { if (!globalThis.document?.hidden) this.#connection.hurry(); };
  #offline = () => this.#connection.drop();

  /** Call `listener` with each item. Returns the function that ends it. */
  on(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** All items from now on, until the loop is left. One that falls 100,000 behind throws. */
  async* events() {
    const queue = [];
    let wake = null;
    const end = this.on((item) => {
      queue.push(item);
      wake?.();
    });
    try {
      for (;;) {
        if (queue.length > MAX_QUEUED) throw new RangeError('the reader of events() fell too far behind');
        if (queue.length) yield queue.shift();
        else await new Promise((resolve) => { wake = resolve; });
      }
    } finally {
      end();
    }
  }

  /** Append a message. Resolves to { seq, at } once it is in the log; rejects if refused for good. */
  send(room, { text = '', replyTo, mentions = [], files = [], cid } = {}) {
    return this.#sender.command('send', room, {
      text,
      ...(replyTo ? { reply_to: replyTo } : {}),
      ...(mentions.length ? { mentions } : {}),
      ...(files.length ? { files } : {}), // ids, or the objects that an upload gives
    }, cid);
  }

  edit(room, seq, { text, mentions = [], cid } = {}) {
    return this.#sender.command('edit', room, { seq, text, ...(mentions.length ? { mentions } : {}) }, cid);
  }

  recall(room, seq, { cid } = {}) {
    return this.#sender.command('recall', room, { seq }, cid);
  }

  react(room, seq, emoji, on = true, { cid } = {}) {
    return this.#sender.command('react', room, { seq, emoji, on }, cid);
  }

  pin(room, seq, on = true, { cid } = {}) {
    return this.#sender.command('pin', room, { seq, on }, cid);
  }

  /** Send a refused command again, under its `cid`. */
  retry(cid) {
    this.#sender.retry(cid);
  }

  /** Forget an unsent command. One that is on its way may still arrive. */
  discard(cid) {
    this.#sender.discard(cid);
  }

  /** Move my read cursor; kept until there is a connection, never moved back. */
  read(room, seq) {
    if (seq <= (this.#reads.get(room)?.seq ?? 0)) return;
    this.#reads.set(room, { seq, said: false });
    if (this.state === 'online') this.#sendRead(room, seq);
  }

  /** Stop an answer of a chatbot that is under way; what it has said by then stays. */
  stopAnswer(run) {
    return this.#connection.request('stop', { run });
  }

  /** Have the parts of a chatbot's answer to a message of mine pushed again, from the first one on. */
  resumeAnswer(room, seq) {
    return this.#connection.request('resume', { room, seq });
  }

  typing(room) {
    this.#connection.tell('typing', { room });
  }

  /** Be told the presence of these people, also after reconnecting. */
  async watch(people) {
    for (const person of people) this.#watched.add(person);
    if (this.state === 'online') await this.#watchAgain(people);
  }

  async unwatch(people) {
    for (const person of people) this.#watched.delete(person);
    if (this.state === 'online') await this.#connection.request('unwatch', { people });
  }

  /**
   * A page of a room's log: before `before` (newest page, ascending) or after `since`. Resolves to
   * { events, top, more }; rejects with code "offline" while there is no connection.
   */
  async history(room, { before, since, limit = 50 } = {}) {
    const page = await this.#connection.request('sync', {
      room, limit, ...(since === undefined ? { before } : { since }),
    });
    this.#learn(page.people);
    return page;
  }

  async #open() {
    this.#held = [];
    const answer = await this.#connection.request('open', { since: this.#since() });
    if (this.#epoch !== null && answer.epoch !== this.#epoch) {
      // A connection opens once; what it says we missed was counted from positions of another log.
      this.#rooms.clear();
      this.#reads.clear();
      this.#emit({ type: 'reset' });
    }
    this.#epoch = answer.epoch;
    this.me = answer.me;
    this.#connection.heartbeat = answer.heartbeat;
    this.#learn(answer.people);
    this.#emit({ type: 'opened', me: answer.me, rooms: answer.rooms, people: answer.people });
    const mine = new Set(answer.rooms.map((room) => room.id));
    for (const id of [...this.#rooms.keys()]) if (!mine.has(id)) this.#leave(id);
    for (const room of answer.rooms) this.#meet(room);
    const held = this.#held;
    this.#held = null;
    for (const push of held) this.#push(push);
  }

  #since() {
    const known = [...this.#rooms].slice(-MAX_SINCE);
    return Object.fromEntries(known.map(([id, { last }]) => [id, last]));
  }

  /** Take a room as `open` or `joined` shows it: from its top, or from where we were. */
  #meet({ id, top, first = 1, missed = [] }) {
    const known = this.#rooms.get(id);
    if (!known) {
      this.#rooms.set(id, { last: top, seen: top, syncing: false });
      return;
    }
    // Of a room left and entered again, what lies between is not ours to see: no gap to fill.
    known.last = Math.max(known.last, first - 1);
    known.seen = Math.max(known.seen, known.last, top);
    this.#take(id, missed);
    if (known.last < known.seen) this.#catchUp(id);
  }

  /** Give out those events that come next; a hole starts a `sync`. */
  #take(id, events) {
    const room = this.#rooms.get(id);
    if (!room) return;
    for (const event of events) {
      room.seen = Math.max(room.seen, event.seq);
      if (judge(room.last, event.seq) !== 'next') continue;
      room.last = event.seq;
      this.#emit({ type: 'event', room: id, event });
    }
    if (room.last < room.seen) this.#catchUp(id);
  }

  async #catchUp(id) {
    const room = this.#rooms.get(id);
    if (room.syncing) return;
    room.syncing = true;
    let wait = null;
    try {
      while (room.last < room.seen) {
        const page = await this.#connection.request('sync', { room: id, since: room.last, limit: PAGE });
        if (this.#rooms.get(id) !== room) return; // left, or a new epoch
        this.#learn(page.people);
        room.seen = Math.max(room.seen, page.top);
        const before = room.last;
        this.#take(id, page.events);
        if (room.last === before) wait = 1; // the log does not have yet what was announced
        if (wait) break;
      }
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      // Offline: the next open brings it. Not found: we have left the room.
      if (error.temporary && error.code !== 'offline') wait = error.retryAfter ?? 1;
    } finally {
      room.syncing = false;
    }
    if (wait) {
      this.#clock.after(wait, () => {
        if (this.#rooms.get(id) === room && this.state === 'online') this.#catchUp(id);
      });
    }
  }

  #push(push) {
    if (push.people) this.#learn(push.people);
    if (push.events) this.#take(push.room, push.events);
    else if (push.read) this.#emit({ type: 'read', room: push.room, read: push.read });
    else if (push.typing) this.#emit({ type: 'typing', room: push.room, by: push.typing.by });
    else if (push.presence) this.#emit({ type: 'presence', presence: push.presence });
    else if (push.joined) {
      this.#emit({ type: 'joined', room: push.joined });
      this.#meet(push.joined);
    } else if (push.left) this.#leave(push.left.room);
    else if (push.notify?.kind === 'token-expires') this.#renewInPlace();
    else this.#emit({ type: 'push', push });
  }

  #leave(id) {
    this.#rooms.delete(id);
    this.#reads.delete(id);
    this.#emit({ type: 'left', room: id });
  }

  async #renewInPlace() {
    try {
      const token = this.#renew && (await this.#renew());
      if (token) await this.#connection.request('auth', { token });
    } catch {
      // Without a new sign-in the server closes with 4401, and that path decides.
    }
  }

  #state(state, { retryIn, code }) {
    this.#emit({ type: 'state', state, retryIn, code });
    if (state !== 'online') {
      this.#sender.pause();
      return;
    }
    for (const [room, { seq, said }] of this.#reads) if (!said) this.#sendRead(room, seq);
    if (this.#watched.size) this.#watchAgain([...this.#watched]);
    this.#sender.resume();
  }

  async #sendRead(room, seq) {
    try {
      await this.#connection.request('read', { room, seq });
    } catch {
      return; // said again after the next open, or with the next message seen
    }
    if (this.#reads.get(room)?.seq === seq) this.#reads.set(room, { seq, said: true });
  }

  async #watchAgain(people) {
    try {
      const { presence } = await this.#connection.request('watch', { people });
      this.#emit({ type: 'presence', presence });
    } catch {
      // Presence is an ornament: the next connection asks again.
    }
  }

  #learn(people) {
    if (!people || !Object.keys(people).length) return;
    for (const [id, person] of Object.entries(people)) this.people.set(id, person);
    this.#emit({ type: 'people', people });
  }

  #emit(item) {
    for (const listener of [...this.#listeners]) listener(item);
  }
}

function defaultUrl() {
  const here = globalThis.location;
  return here ? `${here.protocol === 'https:' ? 'wss' : 'ws'}://${here.host}/ws` : undefined;
}
