/** The talk with a person of the office who took the conversation over. */

import { Refused, newId } from './api.js';
import { pause } from './chat.js';
import { eventsOf } from './stream.js';

const PAUSES = [500, 1000, 2000, 4000, 8000];
/** The first message of a talk sums the conversation up for the staff; whoever had it knows it. */
const SUMMARY = 1;

export class PersonTalk {
  /** What the hub says of it: `{ state, available, unit, open, opens_at, by, top }`. */
  standing = { state: 'none' };
  messages = [];
  #api;
  #conversation;
  #changed;
  #line = null;
  /** The last of the talk that was seen; each hand-over has a talk of its own. */
  #seen = SUMMARY;
  /** The hand-over that was begun and may not have come through. */
  #once = null;

  constructor(api, conversation, changed) {
    this.#api = api;
    this.#conversation = conversation;
    this.#changed = changed;
  }

  /** Whether what is written goes to a person. */
  get live() {
    return ['waiting', 'taken'].includes(this.standing.state);
  }

  /** Whether something may still come: a message that was left may be taken any time. */
  get #open() {
    return this.live || this.standing.state === 'left';
  }

  /** Find out how it stands, as after a reload, and go on with it. */
  async look() {
    try {
      this.standing = await this.#api.handoff(this.#conversation());
    } catch {
      return; // there is none, or the next visit tells
    }
    this.#changed();
    if (this.#open) this.#follow();
  }

  /** Who could take over now: `{ unit, open, opens_at, away }`; null where nobody ever does, or the hub is out of reach. */
  async who() {
    try {
      const { available, unit, open, opens_at, away } = await this.#api.handoff(this.#conversation());
      return { unit: available ? unit.id : null, open, opens_at, away };
    } catch {
      return null;
    }
  }

  /** Ask for a person; resolves with how it stands. */
  async begin(text, contact) {
    const body = {};
    if (text) body.text = text;
    if (contact) body.contact = contact;
    this.#once ??= newId();
    if (!this.#open) this.#seen = SUMMARY;
    this.standing = await this.#api.hand(this.#conversation(), body, this.#once);
    this.#once = null;
    this.#changed();
    if (this.#open) this.#follow();
    return this.standing;
  }

  async say(text) {
    const cid = newId();
    for (let tries = 0; ; tries += 1) {
      try {
        await this.#api.say(this.#conversation(), text, cid);
        return;
      } catch (error) {
        if (error instanceof Refused || tries >= PAUSES.length) throw error;
        await pause(PAUSES[tries]);
      }
    }
  }

  async end() {
    this.standing = await this.#api.endHandoff(this.#conversation());
    this.#changed();
  }

  /** Forget the talk, as a new conversation is begun; nobody is to wait in it. */
  close() {
    if (this.live) this.#api.endHandoff(this.#conversation()).catch(() => {});
    this.#line?.abort();
    this.#once = null;
    this.standing = { state: 'none' };
    this.messages = [];
    this.#seen = SUMMARY;
  }

  async #follow() {
    this.#line?.abort();
    const line = new AbortController();
    this.#line = line;
    for (let tries = 0; this.#open && !line.signal.aborted; tries += 1) {
      try {
        for await (const { data } of eventsOf(await this.#api.followHandoff(this.#conversation(), this.#seen, line.signal))) {
          tries = 0;
          if (data === '[DONE]') break;
          this.#take(JSON.parse(data));
        }
      } catch (error) {
        if (line.signal.aborted) return;
        if (error instanceof Refused && error.status < 500 && error.status !== 429) return;
      }
      if (this.#open) await pause(PAUSES[Math.min(tries, PAUSES.length - 1)]);
    }
  }

  #take({ type, data }) {
    if (type === 'data-handoff') this.standing = data;
    else if (type === 'data-handoff-message' && data.seq > this.#seen) {
      this.#seen = data.seq;
      this.messages.push(data);
    }
    this.#changed();
  }
}
