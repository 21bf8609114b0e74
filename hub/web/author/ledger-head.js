/** The end of a form's ledger, to be shown and printed: whoever keeps it can tell later that nothing was rewritten. */
import { Dialog } from '../lib/dialog.js';
import { button, fill, h } from '../lib/dom.js';
import { number, t, when } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { problemOf } from '../lib/problem.js';
import { calls } from './calls.js';

export async function openLedger(notice) {
  const body = h('div', { class: 'ledger' }, h('p', {}, `${t('loading')}…`));
  Dialog.open({
    title: t('ledger.title'), className: 'ledger-dialog', body: [body],
    foot: [h('a', { class: 'button button-plain', href: calls.ledgerUrl(notice.id), download: '' }, icon('download'), h('span', {}, t('ledger.export'))),
      button(t('ledger.print'), { kind: 'main', icon: icon('file'), on: { click: () => print() } })],
  });
  try {
    const head = await calls.head(notice.id);
    const { title } = notice.texts[notice.language];
    fill(body,
      h('p', { class: 'ledger-name' }, title),
      h('p', { class: 'faint' }, notice.unit.name),
      h('dl', { class: 'facts' },
        [['ledger.notice', notice.id], ['ledger.at', when().full(new Date(head.at))], ['ledger.seq', number(head.seq)]].map(([key, words]) => h('div', {}, h('dt', {}, t(key)), h('dd', {}, words))),
        [['ledger.hash', head.hash], ['ledger.key', head.key], ['ledger.signature', head.signature]].map(([key, words]) => h('div', {}, h('dt', {}, t(key)), h('dd', {}, h('code', {}, words))))),
      h('p', { class: 'faint' }, t('ledger.hint')));
  } catch (error) {
    fill(body, h('p', { class: 'error-text' }, problemOf(error)));
  }
}
