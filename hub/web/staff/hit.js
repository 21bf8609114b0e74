/** A message in a side panel: who, when, what, and a click goes there. */
import { h } from '../lib/dom.js';
import { t, when } from '../lib/i18n.js';
import { preview } from '../talk/preview.js';

/** `where`: the room's title, or null; `words`: marked in the text; `go()` is called on click. */
export function hit(event, { store, where = null, words = '', note = null, go }) {
  const at = new Date(event.at);
  return h('li', { key: event.seq }, h('button', { type: 'button', class: 'hit', key: 'hit', on: { click: go } },
    h('span', { class: 'hit-top' },
      h('span', { class: 'hit-name one-line' }, event.by === store.me.id ? t('me') : store.name(event.by)),
      h('time', { class: 'faint', datetime: event.at, title: when().full(at) }, when().list(at, new Date()))),
    where ? h('span', { class: 'faint one-line' }, where) : null,
    h('span', { class: 'hit-text' }, marked(around(preview(event, store), words), words)),
    note ? h('span', { class: 'faint' }, note) : null));
}

/** A notice of one's family or of one's own; it opens on its page. */
export function noticeHit({ id, box, title, excerpt, unit, published_at: published, changed_at: changed }, words) {
  const at = new Date(published ?? changed);
  const page = box === 'family' ? '/family' : '/author';
  return h('li', {}, h('a', { class: 'hit', href: `${page}#/notices/${encodeURIComponent(id)}` },
    h('span', { class: 'hit-top' },
      h('span', { class: 'hit-name one-line' }, marked(title, words)),
      h('time', { class: 'faint', datetime: at.toISOString(), title: when().full(at) }, when().list(at, new Date()))),
    h('span', { class: 'faint one-line' }, unit.name),
    excerpt ? h('span', { class: 'hit-text' }, marked(excerpt, words)) : null));
}

/** Long text begins a little before the word that was found. */
function around(text, words) {
  const at = words ? text.toLowerCase().indexOf(words.toLowerCase()) : -1;
  return at > 60 ? `…${text.slice(at - 30)}` : text;
}

function marked(text, words) {
  const at = words ? text.toLowerCase().indexOf(words.toLowerCase()) : -1;
  if (at < 0) return text;
  return [text.slice(0, at), h('mark', {}, text.slice(at, at + words.length)), text.slice(at + words.length)];
}
