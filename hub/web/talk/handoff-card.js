/**
 * `<s-handoff>`: below a message that hands a conversation of the chatbot over: whose it is, and what one can do.
 * Whoever may not see it, as the family that asked, sees the message alone.
 */
import { call } from '../lib/api.js';
import { confirm } from '../lib/dialog.js';
import { button, h } from '../lib/dom.js';
import { t, when } from '../lib/i18n.js';
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
    const { state, mine, talk, asked } = card;
    const waits = state === 'waiting' || state === 'left';
    const has = mine && state === 'taken';
    const buttons = [
      waits && !asked && button(t('handoff.take'), { kind: 'main', on: { click: () => this.#do('take') } }),
      state === 'taken' && !mine && !asked && button(t('handoff.takeover'), { on: { click: () => this.#takeOver() } }),
      // Taking what one has changes nothing, and opens the room where that was interrupted.
      mine && talk && !location.hash.includes(talk) && button(t('handoff.open'), { on: { click: () => (has ? this.#do('take') : go(talk)) } }),
      has && button(t('handoff.giveback'), { kind: 'quiet', on: { click: () => this.#giveBack() } }),
      has && button(t('handoff.done'), { kind: 'quiet', on: { click: () => this.#finish() } }),
    ].filter(Boolean);
    refill(this,
      h('span', { class: ['handoff-state', waits && 'waits'], role: 'status' }, this.#words(card)),
      buttons.length ? h('div', { class: 'handoff-do' }, buttons) : null);
  }

  #words({ state, by, mine, asked, before, was_mine: wasMine }) {
    const name = by?.name ?? t('unknown');
    if (state === 'done') return t('handoff.over');
    if (state === 'taken') return mine ? t('handoff.mine') : t(wasMine ? 'handoff.lost' : 'handoff.taken', { name });
    if (asked) return t('handoff.asked');
    if (before) return t('handoff.given', { name: before.name });
    return state === 'left' ? t('handoff.left') : t('handoff.waiting');
  }

  async #do(what, body) {
    try {
      const card = await call('POST', `${this.#path}/${what}`, { body });
      this.#show(card);
      if (what.startsWith('take') && card.talk) go(card.talk);
      return true;
    } catch (error) {
      toast(problemOf(error));
      this.#look();
      return false;
    }
  }

  /** At once, but not by mistake: whom one takes it from, and when they last answered, is said before. */
  async #takeOver() {
    const { by, said_at: said, version } = known.get(this.#path);
    const name = by?.name ?? t('unknown');
    const at = said && `${when().day(new Date(said), new Date())} ${when().time(new Date(said))}`;
    const yes = t('handoff.takeover');
    if (await confirm({ title: yes, text: t('handoff.takeover.text', { name, at }), yes })) this.#do('take-over', { version });
  }

  async #giveBack() {
    const { version } = known.get(this.#path);
    const yes = t('handoff.giveback');
    const sure = await confirm({ title: yes, text: t('handoff.giveback.text'), yes });
    if (sure && await this.#do('give-back', { version })) toast(t('handoff.giveback.done'));
  }

  async #finish() {
    if (await confirm({ title: t('handoff.done'), text: t('handoff.done.text'), yes: t('handoff.done') })) this.#do('done');
  }
}

customElements.define('s-handoff', HandoffCard);
