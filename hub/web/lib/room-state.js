/**
 * A room's log as a client holds it: old state + event = new state. Pure; the twin of
 * rooms/fold.py, so that what a page shows after any run of events is what a fresh read shows.
 *
 * The log is numbered 1, 2, 3 … without a hole. `RoomState` holds one unbroken stretch of it,
 * `low`…`high`, which may or may not reach up to `top`, the newest event known.
 */

/** Events that change an earlier message, kept for messages that are loaded only later. */
const LATE = 500;

/**
 * Fold an event into the message it targets. Returns the same object where nothing changes:
 * an event at or below the state's `seq` is already in it. A recall wins over everything.
 */
export function fold(message, event) {
  const old = message.state ?? { seq: 0 };
  if (event.seq <= old.seq) return message;
  let body = message.body;
  let state = { ...old, seq: event.seq };
  if (!old.recalled) {
    switch (event.kind) {
      case 'edit': {
        const { mentions: _, ...kept } = body;
        body = { ...kept, text: event.body.text };
        if (event.body.mentions?.length) body.mentions = event.body.mentions;
        state.edited = { seq: event.seq, at: event.at };
        break;
      }
      case 'recall':
        body = { text: '' };
        state = { seq: event.seq, recalled: { seq: event.seq, at: event.at, by: event.by } };
        if (old.edited) state.edited = old.edited;
        break;
      case 'react':
        state.reactions = react(old.reactions ?? {}, event);
        break;
      case 'pin':
        if (event.body.on) state.pinned = { by: event.by, at: event.at };
        else delete state.pinned;
        break;
      default:
        break;
    }
  }
  return { ...message, body, state };
}

function react(reactions, event) {
  const { emoji, on } = event.body;
  const { [emoji]: people = [], ...others } = reactions;
  const rest = people.filter((person) => person !== event.by);
  const now = on ? (rest.length === people.length ? [...people, event.by] : people) : rest;
  if (!now.length) return others;
  // An emoji that is already there keeps its place, so that buttons do not jump.
  return emoji in reactions ? { ...reactions, [emoji]: now } : { ...others, [emoji]: now };
}

/** Whether the event changes an earlier message, which `event.body.seq` names. */
export function isTargeted(event) {
  return event.kind === 'edit' || event.kind === 'recall' || event.kind === 'react' || event.kind === 'pin';
}

/** Where an event stands to the last one known: "next", "duplicate" or "gap". */
export function judge(last, seq) {
  if (seq === last + 1) return 'next';
  return seq <= last ? 'duplicate' : 'gap';
}

export class RoomState {
  /** The events shown (messages, members, titles), ascending; messages are folded. */
  #shown = [];
  #late = [];

  /**
   * An empty stretch that starts right after `after`. `first` is the first event this member may
   * see, `top` the newest there is.
   */
  constructor({ first = 1, top, after = top }) {
    this.first = Math.max(first, 1);
    this.top = top;
    this.low = after + 1;
    this.high = after;
  }

  get shown() {
    return this.#shown;
  }

  /** Whether the stretch reaches the newest event, so that the next one is appended. */
  get attached() {
    return this.high >= this.top;
  }

  /** Whether nothing older is left to load. */
  get complete() {
    return this.low <= this.first;
  }

  /** The shown event with this seq, or undefined. */
  find(seq) {
    const at = this.#position(seq);
    return this.#shown[at]?.seq === seq ? this.#shown[at] : undefined;
  }

  /**
   * Take the next event of the room. Returns "applied"; "duplicate" (nothing changed); or "gap"
   * (nothing changed: the caller must fetch what follows `top` first).
   */
  apply(event) {
    const verdict = judge(this.top, event.seq);
    if (verdict !== 'next') return verdict;
    const follows = this.attached;
    this.top = event.seq;
    if (follows && event.seq > this.high) this.#append(event);
    else this.#target(event);
    return 'applied';
  }

  /** Put a page of older events, ascending, in front; `more` says that older ones are left. */
  prepend(events, more) {
    const older = events.filter((event) => event.seq < this.low);
    if (older.length) this.low = older[0].seq;
    if (!more) this.low = Math.min(this.low, this.first);
    this.#shown = [...this.#present(older), ...this.#shown];
  }

  /** Put a page of newer events, ascending, behind the stretch. */
  extend(events) {
    for (const event of events) if (event.seq === this.high + 1) this.#append(event);
    if (this.high > this.top) this.top = this.high;
  }

  /** Forget shown events so that at most `limit` stay, from the "old" or the "new" end. */
  trim(limit, end) {
    const extra = this.#shown.length - limit;
    if (extra <= 0) return;
    if (end === 'old') {
      this.#shown.splice(0, extra);
      this.low = this.#shown[0].seq;
    } else {
      this.#shown.splice(limit, extra);
      this.high = this.#shown[limit - 1].seq;
    }
  }

  /** The shown messages that are pinned, newest pin first. */
  pinned() {
    return this.#shown
      .filter((event) => event.state?.pinned)
      .sort((one, other) => other.state.pinned.at.localeCompare(one.state.pinned.at));
  }

  #append(event) {
    this.high = event.seq;
    if (isTargeted(event)) this.#target(event);
    else this.#shown.push(...this.#present([event]));
  }

  #present(events) {
    return events
      .filter((event) => !isTargeted(event))
      .map((event) => this.#late.reduce(
        (message, change) => (change.body.seq === message.seq ? fold(message, change) : message), event,
      ));
  }

  #target(event) {
    if (!isTargeted(event)) return;
    // Its message may be on a page that was read before this event and arrives after it.
    this.#late.push(event);
    if (this.#late.length > LATE) this.#late.shift();
    const at = this.#position(event.body.seq);
    if (this.#shown[at]?.seq === event.body.seq) this.#shown[at] = fold(this.#shown[at], event);
  }

  #position(seq) {
    let low = 0;
    let high = this.#shown.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#shown[middle].seq < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
