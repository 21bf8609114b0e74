/**
 * What the page knows of notices: the feed as far as it is loaded, what still has to be done, and what
 * comes in meanwhile. It draws nothing.
 *
 * A push names a notice, so it is in the feed at once; what belongs to this person (their children, the title
 * in their language, whether they answered) is fetched a moment later, so that the thousands who are told of
 * one newsletter do not all ask in the same second.
 *
 * Events: "change", "notice" (detail: an id, which changed), "arrived" (detail: a sentence to be spoken).
 */
import { locale, t, when } from '../lib/i18n.js';
import { calls } from './calls.js';
import { schoolYear, wanted } from './dues.js';
import { provisional, summaryOf } from './model.js';

const PAGE = 30;
/** Milliseconds within which the details of something new are fetched, spread at random. */
const SPREAD = 2500;
const SOON = 150;
/** Pages of open matters and of deadlines that are read at most. */
const MOST_PAGES = 10;

export class Notices extends EventTarget {
  filter = { student: '', kind: '', year: '', q: '' };
  items = new Map();
  /** Notices that want something of this person, whatever the filter. */
  open = new Map();
  students = [];
  years = [];
  loaded = false;
  loading = false;
  error = null;
  next = null;
  #client;
  #since = null;
  #unread = new Set();
  #timer = null;
  #turn = 0;
  #wasOnline = false;
  #end;

  constructor(client, me) {
    super();
    this.me = me;
    this.#client = client;
    this.#end = client.on((item) => this.#take(item));
  }

  end() {
    this.#end();
    clearTimeout(this.#timer);
  }

  /** How many notices were not opened yet, of those that came here, whatever the filter. */
  get unread() {
    return this.#unread.size;
  }

  /** Newest first. */
  sorted() {
    return [...this.items.values()].sort((one, other) => other.published_at.localeCompare(one.published_at));
  }

  /** What has to be answered or confirmed, the nearest deadline first. */
  todo(now) {
    return [...this.open.values()]
      .filter((notice) => ['answer', 'confirm'].includes(wanted(notice, now)))
      .sort((one, other) => (one.deadline ?? '9').localeCompare(other.deadline ?? '9'));
  }

  /** The children's names by id; null where there is but one. */
  get names() {
    return this.students.length > 1 ? new Map(this.students.map(({ id, name }) => [id, name])) : null;
  }

  get filtered() {
    return Object.values(this.filter).some(Boolean);
  }

  /** Show what matches a filter; parts that are left out stay. */
  async choose(filter) {
    Object.assign(this.filter, filter);
    await this.reload();
  }

  /** Load the first page anew. */
  async reload() {
    this.#turn += 1;
    this.next = null;
    this.loaded = false;
    await Promise.all([this.#page(true), this.#loadOpen()]);
  }

  /** Load the next page, if there is one. */
  async more() {
    if (this.next && !this.loading) await this.#page(false);
  }

  /** All notices with a deadline between two days (ISO times), as far as the bound allows. */
  async due(from, to) {
    const found = [];
    let cursor = null;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const answer = await ask({ due_from: from, due_to: to, cursor, limit: 100 });
      found.push(...answer.notices.map(summaryOf));
      cursor = answer.next;
      if (!cursor) break;
    }
    return found;
  }

  /** Fetch what changed, soon. */
  hurry() {
    this.#later(SOON);
  }

  /** Take what the page has learnt of a notice, as from its own answer. */
  put(notice) {
    if (this.items.has(notice.id) || !this.filtered) this.items.set(notice.id, notice);
    this.#keepOpen(notice);
    this.#mark(notice);
    this.#changed();
  }

  #mark({ id, seen_version: seen, state }) {
    if (seen === 0 && state !== 'withdrawn') this.#unread.add(id);
    else this.#unread.delete(id);
  }

  async #page(first) {
    const turn = this.#turn;
    this.loading = true;
    this.error = null;
    if (first) this.#changed();
    try {
      const answer = await ask({ ...this.filter, cursor: first ? null : this.next, limit: PAGE });
      if (turn !== this.#turn) return;
      if (first) this.items = new Map();
      if (first && !this.filtered) this.#unread.clear();
      for (const raw of answer.notices) {
        this.items.set(raw.id, summaryOf(raw));
        this.#mark(raw);
      }
      this.next = answer.next ?? null;
      this.#learn(answer);
      this.loaded = true;
    } catch (error) {
      if (turn === this.#turn) this.error = error;
    } finally {
      if (turn === this.#turn) this.loading = false;
    }
    this.#changed();
  }

  async #loadOpen() {
    try {
      const found = new Map();
      let cursor = null;
      for (let page = 0; page < MOST_PAGES; page += 1) {
        const answer = await ask({ state: 'open', cursor, limit: 100 });
        for (const raw of answer.notices) found.set(raw.id, summaryOf(raw));
        cursor = answer.next;
        if (!cursor) break;
      }
      this.open = found;
      this.#changed();
    } catch {
      // The feed says that there is no connection.
    }
  }

  /** What the answers tell beside the notices. */
  #learn({ students, years, now }) {
    if (students) this.students = students;
    if (years) this.years = years;
    if (now) this.#since ??= now;
  }

  async #refresh() {
    if (!this.#since) {
      await this.reload();
      return;
    }
    const guessed = [...this.items.values()].filter(({ provisional: made }) => made);
    try {
      const answer = await ask({ since: this.#since, limit: 100 });
      this.#since = answer.now ?? this.#since;
      if (answer.next) { // more than one look can hold
        await this.reload();
        return;
      }
      for (const { id } of guessed) this.#drop(id); // told of to the class, and not for this person: it does not come
      for (const raw of answer.notices) {
        const notice = summaryOf(raw);
        if (this.items.has(notice.id) || this.#matches(notice)) this.items.set(notice.id, notice);
        this.#keepOpen(notice);
        this.#mark(notice);
        this.dispatchEvent(new CustomEvent('notice', { detail: notice.id }));
      }
      this.#changed();
    } catch {
      // Asked again with the next push, or when the connection is back.
    }
  }

  #drop(id) {
    this.items.delete(id);
    this.#unread.delete(id);
  }

  #matches({ kind, students, published_at: at }) {
    const { filter } = this;
    return !filter.q && (!filter.kind || filter.kind === kind)
      && (!filter.student || students.includes(filter.student))
      && (!filter.year || String(schoolYear(when().key(new Date(at)))) === filter.year);
  }

  #keepOpen(notice) {
    if (['answer', 'confirm'].includes(wanted(notice, new Date()))) this.open.set(notice.id, notice);
    else this.open.delete(notice.id);
  }

  #take(item) {
    if (item.type === 'push' && item.push.notice) this.#pushed(item.push.notice);
    if (item.type === 'state' && item.state === 'online') {
      if (this.#wasOnline) this.#later(SOON);
      this.#wasOnline = true;
    }
  }

  #pushed(push) {
    if (push.changed === 'reach') return; // for authors
    const known = this.items.get(push.id);
    if (push.changed === 'published' && !known) {
      const notice = provisional(push);
      this.#mark(notice);
      if (this.#matches(notice) || (!this.filtered && this.loaded)) this.items.set(push.id, notice);
      this.dispatchEvent(new CustomEvent('arrived', { detail: t('feed.arrived', { title: push.title }) }));
    } else if (known && push.version >= known.version) {
      this.items.set(push.id, { ...known, state: push.state, version: push.version, deadline: push.deadline ?? null, title: known.provisional ? push.title : known.title });
      if (push.changed === 'withdrawn') this.open.delete(push.id);
    }
    this.#tell(push.id);
    this.#later(Math.random() * SPREAD);
  }

  #later(milliseconds) {
    // One that is due already stays: else a stream of pushes would put it off for ever.
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#refresh();
    }, milliseconds);
  }

  #tell(id) {
    this.dispatchEvent(new CustomEvent('notice', { detail: id }));
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new CustomEvent('change'));
  }
}

/** Titles come in the language of the page, where the notice has it. */
function ask(query) {
  return calls.notices({ ...query, lang: locale() });
}
