/** Draws one message. What people wrote goes into text nodes only. */
import { api } from '../lib/api.js';
import { Avatar } from '../lib/avatar.js';
import { codeParts } from '../lib/code.js';
import { button, fill, h } from '../lib/dom.js';
import { bytes, number, t, when } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { linkParts, mentionParts } from '../lib/links.js';
import { answerText } from './answers.js';
import { isBot } from './bots.js';
import { HandoffCard } from './handoff-card.js';
import { preview } from './preview.js';

const LONG_CHARACTERS = 900;
const LONG_LINES = 18;
const PICTURES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif']);
const ONLY_EMOJI = /^(?:\p{Extended_Pictographic}(?:\uFE0F|\u200D\p{Extended_Pictographic}|\p{Emoji_Modifier})*\s*){1,3}$/u;

/** The list item of a message; see `timelineItems` for the item. `names`: those it shows, in a string. */
export function messageNode({ event, first, timed, mine, quotes }, { store, session, names }) {
  const { state = {} } = event;
  const me = store.me.id;
  const mentionsMe = event.body.mentions?.includes(me) && !state.recalled;
  const name = store.name(event.by);
  const node = h('li', {
    class: ['message', mine ? 'mine' : 'theirs', first && 'first', mentionsMe && 'mentions-me', state.recalled && 'recalled'],
    data: { seq: String(event.seq) },
    tabIndex: -1,
    // Where the focus goes from message to message, this is all that is spoken.
    'aria-label': `${mine ? t('me') : name}, ${preview(event, store)}, ${when().time(new Date(event.at))}`,
  },
  mine ? null : h('span', { class: 'message-avatar' }, first ? Avatar.of(event.by, name, { size: 'small' }) : null),
  h('div', { class: 'message-main' },
    first && !mine ? h('p', { class: 'message-name one-line' }, name) : null,
    h('div', { class: 'message-row' },
      // Unfolded, with the bar on it: it stays as it is while others react or the group grows.
      h('div', { class: 'bubble-wrap', memo: JSON.stringify([event.body, state.recalled, names, quotes]) },
        state.recalled ? h('div', { class: 'bubble' }, t('message.recalled')) : bubble(event, { store, session, quotes })),
      meta(event, { mine, timed, state, session })),
    reactions(state.reactions, { store, me })));
  offerTab(node, false);
  return node;
}

/** Whether Tab stops at what is in a message: only in the one that is looked at, or it never ends. */
export function offerTab(node, on) {
  for (const control of node.querySelectorAll('a, button')) control.tabIndex = on ? 0 : -1;
}

function bubble(event, { store, session, quotes }) {
  const { text, files = [], mentions = [] } = event.body;
  const pictures = files.filter(({ type }) => PICTURES.has(type));
  const others = files.filter(({ type }) => !PICTURES.has(type));
  const names = mentions.map((id) => store.name(id));
  return h('div', { class: ['bubble', !quotes && !files.length && ONLY_EMOJI.test(text.trim()) && 'big'] },
    quotes ? quote(event.body.reply_to, { store, session }) : null,
    text ? said(event, text, names, names[mentions.indexOf(store.me.id)]) : null,
    pictures.length ? h('div', { class: 'pictures' }, pictures.map(picture)) : null,
    others.map(file),
    event.body.handoff ? new HandoffCard(event.body.handoff) : null);
}

function said({ by }, text, names, myName) {
  return isBot(by) ? answerText(text) : textOf(text, names, myName);
}

function quote(seq, { store, session }) {
  const original = session.state.find(seq);
  return h('button', { type: 'button', class: 'quote', data: { jump: String(seq) }, title: t('message.original') },
    original ? h('span', { class: 'quote-name' }, store.name(original.by)) : null,
    h('span', { class: 'quote-text' }, original ? preview(original, store) : t('message.original')));
}

/** The text with its code, links and mentions; very long ones are folded. */
export function textOf(text, names = [], myName = null) {
  const parts = codeParts(text).flatMap((part) => (part.code ? [part] : mentionParts(linkParts(part.text), names)));
  const body = h('div', { class: 'text' }, parts.map(({ text: words, code, block, href, mention }) => {
    if (code) return h(block ? 'pre' : 'code', { class: 'code' }, code);
    if (href) return h('a', { href, target: '_blank', rel: 'noopener noreferrer nofollow' }, words);
    if (mention) return h('span', { class: ['mention', words === `@${myName}` && 'me'] }, words);
    return words;
  }));
  if (text.length <= LONG_CHARACTERS && text.split('\n').length <= LONG_LINES) return body;
  body.classList.add('folded');
  const unfold = button(t('message.expand'), {
    kind: 'quiet', class: 'unfold', 'aria-expanded': 'false',
    key: 'unfold',
    on: {
      click: ({ currentTarget }) => {
        const folded = currentTarget.previousElementSibling.classList.toggle('folded');
        currentTarget.setAttribute('aria-expanded', String(!folded));
        currentTarget.lastChild.textContent = t(folded ? 'message.expand' : 'message.collapse');
        if (folded) currentTarget.closest('li')?.scrollIntoView({ block: 'nearest' });
      },
    },
  });
  return [body, unfold];
}

function picture({ id, name }) {
  // The height is fixed, so that a picture that arrives late moves nothing.
  return h('a', { class: 'picture', href: api.fileUrl(id), target: '_blank', rel: 'noopener' },
    h('img', { src: api.fileUrl(id), alt: name, loading: 'lazy', decoding: 'async' }));
}

function file({ id, name, size }) {
  return h('a', {
    class: 'file', href: api.fileUrl(id), download: name,
  },
  icon('file'),
  h('span', { class: 'file-text' }, h('span', { class: 'file-name' }, name), ' ', h('span', { class: 'faint' }, bytes(size))),
  h('span', { class: 'visually-hidden' }, t('message.download')),
  icon('download'));
}

function meta(event, { mine, timed, state, session }) {
  const at = new Date(event.at);
  const unread = mine && !state.recalled
    ? h('button', { type: 'button', class: 'unread-by', key: 'unread', data: { receipts: String(event.seq) }, hidden: true }) : null;
  if (unread) unreadWords(unread, session.unreadBy(event), number);
  return h('div', { class: 'meta' },
    unread,
    h('div', { class: 'meta-line' }, state.pinned ? h('span', { class: 'meta-mark', role: 'img', 'aria-label': t('message.pinned'), title: t('message.pinned') }, icon('pin')) : null,
    state.edited && !state.recalled
      ? h('button', { type: 'button', class: 'meta-edited', data: { versions: String(event.seq) }, title: when().full(new Date(state.edited.at)) }, t('message.edited')) : null,
    h('time', { datetime: event.at, title: when().full(at), class: timed ? '' : 'untimed' }, when().time(at))));
}

/** Put the number of those who have not read into its place; hidden where it is unknown or nobody. */
export function unreadWords(place, count, format) {
  if (!place) return;
  const words = count ? format(count) : '';
  if (place.dataset.shown === words) return;
  place.dataset.shown = words;
  place.hidden = !words;
  place.title = words ? t('message.unread', { n: count }) : '';
  fill(place, words, words ? h('span', { class: 'visually-hidden' }, `: ${place.title}`) : null);
}

function reactions(given, { store, me }) {
  const entries = Object.entries(given ?? {});
  if (!entries.length) return null;
  return h('div', { class: 'reactions' }, entries.map(([emoji, people]) => {
    const mine = people.includes(me);
    const names = store.namesOf(people, 10);
    return h('button', {
      type: 'button', class: 'reaction', key: emoji, 'aria-pressed': String(mine), title: names,
      data: { emoji },
    }, h('span', {}, emoji), h('span', { class: 'reaction-count' }, number(people.length)), h('span', { class: 'visually-hidden' }, names));
  }));
}
