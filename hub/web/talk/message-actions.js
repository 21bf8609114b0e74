/**
 * What one can do with a message: the small bar beside it (on hover, focus, or a tap), the menu,
 * reactions, and the keys in the list. One bar serves all messages.
 */
import { confirm, Dialog } from '../lib/dialog.js';
import { button, h } from '../lib/dom.js';
import { t, when } from '../lib/i18n.js';
import { api } from '../lib/api.js';
import { icon } from '../lib/icons.js';
import { Menu } from '../lib/menu.js';
import { toast } from '../lib/toast.js';
import { openEmojiPicker } from './emoji-picker.js';
import { offerTab, textOf } from './message-view.js';
import { problemOf } from '../lib/problem.js';
import { openReceipts } from './receipts.js';

export class MessageActions {
  #store;
  #session;
  #hooks;
  #bar;
  #list = null;
  #jump = null;
  #current = null;
  /** Whether the message that a finger goes down on shows the bar already. */
  #shown = false;

  /** `hooks`: reply(event) and edit(event), which hand over to the field below. */
  constructor(store, session, hooks) {
    this.#store = store;
    this.#session = session;
    this.#hooks = hooks;
    this.#bar = h('div', { class: 'message-bar', role: 'toolbar', 'aria-label': t('message.actions') },
      button(t('message.react'), { kind: 'icon', icon: icon('smile'), on: { click: (event) => this.#pick(event.currentTarget) } }),
      this.#writes ? button(t('message.reply'), { kind: 'icon', icon: icon('reply'), on: { click: () => this.#hand('reply') } }) : null,
      button(t('message.actions'), { kind: 'icon', icon: icon('more'), 'aria-haspopup': 'menu', on: { click: (event) => this.#menu(event.currentTarget) } }));
  }

  /** Who only reads in this room may react to what others wrote, and no more. */
  get #writes() {
    return this.#session.view?.role !== 'reader';
  }

  /** Serve the messages in `list`; `jump(seq)` shows another message. */
  attach(list, jump) {
    this.#list = list;
    this.#jump = jump;
    list.addEventListener('pointerover', (event) => { if (event.pointerType === 'mouse') this.#show(event.target); });
    list.addEventListener('pointerleave', (event) => { if (event.pointerType === 'mouse' && !this.#isBusy()) this.#hide(); });
    list.addEventListener('pointerdown', ({ target }) => { this.#shown = target.closest('li.message')?.contains(this.#bar) ?? false; }, true);
    list.addEventListener('focusin', (event) => this.#show(event.target));
    list.addEventListener('focusout', () => setTimeout(() => this.#left())); // when the focus has arrived
    list.addEventListener('click', (event) => this.#click(event));
    list.addEventListener('keydown', (event) => this.#key(event));
  }

  /** The messages have been drawn: one of them takes the tab stop. */
  settle() {
    const messages = this.#messages();
    const stop = messages.includes(this.#current) ? this.#current : messages.at(-1);
    for (const message of messages) message.tabIndex = message === stop ? 0 : -1;
    if (this.#current && !this.#current.isConnected) this.#current = null;
    if (this.#current) offerTab(this.#current, true);
  }

  #messages() {
    return [...this.#list.querySelectorAll('li.message')];
  }

  #isBusy() {
    // A button that a mouse has pressed keeps the focus too: only the keyboard's holds the bar in place.
    return Boolean(this.#bar.querySelector(':focus-visible') ?? document.querySelector('m-menu, .emoji-picker'));
  }

  #show(target) {
    const message = target.closest?.('li.message');
    if (!message || message === this.#bar.closest('li') || this.#isBusy()) return;
    if (message.classList.contains('recalled')) {
      this.#hide();
      return;
    }
    if (this.#current !== message) {
      if (this.#current) offerTab(this.#current, false);
      offerTab(message, true);
    }
    this.#current = message;
    message.querySelector('.bubble-wrap').append(this.#bar);
    offerTab(this.#bar, true);
  }

  #hide() {
    this.#bar.remove();
  }

  /** The focus went out of a message, perhaps to another one, perhaps because the bar was moved. */
  #left() {
    const stays = this.#list.contains(document.activeElement) || document.querySelector('m-menu, .emoji-picker, dialog[open]');
    const hovers = matchMedia('(hover: hover)').matches && this.#list.matches(':hover');
    if (!stays && !hovers) this.#hide();
  }

  #event(node = this.#bar) {
    return this.#session.state.find(Number(node.closest('li')?.dataset.seq));
  }

  /** Hand the message over to the field below: reply or edit. */
  #hand(verb, event = this.#event()) {
    this.#hide();
    if (event) this.#hooks[verb](event);
  }

  #click(event) {
    const { target } = event;
    const jump = target.closest('[data-jump]');
    const reaction = target.closest('[data-emoji]');
    const receipts = target.closest('[data-receipts]');
    const versions = target.closest('[data-versions]');
    if (jump) this.#toOriginal(Number(jump.dataset.jump));
    else if (reaction) this.#react(this.#event(reaction), reaction.dataset.emoji);
    else if (receipts) openReceipts(this.#session, Number(receipts.dataset.receipts));
    else if (versions) this.#versions(Number(versions.dataset.versions));
    else if (!target.closest('a, button') && event.pointerType !== 'mouse' && getSelection().isCollapsed) {
      if (this.#shown) this.#hide();
      else this.#show(target);
    }
  }

  async #toOriginal(seq) {
    if (!(await this.#jump(seq))) toast(t('message.original.gone'));
  }

  #key(event) {
    const message = event.target.closest('li.message');
    if (!message || event.target !== message) {
      if (event.key === 'Escape' && this.#bar.contains(event.target)) {
        message.focus();
        event.preventDefault();
      }
      return;
    }
    const messages = this.#messages();
    const at = messages.indexOf(message);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: messages.length - 1 }[event.key];
    if (to !== undefined) {
      const next = messages[Math.max(0, Math.min(to, messages.length - 1))];
      message.tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
    } else if (event.key === 'Enter' && this.#bar.isConnected) this.#bar.querySelector('button').focus();
    else return;
    event.preventDefault();
  }

  #pick(anchor) {
    const event = this.#event();
    if (event) openEmojiPicker(anchor, (emoji) => this.#react(event, emoji, true));
  }

  #react(event, emoji, on = null) {
    if (!event) return;
    const mine = event.state?.reactions?.[emoji]?.includes(this.#store.me.id) ?? false;
    if (on === mine) return;
    this.#store.client.react(this.#session.id, event.seq, emoji, !mine).catch(() => {}); // told as "problem"
  }

  #menu(anchor) {
    const event = this.#event();
    if (!event) return;
    const writes = this.#writes;
    const mine = event.by === this.#store.me.id;
    const pinned = Boolean(event.state?.pinned);
    const { client } = this.#store;
    const room = this.#session.id;
    Menu.open(anchor, [
      writes ? { label: t('message.reply'), icon: 'reply', run: () => this.#hand('reply', event) } : null,
      event.body.text ? { label: t('message.copy'), icon: 'copy', run: () => copy(event.body.text) } : null,
      writes ? { label: t(pinned ? 'message.unpin' : 'message.pin'), icon: 'pin', run: () => client.pin(room, event.seq, !pinned).catch(() => {}) } : null,
      { label: t('message.read.who'), icon: 'eye', run: () => openReceipts(this.#session, event.seq) },
      mine && event.state?.edited ? { label: t('message.versions'), icon: 'history', run: () => this.#versions(event.seq) } : null,
      mine ? { line: true } : null,
      mine && writes ? { label: t('message.edit'), icon: 'edit', run: () => this.#hand('edit', event) } : null,
      mine ? { label: t('message.recall'), icon: 'recall', danger: true, run: () => this.#recall(event) } : null,
    ], t('message.actions'));
  }

  async #recall(event) {
    const sure = await confirm({
      title: t('message.recall.title'), text: t('message.recall.text'), yes: t('message.recall'), danger: true,
    });
    if (sure) this.#store.client.recall(this.#session.id, event.seq).catch(() => {});
  }

  async #versions(seq) {
    try {
      const { versions } = await api.versions(this.#session.id, seq);
      Dialog.open({
        title: t('versions.title'),
        body: versions.map(({ text, at }) => h('div', { class: 'version' }, h('p', { class: 'faint' }, when().full(new Date(at))), textOf(text))),
      });
    } catch (error) {
      toast(problemOf(error));
    }
  }
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast(t('message.copied'));
  } catch {
    toast(t('error.internal'));
  }
}
