/** One question and its answer on the page. */

import { icon } from './style.js';
import { link, markdown } from './markdown.js';

/** Makes an element: `el('p', { class: 'note' }, 'text', node …)`; functions are listeners. */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(name, value);
    else if (value === true) made.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

export function iconButton(name, label, click, part = null) {
  return el('button', { type: 'button', class: 'icon', 'aria-label': label, title: label, click, part }, icon(name));
}

export class TurnView {
  #words;
  #on;
  #answer = el('div', { class: 'theirs' });
  #text = el('div', { class: 'text', part: 'answer' });
  #below = el('div');
  #drawn = null;

  /** `on`: what the buttons do: `pick`, `again`, `judge`, `person`. */
  constructor(turn, words, on) {
    this.turn = turn;
    this.#words = words;
    this.#on = on;
    this.#answer.append(el('span', { class: 'hidden' }, `${words.bot}: `), this.#text, this.#below);
    const question = el('p', { class: 'mine', part: 'question' }, el('span', { class: 'hidden' }, `${words.you}: `), turn.question);
    this.nodes = [question, this.#answer];
  }

  draw() {
    const { turn } = this;
    if (this.#drawn !== turn.text) {
      this.#drawn = turn.text;
      this.#text.replaceChildren(markdown(turn.text));
    }
    this.#below.replaceChildren(...this.#rest().filter((node) => node !== null));
  }

  #rest() {
    const { turn } = this;
    return [this.#note(), turn.over ? this.#sources() : null, this.#suggestions(), turn.over ? this.#buttons() : null];
  }

  #note() {
    const { turn } = this;
    const words = this.#words;
    if (turn.state === 'failed') {
      const said = turn.problem || (turn.note === 'offline' ? words.offline : words.failed);
      const again = el('button', { type: 'button', class: 'quiet', click: () => this.#on.again(turn) }, words.retry);
      return el('div', { role: 'alert' }, el('p', { class: 'problem' }, said), el('div', { class: 'row' }, again));
    }
    if (turn.state === 'stopped') return el('p', { class: 'note' }, words.stopped);
    if (turn.over) return null;
    if (turn.note) return el('p', { class: 'note waiting' }, words[turn.note] ?? words.waiting);
    return turn.text ? null : el('p', { class: 'note waiting' }, words.thinking);
  }

  #sources() {
    const { sources } = this.turn;
    if (sources.length === 0) return null;
    const items = sources.map(({ title, url }) => el('li', {}, (url && link(url, title)) || title));
    return el('div', { class: 'sources', part: 'sources' }, this.#words.sources, el('ul', {}, ...items));
  }

  #suggestions() {
    const { suggestions } = this.turn;
    if (suggestions.length === 0) return null;
    const picks = suggestions.map(({ id, question }) =>
      el('button', { type: 'button', class: 'pick', part: 'suggestion', click: () => this.#on.pick(question, id) }, question));
    return el('div', { role: 'group', 'aria-label': this.#words.meant }, ...picks);
  }

  #buttons() {
    const { turn } = this;
    const words = this.#words;
    const row = el('div', { class: 'row' });
    if (turn.handoff?.unit) {
      const label = turn.handoff.open ? words.person : words.personClosed;
      row.append(el('button', { type: 'button', class: 'main', part: 'handoff', click: () => this.#on.person(this, turn) }, label));
    }
    if (turn.text && turn.band !== 'talk' && turn.run) {
      const judged = turn.feedback?.helpful;
      if (turn.suggestions.length === 0) {
        row.append(el('button', { type: 'button', class: 'quiet', click: (event) => this.#copy(event.currentTarget) }, words.copy));
      }
      row.append(
        el('button', { type: 'button', class: 'quiet', 'aria-pressed': String(judged === true), click: () => this.#on.judge(turn, true) }, words.helpful),
        el('button', { type: 'button', class: 'quiet', 'aria-pressed': String(judged === false), click: () => this.#why() }, words.unhelpful),
      );
    }
    const thanks = turn.feedback?.told ? el('p', { class: 'note', role: 'status' }, words.thanks) : null;
    return row.childElementCount > 0 ? el('div', {}, row, ...(thanks ? [thanks] : [])) : null;
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
    const more = el('textarea', { id: 'why-more', rows: 2, maxlength: 1000 });
    const chosen = new Set();
    const reasons = words.reasons.map((reason) =>
      el('button', {
        type: 'button', class: 'quiet', 'aria-pressed': 'false',
        click: ({ currentTarget }) => {
          if (!chosen.delete(reason)) chosen.add(reason);
          currentTarget.setAttribute('aria-pressed', String(chosen.has(reason)));
        },
      }, reason));
    const form = el('form', {
      class: 'box',
      submit: (event) => {
        event.preventDefault();
        this.#on.judge(this.turn, false, [...chosen, more.value.trim()].filter(Boolean).join(' / '));
      },
    },
    el('p', {}, words.why), el('div', { class: 'row' }, ...reasons),
    el('label', { for: 'why-more' }, words.more), more,
    el('div', { class: 'row' }, el('button', { class: 'main' }, words.submit),
      el('button', { type: 'button', class: 'quiet', click: () => this.draw() }, words.cancel)));
    this.#below.append(form);
    reasons[0].focus();
  }

  /** Ask for what a person should know; `begin(text, contact)` hands the conversation over. */
  askPerson({ open, visitor }, begin) {
    const words = this.#words;
    const text = el('textarea', { id: 'person-text', rows: 2, maxlength: 2000 });
    const contact = el('input', { id: 'person-contact', autocomplete: 'email', maxlength: 200, required: !open });
    const problem = el('p', { class: 'problem', role: 'alert', hidden: true });
    const send = el('button', { class: 'main' }, open ? words.person : words.submit);
    const form = el('form', {
      class: 'box', part: 'handoff-form',
      submit: async (event) => {
        event.preventDefault();
        send.disabled = true;
        try {
          await begin(text.value.trim(), contact.value.trim());
          form.remove();
        } catch (error) {
          problem.textContent = error.message || words.offline;
          problem.hidden = false;
          send.disabled = false;
        }
      },
    });
    if (!open) form.append(el('p', {}, words.personHint));
    form.append(el('label', { for: 'person-text' }, words.message), text);
    if (visitor) form.append(el('label', { for: 'person-contact' }, words.contact), contact);
    form.append(problem, el('div', { class: 'row' }, send,
      el('button', { type: 'button', class: 'quiet', click: () => form.remove() }, words.cancel)));
    this.#below.querySelector('[part="handoff-form"]')?.remove();
    this.#below.append(form);
    text.focus();
  }
}
