/** `<f-settings>`: push on this device, quiet hours, digest, language, size of text, brightness, signing out. */
import { fill, button, h } from '../lib/dom.js';
import { confirm } from '../lib/dialog.js';
import { locale, t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { openPasswordDialog } from '../lib/password-dialog.js';
import { preferences, setPreference } from '../lib/preferences.js';
import { problemOf } from '../lib/problem.js';
import { toast } from '../lib/toast.js';
import { AddressSettings } from './address-settings.js';
import { calls } from './calls.js';
import { askToInstall, canInstall, install } from './install.js';
import { PushSettings } from './push-settings.js';

const LANGUAGES = [['ko', '한국어'], ['en', 'English'], ['zh', '简体中文'], ['vi', 'Tiếng Việt']];
const THEMES = ['auto', 'light', 'dark'];
const QUIET = { from: '21:00', to: '07:00' };
const DIGEST = { at: '18:00' };

export class SettingsView extends HTMLElement {
  #session;
  #actions;
  #reach = h('section', { class: 'card' });
  #home = h('section', { class: 'card', hidden: true });
  #contact = null;
  #end = new AbortController();

  constructor(session, actions) {
    super();
    this.#session = session;
    this.#actions = actions;
    this.className = 'view settings-view';
    const { me } = session.store;
    this.append(
      h('header', { class: 'view-head' }, h('h1', {}, t('settings.title'))),
      h('div', { class: 'view-scroll' }, h('div', { class: 'settings-body' },
        new PushSettings(),
        this.#home,
        this.#reach,
        h('section', { class: 'card', 'aria-labelledby': 'look-title' },
          h('h2', { id: 'look-title' }, t('settings.look')),
          choice(t('settings.language'), LANGUAGES.map(([value, label]) => ({ value, label, lang: value })), locale(), (name) => actions.changeLocale(name)),
          choice(t('settings.text'), [['normal', 'settings.text.normal'], ['large', 'settings.text.large']].map(([value, words]) => ({ value, label: t(words) })),
            preferences.largeText ? 'large' : 'normal', (size) => setPreference('largeText', size === 'large')),
          choice(t('settings.theme'), THEMES.map((value) => ({ value, label: t(`settings.theme.${value}`) })), preferences.theme, (theme) => setPreference('theme', theme))),
        h('section', { class: 'card', 'aria-labelledby': 'me-title' },
          h('h2', { id: 'me-title' }, t('settings.account')),
          h('p', {}, me.name, me.login ? h('span', { class: 'faint' }, ` (${me.login})`) : null),
          h('div', { class: 'row' },
            button(t('password.title'), { on: { click: () => openPasswordDialog(me) } }),
            button(t('settings.signout'), { icon: icon('leave'), on: { click: () => this.#leave() } }))))),
    );
  }

  connectedCallback() {
    install.addEventListener('change', () => this.#offerHome(), { signal: this.#end.signal });
    this.#offerHome();
    this.#load();
  }

  disconnectedCallback() {
    this.#end.abort();
  }

  #offerHome() {
    this.#home.hidden = !canInstall();
    fill(this.#home, h('p', {}, t('invite.home')), h('div', { class: 'row' }, button(t('invite.home.yes'), { icon: icon('plus'), on: { click: askToInstall } })));
  }

  async #load() {
    try {
      this.#contact = await calls.contact();
      this.#render();
    } catch (error) {
      fill(this.#reach, h('h2', {}, t('settings.quiet')), h('p', { class: 'error-text' }, problemOf(error)), button(t('retry'), { on: { click: () => this.#load() } }));
    }
  }

  #render() {
    const { quiet, digest } = this.#contact;
    fill(this.#reach,
      h('h2', {}, t('settings.when')),
      toggle(t('settings.quiet'), t('settings.quiet.hint'), Boolean(quiet), (on) => this.#save({ quiet: on ? QUIET : null })),
      quiet ? h('div', { class: 'row' },
        time(t('settings.quiet.from'), quiet.from, (from) => this.#save({ quiet: { ...quiet, from } })),
        time(t('settings.quiet.to'), quiet.to, (to) => this.#save({ quiet: { ...quiet, to } }))) : null,
      toggle(t('settings.digest'), t('settings.digest.hint'), Boolean(digest), (on) => this.#save({ digest: on ? DIGEST : null })),
      digest ? h('div', { class: 'row' }, time(t('settings.digest.at'), digest.at, (at) => this.#save({ digest: { at } }))) : null,
      this.#channel('email', this.#contact.email),
      this.#channel('sms', this.#contact.phone),
      h('p', { class: 'faint' }, t('settings.urgent')));
  }

  /** A further way to be told, where the office has it, and the address for it. */
  #channel(name, address) {
    const { available = [], channels = [] } = this.#contact;
    if (!available.includes(name)) return null;
    const on = channels.includes(name) && Boolean(address);
    const change = (wanted) => this.#save({ channels: wanted ? [...new Set([...channels, name])] : channels.filter((one) => one !== name) });
    const took = (contact) => {
      this.#contact = contact;
      this.#render();
      this.#reach.querySelector(`f-address[data-kind="${name}"] :is(input, button)`)?.focus();
    };
    return h('div', {}, toggle(t(`${name}.also`), address ?? t(`${name}.none`), on, change, !address), new AddressSettings(name, this.#contact, took));
  }

  async #save(change) {
    const focused = document.activeElement?.dataset?.key;
    try {
      this.#contact = await calls.setContact(change);
    } catch (error) {
      toast(problemOf(error));
    }
    this.#render();
    if (focused) this.#reach.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }

  async #leave() {
    const n = this.#session.client.outbox.size;
    const sure = n === 0 || await confirm({ title: t('settings.signout.title'), text: t('settings.signout.text', { n }), yes: t('settings.signout') });
    if (sure) this.#actions.signOut();
  }
}

customElements.define('f-settings', SettingsView);

/** A switch with what it does. */
export function toggle(label, hint, on, change, disabled = false) {
  return h('label', { class: 'toggle' },
    h('span', { class: 'toggle-text' }, h('span', {}, label), hint ? h('span', { class: 'faint' }, hint) : null),
    h('input', { type: 'checkbox', role: 'switch', checked: on, disabled, data: { key: label }, on: { change: ({ target }) => change(target.checked) } }));
}

function time(label, value, change) {
  return h('label', { class: 'field' }, h('span', {}, label), h('input', {
    class: 'input', type: 'time', value, data: { key: label }, on: { change: ({ target }) => { if (target.value) change(target.value); } },
  }));
}

function choice(label, options, current, change) {
  const name = `choice-${crypto.randomUUID()}`;
  return h('fieldset', { class: 'setting-choice' }, h('legend', {}, label),
    h('div', { class: 'options' }, options.map(({ value, label: words, lang }) => h('label', { class: 'option' },
      h('input', { type: 'radio', name, value, checked: value === current, on: { change: () => change(value) } }), h('span', lang ? { lang } : {}, words)))));
}
