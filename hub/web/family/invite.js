/**
 * `<f-invite>`: in the feed below what is to be done, what makes the page useful and that nobody looks for in the settings: push on this
 * device, then the page on the home screen. One at a time; "later" holds for a month.
 */
import { button, fill, h } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { problemOf } from '../lib/problem.js';
import { toast } from '../lib/toast.js';
import { askToInstall, canInstall, install } from './install.js';
import { pushState, switchOn } from './push.js';

const KEY = 'madang.invited';
/** Milliseconds. */
const LATER = 30 * 86_400_000;

export class Invite extends HTMLElement {
  #end = null;

  connectedCallback() {
    this.className = 'invite';
    this.#end = new AbortController();
    install.addEventListener('change', () => this.#look(), { signal: this.#end.signal });
    this.#look();
  }

  disconnectedCallback() {
    this.#end.abort();
  }

  async #look() {
    const push = await pushState();
    const offered = ['off', 'install'].includes(push) && mayAsk('push') ? push : canInstall() && mayAsk('home') ? 'home' : null;
    this.hidden = !offered;
    fill(this, offered ? INVITES[offered](this) : null);
  }

  /** An invitation: words, a button if there is something to press, and "later". */
  card(name, picture, words, yes = null) {
    return h('section', { class: 'invite-card', 'aria-label': words[0] }, icon(picture),
      h('div', {}, words.map((sentence) => h('p', {}, sentence)),
        h('div', { class: 'row' }, yes ? button(yes.label, { kind: 'main', on: { click: ({ currentTarget }) => this.#do(currentTarget, yes.run) } }) : null,
          button(t('invite.later'), { kind: 'quiet', on: { click: () => { postpone(name); this.#look(); } } }))));
  }

  async #do(pressed, run) {
    pressed.disabled = true;
    try {
      await run();
    } catch (error) {
      toast(error.code === undefined || error instanceof DOMException ? t('push.failed') : problemOf(error));
    }
    pressed.disabled = false;
    this.#look();
  }
}

customElements.define('f-invite', Invite);

const INVITES = {
  off: (invite) => invite.card('push', 'bell', [t('invite.push')], { label: t('push.on'), run: switchOn }),
  install: (invite) => invite.card('push', 'bell', [t('push.state.install'), t('push.install')]),
  home: (invite) => invite.card('home', 'plus', [t('invite.home')], { label: t('invite.home.yes'), run: askToInstall }),
};

function postponed() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}

function mayAsk(name) {
  return !(Date.now() - postponed()[name] < LATER);
}

function postpone(name) {
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...postponed(), [name]: Date.now() }));
  } catch {
    // Asked again the next time.
  }
}
