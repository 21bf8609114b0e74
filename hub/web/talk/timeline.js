/**
 * `<s-timeline>`: the messages of the open room. It draws the session's stretch of the log, asks
 * for more when an end comes near, keeps the place while it grows, and marks what was seen as read.
 */
import { button, debounce, fill, h } from '../lib/dom.js';
import { number, t, when } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { Answers } from './answers.js';
import { isBot } from './bots.js';
import { messageNode, unreadWords } from './message-view.js';
import { Pending } from './pending.js';
import { preview, sentence } from './preview.js';
import { problemOf } from '../lib/problem.js';
import { place, renew } from '../lib/refill.js';
import { timelineItems } from './timeline-items.js';

/** Pixels from an end at which more is loaded. */
const NEAR = 700;
/** Pixels from the bottom that still count as being there. */
const AT_END = 60;
/** Missed messages that fit below what one was reading. */
const MISSED = 6;
/** Messages that a screen reader may still be reading. */
const SPOKEN = 6;

export class Timeline extends HTMLElement {
  #store;
  #session;
  #actions;
  #list;
  #top = h('div', { class: 'timeline-top' });
  #scroller;
  #spoken;
  #latest;
  #pending;
  #answers;
  #nodes = new Map();
  #visible = new Set();
  #seen;
  #below = 0;
  #following = true;
  /** What was missed is known but not drawn yet: being at the end means nothing until it is. */
  #staying = false;
  #frame = null;
  #wanted = null;
  #end = new AbortController();

  constructor(store, session, actions) {
    super();
    this.#store = store;
    this.#session = session;
    this.#actions = actions;
    this.#list = h('ol', { class: 'timeline', 'aria-label': t('room.log', { title: store.titleOf(session.view) }) });
    this.#pending = new Pending(store, session, () => { if (this.#following) this.#toEnd(); });
    this.#answers = new Answers(store, session, () => { if (this.#following) this.#toEnd(); });
    this.#scroller = h('div', { class: 'timeline-scroll' }, this.#top, this.#list, this.#pending.node, this.#answers.node);
    this.#spoken = h('div', { class: 'visually-hidden', role: 'log', 'aria-live': 'polite' });
    this.#latest = button(t('room.latest'), { class: 'to-latest', icon: icon('down'), hidden: true, on: { click: () => this.follow() } });
    this.append(this.#scroller, this.#latest, this.#spoken);
    this.#list.addEventListener('load', ({ target }) => this.#pictureCame(target), true);
    actions.attach(this.#list, (seq) => this.jump(seq));
  }

  connectedCallback() {
    const options = { signal: this.#end.signal };
    this.#seen = new IntersectionObserver((entries) => this.#intersect(entries), { root: this.#scroller, threshold: 0.5 });
    this.#session.addEventListener('change', ({ detail }) => this.#changed(detail), options);
    this.#session.addEventListener('missed', ({ detail }) => this.#missed(detail), options);
    this.#session.addEventListener('reads', () => this.#reads(), options);
    this.#store.addEventListener('people', () => this.#redraw(), options);
    this.#store.addEventListener('incoming', ({ detail }) => this.#incoming(detail), options);
    this.#store.addEventListener('state', ({ detail }) => { if (detail.state === 'online') this.#back(); }, options);
    this.#pending.listen(options);
    this.#answers.listen(options);
    this.#scroller.addEventListener('scroll', () => this.#scrolled(), { ...options, passive: true });
    addEventListener('focus', this.#markRead, options);
    document.addEventListener('visibilitychange', this.#markRead, options);
    // The keyboard of a phone, a growing field, a picture: the end stays in sight.
    new ResizeObserver(() => { if (this.#following) this.#toEnd(); }).observe(this.#scroller);
    if (this.#session.started) this.#changed('start');
    else this.#edge();
  }

  disconnectedCallback() {
    this.#end.abort();
    this.#seen.disconnect();
  }

  /** My last message here that can be edited, or undefined. */
  lastOwn() {
    return this.#session.state.shown.findLast(
      (event) => event.kind === 'message' && event.by === this.#store.me.id && !event.state?.recalled && event.body.text,
    );
  }

  /** Go to the newest message and stay there. */
  async follow() {
    this.#following = true;
    if (this.#session.state.attached) this.#toEnd();
    else await this.#session.latest();
  }

  /** Show a message in the middle and point it out. Resolves to whether it can be seen. */
  async jump(seq) {
    this.#following = false;
    this.#wanted = seq;
    if (!this.#session.started) return true; // shown when the first page is there
    const found = await this.#session.around(seq);
    if (found) {
      this.#draw();
      this.#point(seq);
    }
    this.#wanted = null;
    return found;
  }

  #point(seq) {
    const node = this.#nodes.get(`message-${seq}`)?.node;
    if (!node) return;
    node.scrollIntoView({ block: 'center' });
    node.classList.add('pointed');
    setTimeout(() => node.classList.remove('pointed'), 2000);
    node.focus({ preventScroll: true });
  }

  async #changed(why) {
    if (why === 'event') {
      this.#redraw();
      return;
    }
    if (why === 'jump' && this.#following) {
      this.#draw();
      this.#toEnd();
      return;
    }
    this.#draw();
    if (why === 'older' || why === 'newer') this.#scrolled(); // a short page may leave the end in sight
    if (why !== 'start' || !this.#session.started) return;
    this.#answers.look();
    if (this.#wanted) await this.jump(this.#wanted);
    else this.#begin();
  }

  /** Open at the first unread message, else at the end. */
  #begin() {
    const divider = this.#nodes.get('unread')?.node;
    this.#following = !divider;
    if (divider) {
      this.#scroller.scrollTop = divider.offsetTop - 16;
      this.#scrolled();
    } else this.#toEnd();
  }

  #redraw() {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      if (this.#following) this.#session.tidy();
      else this.#session.bound();
      this.#draw();
      this.#staying = false;
      if (this.#following) this.#toEnd();
    });
  }

  #draw() {
    const { state } = this.#session;
    const back = this.#hold();
    const items = timelineItems(state.shown, {
      me: this.#store.me.id,
      divider: this.#session.divider,
      dayOf: (at) => when().key(at),
      minuteOf: (at) => when().time(at),
      says: (event) => event.kind === 'members' || event.kind === 'title',
    });
    const kept = new Map();
    for (const item of items) kept.set(item.key, this.#node(item, this.#nodes.get(item.key)));
    this.#place(kept);
    this.#pending.draw();
    this.#edge();
    back();
  }

  /** { node, item, names } of an item, the old one where it looks the same. */
  #node(item, known) {
    const names = this.#namesIn(item);
    if (known && known.item.event === item.event && known.item.first === item.first
      && known.item.timed === item.timed && known.item.quotes === item.quotes && known.names === names) return known;
    const made = this.#make(item, names);
    return { node: known ? renew(known.node, made) : made, item, names };
  }

  /** What an item says beside its own event, names above all: it is drawn anew when that becomes known. */
  #namesIn({ type, event }) {
    if (type === 'unread') return t('room.unread.from', { n: this.#session.unread });
    if (type === 'sentence') return sentence(event, this.#store);
    if (type !== 'message') return '';
    const quoted = event.body.reply_to ? this.#session.state.find(event.body.reply_to) : null;
    const quote = quoted ? `${this.#store.name(quoted.by)}${preview(quoted, this.#store)}` : '';
    return `${this.#store.name(event.by)}${(event.body.mentions ?? []).map((id) => this.#store.name(id))}${quote}`;
  }

  #make(item, names) {
    if (item.type === 'day') {
      return h('li', { class: 'day' }, h('span', {}, when().day(new Date(item.at), new Date())));
    }
    if (item.type === 'unread') return h('li', { class: 'unread-line' }, h('span', {}, names));
    if (item.type === 'sentence') return h('li', { class: 'sentence' }, names);
    return messageNode(item, { store: this.#store, session: this.#session, names });
  }

  #place(kept) {
    const nodes = [...kept.values()].map(({ node }) => node);
    const before = new Set([...this.#nodes.values()].map(({ node }) => node));
    place(this.#list, nodes);
    for (const node of nodes) if (!before.delete(node) && node.dataset.seq) this.#seen.observe(node);
    for (const gone of before) {
      this.#seen.unobserve(gone);
      this.#visible.delete(gone);
    }
    this.#nodes = kept;
    this.#actions.settle();
  }

  /** Remember what is in sight. Returns a function that brings it back to where it was. */
  #hold() {
    const anchor = this.#following ? null : this.#anchor();
    return () => {
      // By key: the node may have been made anew, say without its name because its group has grown.
      const now = anchor && this.#nodes.get(anchor.key)?.node;
      if (now) this.#scroller.scrollTop += now.getBoundingClientRect().top - anchor.top;
    };
  }

  /** A picture wider than its place leaves room above and below: close it, and move nothing in sight. */
  #pictureCame(image) {
    const { naturalWidth, naturalHeight, clientWidth, clientHeight } = image;
    if (clientWidth * naturalHeight >= clientHeight * naturalWidth) return;
    const back = this.#hold();
    image.parentNode.classList.add('wide');
    if (this.#following) this.#toEnd();
    else back();
  }

  /** The first message in sight and where it is, to keep it there. */
  #anchor() {
    const edge = this.#scroller.getBoundingClientRect().top;
    for (const [key, { node }] of this.#nodes) {
      if (!node.dataset.seq) continue; // a day's line moves up when older messages of that day come
      const box = node.getBoundingClientRect();
      if (box.bottom > edge) return { key, top: box.top };
    }
    return null;
  }

  /** What stands above the first message: how it began, that more comes, or that it failed. */
  #edge() {
    const { state, error, started } = this.#session;
    if (error && error.code !== 'offline') {
      fill(this.#top, h('div', { class: 'state' }, h('p', {}, problemOf(error)), button(t('retry'), { on: { click: () => this.#retry() } })));
    } else if (!started) {
      fill(this.#top, h('div', { class: 'timeline-skeleton', role: 'status', 'aria-label': t('loading') },
        [1, 2, 3, 4, 5].map(() => h('div', { class: 'skeleton' }))));
    } else if (state.complete) {
      const empty = isBot(this.#session.view?.peer ?? '') ? 'bot.empty' : 'room.empty';
      fill(this.#top, h('p', { class: 'faint' }, t(state.shown.some(({ kind }) => kind === 'message') ? 'room.start' : empty)));
    } else if (!this.#top.querySelector('.loading-more')) {
      fill(this.#top, h('p', { class: 'faint loading-more' }, `${t('loading')}…`));
    }
  }

  #back() {
    if (this.#session.started) this.#answers.look();
    this.#retry();
  }

  #retry() {
    if (!this.#session.started) this.#session.start();
    else if (this.#session.error) {
      this.#session.error = null;
      this.#edge();
      this.#scrolled();
    }
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    const left = scrollHeight - scrollTop - clientHeight;
    this.#following = !this.#staying && left < AT_END && this.#session.state.attached;
    if (this.#following) this.#below = 0;
    this.#drawLatest(left);
    if (!this.#session.started || this.#session.error) return;
    if (scrollTop < NEAR) this.#session.older();
    if (left < NEAR) this.#session.newer();
  }

  #drawLatest(left) {
    this.#latest.hidden = this.#following || (left < 400 && !this.#below && this.#session.state.attached);
    this.#latest.lastChild.textContent = this.#below ? t('room.latest.new', { n: this.#below }) : t('room.latest');
    this.#latest.classList.toggle('has-new', this.#below > 0);
  }

  #toEnd() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#below = 0;
    this.#drawLatest(0);
    if (this.#scroller.scrollTop < NEAR && this.#session.started && !this.#session.error) this.#session.older();
  }

  /** Say how much was missed; who was at the end and missed more than a screen stays where they were reading. */
  #missed(count) {
    if (this.#following) {
      if (count <= MISSED) return;
      this.#following = false;
      this.#staying = true;
    }
    this.#below = count;
    this.#drawLatest(Infinity);
  }

  #incoming({ room, event }) {
    if (room.id !== this.#session.id) return;
    if (!this.#following) {
      this.#below += 1;
      this.#drawLatest(Infinity);
    }
    while (this.#spoken.children.length >= SPOKEN) this.#spoken.firstChild.remove();
    this.#spoken.append(h('p', {}, `${this.#store.name(event.by)}: ${preview(event, this.#store)}`));
  }

  #reads() {
    for (const { node, item } of this.#nodes.values()) {
      if (item.mine && !item.event.state?.recalled) unreadWords(node.querySelector('.unread-by'), this.#session.unreadBy(item.event), number);
    }
  }

  #intersect(entries) {
    for (const { target, isIntersecting, boundingClientRect, rootBounds } of entries) {
      // Of a message higher than the window no half is ever in sight: its end will do.
      const tall = rootBounds && boundingClientRect.height > rootBounds.height * 1.5
        && boundingClientRect.bottom <= rootBounds.bottom && boundingClientRect.bottom > rootBounds.top;
      if (isIntersecting || tall) this.#visible.add(target);
      else this.#visible.delete(target);
    }
    this.#markRead();
  }

  #markRead = debounce(200, () => {
    if (!this.isConnected || document.visibilityState !== 'visible' || !document.hasFocus()) return;
    let seq = 0;
    for (const node of this.#visible) seq = Math.max(seq, Number(node.dataset.seq));
    if (!seq) return;
    const { state } = this.#session;
    const lastShown = state.shown.findLast((event) => event.kind === 'message')?.seq;
    // What follows the last message in sight (reactions, people coming) needs no look of its own.
    this.#store.read(this.#session.id, seq === lastShown && state.attached ? state.top : seq);
  });
}

customElements.define('s-timeline', Timeline);
