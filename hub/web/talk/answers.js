/**
 * Answers of a chatbot while they are written: below the messages, part by part, with a way to stop them. What
 * was said in the end comes as a message of the room; what it offers besides, questions that may have been meant
 * and a person to ask, stays until something else is written, also after a reload. What came while the page was
 * not there is pushed again.
 */
import { call } from '../lib/api.js';
import { Avatar } from '../lib/avatar.js';
import { button, h } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { markdown } from '../lib/markdown.js';
import { problemOf } from '../lib/problem.js';
import { refill } from '../lib/refill.js';
import { toast } from '../lib/toast.js';
import { answeredLast, askedBot, isBot, waitsFor } from './bots.js';
import { go } from './route.js';

/** How long an answer that could not begin is awaited, unless that is said again, as it is every few seconds. */
const HELD_SECONDS = 10;
/** How long an answer that ended may take to come as a message; one without a word never does. */
const LANDING_SECONDS = 5;

/** What a chatbot wrote, as its Markdown means it. */
export function answerText(text) {
  return h('div', { class: 'text prose' }, markdown(text, { headings: 0, breaks: true }));
}

function fresh(run, seq) {
  return { run, seq, bot: null, text: '', over: false, suggestions: [], handoff: null, asking: false, next: 0, late: false, landed: false, held: false, expiry: 0 };
}

export class Answers {
  node = h('ol', { class: 'timeline answers', 'aria-label': t('bot.answers'), hidden: true });
  #store;
  #session;
  #drawn;
  /**
   * run → { seq, bot, conversation, text, over, suggestions, handoff }; `seq` is that of my message, `next` is the number of its next part. What
   * has `landed` is a message already, and only its offers are wanted.
   */
  #runs = new Map();
  /** Runs that have come as a message: more of them is of no use. */
  #landed = new Set();
  #looking = false;
  #offer = null;
  /** My message of whose answer the offers were asked for. */
  #offered = null;

  constructor(store, session, drawn) {
    this.#store = store;
    this.#session = session;
    this.#drawn = drawn;
  }

  listen({ signal }) {
    const end = this.#store.client.on((item) => {
      if (item.type === 'push' && item.push.run && item.push.room === this.#session.id) this.#take(item.push);
      else if (item.type === 'event' && item.room === this.#session.id && item.event.kind === 'message') this.#message(item.event);
    });
    signal.addEventListener('abort', end);
  }

  /** Go on with the answer that is under way, if one is, as after a reload or a broken line; else with its offers. */
  async look() {
    const me = this.#store.me.id;
    const waits = waitsFor(this.#session, me);
    const seq = waits ?? (this.#offer ? null : answeredLast(this.#session, me));
    if (seq === null || this.#looking || (waits === null && this.#offered === seq)) return;
    this.#looking = true;
    if (waits === null) this.#offered = seq;
    try {
      const { run } = await this.#store.client.resumeAnswer(this.#session.id, seq);
      if (waits === null || waitsFor(this.#session, me) !== seq) this.#past(run, seq);
    } catch {
      // It was never begun, or the line is broken again: the message comes in any case.
      if (this.#offered === seq) this.#offered = null;
    } finally {
      this.#looking = false;
    }
    // It came as a message meanwhile, of whose offers nothing is known.
    if (waits !== null && this.#offered !== seq && answeredLast(this.#session, me) === seq) this.look();
  }

  /** Want no more than the offers of an answer that is a message already; parts of it may be here by now. */
  #past(run, seq) {
    if (this.#landed.has(run)) return;
    this.#offered = seq;
    const answer = this.#runs.get(run) ?? fresh(run, seq);
    answer.landed = true;
    this.#runs.set(run, answer);
    if (answer.over) this.#over(answer);
    this.#draw();
  }

  /** Take a part in its turn. One that is too early comes again, after those that are missing. */
  #take({ run, seq, i, part }) {
    if (this.#landed.has(run)) return;
    const answer = this.#runs.get(run) ?? fresh(run, seq);
    this.#runs.set(run, answer);
    if (part.type === 'data-status') return this.#hold(answer);
    if (i > answer.next && !answer.late) {
      answer.late = true;
      this.look();
    }
    if (i !== answer.next) return;
    answer.next += 1;
    this.#free(answer);
    switch (part.type) {
      case 'start':
        Object.assign(answer, { bot: part.messageMetadata.bot, conversation: part.messageMetadata.conversation });
        break;
      case 'text-start': if (answer.text) answer.text += '\n\n'; break;
      case 'text-delta': answer.text += part.delta; break;
      case 'data-suggestions': answer.suggestions = part.data; break;
      case 'data-handoff': answer.handoff = part.data; break;
      case 'finish': case 'abort': case 'error': this.#over(answer); break;
      default: break;
    }
    this.#draw();
  }

  /** The chatbot is not there, and goes on by itself once it is. */
  #hold(answer) {
    if (answer.landed || answer.over) return;
    this.#free(answer);
    answer.held = true;
    if (!answer.next) {
      answer.bot = askedBot(this.#session, answer.seq)?.replace('bot-', '') ?? null;
      answer.expiry = setTimeout(() => {
        if (this.#runs.delete(answer.run)) this.#draw(); // nobody is at it any more
      }, HELD_SECONDS * 1000);
    }
    this.#draw();
  }

  #free(answer) {
    clearTimeout(answer.expiry);
    answer.held = false;
  }

  #over(answer) {
    answer.over = true;
    if (answer.landed) {
      this.#runs.delete(answer.run);
      this.#landed.add(answer.run);
      if (answeredLast(this.#session, this.#store.me.id) === this.#offered) this.#keep(answer);
      return;
    }
    this.#free(answer);
    if (!answer.text) this.#runs.delete(answer.run); // stopped before the first word
    setTimeout(() => {
      if (this.#runs.delete(answer.run)) this.#draw();
    }, LANDING_SECONDS * 1000);
  }

  /** A message came: the answer's own, or one after which its offers are out of date. */
  #message({ by, body }) {
    const landed = [...this.#runs.values()].find(({ bot, seq, landed: done }) => by === `bot-${bot}` && seq === body.reply_to && !done);
    this.#offer = null;
    if (landed) {
      this.#free(landed);
      this.#runs.delete(landed.run);
      this.#landed.add(landed.run);
      this.#keep(landed);
    } else if (isBot(by)) setTimeout(() => this.look()); // its parts went out before this page was there
    this.#draw();
  }

  #keep(answer) {
    if (answer.suggestions.length || answer.handoff?.unit) this.#offer = answer;
  }

  #draw() {
    const shown = [...this.#runs.values()].filter(({ bot, landed }) => bot && !landed).map((answer) => this.#item(answer));
    refill(this.node, shown, this.#offer ? this.#offers(this.#offer) : null);
    this.node.hidden = !this.node.childElementCount;
    this.#drawn();
  }

  #item({ run, bot, text, over, next, held }) {
    const awaited = text ? null : 'bot.thinking';
    const note = held ? (next ? 'bot.held' : 'bot.starting') : awaited;
    const person = `bot-${bot}`;
    const name = this.#store.name(person);
    const stop = () => this.#store.client.stopAnswer(run).catch((error) => toast(problemOf(error)));
    return h('li', { class: 'message theirs first', key: run },
      h('span', { class: 'message-avatar' }, Avatar.of(person, name, { size: 'small' })),
      h('div', { class: 'message-main' },
        h('p', { class: 'message-name one-line' }, name),
        h('div', { class: 'message-row' },
          h('div', { class: 'bubble-wrap' },
            h('div', { class: 'bubble' }, text ? answerText(text) : null, note && h('p', { class: 'faint' }, t(note))))),
        over || !next ? null : button(t('bot.stop'), { kind: 'quiet', on: { click: stop } })));
  }

  #offers({ suggestions, handoff, bot, asking }) {
    const picks = suggestions.map(({ question }) => button(question, { class: 'pick', on: { click: () => this.#ask(question, bot) } }));
    const person = handoff?.unit
      ? button(t(handoff.open ? 'bot.person' : 'bot.person.closed'), { kind: 'quiet', disabled: asking, on: { click: () => this.#hand(this.#offer) } }) : null;
    return h('li', { class: 'offers', key: 'offers' }, picks, person);
  }

  #ask(question, bot) {
    const direct = this.#session.view?.kind === 'direct';
    const name = this.#store.name(`bot-${bot}`);
    this.#store.client.send(this.#session.id, direct ? { text: question } : { text: `@${name} ${question}`, mentions: [`bot-${bot}`] })
      .catch(() => {}); // it stands among the messages that were not sent
  }

  async #hand(offer) {
    const { bot, conversation } = offer;
    offer.once ??= crypto.randomUUID(); // whose answer is lost is pressed again
    offer.asking = true;
    this.#draw();
    try {
      const { talk, state } = await call('POST', `/bots/${bot}/conversations/${conversation}/handoff`, { body: {}, once: offer.once });
      toast(t(state === 'left' ? 'bot.person.left' : 'bot.person.waits'));
      if (this.#offer === offer) this.#offer = null;
      this.#draw();
      if (talk && this.#store.rooms.has(talk)) go(talk);
    } catch (error) {
      offer.asking = false;
      this.#draw();
      toast(problemOf(error));
    }
  }
}
