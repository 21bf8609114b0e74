/**
 * What the page knows: rooms, names, presence, typing, the connection. It takes the client's items
 * and the answers of the API, and tells the views what changed. It draws nothing.
 *
 * Changes are events of this EventTarget: "rooms" (list or counts), "room" (detail: id), "people",
 * "presence", "typing" (detail: id), "state", "outbox", "incoming" (detail: { room, event }),
 * "gone" (detail: id), "problem" (detail: a sentence).
 */
import { api } from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { isBot } from './bots.js';
import { sentence } from './preview.js';
import { RoomSession } from './room-session.js';

/** Rooms whose messages are kept ready for coming back to them. */
const SESSIONS = 6;
const TYPING_SECONDS = 5;
/** People whose presence is watched (the wire allows 200), and how many of them for the list. */
const MOST_WATCHED = 195;
const WATCHED_IN_LIST = 150;

export class Store extends EventTarget {
  rooms = new Map();
  presence = new Map();
  loaded = false;
  #names = new Map();
  #asked = new Set();
  #wanted = new Set();
  #typing = new Map();
  #sessions = new Map();

  constructor(client, me) {
    super();
    this.client = client;
    this.me = me;
    client.on((item) => this.#take(item));
  }

  #tell(type, detail = null) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  /** Rooms, the most recently active first. */
  sorted() {
    return [...this.rooms.values()].sort((one, other) => (timeOf(other) ?? '').localeCompare(timeOf(one) ?? ''));
  }

  /** How many messages of others are unread in all rooms. */
  get unread() {
    let sum = 0;
    for (const room of this.rooms.values()) sum += room.unread;
    return sum;
  }

  /** online, away or offline; null where it is not known, as while there is no connection, and of chatbots. */
  presenceOf(id) {
    if (isBot(id)) return null;
    return this.client.state === 'online' ? this.presence.get(id) ?? null : null;
  }

  /** Be told the presence of these people from now on, where the limit allows. */
  watch(ids) {
    const fresh = ids.filter((id) => id !== this.me.id && !isBot(id) && !this.presence.has(id)).slice(0, Math.max(0, MOST_WATCHED - this.presence.size));
    for (const id of fresh) this.presence.set(id, 'offline');
    if (fresh.length) this.client.watch(fresh);
  }

  titleOf(room) {
    return room.title || (room.peer ? this.name(room.peer) : t('rooms.untitled'));
  }

  /** The person's name; where it is not known yet it is fetched, and "people" follows. */
  name(id) {
    const known = this.#names.get(id);
    if (known !== undefined) return known ?? t('unknown');
    if (!this.#asked.has(id)) {
      this.#asked.add(id);
      this.#wanted.add(id);
      if (this.#wanted.size === 1) queueMicrotask(() => this.#fetchNames());
    }
    return '…';
  }

  /** Names for a sentence: 김하늘, 이도윤 외 3명. */
  namesOf(ids, limit = 3) {
    const shown = ids.slice(0, limit).map((id) => this.name(id)).join(', ');
    return ids.length > limit ? t('message.people.more', { names: shown, n: ids.length - limit }) : shown;
  }

  learn(people) {
    for (const { id, name } of people) this.#names.set(id, name);
    this.#tell('people');
  }

  async #fetchNames() {
    const ids = [...this.#wanted].slice(0, 100);
    for (const id of ids) this.#wanted.delete(id);
    try {
      const { people } = await api.people(ids);
      for (const id of ids) this.#names.set(id, null); // not among the answers: nobody we may name
      this.learn(people);
    } catch {
      for (const id of ids) this.#asked.delete(id); // asked again when it is next shown
    }
    if (this.#wanted.size) await this.#fetchNames();
  }

  /** Who types in a room now, without me. */
  typing(id) {
    return [...(this.#typing.get(id)?.keys() ?? [])];
  }

  /** The messages of a room, loaded as far as they are; kept for the last few rooms. */
  session(id) {
    let session = this.#sessions.get(id);
    this.#sessions.delete(id);
    session ??= new RoomSession(this, this.rooms.get(id));
    this.#sessions.set(id, session);
    if (this.#sessions.size > SESSIONS) this.#sessions.delete(this.#sessions.keys().next().value);
    return session;
  }

  /** Mark a room read up to `seq`, here at once and at the server when it can be. */
  read(id, seq) {
    const room = this.rooms.get(id);
    if (!room || seq <= room.read) return;
    this.client.read(id, seq);
    this.#moveRead(room, seq);
  }

  /** Put a room, as the API shows it, in the list. */
  put(view) {
    const known = this.rooms.get(view.id);
    // What the socket has brought meanwhile is newer than an answer that was under way.
    if (known && known.top > view.top) return;
    const since = known?.since ?? (known ? undefined : new Date().toISOString());
    this.rooms.set(view.id, { ...view, missed: undefined, since });
    if (view.peer) this.#names.set(view.peer, view.title);
    this.#tell('rooms');
  }

  #take(item) {
    switch (item.type) {
      case 'state': this.#tell('state', item); this.#tell('presence'); break;
      case 'reset': this.#sessions.clear(); this.rooms.clear(); this.#tell('reset'); break;
      case 'opened': this.#opened(item); break;
      case 'event': this.#event(item.room, item.event); break;
      case 'joined': this.put(item.room); this.#watch(); break;
      case 'left':
        this.rooms.delete(item.room);
        this.#sessions.delete(item.room);
        this.#tell('gone', item.room);
        this.#tell('rooms');
        break;
      case 'read': this.#readMoved(item.room, item.read); break;
      case 'typing': this.#typed(item.room, item.by); break;
      case 'presence':
        for (const [id, state] of Object.entries(item.presence)) this.presence.set(id, state);
        this.#tell('presence');
        break;
      case 'people':
        this.learn(Object.entries(item.people).map(([id, { name }]) => ({ id, name })));
        break;
      case 'sent': this.#tell('outbox', item.room); break;
      case 'failed':
        this.#tell('outbox', item.room);
        if (item.verb !== 'send') this.#tell('problem', item.error.message);
        break;
      default: break;
    }
  }

  #opened({ me, rooms }) {
    this.me = me;
    this.loaded = true;
    this.#names.set(me.id, me.name);
    const mine = new Set(rooms.map(({ id }) => id));
    for (const id of this.rooms.keys()) if (!mine.has(id)) this.rooms.delete(id);
    for (const { missed, ...room } of rooms) {
      this.#keepRead(room, missed ?? []);
      this.rooms.set(room.id, room);
      if (room.peer && room.title) this.#names.set(room.peer, room.title);
    }
    this.#watch();
    this.#tell('rooms');
    for (const { id } of rooms) {
      this.#sessions.get(id)?.returned();
      this.#tell('room', id);
    }
  }

  /** What was read while the line was down is not known there yet: it is read all the same. */
  #keepRead(room, missed) {
    const known = this.rooms.get(room.id);
    if (!known || known.read <= room.read) return;
    const others = missed.filter(({ kind, by }) => kind === 'message' && by !== this.me.id);
    const mentions = others.filter(({ body }) => body.mentions?.includes(this.me.id)).length;
    const [fresh, named] = room.more ? [room.top - known.top, room.mentioned] : [others.length, mentions];
    room.read = known.read;
    room.unread = Math.min(room.unread, known.unread + fresh);
    room.mentioned = Math.min(room.mentioned, known.mentioned + named);
  }

  #watch() {
    this.watch(this.sorted().filter(({ peer }) => peer).slice(0, WATCHED_IN_LIST).map(({ peer }) => peer));
  }

  #event(id, event) {
    const room = this.rooms.get(id);
    if (!room) return;
    // Counts of `opened` include what was missed, which follows as events at or below its top.
    const fresh = event.seq > room.top;
    room.top = Math.max(room.top, event.seq);
    if (event.kind === 'message') this.#typing.get(id)?.delete(event.by);
    if (event.kind === 'message' && event.seq > (room.last?.seq ?? 0)) room.last = event;
    if (fresh && event.kind === 'message') this.#count(room, event);
    if (event.kind === 'title') room.title = event.body.title;
    if (event.kind === 'members' && fresh) {
      room.members += (event.body.added?.length ?? 0) - (event.body.removed?.length ?? 0);
      // The room goes in a moment; why is to be known.
      if (event.by !== this.me.id && event.body.removed?.includes(this.me.id)) this.#tell('problem', sentence(event, this));
    }
    if (room.last && event.body.seq === room.last.seq) {
      if (event.kind === 'edit') room.last = { ...room.last, body: { ...room.last.body, text: event.body.text } };
      if (event.kind === 'recall') {
        room.last = { ...room.last, body: { text: '' }, state: { seq: event.seq, recalled: { by: event.by } } };
      }
    }
    this.#sessions.get(id)?.apply(event);
    this.#tell('room', id);
    this.#tell('rooms');
    if (fresh && event.kind === 'message' && event.by !== this.me.id) this.#tell('incoming', { room, event });
  }

  #count(room, event) {
    if (event.by === this.me.id) return;
    room.unread += 1;
    if (event.body.mentions?.includes(this.me.id)) room.mentioned += 1;
  }

  #readMoved(id, read) {
    const room = this.rooms.get(id);
    if (!room) return;
    if (read.by === this.me.id && read.seq > room.read) this.#moveRead(room, read.seq);
    this.#sessions.get(id)?.readMoved(read);
  }

  #moveRead(room, seq) {
    room.read = seq;
    const left = seq >= room.top || seq >= (room.last?.seq ?? 0) ? { unread: 0, mentioned: 0 }
      : this.#sessions.get(room.id)?.unreadAfter(seq);
    if (left) Object.assign(room, left);
    else this.#refresh(room.id);
    this.#tell('rooms');
  }

  /** Counts that cannot be told from here, another device having read a part: ask. */
  async #refresh(id) {
    try {
      const answer = await api.room(id);
      const view = answer.room ?? answer;
      const room = this.rooms.get(id);
      if (room && view.top >= room.top) Object.assign(room, { unread: view.unread, mentioned: view.mentioned });
      this.#tell('rooms');
    } catch {
      // The next open brings the counts.
    }
  }

  #typed(id, by) {
    if (by === this.me.id) return;
    if (!this.#typing.has(id)) this.#typing.set(id, new Map());
    const people = this.#typing.get(id);
    clearTimeout(people.get(by));
    people.set(by, setTimeout(() => {
      people.delete(by);
      this.#tell('typing', id);
    }, TYPING_SECONDS * 1000));
    this.#tell('typing', id);
  }
}

/** When a room was last active, as an ISO time: its last message, or when it was opened to me here. */
export function timeOf(room) {
  return room.last?.at ?? room.since ?? null;
}
