/**
 * One room's messages while they are looked at: a stretch of its log that grows on both ends as
 * one scrolls, plus who has read how far. Fires "change" (detail: why) and "members".
 */
import { api } from '../lib/api.js';
import { RoomState } from '../lib/room-state.js';
import { isBot } from './bots.js';

const PAGE = 60;
/** Events shown at once: more would make scrolling heavy; the far end is let go. */
export const WINDOW = 360;
/** Up to so many members, everybody's read cursor is known; beyond, only counts. */
const SMALL = 100;
/** People asked about in one request. */
const MOST_ASKED = 100;

export class RoomSession extends EventTarget {
  #store;
  #busy = { old: null, new: null };
  #members = null;
  #counts = new Map();

  constructor(store, view) {
    super();
    this.#store = store;
    this.id = view.id;
    /** Files chosen for the next message; kept here while one looks into other rooms. */
    this.attachments = null;
    this.started = false;
    this.error = null;
    /** Messages after this one were unread when the room was opened; null: no divider. */
    this.divider = null;
    /** How many those were. */
    this.unread = 0;
    this.state = this.#blank(view, view.top);
  }

  get view() {
    return this.#store.rooms.get(this.id);
  }

  get small() {
    return (this.view?.members ?? 0) <= SMALL;
  }

  /** Load the first messages, around the first unread one where there is one. */
  async start() {
    const { view } = this;
    this.divider = view.unread ? view.read : null;
    this.unread = view.unread;
    const { state } = this;
    const current = state.attached && (!view.unread || state.low <= view.read + 1);
    if (this.started && !this.error && current) return;
    this.error = null;
    this.started = false;
    this.state = this.#blank(view, view.top);
    try {
      if (view.unread) await this.#around(view.read, PAGE);
      else await this.#loadOld();
      this.started = true;
    } catch (error) {
      this.error = error;
    }
    this.#changed('start');
  }

  /** Load what is before the stretch. Resolves when it is there; at most one at a time. */
  older() {
    if (this.state.complete || !this.started) return null;
    this.#busy.old ??= this.#attempt(async () => {
      await this.#loadOld();
      this.state.trim(WINDOW, 'new');
      this.#changed('older');
    }).finally(() => { this.#busy.old = null; });
    return this.#busy.old;
  }

  /** Load what is after the stretch. */
  newer() {
    if (this.state.attached || !this.started) return null;
    this.#busy.new ??= this.#attempt(async () => {
      await this.#loadNew(PAGE);
      this.state.trim(WINDOW, 'old');
      this.#changed('newer');
    }).finally(() => { this.#busy.new = null; });
    return this.#busy.new;
  }

  /** Show the stretch around an event. Resolves to whether the event can be seen. */
  async around(seq) {
    if (!this.state.find(seq)) {
      await this.#attempt(() => this.#around(seq - 1, PAGE));
      this.started = true;
      this.#changed('jump');
    }
    return this.state.find(seq) !== undefined;
  }

  /** Show the newest messages. */
  async latest() {
    if (this.state.attached) return;
    await this.#attempt(async () => {
      this.state = this.#blank(this.view, this.view.top);
      await this.#loadOld();
    });
    this.#changed('jump');
  }

  /** Take an event that the client gave out. */
  apply(event) {
    if (this.state.apply(event) !== 'applied') return;
    if (event.kind === 'members' && !event.body.removed?.includes(this.#store.me.id)) this.#membersChanged();
    // The sender of a message has read what stands before it.
    if (event.kind === 'message') this.#moveRead(event.by, event.seq);
    if (this.started) this.#changed('event'); // else it is shown with the first page, not alone before it
  }

  /** The connection is back: what was missed follows as events, and is unread from here on. */
  returned() {
    const { view, state } = this;
    if (!this.started || !view.unread || view.top <= state.top) return;
    this.divider = view.read;
    this.unread = view.unread;
    this.dispatchEvent(new CustomEvent('missed', { detail: view.unread }));
  }

  /** Of a window that grew at its end while nobody followed: let go of the newest; they can be loaded. */
  bound() {
    if (this.state.shown.length > 2 * WINDOW) this.state.trim(2 * WINDOW, 'new');
  }

  /** Of a window that grew at its end while somebody watched: let go of the oldest. */
  tidy() {
    if (this.state.shown.length > WINDOW + PAGE) this.state.trim(WINDOW, 'old');
  }

  /** Messages of others after `seq`, where the stretch can tell; else null. */
  unreadAfter(seq) {
    if (!this.state.attached || this.state.low > seq + 1) return null;
    const me = this.#store.me.id;
    const left = this.state.shown.filter((event) => event.seq > seq && event.kind === 'message' && event.by !== me);
    return { unread: left.length, mentioned: left.filter(({ body }) => body.mentions?.includes(me)).length };
  }

  readMoved({ by, seq, count }) {
    if (by) this.#moveRead(by, seq);
    else if (count !== undefined) {
      for (const [old, { asked }] of this.#counts) if (old <= seq && !asked) this.#counts.delete(old);
    }
    this.dispatchEvent(new CustomEvent('reads'));
  }

  /** How many have not read a message of mine; null where that is not known (yet). */
  unreadBy(event) {
    if (this.small) {
      if (!this.#members) return null;
      let left = 0;
      for (const [id, { read }] of this.#members) if (id !== event.by && !isBot(id) && read < event.seq) left += 1;
      return left;
    }
    const known = this.#counts.get(event.seq);
    if (!known) this.#ask(event.seq);
    return known?.unread ?? null;
  }

  /** The members as far as they are loaded: id → { id, name, role, read, place }. */
  get members() {
    return this.#members ?? new Map();
  }

  /** Load all members, page by page. */
  async loadMembers() {
    const found = new Map();
    let after = null;
    do {
      const page = await api.members(this.id, { after, limit: 200 });
      for (const member of page.members) found.set(member.id, member);
      after = page.next;
    } while (after);
    for (const [id, { read }] of this.#members ?? []) {
      const member = found.get(id);
      if (member) member.read = Math.max(member.read, read); // pushed while the pages came
    }
    await this.#tellApart([...found.values()]);
    this.#members = found;
    this.#store.learn([...found.values()]);
    this.dispatchEvent(new CustomEvent('members'));
    this.dispatchEvent(new CustomEvent('reads'));
  }

  /** Of people with the same name say where they work, as `place`. */
  async #tellApart(members) {
    const times = new Map();
    for (const { name } of members) times.set(name, (times.get(name) ?? 0) + 1);
    const same = members.filter(({ name }) => times.get(name) > 1).slice(0, MOST_ASKED);
    if (!same.length) return;
    try {
      const { people } = await api.people(same.map(({ id }) => id));
      const places = new Map(people.map(({ id, roles }) => [id, (roles ?? []).map((role) => role.unit_name).join(', ')]));
      for (const member of same) member.place = places.get(member.id) ?? '';
    } catch {
      // Without it they look alike, as their names are.
    }
  }

  #blank(view, after) {
    return new RoomState({ first: view.first, top: view.top, after });
  }

  async #loadOld() {
    // A page may hold nothing but reactions; go on until there is something to see.
    const before = this.state.shown.length;
    do {
      const page = await this.#page({ before: this.state.low, limit: PAGE });
      this.state.prepend(page.events, page.more);
    } while (this.state.shown.length - before < 10 && !this.state.complete);
  }

  async #loadNew(limit) {
    const page = await this.#page({ since: this.state.high, limit });
    this.state.extend(page.events);
  }

  async #around(seq, limit) {
    const state = this.#blank(this.view, seq);
    const [old, fresh] = await Promise.all([
      this.#page({ before: seq + 1, limit: Math.ceil(limit / 2) }),
      this.#page({ since: seq, limit }),
    ]);
    state.top = Math.max(state.top, this.state.top);
    state.prepend(old.events, old.more);
    state.extend(fresh.events);
    this.state = state;
  }

  #page(query) {
    return this.#store.client.history(this.id, query);
  }

  async #attempt(work) {
    try {
      await work();
      this.error = null;
    } catch (error) {
      this.error = error;
      this.#changed('error');
    }
  }

  #changed(why) {
    this.dispatchEvent(new CustomEvent('change', { detail: why }));
  }

  #moveRead(id, seq) {
    const member = this.#members?.get(id);
    if (member && seq > member.read) {
      member.read = seq;
      this.dispatchEvent(new CustomEvent('reads'));
    }
  }

  async #membersChanged() {
    if (!this.#members) return;
    try {
      await this.loadMembers();
    } catch {
      // Shown as it was; opening the panel asks again.
    }
  }

  async #ask(seq) {
    this.#counts.set(seq, { asked: true, unread: null });
    try {
      const { counts } = await api.receipts(this.id, seq);
      this.#counts.set(seq, { unread: counts.unread });
      this.dispatchEvent(new CustomEvent('reads'));
    } catch {
      this.#counts.delete(seq);
    }
  }
}
