/** `<s-members-panel>`: who is in the room, and what one may change about that. */
import { api } from '../lib/api.js';
import { Avatar } from '../lib/avatar.js';
import { confirm, Dialog } from '../lib/dialog.js';
import { button, fill, h } from '../lib/dom.js';
import { matches } from '../lib/hangul.js';
import { t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { Menu } from '../lib/menu.js';
import { refill } from '../lib/refill.js';
import { toast } from '../lib/toast.js';
import { openInvite } from './new-room.js';
import { Panel } from './panel.js';
import { problemOf } from '../lib/problem.js';
import { go } from '../talk/route.js';

/** Rows drawn at once; the filter finds the others. */
const MOST_ROWS = 300;
const FILTER_FROM = 12;
/** Members whose presence is shown. */
const MOST_WATCHED = 40;

export class MembersPanel extends Panel {
  #store;
  #session;
  #filter;
  #list = h('ul', { class: 'people' });
  #actions = h('div', { class: 'panel-actions' });
  #end = new AbortController();

  constructor(store, room, shell) {
    super(t('room.people'), shell);
    this.#store = store;
    this.#session = store.session(room);
    this.#filter = h('input', { class: 'input', type: 'search', hidden: true, placeholder: t('members.filter'), 'aria-label': t('members.filter'), on: { input: () => this.#draw() } });
    fill(this.body, this.#actions, this.#filter, this.#list);
  }

  connectedCallback() {
    const options = { signal: this.#end.signal };
    this.#session.addEventListener('members', () => this.#draw(), options);
    this.#store.addEventListener('presence', () => this.#draw(), options);
    this.#drawActions();
    this.#draw();
    this.#load();
  }

  disconnectedCallback() {
    this.#end.abort();
  }

  get #room() {
    return this.#session.view;
  }

  get #owns() {
    return this.#room.role === 'owner' && this.#room.kind === 'group';
  }

  async #load() {
    if (!this.#session.members.size) {
      fill(this.#list, Array.from({ length: Math.min(this.#room.members, 6) }, () => h('li', { class: 'person' }, h('div', { class: 'skeleton person-skeleton' }))));
    }
    try {
      await this.#session.loadMembers();
      this.#store.watch(this.#sorted().slice(0, MOST_WATCHED).map(({ id }) => id));
    } catch (error) {
      fill(this.#list, h('li', { class: 'state' }, h('p', {}, problemOf(error)), button(t('retry'), { on: { click: () => this.#load() } })));
    }
  }

  #drawActions() {
    const { kind } = this.#room;
    if (kind !== 'group') return;
    fill(this.#actions,
      this.#store.me.kind === 'staff' ? button(t('members.add'), { icon: icon('plus'), on: { click: () => this.#invite() } }) : null,
      this.#owns ? button(t('members.rename'), { icon: icon('edit'), on: { click: () => this.#rename() } }) : null,
      button(t('members.leave'), { icon: icon('leave'), on: { click: () => this.#leave() } }));
  }

  #draw() {
    const { members } = this.#session;
    if (!members.size) return;
    this.heading.textContent = t('members.title', { n: members.size });
    this.#filter.hidden = members.size < FILTER_FROM;
    const query = this.#filter.value.trim();
    const shown = this.#sorted().filter(({ name }) => !query || matches(query, name));
    refill(this.#list, shown.slice(0, MOST_ROWS).map((member) => this.#row(member)),
      shown.length ? null : h('li', { class: 'faint' }, t('new.none', { query })));
  }

  /** Me, then the owners, then the others by name. */
  #sorted() {
    const rank = ({ id, role }) => (id === this.#store.me.id ? 0 : role === 'owner' ? 1 : 2);
    return [...this.#session.members.values()]
      .sort((one, other) => rank(one) - rank(other) || one.name.localeCompare(other.name, 'ko'));
  }

  #row({ id, name, role, place }) {
    const isMe = id === this.#store.me.id;
    const presence = this.#store.presenceOf(id);
    const label = { owner: t('members.owner'), reader: t('members.reader') }[role];
    return h('li', { class: 'person', key: id },
      Avatar.of(id, name, { size: 'small', presence: presence === 'offline' ? null : presence }),
      h('span', { class: 'person-words' },
        h('span', { class: 'one-line' }, isMe ? `${name} (${t('me')})` : name),
        place ? h('span', { class: 'faint one-line' }, place) : null),
      label && this.#room.kind !== 'direct' ? h('span', { class: 'faint' }, label) : null,
      isMe || this.#room.kind === 'direct' ? null : button(t('members.menu', { name }), {
        kind: 'icon', icon: icon('more'), 'aria-haspopup': 'menu',
        on: {
          click: (event) => Menu.open(event.currentTarget, [
            { label: t('members.direct'), icon: 'person', run: () => this.#direct(id) },
            this.#owns ? { label: t('members.remove'), icon: 'leave', danger: true, run: () => this.#remove(id, name) } : null,
          ], name),
        },
      }));
  }

  async #direct(id) {
    await this.#attempt(async () => {
      const { room } = await api.createRoom({ kind: 'direct', members: [id] });
      this.#store.put(room);
      go(room.id);
    });
  }

  async #invite() {
    const people = await openInvite(this.#store, this.#session.members);
    if (people?.length) await this.#attempt(() => api.changeMembers(this.#room.id, { add: people.map(({ id }) => id) }));
  }

  async #remove(id, name) {
    const sure = await confirm({
      title: t('members.remove.title', { name }), text: t('members.remove.text'), yes: t('members.remove'), danger: true,
    });
    if (sure) await this.#attempt(() => api.changeMembers(this.#room.id, { remove: [id] }));
  }

  async #leave() {
    const sure = await confirm({
      title: t('members.leave.title'), text: t('members.leave.text'), yes: t('members.leave'), danger: true,
    });
    if (!sure) return;
    await this.#attempt(async () => {
      await api.changeMembers(this.#room.id, { remove: ['me'] });
      go(null, { replace: true });
    });
  }

  async #rename() {
    const input = h('input', { class: 'input', value: this.#room.title, maxlength: 100, autofocus: true });
    const dialog = Dialog.open({
      title: t('members.rename'),
      body: [h('form', { on: { submit: (event) => { event.preventDefault(); dialog.close(input.value.trim()); } } },
        h('label', { class: 'field' }, h('span', {}, t('members.rename.label')), input))],
      foot: [
        button(t('cancel'), { on: { click: () => dialog.close() } }),
        button(t('members.rename'), { kind: 'main', on: { click: () => dialog.close(input.value.trim()) } }),
      ],
    });
    input.select();
    const title = await dialog.closed;
    if (title && title !== this.#room.title) await this.#attempt(() => api.rename(this.#room.id, title));
  }

  async #attempt(work) {
    try {
      await work();
    } catch (error) {
      toast(problemOf(error));
    }
  }
}

customElements.define('s-members-panel', MembersPanel);
