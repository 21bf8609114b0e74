/** Suggests members after an @, by Hangul, by initials (ㄱㅎㄴ) or by Latin letters. */
import { Avatar } from '../lib/avatar.js';
import { fill, h } from '../lib/dom.js';
import { best } from '../lib/hangul.js';
import { t } from '../lib/i18n.js';

const MOST = 7;
const QUERY = /(^|[\s(])@([^\s@]{0,20})$/u;

export class MentionPicker {
  node = h('ul', { class: 'choice-list mention-list', id: 'mention-list', role: 'listbox', 'aria-label': t('compose.mentions'), hidden: true });
  #field;
  #store;
  #session;
  #changed;
  #found = [];
  #at = 0;
  #query = null;
  #loading = false;
  /** People chosen so far: id → name. */
  #chosen = new Map();
  /** A list that was closed with Escape stays closed for this @. */
  #dismissed = null;

  constructor(field, store, session, changed) {
    this.#field = field;
    this.#store = store;
    this.#session = session;
    this.#changed = changed;
    field.setAttribute('aria-autocomplete', 'list');
    field.setAttribute('aria-controls', 'mention-list');
    field.addEventListener('blur', () => setTimeout(() => this.#close(), 150));
  }

  /** Look at what stands before the caret. */
  update() {
    const before = this.#field.value.slice(0, this.#field.selectionStart);
    const query = QUERY.exec(before);
    const start = query ? before.length - query[2].length - 1 : null;
    if (!query || start === this.#dismissed) {
      if (!query) this.#dismissed = null;
      this.#close();
      return;
    }
    this.#query = { text: query[2], start };
    this.#load();
    this.#find();
  }

  /** Take a key of the field. Returns whether it was for the list. */
  key(event) {
    if (this.node.hidden) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      this.#at = (this.#at + step + this.#found.length) % this.#found.length;
      this.#draw();
    } else if (event.key === 'Enter' || event.key === 'Tab') this.#choose(this.#found[this.#at]);
    else if (event.key === 'Escape') {
      this.#dismissed = this.#query.start;
      this.#close();
    } else return false;
    event.preventDefault();
    return true;
  }

  /** Ids of the people whose @name stands in the text. */
  inText(text) {
    for (const { id, name } of this.#session.members.values()) if (text.includes(`@${name}`)) this.#chosen.set(id, name);
    return [...this.#chosen].filter(([id, name]) => id !== this.#store.me.id && text.includes(`@${name}`)).map(([id]) => id);
  }

  /** These people are mentioned already, in a message that is being edited. */
  know(ids) {
    for (const id of ids) this.#chosen.set(id, this.#store.name(id));
  }

  forget() {
    this.#chosen.clear();
    this.#close();
  }

  async #load() {
    if (this.#loading || this.#session.members.size) return;
    this.#loading = true;
    try {
      await this.#session.loadMembers();
      if (this.#query) this.#find();
    } catch {
      // Without the list one can still write the name.
    }
    this.#loading = false;
  }

  #find() {
    const people = [...this.#session.members.values()].filter(({ id }) => id !== this.#store.me.id);
    this.#found = best(this.#query.text, people, ({ name }) => name, MOST);
    this.#at = 0;
    this.#draw();
  }

  #draw() {
    this.node.hidden = !this.#found.length;
    if (this.node.hidden) {
      this.#field.removeAttribute('aria-activedescendant');
      return;
    }
    fill(this.node, this.#found.map((person, index) => h('li', {
      class: 'choice', id: `mention-${index}`, role: 'option', 'aria-selected': String(index === this.#at),
      on: { pointerdown: (event) => { event.preventDefault(); this.#choose(person); } },
    }, Avatar.of(person.id, person.name, { size: 'small' }), h('span', { class: 'one-line' }, person.name),
    person.place ? h('span', { class: 'faint one-line' }, person.place) : null)));
    this.#field.setAttribute('aria-activedescendant', `mention-${this.#at}`);
    this.node.children[this.#at].scrollIntoView({ block: 'nearest' });
  }

  #choose({ id, name }) {
    this.#chosen.set(id, name);
    const { start, text } = this.#query;
    this.#field.setRangeText(`@${name} `, start, start + 1 + text.length, 'end');
    this.#close();
    this.#changed();
  }

  #close() {
    this.#query = null;
    this.node.hidden = true;
    this.#field.removeAttribute('aria-activedescendant');
  }
}
