/** `<f-push>`: push on this device, on or off, a test, and in plain words what is wrong where it does not come. */
import { button, fill, h } from '../lib/dom.js';
import { t, when } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { problemOf } from '../lib/problem.js';
import { permission, pushState, renewSubscription, sendTest, switchOff, switchOn } from './push.js';

/** Seconds after which a test that was sent and did not arrive is said to be missing. */
const PATIENCE = 15_000;
/** What a new subscription of this device mends. */
const MENDED = new Set(['expired', 'not_this_device', 'vapid_refused', 'no_subscription']);

export class PushSettings extends HTMLElement {
  #state = null;
  #busy = false;
  #problem = null;
  #result = null;
  #waiting = null;
  #end = new AbortController();

  connectedCallback() {
    this.className = 'card';
    navigator.serviceWorker?.addEventListener('message', ({ data }) => {
      if (data?.type === 'pushed' && data.push.tag === 'test') this.#arrived();
    }, { signal: this.#end.signal });
    this.#look();
  }

  disconnectedCallback() {
    this.#end.abort();
    clearTimeout(this.#waiting);
  }

  async #look() {
    this.#state = await pushState();
    this.#render();
  }

  #render() {
    const on = this.#state === 'on';
    fill(this,
      h('h2', {}, t('push.title')),
      h('p', { class: ['push-state', on && 'is-on'] }, icon(on ? 'check' : 'bell'), h('span', {}, t(`push.state.${this.#state}`))),
      this.#state === 'denied' ? steps('push.denied') : null,
      this.#state === 'install' ? steps('push.install') : null,
      this.#problem ? h('p', { class: 'error-text', role: 'alert' }, this.#problem) : null,
      h('div', { class: 'row' },
        this.#state === 'off' ? button(t(this.#busy ? 'push.busy' : 'push.on'), { kind: 'main', disabled: this.#busy, on: { click: () => this.#attempt(switchOn) } }) : null,
        on ? button(t('push.test'), { kind: 'plain', disabled: this.#busy, icon: icon('bell'), on: { click: () => this.#test() } }) : null,
        on ? button(t('push.off'), { kind: 'quiet', disabled: this.#busy, on: { click: () => this.#attempt(async () => { await switchOff(); return 'off'; }) } }) : null,
        ['denied', 'unsupported'].includes(this.#state) ? button(t('push.why'), { kind: 'quiet', disabled: this.#busy, on: { click: () => this.#test() } }) : null),
      h('div', { role: 'status' }, this.#result));
  }

  async #attempt(work) {
    this.#busy = true;
    this.#problem = this.#result = null;
    this.#render();
    try {
      this.#state = await work();
    } catch (error) {
      // The browser's own errors say little to people: mostly its push service is blocked or not there.
      this.#problem = error.code === undefined || error instanceof DOMException ? t('push.failed') : problemOf(error);
      this.#state = await pushState();
    }
    this.#busy = false;
    this.#render();
  }

  async #test() {
    this.#busy = true;
    this.#result = h('p', { class: 'faint' }, t('push.test.busy'));
    this.#problem = null;
    this.#render();
    try {
      const { ok, findings, devices } = await sendTest();
      this.#result = [
        h('ul', { class: 'findings' }, findings.map(({ text }) => h('li', {}, icon(ok ? 'check' : 'warning'), h('span', {}, text)))),
        devices.length ? h('ul', { class: 'findings' }, devices.map(({ agent, state, text }) => h('li', {},
          icon(state === 'sent' ? 'check' : 'warning'), h('span', {}, h('span', {}, agent), text ? h('span', { class: 'faint' }, ` ${text}`) : null)))) : null,
        h('p', { class: 'push-arrived faint', data: { waiting: '' } }, ok ? t('push.test.wait') : ''),
      ];
      if (permission() === 'granted' && findings.some(({ code }) => MENDED.has(code))) {
        await renewSubscription();
        this.#result.push(h('p', {}, t('push.renewed')));
      } else if (ok) this.#wait();
    } catch (error) {
      this.#problem = problemOf(error);
      this.#result = null;
    }
    this.#busy = false;
    this.#render();
  }

  #wait() {
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => this.#say('push.test.missing'), PATIENCE);
  }

  #arrived() {
    clearTimeout(this.#waiting);
    this.#say('push.test.arrived');
  }

  #say(words) {
    const place = this.querySelector('.push-arrived');
    if (place) place.textContent = t(words, { time: when().time(new Date()) });
  }
}

customElements.define('f-push', PushSettings);

function steps(words) {
  return h('p', { class: 'push-steps' }, t(words));
}
