/** A notice in a list: what it is, of whom, what it wants. Drawn anew only where something in it has changed. */
import { h } from '../lib/dom.js';
import { t, when } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { refill } from '../lib/refill.js';
import { nearness, wanted } from './dues.js';
import { places, visiting } from './route.js';

/**
 * { node, signature }: `known` again where nothing has changed. `children`: the names of the family's children
 * by id; null where there is but one, who needs no name.
 */
export function noticeCard(notice, { now, children, isOpen, known }) {
  const want = wanted(notice, now);
  const names = children ? notice.students.map((id) => children.get(id)).filter(Boolean) : [];
  const signature = JSON.stringify([notice, want, isOpen, names, when().key(now), document.documentElement.lang]);
  if (known?.signature === signature) return known;
  const node = known?.node ?? h('li', { data: { notice: notice.id } });
  refill(node, card(notice, { want, now, names, isOpen }));
  return { node, signature };
}

function card(notice, { want, now, names, isOpen }) {
  const fresh = notice.seen_version === 0 && notice.state !== 'withdrawn';
  return h('a', {
    ...visiting(places.notice(notice.id)),
    class: ['notice-card', fresh && 'fresh', isOpen && 'open', notice.state === 'withdrawn' && 'withdrawn'],
    'aria-current': isOpen ? 'page' : null,
  },
  h('span', { class: 'notice-card-top' },
    fresh ? h('span', { class: 'dot', role: 'img', 'aria-label': t('notice.new') }) : null,
    h('span', { class: ['kind', `kind-${notice.kind}`] }, t(`kind.${notice.kind}`)),
    h('span', { class: 'one-line notice-card-unit' }, notice.unit.name),
    h('time', { datetime: notice.published_at }, when().list(new Date(notice.published_at), now))),
  h('span', { class: 'notice-card-title' }, notice.urgent ? h('span', { class: 'urgent' }, t('notice.urgent')) : null, notice.title),
  notice.excerpt ? h('span', { class: 'notice-card-excerpt' }, notice.excerpt) : null,
  h('span', { class: 'notice-card-foot' },
    names.map((name) => h('span', { class: 'child' }, name)),
    notice.files ? h('span', { class: 'faint files' }, icon('attach'), h('span', { class: 'visually-hidden' }, t('notice.files')), String(notice.files)) : null,
    stateOf(notice, want, now)));
}

function stateOf(notice, want, now) {
  if (notice.state === 'withdrawn') return h('span', { class: 'mark' }, t('notice.withdrawn'));
  const marks = [];
  if (notice.version > 1) marks.push(h('span', { class: ['mark', notice.seen_version > 0 && notice.seen_version < notice.version && 'mark-new'] }, t('notice.corrected')));
  if (want === 'answer' || want === 'confirm') {
    marks.push(h('span', { class: 'mark mark-todo' }, t(want === 'answer' ? 'notice.todo.answer' : 'notice.todo.confirm')));
  } else if (notice.answered_at) marks.push(h('span', { class: 'mark mark-done' }, icon('check'), t('notice.answered')));
  else if (notice.confirmed_at) marks.push(h('span', { class: 'mark mark-done' }, icon('check'), t('notice.confirmed')));
  if (notice.left_at) marks.push(h('span', { class: 'mark' }, t('notice.left')));
  else if (notice.deadline && !notice.answered_at) marks.push(due(notice.deadline, now));
  return marks;
}

/** How much time is left, in words. */
export function due(deadline, now) {
  const near = nearness(deadline, now, (at) => when().key(at));
  const at = new Date(deadline);
  const words = near.state === 'past' ? t('due.past', { day: when().list(at, now) })
    : near.state === 'today' ? t('due.today', { time: when().time(at) })
      : near.state === 'tomorrow' ? t('due.tomorrow', { time: when().time(at) })
        : t('due.day', { day: when().day(at, now), n: near.days });
  return h('span', { class: ['due', `due-${near.state}`] }, words);
}
