/**
 * A conversation with the bot: what was asked, what came, and how it goes on after a broken line or a reload.
 * Knows nothing of the page; tells `changed(turn)` what it has to draw.
 */

import { Refused, newId } from './api.js';
import { eventsOf } from './stream.js';

const PAUSES = [500, 1000, 2000, 4000, 8000];
/** How often a broken line is tried again before the person is asked. */
const TRIES = 12;

export class Turn {
  run = null;
  last = null;
  text = '';
  sources = [];
  suggestions = [];
  handoff = null;
  band = null;
  /** asking, answering, done, stopped, failed */
  state = 'asking';
  note = null;
  problem = '';
  /** Refused however often it is asked. */
  hopeless = false;
  feedback = null;

  constructor(question, cid = newId(), entry = null) {
    this.question = question;
    this.cid = cid;
    this.entry = entry;
  }

  get over() {
    return ['done', 'stopped', 'failed'].includes(this.state);
  }

  /** Fold one part of the stream in. */
  take(part) {
    this.note = null;
    if (this.state === 'asking') this.state = 'answering';
    const fold = FOLDS[part.type];
    if (fold) fold(this, part);
  }
}

const FOLDS = {
  start: (turn, { messageId }) => {
    turn.run = messageId;
  },
  'data-confidence': (turn, { data }) => {
    turn.band = data.band;
  },
  'text-start': (turn) => {
    if (turn.text) turn.text += '\n\n';
  },
  'text-delta': (turn, { delta }) => {
    turn.text += delta;
  },
  'source-url': (turn, { title, url }) => turn.sources.push({ title: title || url, url }),
  'source-document': (turn, { title, filename }) => turn.sources.push({ title: title || filename, url: null }),
  'data-suggestions': (turn, { data }) => {
    turn.suggestions = data;
  },
  'data-handoff': (turn, { data }) => {
    turn.handoff = data;
  },
  'data-status': (turn, { data }) => {
    turn.note = data.state;
  },
  error: (turn, { errorText }) => {
    turn.state = 'failed';
    turn.problem = errorText;
  },
  abort: (turn) => {
    turn.state = 'stopped';
  },
  finish: (turn) => {
    turn.state = 'done';
  },
};

export class Chat {
  turns = [];
  #api;
  #store;
  #changed;
  #options;
  #line = null;
  /** The conversation of before. One that is begun meanwhile is no business of `restore`. */
  #before;

  /** `options`: `unit`, `locale` and what else goes with every question. */
  constructor(api, store, options, changed) {
    this.#api = api;
    this.#store = store;
    this.#options = options;
    this.#changed = changed;
    this.#before = this.conversation;
  }

  get conversation() {
    return this.#store.get('conversation');
  }

  get busy() {
    const last = this.turns.at(-1);
    return last !== undefined && !last.over;
  }

  /** Draw what was said before a reload, and go on with an answer that is still under way. */
  async restore() {
    const id = this.#before;
    if (!id || id !== this.conversation) return;
    let kept;
    try {
      kept = await this.#api.conversation(id);
    } catch (error) {
      if (error instanceof Refused && error.status < 500 && id === this.conversation) this.forget();
      return;
    }
    if (id !== this.conversation) return;
    const before = kept.turns.map((told) => {
      const turn = new Turn(told.question);
      told.parts.forEach((part, at) => {
        turn.take(part);
        turn.last = at;
      });
      turn.run = told.run;
      turn.feedback = told.feedback ? { helpful: told.feedback.helpful, told: true } : null;
      if (!turn.over && told.done) turn.state = 'done';
      return turn;
    });
    // Whoever was quick has asked already.
    const runs = new Set(before.map(({ run }) => run));
    this.turns = [...before, ...this.turns.filter(({ run }) => !runs.has(run))];
    this.#changed(null);
    const last = this.turns.at(-1);
    if (last && !last.over && last === before.at(-1)) await this.#follow(last);
  }

  /** Ask; `entry` names a suggestion that was chosen. Resolves when the answer is there. */
  async ask(text, entry = null) {
    const turn = new Turn(text, undefined, entry);
    this.turns.push(turn);
    this.#changed(turn);
    await this.#follow(turn);
    return turn;
  }

  /** Ask again what failed: the hub knows the question by its `cid`, and answers it once. */
  async again(turn) {
    Object.assign(turn, new Turn(turn.question, turn.run ? undefined : turn.cid, turn.entry));
    this.#changed(turn);
    await this.#follow(turn);
  }

  /** Stop the answer that is under way; what came stays. */
  async stop() {
    const turn = this.turns.at(-1);
    if (!turn || turn.over) return;
    if (turn.run) {
      try {
        await this.#api.stop(turn.run);
        return; // the stream says so itself
      } catch {
        // it may be over by now, or out of reach: nothing more is drawn, in any case
      }
    }
    turn.state = 'stopped';
    this.#line?.abort();
    this.#changed(turn);
  }

  async judge(turn, helpful, reason = '') {
    await this.#api.feedback(turn.run, helpful, reason);
    turn.feedback = { helpful, told: true };
    this.#changed(turn);
  }

  forget() {
    this.#line?.abort();
    this.turns = [];
    this.#store.set('conversation', null);
    this.#changed(null);
  }

  async #follow(turn) {
    for (let tries = 0; !turn.over; tries += 1) {
      this.#line = new AbortController();
      let refused = null;
      try {
        await this.#read(turn, this.#line.signal);
        if (turn.over) break;
      } catch (error) {
        if (turn.over || this.#line.signal.aborted) break;
        if (error instanceof Refused && error.code !== 'unavailable') {
          this.#fail(turn, error);
          break;
        }
        refused = error instanceof Refused ? error : null;
        turn.note = refused ? 'waiting' : 'reconnecting';
      }
      if (tries >= TRIES) this.#fail(turn, refused); // who was answered is not offline
      else {
        this.#changed(turn);
        await pause(PAUSES[Math.min(tries, PAUSES.length - 1)]);
      }
    }
    this.#changed(turn);
  }

  /** Read the stream once, from where it broke off. */
  async #read(turn, signal) {
    const response = turn.run
      ? await this.#api.resume(turn.run, turn.last, signal)
      : await this.#api.ask(this.#question(turn), signal);
    for await (const { id, data } of eventsOf(response)) {
      if (data === '[DONE]') return;
      const part = JSON.parse(data);
      const at = id ? Number(id.split(':').at(-1)) : null;
      if (at !== null && turn.last !== null && at <= turn.last) continue;
      turn.take(part);
      if (at !== null) turn.last = at;
      const conversation = part.messageMetadata?.conversation;
      if (conversation) this.#store.set('conversation', conversation);
      this.#changed(turn);
      if (turn.over) return;
    }
  }

  #question(turn) {
    const asked = { text: turn.question, cid: turn.cid, ...this.#options };
    if (turn.entry) asked.entry = turn.entry;
    if (this.conversation) asked.conversation = this.conversation;
    return asked;
  }

  #fail(turn, error) {
    turn.state = 'failed';
    turn.problem = error?.message ?? '';
    turn.hopeless = [400, 413].includes(error?.status);
    turn.note = error === null ? 'offline' : null;
  }
}

export function pause(ms) {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
