/** Who has read a message and who has not. */
import { api } from '../lib/api.js';
import { Avatar } from '../lib/avatar.js';
import { Dialog } from '../lib/dialog.js';
import { fill, h } from '../lib/dom.js';
import { t, when } from '../lib/i18n.js';
import { problemOf } from '../lib/problem.js';

export async function openReceipts(session, seq) {
  const dialog = Dialog.open({ title: t('receipts.title'), body: [h('p', { class: 'faint' }, `${t('loading')}…`)] });
  try {
    const { read, unread, counts } = await api.receipts(session.id, seq);
    // That its writer has read it is no news; their cursor may not even have got here yet.
    const by = session.state.find(seq)?.by;
    const others = (people) => people.filter(({ id }) => id !== by);
    const left = (people) => people.length - others(people).length;
    fill(dialog.body,
      part('receipts.unread', counts.unread - left(unread), others(unread), 'receipts.none.unread'),
      part('receipts.read', counts.read - left(read), others(read), 'receipts.none.read'));
  } catch (error) {
    fill(dialog.body, h('p', { class: 'error-text' }, problemOf(error)));
  }
}

function part(key, n, people, none) {
  return h('section', {},
    h('h3', { class: 'part-title' }, t(key, { n })),
    people.length
      ? h('ul', { class: 'people' }, people.map(({ id, name, at }) => h('li', { class: 'person' },
        Avatar.of(id, name, { size: 'small' }), h('span', { class: 'one-line person-name' }, name),
        at ? h('time', { class: 'faint', datetime: at }, when().list(new Date(at), new Date())) : null)))
      : h('p', { class: 'faint' }, t(none)));
}
