/** One question and its answer on the page. */

import { h } from '../lib/dom.js';
import { markdown, safeLink } from '../lib/markdown.js';
import { refill } from '../lib/refill.js';
import { problemOf } from './api.js';
import { icon } from './style.js';

let forms = 0;

export function iconButton(name, label, click) {
  return h('button', { type: 'button', class: 'icon', 'aria-label': label, title: label, on: { click } }, icon(name));
}

/** A button in words; `does` names it, whatever it says. */
export function wordButton(does, label, click, props = {}) {
  return h('button', { type: 'button', class: 'quiet', key: does, data: { does }, on: { click }, ...props }, label);
}

/** A question to be asked by pressing it. */
export function pickButton(question, click) {
  return h('button', { type: 'button', class: 'pick', part: 'suggestion', on: { click } }, question);
}

export class TurnView {
  #words;
  #on;
  #text = h('div', { class: 'text', part: 'answer' });
  #below = h('div');
  #drawn = null;

  /** `on`: what the buttons do: `pick`, `again`, `judge`, `person`; and `tell`, of what went wrong. */
  constructor(turn, words, on) {
    this.turn = turn;
    this.#words = words;
    this.#on = on;
    const hidden = (who) => h('span', { class: 'hidden' }, `${who}: `);
    this.nodes = [
      h('p', { class: 'mine', part: 'question' }, hidden(words.you), turn.question),
      h('div', { class: 'theirs' }, hidden(words.bot), this.#text, this.#below),
    ];
  }

  draw() {
    const { turn } = this;
    if (this.#drawn !== turn.text) {
      this.#drawn = turn.text;
      refill(this.#text, markdown(turn.text, { headings: 0, breaks: true }));
    }
    this.#text.classList.toggle('busy', turn.state === 'answering' && !turn.note);
    refill(this.#below, this.#rest());
  }

  /** What is to be said of it by itself: the answer once it is there, before that what it waits for. */
  get spoken() {
    const { turn } = this;
    const words = this.#words;
    const meant = turn.suggestions.map(({ question }) => question);
    switch (turn.state) {
      case 'done': return [this.#text.innerText, ...meant].join('\n');
      case 'stopped': return words.stopped;
      case 'failed': return ''; // an alert, which is said as it is
      default: return turn.note || !turn.text ? this.#waits() : '';
    }
  }

  #waits() {
    const words = this.#words;
    return this.turn.note ? words[this.turn.note] ?? words.waiting : words.thinking;
  }

  #rest() {
    if (!this.turn.over) return [this.#note(), this.#suggestions()];
    return [this.#note(), this.#sources(), this.#suggestions(), this.#buttons(), this.#thanks(), this.#person()];
  }

  #note() {
    const { turn } = this;
    const words = this.#words;
    if (turn.state === 'failed') {
      const said = turn.problem || (turn.note === 'offline' ? words.offline : words.failed);
      const again = wordButton('again', words.retry, () => this.#on.again(turn));
      return h('div', { role: 'alert' }, h('p', { class: 'problem' }, said), turn.hopeless ? null : row(again));
    }
    if (turn.state === 'stopped') return h('p', { class: 'note' }, words.stopped);
    if (turn.over) return null;
    return turn.note || !turn.text ? h('p', { class: 'note waiting' }, this.#waits()) : null;
  }

  #sources() {
    const { sources, text } = this.turn;
    if (sources.length === 0) return null;
    const list = /\[\d+\]/u.test(text) ? 'ol' : 'ul'; // `[2]` is the second
    const items = sources.map(({ title, url }) => h('li', {}, (url && safeLink(url, title)) || title));
    return h('div', { class: 'sources', part: 'sources' }, this.#words.sources, h(list, {}, items));
  }

  #suggestions() {
    const { suggestions } = this.turn;
    if (suggestions.length === 0) return null;
    const picks = suggestions.map(({ id, question }) => pickButton(question, () => this.#on.pick(question, id)));
    return h('div', { role: 'group', 'aria-label': this.#words.meant }, picks);
  }

  /** What can be done with an answer; what failed, and what the bot does not know or says in passing, wants no judgement. */
  #buttons() {
    const { turn } = this;
    if (turn.state === 'failed') return null;
    const words = this.#words;
    const judged = turn.feedback?.helpful;
    const pressed = (yes) => ({ 'aria-pressed': String(yes) });
    if (turn.suggestions.length > 0) {
      return row(wordButton('none', words.noneOfThese, () => this.#judge(false), pressed(judged === false)), judged === undefined ? this.#ask('quiet') : null);
    }
    if (!turn.text || !turn.run || turn.band === 'talk' || turn.band === 'unknown') return null;
    return row(
      wordButton('copy', words.copy, (event) => this.#copy(event.currentTarget)),
      wordButton('up', words.helpful, () => this.#judge(true), pressed(judged === true)),
      wordButton('down', words.unhelpful, () => this.#why(), pressed(judged === false)),
    );
  }

  #judge(helpful) {
    this.#on.judge(this.turn, helpful).catch(this.#on.tell);
  }

  #person() {
    const { suggestions, feedback } = this.turn;
    const ask = suggestions.length > 0 && !feedback ? null : this.#ask('main');
    return ask && row(ask);
  }

  #ask(look) {
    const { handoff } = this.turn;
    if (!handoff?.unit) return null;
    const label = handoff.open ? this.#words.person : this.#words.personClosed;
    return wordButton('person', label, () => this.#on.person(this), { class: look, part: 'handoff' });
  }

  #thanks() {
    const { feedback, handoff } = this.turn;
    if (!feedback?.told) return null;
    const more = feedback.helpful === false && handoff?.unit ? ` ${this.#words.personToo}` : '';
    return h('p', { class: 'note', role: 'status' }, this.#words.thanks + more);
  }

  async #copy(button) {
    try {
      await navigator.clipboard.writeText(this.turn.text);
      button.textContent = this.#words.copied;
    } catch {
      getSelection().selectAllChildren(this.#text); // a page may be kept from the clipboard
    }
  }

  /** Ask what was wrong; the reason goes along with the judgement. */
  #why() {
    const words = this.#words;
    const more = h('textarea', { rows: 2, maxlength: 1000 });
    const chosen = new Set();
    const reasons = words.reasons.map((reason) => wordButton('reason', reason, ({ currentTarget }) => {
      if (!chosen.delete(reason)) chosen.add(reason);
      currentTarget.setAttribute('aria-pressed', String(chosen.has(reason)));
    }, { 'aria-pressed': 'false' }));
    const send = () => this.#on.judge(this.turn, false, [...chosen, more.value.trim()].filter(Boolean).join(' / '));
    this.#open('why-form', send, [
      h('p', { class: 'asked' }, words.why), row(reasons), labelled(words.more, more),
    ], words.submit);
    reasons[0].focus();
  }

  /**
   * Ask for what a person should know; `begin(text, contact)` hands the conversation over. `hint` is said where
   * nobody is there now.
   */
  askPerson({ open, hint, visitor }, begin) {
    const words = this.#words;
    const text = h('textarea', { rows: 2, maxlength: 2000 });
    const contact = h('input', { autocomplete: 'email', maxlength: 200, required: !open });
    this.#open('handoff-form', () => begin(text.value.trim(), contact.value.trim()), [
      open ? null : h('p', { class: 'asked' }, hint),
      labelled(words.message, text), visitor ? labelled(words.contact, contact) : null,
    ], open ? words.person : words.submit);
    text.focus();
  }

  #open(part, submit, fields, label) {
    const problem = h('p', { class: 'problem', role: 'alert', hidden: true });
    const send = h('button', { class: 'main' }, label);
    let sending = false;
    const root = this.#below.getRootNode();
    /** Back to the button that opened it, unless the focus is elsewhere by now. */
    const close = () => {
      form.remove();
      if (!root.activeElement && document.activeElement === document.body) this.#below.querySelector(`[data-does="${part === 'why-form' ? 'down' : 'person'}"]`)?.focus();
    };
    const form = h('form', {
      class: 'box', part,
      on: {
        submit: async (event) => {
          event.preventDefault();
          if (sending) return;
          sending = true; // but not disabled, which would take the focus away
          send.setAttribute('aria-disabled', 'true');
          try {
            await submit();
            close();
          } catch (error) {
            problem.textContent = problemOf(error, this.#words);
            problem.hidden = false;
            problem.scrollIntoView({ block: 'nearest' });
            sending = false;
            send.removeAttribute('aria-disabled');
          }
        },
      },
    }, fields, problem, row(send, wordButton('cancel', this.#words.cancel, close)));
    this.#below.querySelector('form')?.remove();
    this.#below.append(form);
    form.scrollIntoView({ block: 'nearest' });
  }
}

function row(...buttons) {
  return h('div', { class: 'row' }, buttons);
}

function labelled(label, field) {
  forms += 1;
  field.id = `field-${forms}`;
  return [h('label', { for: field.id }, label), field];
}
