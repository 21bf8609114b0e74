/**
 * `<a-text>`: a field for formatted text: buttons and keys for what notices may hold (bold, italic, headings, lists,
 * quotes, links, tables, lines), the same plain text underneath, so that nothing is lost by pasting.
 */
import { button, Composition, h } from '../lib/dom.js';
import { number, t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { Dialog } from '../lib/dialog.js';
import * as edit from './markdown-edit.js';
import { growing } from './parts.js';

const MOST = 20_000;

export class TextField extends HTMLElement {
  #area;
  #count = h('p', { class: 'faint text-count', 'aria-live': 'off' });
  #tools;
  #changed;

  /** `columns()`: names of a mail merge's columns, to be put in; `dropped(files)` takes files. */
  constructor({ value, label, lang, describedby, changed, columns = () => [], dropped = null, least = 8 }) {
    super();
    this.#changed = changed;
    this.#area = growing({ class: 'text-area', 'aria-label': label, lang, 'aria-describedby': describedby, value, placeholder: label }, least);
    const composition = new Composition(this.#area);
    this.#area.addEventListener('input', () => this.#told());
    this.#area.addEventListener('keydown', (event) => { if (!composition.covers(event)) this.#key(event); });
    if (dropped) this.#takeFiles(dropped);
    this.#tools = h('div', { class: 'text-tools', role: 'toolbar', 'aria-label': t('text.tools'), on: { keydown: (event) => this.#move(event) } },
      this.#tool('bold', 'text.bold', () => this.#apply((at) => edit.wrap(at, '**', t('text.sample')))),
      this.#tool('italic', 'text.italic', () => this.#apply((at) => edit.wrap(at, '*', t('text.sample')))),
      this.#tool('heading', 'text.heading', () => this.#apply((at) => edit.prefix(at, '## '))),
      this.#tool('list', 'text.list', () => this.#apply((at) => edit.prefix(at, '- '))),
      this.#tool('numbers', 'text.numbers', () => this.#apply((at) => edit.prefix(at, '1. '))),
      this.#tool('quote', 'text.quote', () => this.#apply((at) => edit.prefix(at, '> '))),
      this.#tool('link', 'text.link', () => this.#askLink()),
      this.#tool('table', 'text.table', () => this.#apply((at) => edit.block(at, t('text.table.sample')))),
      h('select', {
        class: 'input text-columns', 'aria-label': t('text.column'), hidden: true, tabindex: '-1',
        on: { change: ({ target }) => { this.#apply((at) => edit.insert(at, `{{${target.value}}}`)); target.value = ''; } },
      }));
    this.#tools.querySelector('button').tabIndex = 0;
    this.columns = columns;
    this.append(this.#tools, this.#area, this.#count);
    this.refresh();
    this.#tell();
  }

  get value() {
    return this.#area.value;
  }

  set value(text) {
    this.#area.value = text;
    this.#tell();
  }

  /** The columns have changed. */
  refresh() {
    const names = this.columns();
    const select = this.#tools.querySelector('select');
    select.hidden = !names.length;
    select.replaceChildren(h('option', { value: '' }, t('text.column')), ...names.map((name) => h('option', { value: name }, name)));
  }

  focus() {
    this.#area.focus();
  }

  #tool(picture, words, run) {
    return button(t(words), { kind: 'icon', icon: icon(picture), tabIndex: -1, on: { mousedown: (event) => event.preventDefault(), click: run } });
  }

  #apply(change) {
    const { value: text, selectionStart: start, selectionEnd: end } = this.#area;
    const made = change({ text, start, end });
    if (!made) return false;
    // As if it were typed, so that the browser's own undo takes it back.
    const same = commonEnds(text, made.text);
    this.#area.focus();
    this.#area.setSelectionRange(same.from, text.length - same.back);
    const piece = made.text.slice(same.from, made.text.length - same.back);
    const typed = piece ? document.execCommand('insertText', false, piece) : document.execCommand('delete');
    if (!typed || this.#area.value !== made.text) {
      this.#area.value = made.text;
      this.#told();
    }
    this.#area.setSelectionRange(made.start, made.end);
    return true;
  }

  async #askLink() {
    const { selectionStart: start, selectionEnd: end, value } = this.#area;
    const chosen = value.slice(start, end);
    const url = h('input', { class: 'input', type: 'url', inputmode: 'url', autofocus: true, placeholder: 'https://', 'aria-label': t('text.link.url'), value: /^https?:\/\/\S+$/u.test(chosen) ? chosen : '' });
    const send = (event) => { event.preventDefault(); if (url.value.trim()) dialog.close(url.value.trim()); };
    const dialog = Dialog.open({
      title: t('text.link'),
      body: [h('form', { id: 'link-form', on: { submit: send } }, h('label', { class: 'field' }, h('span', {}, t('text.link.url')), url))],
      foot: [button(t('cancel'), { on: { click: () => dialog.close() } }), button(t('text.link.put'), { kind: 'main', on: { click: send } })],
    });
    const found = await dialog.closed;
    this.#area.focus();
    this.#area.setSelectionRange(start, end);
    if (found) this.#apply((at) => edit.link(at, /^[a-z][a-z0-9+.-]*:/iu.test(found) ? found : `https://${found}`, t('text.link.sample')));
  }

  #key(event) {
    const held = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
    // By code: with a Hangul layout the key's character is another one.
    const tool = held ? { KeyB: '**', KeyI: '*' }[event.code] : null;
    let done = true;
    if (tool) this.#apply((at) => edit.wrap(at, tool, t('text.sample')));
    else if (held && event.code === 'KeyK') this.#askLink();
    else if (event.key === 'Enter' && !held && !event.shiftKey) done = this.#apply(edit.enter);
    else done = false;
    if (done) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  /** One stop for the Tab key; arrows go from button to button. */
  #move(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step || event.target.tagName === 'SELECT') return;
    const all = [...this.#tools.querySelectorAll('button, select:not([hidden])')];
    const next = all.at((all.indexOf(document.activeElement) + step + all.length) % all.length);
    for (const one of all) one.tabIndex = one === next ? 0 : -1;
    next.focus();
    event.preventDefault();
  }

  #takeFiles(dropped) {
    const files = (transfer) => [...transfer?.files ?? []];
    this.#area.addEventListener('paste', (event) => {
      if (!files(event.clipboardData).length || event.clipboardData.types.includes('text/plain')) return;
      event.preventDefault();
      dropped(files(event.clipboardData));
    });
    this.#area.addEventListener('drop', (event) => {
      if (!files(event.dataTransfer).length) return;
      event.preventDefault();
      dropped(files(event.dataTransfer));
    });
  }

  #told() {
    this.#tell();
    this.#changed(this.#area.value);
  }

  #tell() {
    const length = this.#area.value.length;
    this.#count.hidden = length < MOST * 0.8;
    this.#count.textContent = `${number(length)} / ${number(MOST)}`;
    this.#count.classList.toggle('error-text', length > MOST);
  }
}

customElements.define('a-text', TextField);

function commonEnds(before, after) {
  const most = Math.min(before.length, after.length);
  let from = 0;
  while (from < most && before[from] === after[from]) from += 1;
  let back = 0;
  while (back < most - from && before[before.length - 1 - back] === after[after.length - 1 - back]) back += 1;
  return { from, back };
}
