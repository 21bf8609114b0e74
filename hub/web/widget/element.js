/**
 * <madang-chat>: the chatbot on any page, in a shadow root.
 *
 * Its attributes, parts and custom properties stand in the README; `mode` is inline, page, or else a button that opens a panel.
 */

import { Composition, h } from '../lib/dom.js';
import { linked } from '../lib/markdown.js';
import { refill } from '../lib/refill.js';
import { About } from './about.js';
import { BotApi, Store, problemOf } from './api.js';
import { Chat } from './chat.js';
import { PersonTalk } from './person.js';
import { Spoken } from './spoken.js';
import { STYLE, icon } from './style.js';
import { TurnView, iconButton, pickButton, wordButton } from './turn-view.js';
import { wordsFor } from './words.js';

/** The screens that the panel fills; the same as in its style. */
const NARROW = matchMedia('(max-width: 32.5em), (max-height: 30em)');
/** Where a field that has the focus brings up a keyboard that covers half of the screen. */
const TOUCH = matchMedia('(pointer: coarse)');
const OPENS = { month: 'long', day: 'numeric', weekday: 'short', hour: 'numeric', minute: '2-digit' };

export function define(hub) {
  if (customElements.get('madang-chat')) return;
  customElements.define('madang-chat', class extends MadangChat {
    hub = hub;
  });
}

class MadangChat extends HTMLElement {
  #words;
  #api;
  #store;
  #chat;
  #person;
  #about;
  #spoken = new Spoken();
  #visitor = true;
  #views = new Map();
  #said = new WeakSet();
  #drawnMessages = 0;
  #launcher;
  #panel;
  #log;
  #opening;
  #hello;
  #standing;
  #input;
  #button;
  #status;

  connectedCallback() {
    NARROW.addEventListener('change', this.#fit);
    addEventListener('online', this.#look);
    document.addEventListener('visibilitychange', this.#look);
    this.#fit(); // moved within the page
    if (this.shadowRoot) return;
    const bot = this.getAttribute('bot') ?? 'school';
    const { language, words } = wordsFor(this.getAttribute('lang'));
    this.#words = words;
    this.lang = language;
    this.#store = new Store(this.hub, `${bot}:${this.getAttribute('unit') ?? ''}`);
    this.#api = new BotApi(this.hub, bot, this.#store);
    const options = { locale: language };
    if (this.hasAttribute('unit')) options.unit = this.getAttribute('unit');
    this.#chat = new Chat(this.#api, this.#store, options, (turn) => this.#changed(turn));
    this.#person = new PersonTalk(this.#api, () => this.#chat.conversation, () => this.#personChanged());
    const wanted = (known) => this.isConnected && !document.hidden && this.#shown && (!known || this.#chat.turns.length === 0);
    this.#about = new About(() => this.#api.about(this.getAttribute('unit')), wanted, (first) => this.#known(first));
    this.#build();
    if (this.hasAttribute('mode')) this.#look();
    else if (this.hasAttribute('open') || this.#store.get('open')) this.open({ focus: false });
  }

  disconnectedCallback() {
    NARROW.removeEventListener('change', this.#fit);
    removeEventListener('online', this.#look);
    document.removeEventListener('visibilitychange', this.#look);
  }

  /** Open the panel. */
  open({ focus = true } = {}) {
    if (!this.#panel.open) this.#show();
    this.#launcher.setAttribute('aria-expanded', 'true');
    this.#call(this.#words.close);
    this.#store.set('open', '1');
    this.#look();
    if (this.#chat.turns.length > 0) this.#log.scrollTop = this.#log.scrollHeight;
    if (focus) this.#settle();
  }

  /** Close the panel; the conversation stays. */
  close() {
    this.#panel.close();
  }

  /** Where the panel fills the screen nothing of the page can be reached meanwhile; else it stands beside it. */
  #show() {
    if (NARROW.matches) {
      this.#panel.showModal();
      this.#panel.focus(); // not the first of its buttons
    } else this.#panel.setAttribute('open', ''); // `show` would take the focus from the page
  }

  get #shown() {
    return this.hasAttribute('mode') || this.#panel.open;
  }

  /** Put the focus where one goes on: to write, or on a phone to read what there is first. */
  #settle() {
    if (TOUCH.matches) this.#log.focus({ preventScroll: true });
    else this.#input.focus();
  }

  #fit = () => {
    if (!this.#panel?.open) return;
    const held = this.shadowRoot.activeElement;
    this.#panel.close();
    this.#show();
    held?.focus();
  };

  /** Also by Escape, or the way back of a phone. */
  #closed() {
    if (this.#panel.open) return; // it fills the screen now, or no longer
    this.#launcher.setAttribute('aria-expanded', 'false');
    this.#call(this.#words.open);
    this.#store.set('open', null);
    this.#launcher.focus();
  }

  /** Name the launcher; `news` that wait behind it are shown on it too. */
  #call(label, news = false) {
    this.#launcher.setAttribute('aria-label', label);
    this.#launcher.classList.toggle('news', news);
  }

  /** Ask something, as if it had been typed. */
  async ask(text, entry = null) {
    if (this.#chat.busy) return;
    const turn = await this.#chat.ask(text, entry);
    if (turn.hopeless) this.#giveBack(text);
  }

  #giveBack(text) {
    this.#input.value = [text, this.#input.value].filter(Boolean).join('\n');
  }

  #build() {
    const words = this.#words;
    const root = this.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    if (this.hasAttribute('accent')) this.style.setProperty('--madang-accent', this.getAttribute('accent'));
    const paged = this.hasAttribute('mode');
    const heading = this.getAttribute('heading') || words.title;
    this.#opening = h('div', { class: 'opening' });
    this.#hello = h('div', { class: 'hello' }, h('p', {}, words.hello), h('p', { class: 'privacy' }, words.privacy));
    this.#log = h('div', { class: 'log', role: 'log', 'aria-live': 'off', 'aria-label': words.log, tabindex: 0 }, this.#hello);
    this.#standing = h('div', { class: 'standing', role: 'status', hidden: true });
    this.#status = h('p', { class: 'hidden', role: 'status' });
    this.#input = h('textarea', {
      rows: 1, 'aria-label': words.ask, placeholder: words.ask, part: 'input', enterkeyhint: 'send',
      on: {
        keydown: (event) => {
          if (event.key === 'Enter' && !event.shiftKey && !composition.covers(event)) {
            event.preventDefault();
            this.#send();
          }
        },
      },
    });
    const composition = new Composition(this.#input);
    this.#button = iconButton('send', words.send, () => (this.#stopping ? this.#chat.stop() : this.#send()));
    const submit = (event) => {
      event.preventDefault();
      this.#send();
    };
    const keydown = (event) => {
      if (event.key === 'Escape' && !paged && !composition.covers(event)) this.close();
    };
    this.#panel = h(paged ? 'section' : 'dialog', {
      class: 'panel', part: 'panel', 'aria-label': heading, tabindex: paged ? null : -1, on: { keydown, close: () => this.#closed() },
    },
    h('header', {}, h(this.getAttribute('mode') === 'page' ? 'h1' : 'h2', {}, heading), iconButton('again', words.again, () => this.#again()),
      paged ? null : iconButton('close', words.close, () => this.close())),
    this.#log, h('div', {}, this.#standing, this.#status, h('form', { class: 'ask', on: { submit } }, this.#input, this.#button), this.#spoken.node));
    this.#launcher = h('button', {
      type: 'button', class: 'launcher', part: 'launcher', 'aria-label': words.open, 'aria-expanded': 'false', hidden: paged,
      on: { click: () => (this.#panel.open ? this.close() : this.open()) },
    }, icon('chat'));
    root.append(this.#launcher, this.#panel);
  }

  /** Find out who asks and what is asked most, as long as that matters. */
  #look = () => this.#about?.look();

  /** Show how the bot stands; the first time also what was said before. */
  async #known(first) {
    if (first) {
      this.#visitor = !first.signed_in;
      await Promise.all([this.#chat.restore(), this.#chat.conversation ? this.#person.look() : null]);
    }
    const { state, questions, refused } = this.#about;
    // What is pressed goes, and no keyboard is to cover the answer.
    const picks = questions.map((question) => pickButton(question, () => {
      this.#log.focus({ preventScroll: true });
      this.ask(question);
    }));
    refill(this.#opening,
      h('p', { class: ['note', state && 'waiting'], role: 'status' }, refused?.message ?? (state && this.#words[state]),
        refused?.status === 401 ? [' ', h('a', { href: `${this.hub}/` }, this.#words.signIn)] : null),
      picks.length > 0 ? h('div', { role: 'group', 'aria-label': this.#words.frequent }, h('p', { 'aria-hidden': 'true' }, this.#words.frequent), picks) : null);
    this.#openingShown();
  }

  /** Offer what is asked most, until something is asked. */
  #openingShown() {
    if (this.#chat.turns.length > 0) this.#opening.remove();
    else this.#hello.append(this.#opening);
  }

  get #stopping() {
    return this.#chat.busy && !this.#person.live;
  }

  async #send() {
    const text = this.#input.value.trim();
    if (!text) return;
    if (this.#person.live) {
      this.#input.value = '';
      try {
        await this.#person.say(text);
      } catch (error) {
        this.#giveBack(text);
        this.#tell(problemOf(error, this.#words));
      }
      return;
    }
    if (this.#chat.busy) return;
    const { most } = this.#about;
    if ([...text.normalize()].length > most) return this.#tell(this.#words.tooLong({ most }));
    this.#input.value = '';
    this.#tell('');
    await this.ask(text);
  }

  #again() {
    this.#person.close();
    this.#chat.forget();
    this.#personChanged();
    this.#tell('');
    this.#settle();
    this.#look();
  }

  #changed(turn) {
    if (turn === null) {
      this.#views.clear();
      this.#drawnMessages = 0;
      this.#log.replaceChildren(this.#hello);
    }
    this.#openingShown();
    const atEnd = this.#atEnd;
    for (const one of turn === null ? this.#chat.turns : [turn]) this.#view(one).draw();
    if (turn) this.#sayOnce(turn);
    if (this.#stopping !== (this.#button.dataset.does === 'stop')) {
      this.#button.dataset.does = this.#stopping ? 'stop' : 'send';
      const label = this.#stopping ? this.#words.stop : this.#words.send;
      this.#button.setAttribute('aria-label', label);
      this.#button.title = label;
      refill(this.#button, icon(this.#stopping ? 'stop' : 'send'));
    }
    if (atEnd || turn?.state === 'asking') this.#log.scrollTop = this.#log.scrollHeight;
  }

  get #atEnd() {
    return this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < 60;
  }

  #sayOnce(turn) {
    if (!this.#said.has(turn)) this.#spoken.say(this.#view(turn).spoken, { passes: !turn.over });
    if (turn.over) this.#said.add(turn);
    else this.#said.delete(turn); // it may be asked again
  }

  #view(turn) {
    let view = this.#views.get(turn);
    if (!view) {
      view = new TurnView(turn, this.#words, {
        pick: (question, entry) => this.ask(question, entry),
        again: (one) => {
          this.#log.focus({ preventScroll: true }); // what was pressed goes
          this.#chat.again(one);
        },
        judge: (one, helpful, reason) => this.#judge(one, helpful, reason),
        tell: (error) => this.#tell(problemOf(error, this.#words)),
        person: (one) => this.#askPerson(one),
      });
      this.#views.set(turn, view);
      this.#log.append(...view.nodes);
    }
    return view;
  }

  async #judge(turn, helpful, reason) {
    // Whom an answer did not help may want a person.
    if (!helpful) turn.handoff = (await this.#person.who()) ?? turn.handoff;
    await this.#chat.judge(turn, helpful, reason);
    this.#tell('');
  }

  async #askPerson(view) {
    const who = (await this.#person.who()) ?? view.turn.handoff;
    if (this.#person.live) return;
    const opens = who.opens_at ? new Date(who.opens_at).toLocaleString(this.lang, OPENS) : null;
    view.askPerson({ open: who.open, hint: who.away || this.#words.personHint({ opens }), visitor: this.#visitor }, async (text, contact) => {
      await this.#person.begin(text, contact);
      this.#settle();
    });
  }

  #personChanged() {
    const words = this.#words;
    const { standing, messages } = this.#person;
    const atEnd = this.#atEnd;
    const said = {
      waiting: words.waitingPerson,
      taken: words.taken({ name: standing.by?.name ?? '' }),
      left: words.left,
      done: words.done,
    }[standing.state];
    this.#standing.hidden = said === undefined;
    this.#log.classList.toggle('live', this.#person.live);
    const asked = this.#person.live ? words.askPerson : words.ask;
    this.#input.placeholder = asked;
    this.#input.setAttribute('aria-label', asked);
    if (said !== undefined) {
      const end = wordButton('end', words.back, () => this.#person.end().catch((error) => this.#tell(problemOf(error, words))));
      const held = this.#standing.contains(this.shadowRoot.activeElement);
      refill(this.#standing, h('p', {}, said), this.#person.live ? end : null);
      if (held && !this.#standing.contains(this.shadowRoot.activeElement)) this.#settle();
    }
    const fresh = messages.slice(this.#drawnMessages);
    this.#log.append(...fresh.map(bubble));
    const heard = fresh.filter(({ from }) => from !== 'person').map(({ name, text }) => `${name}: ${text}`);
    if (heard.length > 0) {
      this.#spoken.say(heard.join('\n'));
      if (!this.#shown) this.#call(this.#words.news, true);
    }
    if (atEnd || fresh.length > 0) this.#log.scrollTop = this.#log.scrollHeight;
    this.#drawnMessages = messages.length;
  }

  #tell(text) {
    this.#status.textContent = text;
    this.#status.className = text ? 'problem told' : 'hidden';
  }
}

function bubble({ from, name, text }) {
  if (from === 'person') return h('p', { class: 'mine' }, text);
  return h('div', { class: 'person' }, h('b', {}, name), linked(text));
}
