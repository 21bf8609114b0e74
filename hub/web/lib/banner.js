/** `<s-banner>`: says so when the connection is lost, and when it will be tried again. */
import { button, fill, h } from './dom.js';
import { t } from './i18n.js';

/** A connection that is back within this time was not worth a word. */
const PATIENCE = 1200;

export class ConnectionBanner extends HTMLElement {
  #store;
  #text = h('span', {});
  #button;
  #ticker = null;
  #since = null;
  #wasOnline = false;
  #end = new AbortController();

  constructor(store) {
    super();
    this.#store = store;
    this.#button = button(t('connection.again'), { kind: 'quiet', on: { click: () => store.client.reconnect() } });
  }

  connectedCallback() {
    this.className = 'banner';
    this.hidden = true;
    // The countdown is for the eye; only the first words are spoken.
    fill(this, h('span', { class: 'visually-hidden', role: 'status' }), this.#text, this.#button);
    this.#store.addEventListener('state', () => this.#update(), { signal: this.#end.signal });
    this.#update();
  }

  disconnectedCallback() {
    this.#end.abort();
    clearInterval(this.#ticker);
  }

  #update() {
    const { state } = this.#store.client;
    this.#wasOnline ||= state === 'online';
    const fine = state === 'online' || (state === 'connecting' && !this.#wasOnline && this.#since === null);
    if (fine) {
      clearInterval(this.#ticker);
      this.#ticker = this.#since = null;
      this.hidden = true;
      this.querySelector('[role]').textContent = '';
      return;
    }
    this.#since ??= performance.now();
    this.#ticker ??= setInterval(() => this.#tick(), 250);
    this.#tick();
  }

  #tick() {
    const { state, retryIn, outbox } = this.#store.client;
    if (performance.now() - this.#since < PATIENCE) return;
    if (this.hidden) this.querySelector('[role]').textContent = t('connection.offline');
    this.hidden = false;
    const unsent = outbox.entries().filter(({ failed }) => !failed).length;
    const words = state === 'connecting' ? t('connection.connecting')
      : state === 'stopped' ? t('connection.stopped')
        : t('connection.offline.in', { n: Math.max(1, Math.ceil(retryIn ?? 0)) });
    this.#text.textContent = unsent ? `${words} ${t('connection.unsent', { n: unsent })}` : words;
    this.#button.hidden = state === 'connecting';
  }
}

customElements.define('s-banner', ConnectionBanner);
