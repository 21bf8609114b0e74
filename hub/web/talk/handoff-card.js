/**
 * `<s-handoff>`: below a message that hands a conversation of the chatbot over: whose it is, and what one can do.
 * Whoever may not see it, as the family that asked, sees the message alone.
 */
import { call } from '../lib/api.js';
import { confirm } from '../lib/dialog.js';
import { button, h } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { problemOf } from '../lib/problem.js';
import { refill } from '../lib/refill.js';
import { toast } from '../lib/toast.js';
import { go } from './route.js';

/** How often a card that waits looks whether somebody else took it. */
const LOOK_SECONDS = 10;
/** Cards as last seen, so that scrolling through a room asks nothing again. */
const known = new Map();

export class HandoffCard extends HTMLElement {
  #path;
  #timer = null;

  constructor(id) {
    super();
    this.#path = `/handoffs/${encodeURIComponent(id)}`;
    this.className = 'handoff';
  }

  connectedCallback() {
    const seen = known.get(this.#path);
    if (seen) this.#show(seen);
    if (seen?.state !== 'done') this.#look();
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
  }

  async #look() {
    try {
      this.#show(await call('GET', this.#path));
    } catch (error) {
      if (error.code !== 'offline') {
        this.hidden = !known.has(this.#path);
        return;
      }
    }
    this.#later();
  }

  #later() {
    clearTimeout(this.#timer);
    const { state } = known.get(this.#path) ?? {};
    if (!this.isConnected || state === 'done') return;
    this.#timer = setTimeout(() => (document.hidden ? this.#later() : this.#look()), LOOK_SECONDS * 1000);
  }

  #show(card) {
    known.set(this.#path, card);
    const { state, by, mine, talk } = card;
    const waits = state === 'waiting' || state === 'left';
    refill(this,
      h('span', { class: ['handoff-state', waits && 'waits'], role: 'status' }, this.#words(card)),
      waits ? button(t('handoff.take'), { kind: 'main', on: { click: () => this.#do('take') } }) : null,
      mine && talk && !location.hash.includes(talk) ? button(t('handoff.open'), { on: { click: () => go(talk) } }) : null,
      mine && by && state === 'taken' ? button(t('handoff.done'), { kind: 'quiet', on: { click: () => this.#finish() } }) : null);
  }

  #words({ state, by, mine }) {
    if (state === 'taken') return mine ? t('handoff.mine') : t('handoff.taken', { name: by?.name ?? t('unknown') });
    if (state === 'done') return t('handoff.over');
    return state === 'left' ? t('handoff.left') : t('handoff.waiting');
  }

  async #do(what) {
    try {
      const card = await call('POST', `${this.#path}/${what}`);
      this.#show(card);
      if (what === 'take' && card.talk) go(card.talk);
    } catch (error) {
      toast(problemOf(error));
      this.#look();
    }
  }

  async #finish() {
    if (await confirm({ title: t('handoff.done'), text: t('handoff.done.text'), yes: t('handoff.done') })) this.#do('done');
  }
}

customElements.define('s-handoff', HandoffCard);
