/** One row of the room list. Drawn anew only where something shown in it has changed. */
import { Avatar } from '../lib/avatar.js';
import { Badge } from '../lib/badge.js';
import { h } from '../lib/dom.js';
import { t, when } from '../lib/i18n.js';
import { refill } from '../lib/refill.js';
import { preview } from './preview.js';
import { go } from './route.js';
import { timeOf } from './store.js';

/** { node, signature }: `known` again where nothing has changed. */
export function roomRow(room, { store, now, isOpen, draft, known }) {
  const title = store.titleOf(room);
  const typing = store.typing(room.id);
  const last = typing.length ? typingWords(typing, store) : lastWords(room, store);
  const at = timeOf(room);
  const time = at ? when().list(new Date(at), now) : '';
  const presence = room.peer ? store.presenceOf(room.peer) : null;
  const signature = JSON.stringify([title, last, time, room.unread, room.mentioned, presence, isOpen, draft, room.members]);
  if (known?.signature === signature) return known;
  const node = known?.node ?? h('li', { data: { room: room.id } });
  refill(node, link({ room, title, last, time, presence, isOpen, draft, at }));
  return { node, signature };
}

function link({ room, title, last, time, presence, isOpen, draft, at }) {
  const unread = room.unread > 0;
  return h('a', {
    href: `#/rooms/${encodeURIComponent(room.id)}`,
    class: ['room-row', unread && 'unread', isOpen && 'open'],
    'aria-current': isOpen ? 'page' : null,
    on: {
      click: (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return; // a tab of its own
        event.preventDefault();
        go(room.id);
      },
    },
  },
  Avatar.of(room.peer ?? room.id, title, { kind: room.kind === 'direct' ? 'person' : room.kind, presence }),
  h('span', { class: 'room-row-top' },
    h('span', { class: 'room-row-title one-line' }, title),
    room.kind === 'direct' ? null : h('span', { class: 'room-row-members', 'aria-hidden': 'true' }, String(room.members)),
    presence ? h('span', { class: 'visually-hidden' }, `, ${t(`presence.${presence}`)}`) : null,
    at ? h('time', { datetime: at }, time) : null),
  h('span', { class: 'room-row-bottom' },
    draft
      ? h('span', { class: 'one-line' }, h('span', { class: 'draft' }, t('rooms.draft')), ` ${draft}`)
      : h('span', { class: 'one-line' }, last),
    room.mentioned ? Badge.of(room.mentioned, t('rooms.mentioned'), 'mention') : null,
    unread ? Badge.of(room.unread, t('rooms.unread', { n: room.unread })) : null));
}

function lastWords(room, store) {
  if (!room.last) return '';
  const words = preview(room.last, store);
  if (room.kind === 'direct' || room.last.kind !== 'message' || room.last.state?.recalled) return words;
  const name = room.last.by === store.me.id ? t('me') : store.name(room.last.by);
  return `${name}: ${words}`;
}

/** Who types, in words. */
export function typingWords(people, store) {
  const [a, b] = people.map((id) => store.name(id));
  if (people.length === 1) return t('room.typing.one', { a });
  if (people.length === 2) return t('room.typing.two', { a, b });
  return t('room.typing.many', { n: people.length });
}
