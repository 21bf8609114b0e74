/**
 * `<s-room-view>`: one open room: its head, the messages, who types, the field to write in. `shell` opens the
 * side panels; a page that has none hands in null. `note` is shown above the field.
 */
import { Avatar } from '../lib/avatar.js';
import { button, fill, h } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { toast } from '../lib/toast.js';
import { isBot } from './bots.js';
import { Compose } from './compose.js';
import { MessageActions } from './message-actions.js';
import { leave } from './route.js';
import { typingWords } from './room-row.js';
import { Timeline } from './timeline.js';

export class RoomView extends HTMLElement {
  #store;
  #id;
  #session;
  #timeline;
  #compose;
  #head = h('div', { class: 'room-head-text' });
  #avatar = h('span', { class: 'room-head-avatar' });
  #typing = h('p', { class: 'typing', 'aria-live': 'off' });
  #panels;
  #end = new AbortController();

  constructor(store, id, shell, { note = null } = {}) {
    super();
    this.#store = store;
    this.#id = id;
    this.#session = store.session(id);
    this.#compose = new Compose(store, this.#session, { sent: () => this.#timeline.follow() });
    const actions = new MessageActions(store, this.#session, {
      reply: (event) => this.#compose.reply(event),
      edit: (event) => this.#compose.edit(event),
    });
    this.#timeline = new Timeline(store, this.#session, actions);
    this.#compose.lastOwn = () => this.#timeline.lastOwn();
    this.#panels = (shell ? ['search', 'pins', 'members'] : []).map((name) => button(
      t({ search: 'room.search', pins: 'room.pins', members: 'room.people' }[name]),
      {
        kind: 'icon', icon: icon({ search: 'search', pins: 'pin', members: 'people' }[name]), 'aria-pressed': 'false',
        data: { panel: name }, on: { click: () => shell.toggle(name) },
      },
    ));
    this.className = 'room-view';
    this.append(
      h('header', { class: 'room-head' },
        button(t('back'), { kind: 'icon', icon: icon('back'), class: 'to-list', on: { click: leave } }),
        this.#avatar, this.#head, this.#panels),
      this.#timeline,
      this.#typing,
      ...(note ? [note] : []),
      this.#compose,
    );
  }

  connectedCallback() {
    const options = { signal: this.#end.signal };
    const mine = (call) => ({ detail }) => { if (detail === this.#id) call(); };
    this.#store.addEventListener('room', mine(() => this.#renderHead()), options);
    this.#store.addEventListener('rooms', () => this.#renderHead(), options);
    this.#store.addEventListener('presence', () => this.#renderHead(), options);
    this.#store.addEventListener('people', () => this.#renderHead(), options);
    this.#store.addEventListener('typing', mine(() => this.#renderTyping()), options);
    this.#renderHead();
    this.#session.start();
    if (this.#session.small && !this.#session.members.size) {
      this.#session.loadMembers().catch(() => {}); // read marks stay away; the panel asks again
    }
    // On phones the keyboard would jump up. The field is connected after this element is.
    if (matchMedia('(hover: hover)').matches) queueMicrotask(() => this.focusCompose());
  }

  disconnectedCallback() {
    this.#end.abort();
    this.#session.tidy();
  }

  focusCompose() {
    this.#compose.focus();
  }

  /** Show which side panel is open. */
  markPanel(name) {
    for (const panel of this.#panels) panel.setAttribute('aria-pressed', String(panel.dataset.panel === name));
  }

  /** Scroll to a message, loading what is around it. */
  async jump(seq) {
    if (!(await this.#timeline.jump(seq))) toast(t('message.original.gone'));
  }

  #renderHead() {
    const room = this.#session.view;
    if (!room) return;
    const title = this.#store.titleOf(room);
    const presence = room.peer ? this.#store.presenceOf(room.peer) : null;
    const under = room.peer && isBot(room.peer) ? t('bot.about') : room.kind === 'direct' ? (presence ? t(`presence.${presence}`) : '') : t('room.members', { n: room.members });
    const signature = `${title}\n${under}`;
    if (this.#head.dataset.shown === signature) return;
    this.#head.dataset.shown = signature;
    fill(this.#avatar, Avatar.of(room.peer ?? room.id, title, {
      size: 'small', kind: room.kind === 'direct' ? 'person' : room.kind, presence,
    }));
    fill(this.#head, h('h1', { class: 'one-line', title }, title), under ? h('p', { class: 'faint one-line' }, under) : null);
  }

  #renderTyping() {
    const people = this.#store.typing(this.#id);
    this.#typing.textContent = people.length ? typingWords(people, this.#store) : '';
  }
}

customElements.define('s-room-view', RoomView);
