/**
 * `<s-compose>`: the field to write in. Enter sends and Shift+Enter begins a line (or, as one prefers,
 * Ctrl+Enter and Enter), and neither happens in the middle of a Hangul composition. What is begun is kept as a draft; replying and editing
 * are states of the same field.
 */
import { button, Composition, debounce, fill, h } from '../lib/dom.js';
import { number, t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { settings } from '../lib/settings.js';
import { toast } from '../lib/toast.js';
import { Attachments } from './attachments.js';
import { Drafts } from './drafts.js';
import { insertEmoji, openEmojiPicker } from './emoji-picker.js';
import { MentionPicker } from './mention-picker.js';
import { preferences } from '../lib/preferences.js';
import { preview } from './preview.js';

/** How many characters before the most there may be they are counted. */
const WARN_BEFORE = 500;
/** Milliseconds between two "is typing". */
const TYPING_EVERY = 3000;

export class Compose extends HTMLElement {
  /** Set by the owner: gives my last message that can be edited. */
  lastOwn = () => undefined;
  #store;
  #session;
  #sent;
  #drafts;
  #leaving = null;
  #field;
  #send;
  #count = h('p', { class: 'compose-count', role: 'status', hidden: true });
  #context = h('div', { class: 'compose-context', hidden: true });
  #attachments;
  #mentions;
  #composition;
  /** null, { reply: event } or { edit: event }. */
  #mode = null;
  /** What the draft replies to, until that message is loaded. */
  #replyTo = null;
  #typed = -Infinity;
  #sending = false;

  constructor(store, session, { sent }) {
    super();
    this.#store = store;
    this.#session = session;
    this.#sent = sent;
    this.#drafts = new Drafts(store.me.id);
    this.#field = h('textarea', {
      class: 'compose-field', rows: 1, placeholder: t('compose.placeholder'), 'aria-label': t('compose.label'),
    });
    this.#composition = new Composition(this.#field);
    session.attachments ??= new Attachments();
    this.#attachments = session.attachments;
    this.#attachments.changed = () => this.#refresh();
    this.#mentions = new MentionPicker(this.#field, store, session, () => this.#input());
    this.#send = button(t('compose.send'), { kind: 'icon', class: 'compose-send', icon: icon('send'), on: { click: () => this.#submit() } });
    this.className = 'compose';
  }

  connectedCallback() {
    if (this.#session.view?.role === 'reader') {
      fill(this, h('p', { class: 'compose-readonly faint' }, t('room.readonly')));
      return;
    }
    const file = h('input', { type: 'file', multiple: true, hidden: true, on: { change: () => { this.#attachments.add(file.files); file.value = ''; } } });
    fill(this, this.#mentions.node, this.#context, this.#attachments.node,
      h('div', { class: 'compose-row' },
        button(t('compose.attach'), { kind: 'icon', icon: icon('attach'), on: { click: () => file.click() } }), file,
        this.#field,
        button(t('compose.emoji'), { kind: 'icon', class: 'compose-emoji', icon: icon('smile'), on: { click: (event) => openEmojiPicker(event.currentTarget, (emoji) => { insertEmoji(this.#field, emoji); this.#input(); }) } }),
        this.#send),
      this.#count);
    this.#field.addEventListener('input', () => this.#input());
    this.#field.addEventListener('keydown', (event) => this.#key(event));
    this.#field.addEventListener('paste', (event) => this.#attachments.paste(event));
    this.#attachments.takeDrops(this.parentElement);
    this.#restore();
    // A reload or a closed tab takes nothing off the page first: keep what the last keys wrote.
    this.#leaving = new AbortController();
    addEventListener('pagehide', () => this.#save.now(), { signal: this.#leaving.signal });
    this.#session.addEventListener('change', ({ detail }) => {
      if (detail === 'start' && this.#session.started) this.#loaded();
    }, { signal: this.#leaving.signal });
  }

  disconnectedCallback() {
    this.#leaving?.abort();
    this.#save.now();
  }

  focus() {
    this.#field.focus({ preventScroll: true });
  }

  reply(event) {
    if (this.#mode?.edit) this.#field.value = '';
    this.#mode = { reply: event };
    this.#input();
    this.focus();
  }

  edit(event) {
    this.#save.now();
    this.#mode = { edit: event };
    this.#field.value = event.body.text;
    this.#mentions.know(event.body.mentions ?? []);
    this.#refresh();
    this.focus();
    this.#field.setSelectionRange(this.#field.value.length, this.#field.value.length);
  }

  /** Draft as it stands, a moment after the last key; `now()` at once. Edits are no drafts. */
  #save = (() => {
    const write = () => {
      if (this.#mode?.edit) return;
      this.#drafts.set(this.#session.id, { text: this.#field.value, replyTo: this.#mode?.reply.seq ?? this.#replyTo });
      this.#store.dispatchEvent(new CustomEvent('draft'));
    };
    return Object.assign(debounce(300, write), { now: write });
  })();

  #restore() {
    const { text = '', replyTo = null } = this.#drafts.get(this.#session.id);
    this.#field.value = text;
    const original = replyTo ? this.#session.state.find(replyTo) : null;
    this.#mode = original ? { reply: original } : null;
    this.#replyTo = original || this.#session.started ? null : replyTo;
    this.#refresh();
  }

  /** The first messages are there, and with them perhaps the one that the draft replies to. */
  #loaded() {
    const original = this.#replyTo && this.#session.state.find(this.#replyTo);
    this.#replyTo = null;
    if (!original || this.#mode) return;
    this.#mode = { reply: original };
    this.#refresh();
  }

  #input() {
    this.#refresh();
    this.#save();
    this.#mentions.update();
    const now = performance.now();
    if (this.#field.value && !this.#mode?.edit && now - this.#typed > TYPING_EVERY) {
      this.#typed = now;
      this.#store.client.typing(this.#session.id);
    }
  }

  #refresh() {
    this.#field.enterKeyHint = preferences.enterSends ? 'send' : 'enter';
    this.#field.style.height = 'auto';
    this.#field.style.height = `${this.#field.scrollHeight}px`;
    const length = [...this.#field.value].length;
    const most = settings.limits.text_chars;
    this.#count.hidden = length < most - WARN_BEFORE;
    this.#count.classList.toggle('error-text', length > most);
    this.#count.textContent = length > most
      ? t('compose.over', { n: length - most }) : `${number(length)} / ${number(most)}`;
    const empty = !this.#field.value.trim() && (this.#mode?.edit || this.#attachments.empty);
    this.#send.disabled = empty || length > most || this.#sending;
    this.#drawContext();
  }

  #drawContext() {
    const { reply, edit } = this.#mode ?? {};
    this.#context.hidden = !this.#mode;
    this.#send.setAttribute('aria-label', t(edit ? 'compose.save' : 'compose.send'));
    if (!this.#mode) return;
    fill(this.#context,
      icon(edit ? 'edit' : 'reply'),
      h('div', { class: 'compose-context-text' },
        h('p', {}, edit ? t('compose.edit') : reply.by === this.#store.me.id ? t('compose.reply.me') : t('compose.reply', { name: this.#store.name(reply.by) })),
        h('p', { class: 'faint one-line' }, preview(edit ?? reply, this.#store))),
      button(t('compose.stop'), { kind: 'icon', icon: icon('close'), on: { click: () => { this.#leaveMode(); this.focus(); } } }));
  }

  #leaveMode() {
    const edited = this.#mode?.edit;
    this.#mode = null;
    if (edited) this.#restore();
    else this.#input();
  }

  #key(event) {
    if (this.#composition.covers(event)) return;
    if (this.#mentions.key(event)) return;
    if (event.key === 'Enter' && (preferences.enterSends ? !(event.shiftKey || event.altKey || event.ctrlKey) : event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.#submit();
    } else if (event.key === 'Escape' && this.#mode) {
      event.preventDefault();
      this.#leaveMode();
    } else if (event.key === 'ArrowUp' && !this.#field.value && !this.#mode) {
      const own = this.lastOwn();
      if (!own) return;
      event.preventDefault();
      this.edit(own);
    }
  }

  async #submit() {
    if (this.#send.disabled) return;
    const text = this.#field.value.trim();
    if (this.#mode?.edit) {
      this.#submitEdit(this.#mode.edit, text);
      return;
    }
    let files = [];
    if (!this.#attachments.empty) {
      this.#sending = true;
      this.#refresh();
      files = await this.#attachments.finish();
      this.#sending = false;
      if (!files) { // one could not be uploaded: it stays in sight, nothing was sent
        this.#refresh();
        return;
      }
    }
    const replyTo = this.#mode?.reply.seq;
    const mentions = this.#mentions.inText(text);
    this.#attachments.clear();
    this.#mentions.forget();
    this.#mode = null;
    this.#field.value = '';
    this.#typed = -Infinity;
    this.#refresh();
    this.#save.now();
    this.#session.divider = null;
    this.#store.client.send(this.#session.id, { text, replyTo, mentions, files }).catch(() => {}); // shown as failed
    this.#store.dispatchEvent(new CustomEvent('outbox', { detail: this.#session.id }));
    this.#sent();
    this.focus();
  }

  #submitEdit(event, text) {
    const mentions = this.#mentions.inText(text);
    this.#mode = null;
    this.#restore();
    if (text === event.body.text) return;
    this.#store.client.edit(this.#session.id, event.seq, { text, mentions }).catch((error) => {
      if (error.code === 'discarded') return;
      toast(error.message);
      // What was written is not lost: it comes back into the field.
      if (this.isConnected && !this.#field.value) {
        this.edit(event);
        this.#field.value = text;
        this.#refresh();
      }
    });
  }
}

customElements.define('s-compose', Compose);
