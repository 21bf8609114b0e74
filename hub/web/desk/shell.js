/** `<d-shell>`: the desk's head with its places, and the place that the address names. */
import { button, fill, h } from '../lib/dom.js';
import { locale, number, t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { Menu } from '../lib/menu.js';
import { preferences, setPreference } from '../lib/preferences.js';
import { desk } from './api.js';
import { EntriesView } from './entries.js';
import { FiguresView } from './figures.js';
import { HandoffView } from './handoff.js';
import { ImportView } from './import.js';
import { QuestionsView } from './questions.js';

const PLACES = { entries: EntriesView, questions: QuestionsView, figures: FiguresView, handoff: HandoffView, import: ImportView };
const THEMES = ['auto', 'light', 'dark'];

export class DeskShell extends HTMLElement {
  #about;
  #main = h('main', { class: 'place', tabindex: '-1' });
  #tabs;
  /** What the administrator of the office should know of the chatbot. */
  #banner = h('p', { class: 'trouble', role: 'status', hidden: true });
  #place = null;
  #view = null;
  #end = new AbortController();
  /** What a new entry begins with, from a question that came in. */
  #seed = null;

  constructor({ me, units, topics, changeLocale, signOut }) {
    super();
    this.#about = { me, units, topics, changeLocale, signOut };
    this.className = 'desk';
    this.units = units;
    this.topics = topics;
  }

  connectedCallback() {
    this.#tabs = h('nav', { class: 'tabs', 'aria-label': t('desk.places') }, Object.keys(PLACES).map((place) => h('a', {
      class: 'tab', href: `#/${place}`, data: { place },
    }, t(`desk.${place}`))));
    fill(this,
      h('header', { class: 'desk-head' },
        h('h1', {}, t('desk.title')),
        this.#tabs,
        button(t('settings.title'), { kind: 'icon', icon: icon('settings'), on: { click: (event) => this.#settings(event.currentTarget) } })),
      this.#banner, this.#main);
    this.#ask();
    const options = { signal: this.#end.signal };
    addEventListener('hashchange', () => this.#show(), options);
    addEventListener('beforeunload', (event) => { if (this.#view?.unsaved) event.preventDefault(); }, options);
    this.#show();
  }

  disconnectedCallback() {
    this.#end.abort();
  }

  /** Begin an entry with these fields, in the editor. */
  begin(seed) {
    this.#seed = seed;
    location.hash = '#/entries/new';
  }

  takeSeed() {
    const seed = this.#seed;
    this.#seed = null;
    return seed;
  }

  async #ask() {
    try {
      const { trouble, model, found, words } = await desk.chatbot();
      const percent = (share) => number(Math.round(100 * share));
      this.#banner.textContent = trouble ? t(`chatbot.${trouble}`, { model, found: percent(found), words: percent(words) }) : '';
      this.#banner.hidden = !trouble;
    } catch {
      // The desk works without it.
    }
  }

  #show() {
    const [, name = 'entries', item = null] = location.hash.split('/');
    const place = name in PLACES ? name : 'entries';
    for (const tab of this.#tabs.children) {
      if (tab.dataset.place === place) tab.setAttribute('aria-current', 'page');
      else tab.removeAttribute('aria-current');
    }
    if (place !== this.#place) {
      this.#place = place;
      this.#view = new PLACES[place](this);
      fill(this.#main, this.#view);
      this.#main.scrollTop = 0;
    }
    this.#view.open?.(item && decodeURIComponent(item));
  }

  #settings(anchor) {
    const { me, changeLocale, signOut } = this.#about;
    Menu.open(anchor, [
      { title: me.name },
      { label: t('desk.messenger'), icon: 'back', run: () => location.assign('/') },
      { line: true },
      { title: t('settings.language') },
      { label: '한국어', checked: locale() === 'ko', run: () => changeLocale('ko') },
      { label: 'English', checked: locale() === 'en', run: () => changeLocale('en') },
      { title: t('settings.theme') },
      ...THEMES.map((theme) => ({
        label: t(`settings.theme.${theme}`), checked: preferences.theme === theme, run: () => setPreference('theme', theme),
      })),
      { line: true },
      { label: t('settings.signout'), icon: 'leave', run: signOut },
    ], t('settings.title'));
  }
}

customElements.define('d-shell', DeskShell);
