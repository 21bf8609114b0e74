/**
 * What the page knows: the notices I write or administer as far as they are loaded, in whose name I may write,
 * how far each has come. It draws nothing.
 *
 * Events: "change" (the list), "notice" (detail: an id, which changed), "reach" (detail: an id, whose counts
 * moved), "state" (of the connection), "desks".
 */
import { calls } from './calls.js';

const PAGE = 30;
const SOON = 200;
/** Notices in the list whose reach is asked for without being opened, one after the other; the server counts each once for all who look. */
const MOST_REACHES = 100;
/** What waits for approval is counted up to so many. */
const MOST_WAITING = 100;
/** Milliseconds after which it is looked whether somebody submitted or gave back something: of that, no push tells. */
const LOOK = 30_000;

export class Desk extends EventTarget {
  filter = { box: 'authored', kind: '', state: '', year: '', q: '' };
  items = new Map();
  /** Units in whose name I may write; null until they are known. */
  desks = null;
  years = [];
  loaded = false;
  loading = false;
  error = null;
  next = null;
  /** Ids of what was submitted and I may approve. */
  waiting = new Set();
  /** Notice → { goal, counts }. */
  reach = new Map();
  #since = null;
  #timer = null;
  #turn = 0;
  #wasOnline = false;
  #asked = new Set();
  #end;
  #look;
  #seen = () => { if (!document.hidden) this.hurry(); };

  constructor(client, me) {
    super();
    this.client = client;
    this.me = me;
    this.#end = client.on((item) => this.#take(item));
    this.#look = setInterval(() => { if (!document.hidden) this.hurry(); }, LOOK);
    document.addEventListener('visibilitychange', this.#seen);
  }

  end() {
    this.#end();
    clearTimeout(this.#timer);
    clearInterval(this.#look);
    document.removeEventListener('visibilitychange', this.#seen);
  }

  get filtered() {
    const { box: _, ...rest } = this.filter;
    return Object.values(rest).some(Boolean);
  }

  /** The latest first. */
  sorted() {
    return [...this.items.values()].sort((one, other) => (other.published_at ?? other.changed_at).localeCompare(one.published_at ?? one.changed_at));
  }

  /** Drafts wait for me, or what was submitted for whoever may approve it. */
  async choose(filter) {
    Object.assign(this.filter, filter);
    await this.reload();
  }

  async reload() {
    this.#turn += 1;
    this.next = null;
    this.loaded = false;
    await this.#page(true);
  }

  async more() {
    if (this.next && !this.loading) await this.#page(false);
  }

  /** Fetch what changed, soon. */
  hurry() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#refresh(), SOON);
  }

  /** In whose name I may write. Rejects where it cannot be asked. */
  async loadDesks() {
    if (!this.desks) {
      this.desks = (await calls.audiences()).desks;
      this.#tell('desks');
    }
    return this.desks;
  }

  /** What holds where one writes was changed. */
  forgetDesks() {
    this.desks = null;
    this.loadDesks().catch(() => {});
  }

  /** What the server answered to a change of a notice. */
  took(view) {
    this.#tell('notice', view.id);
    this.hurry();
  }

  /** A draft was erased. */
  drop(id) {
    this.items.delete(id);
    this.#tell('change');
  }

  /** What was learnt of how far a notice has come. */
  learn(id, reach) {
    this.reach.set(id, { ...this.reach.get(id), ...reach });
    this.#tell('reach', id);
  }

  async #page(first) {
    const turn = this.#turn;
    this.loading = true;
    this.error = null;
    if (first) this.#tell('change');
    try {
      const answer = await calls.notices({ ...this.filter, cursor: first ? null : this.next, limit: PAGE });
      if (turn !== this.#turn) return;
      if (first) this.items = new Map();
      for (const row of answer.authored) this.items.set(row.id, row);
      this.next = answer.next ?? null;
      this.years = answer.years.length ? answer.years : this.years;
      this.#since ??= answer.now;
      this.loaded = true;
      this.#askReach();
      this.#askWaiting();
    } catch (error) {
      if (turn === this.#turn) this.error = error;
    } finally {
      if (turn === this.#turn) this.loading = false;
    }
    if (turn === this.#turn) this.#tell('change');
  }

  async #refresh() {
    if (!this.loaded) {
      await this.reload();
      return;
    }
    const turn = this.#turn;
    try {
      const answer = await calls.notices({ ...this.filter, since: this.#since, limit: PAGE });
      if (turn !== this.#turn) return;
      this.#since = answer.now;
      if (answer.next) {
        await this.reload();
        return;
      }
      for (const row of answer.authored) {
        this.items.set(row.id, row);
        this.#tell('notice', row.id);
      }
      this.#askReach();
      this.#askWaiting();
      this.#tell('change');
    } catch {
      // Asked again with the next push, or when the connection is back.
    }
  }

  /** How far the latest have come; after this, the server tells by itself for a while. */
  async #askReach() {
    const rows = this.sorted().filter(({ id, state }) => state === 'published' && !this.#asked.has(id)).slice(0, MOST_REACHES);
    for (const { id } of rows) {
      if (this.#asked.size >= MOST_REACHES) return;
      this.#asked.add(id);
      try {
        const { goal, counts } = await calls.reach(id, { limit: 1 });
        this.learn(id, { goal, counts });
      } catch {
        return; // the row goes without
      }
    }
  }

  /** What waits for me, whatever the filter. */
  async #askWaiting() {
    try {
      if (!(await this.loadDesks()).some(({ administers }) => administers)) return;
      const { authored } = await calls.notices({ state: 'submitted', limit: MOST_WAITING });
      this.waiting = new Set(authored.filter(({ may_approve: mine }) => mine).map(({ id }) => id));
      this.#tell('change');
    } catch {
      // Asked again with the next change.
    }
  }

  #take(item) {
    if (item.type === 'state') {
      this.dispatchEvent(new CustomEvent('state', { detail: item }));
      if (item.state === 'online') {
        if (this.#wasOnline) {
          this.#asked.clear();
          this.hurry();
        }
        this.#wasOnline = true;
      }
    } else if (item.type === 'push' && item.push.notice) this.#pushed(item.push.notice);
  }

  #pushed({ id, changed, reach }) {
    if (changed === 'reach') {
      if (reach) this.learn(id, { counts: reach });
    } else {
      this.#tell('notice', id);
      this.hurry();
    }
  }

  #tell(type, detail = null) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** How many have done what a notice wants, of how many: { done, all }; null where it is not known. Pure. */
export function progressOf(reach) {
  if (!reach?.counts || !reach.goal) return null;
  const { goal, counts } = reach;
  const left = counts.left?.[goal] ?? 0; // of them nothing is wanted any more
  return { done: counts[goal], all: (goal === 'answered' ? counts.signers : counts.recipients) - left };
}
