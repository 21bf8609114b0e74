/**
 * <madang-chat>: the chatbot on any page, in a shadow root.
 *
 * Attributes: `bot` (school, office), `unit` (the school whose answers come first), `lang` (ko, en), `theme`
 * (light, dark; else the system's), `position` (left), `mode` (inline, page; else a button that opens a panel),
 * `heading`, `accent` (a CSS colour), `open`. Parts: launcher, panel, question, answer, sources, suggestion,
 * handoff, handoff-form, input. Custom properties: --madang-accent, --madang-on-accent, --madang-surface.
 */

import { Composition, h } from '../lib/dom.js';
import { refill } from '../lib/refill.js';
import { BotApi, Store } from './api.js';
import { Chat } from './chat.js';
import { PersonTalk } from './person.js';
import { STYLE, icon } from './style.js';
import { TurnView, iconButton, pickButton, wordButton } from './turn-view.js';
import { wordsFor } from './words.js';

const MOST = 2000;
/** The screens that the panel fills; the same as in its style. */
const NARROW = matchMedia('(max-width: 520px)');
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
  #visitor = true;
  #views = new Map();
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
    this.#build();
    if (this.hasAttribute('mode')) this.#begin();
    else if (this.hasAttribute('open') || this.#store.get('open')) this.open({ focus: false });
  }

  disconnectedCallback() {
    NARROW.removeEventListener('change', this.#fit);
  }

  /** Open the panel. */
  open({ focus = true } = {}) {
    if (!this.#panel.open) this.#show();
    this.#launcher.setAttribute('aria-expanded', 'true');
    this.#launcher.setAttribute('aria-label', this.#words.close);
    this.#store.set('open', '1');
    this.#begin();
    if (focus) this.#input.focus();
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
    this.#launcher.setAttribute('aria-label', this.#words.open);
    this.#store.set('open', null);
    this.#launcher.focus();
  }

  /** Ask something, as if it had been typed. */
  ask(text, entry = null) {
    if (this.#chat.busy) return;
    this.#chat.ask(text, entry);
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
    this.#opening = h('div', { class: 'opening', role: 'group', 'aria-label': words.frequent });
    this.#hello = h('div', { class: 'hello' }, h('p', {}, words.hello), h('p', { class: 'privacy' }, words.privacy));
    this.#log = h('div', { class: 'log', role: 'log', 'aria-label': words.log, tabindex: 0 }, this.#hello);
    this.#standing = h('div', { class: 'standing', role: 'status', hidden: true });
    this.#status = h('p', { class: 'hidden', role: 'status' });
    this.#input = h('textarea', {
      rows: 1, maxlength: MOST, 'aria-label': words.ask, placeholder: words.ask, part: 'input', enterkeyhint: 'send',
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
    this.#log, h('div', {}, this.#standing, h('form', { class: 'ask', on: { submit } }, this.#input, this.#button), this.#status));
    this.#launcher = h('button', {
      type: 'button', class: 'launcher', part: 'launcher', 'aria-label': words.open, 'aria-expanded': 'false', hidden: paged,
      on: { click: () => (this.#panel.open ? this.close() : this.open()) },
    }, icon('chat'));
    root.append(this.#launcher, this.#panel);
  }

  /** The first time that it is seen: find out who asks, and draw what was said before. */
  async #begin() {
    if (this.begun) return;
    this.begun = true;
    const about = this.#api.about(this.getAttribute('unit')).then(({ signed_in: signedIn, questions }) => {
      this.#visitor = !signedIn;
      this.#offer(questions);
    }).catch(() => {}); // asking tells soon enough what is wrong
    await about;
    await Promise.all([this.#chat.restore(), this.#chat.conversation ? this.#person.look() : null]);
    this.#openingShown();
  }

  /** Offer what is asked most, until something is asked. */
  #offer(questions) {
    const picks = questions.map((question) => pickButton(question, () => {
      this.#log.focus({ preventScroll: true }); // what was pressed goes, and no keyboard is to cover the answer
      this.ask(question);
    }));
    if (picks.length > 0) this.#opening.replaceChildren(h('p', { 'aria-hidden': 'true' }, this.#words.frequent), ...picks);
  }

  #openingShown() {
    if (this.#chat.turns.length > 0) this.#opening.remove();
    else if (this.#opening.firstChild) this.#hello.append(this.#opening);
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
        this.#input.value = [text, this.#input.value].filter(Boolean).join('\n');
        this.#tell(error.message || this.#words.offline);
      }
      return;
    }
    if (this.#chat.busy) return;
    this.#input.value = '';
    this.#tell('');
    await this.#chat.ask(text);
  }

  #again() {
    this.#person.close();
    this.#chat.forget();
    this.#personChanged();
    this.#input.focus();
  }

  #changed(turn) {
    if (turn === null) {
      this.#views.clear();
      this.#drawnMessages = 0;
      this.#log.replaceChildren(this.#hello);
    }
    this.#openingShown();
    const atEnd = this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < 60;
    for (const one of turn === null ? this.#chat.turns : [turn]) this.#view(one).draw();
    if (this.#stopping !== (this.#button.dataset.does === 'stop')) {
      this.#button.dataset.does = this.#stopping ? 'stop' : 'send';
      const label = this.#stopping ? this.#words.stop : this.#words.send;
      this.#button.setAttribute('aria-label', label);
      this.#button.title = label;
      refill(this.#button, icon(this.#stopping ? 'stop' : 'send'));
    }
    this.#log.setAttribute('aria-busy', String(this.#chat.busy)); // read out once it is all there
    if (atEnd || turn?.state === 'asking') this.#log.scrollTop = this.#log.scrollHeight;
  }

  #view(turn) {
    let view = this.#views.get(turn);
    if (!view) {
      view = new TurnView(turn, this.#words, {
        pick: (question, entry) => this.ask(question, entry),
        again: (one) => this.#chat.again(one),
        judge: (one, helpful, reason) => this.#judge(one, helpful, reason),
        person: (one) => this.#askPerson(one),
      });
      this.#views.set(turn, view);
      this.#log.append(...view.nodes);
    }
    return view;
  }

  async #judge(turn, helpful, reason) {
    try {
      // Whom an answer did not help may want a person.
      if (!helpful) turn.handoff = (await this.#person.who()) ?? turn.handoff;
      await this.#chat.judge(turn, helpful, reason);
      this.#tell('');
    } catch (error) {
      this.#tell(error.message || this.#words.offline);
    }
  }

  async #askPerson(view) {
    const who = (await this.#person.who()) ?? view.turn.handoff;
    if (this.#person.live) return;
    const opens = who.opens_at ? new Date(who.opens_at).toLocaleString(this.lang, OPENS) : null;
    view.askPerson({ open: who.open, hint: who.away || this.#words.personHint({ opens }), visitor: this.#visitor }, async (text, contact) => {
      await this.#person.begin(text, contact);
      this.#input.focus();
    });
  }

  #personChanged() {
    const words = this.#words;
    const { standing, messages } = this.#person;
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
      const end = wordButton('end', words.back, () => this.#person.end().catch((error) => this.#tell(error.message)));
      refill(this.#standing, h('p', {}, said), this.#person.live ? end : null);
    }
    for (const message of messages.slice(this.#drawnMessages)) this.#log.append(bubble(message));
    if (messages.length > this.#drawnMessages) this.#log.scrollTop = this.#log.scrollHeight;
    this.#drawnMessages = messages.length;
  }

  #tell(text) {
    this.#status.textContent = text;
    this.#status.className = text ? 'problem' : 'hidden';
  }
}

function bubble({ from, name, text }) {
  if (from === 'person') return h('p', { class: 'mine' }, text);
  return h('div', { class: 'person' }, h('b', {}, name), text);
}
