/** The history of an entry in a dialog: what was published when, what changed, and the way back to it. */
import { button, fill, h } from '../lib/dom.js';
import { Dialog } from '../lib/dialog.js';
import { t, when } from '../lib/i18n.js';
import { problemOf } from '../lib/problem.js';
import { desk } from './api.js';
import { differences } from './diff.js';
import { audienceWords, loadingRows } from './parts.js';

/** Show the history. Resolves to the revision to restore, or null. */
export async function openHistory(entry) {
  const list = h('ol', { class: 'history' }, h('li', {}, loadingRows(3)));
  const more = button(t('more'), { hidden: true });
  const dialog = Dialog.open({ title: t('history.title'), body: [list, more], className: 'wide' });
  let before = null;
  let known = [];
  const load = async () => {
    more.disabled = true;
    try {
      const { versions, next } = await desk.history(entry.id, before);
      known = [...known, ...versions];
      before = next;
      more.hidden = !next;
      fill(list, known.length ? known.map((one, place) => row(one, known[place + 1], dialog)) : h('li', { class: 'state' }, t('history.none')));
    } catch (error) {
      fill(list, h('li', { class: 'state' }, problemOf(error)));
    } finally {
      more.disabled = false;
    }
  };
  more.addEventListener('click', load);
  load();
  return dialog.closed;
}

function row(version, earlier, dialog) {
  return h('li', { class: 'history-row' },
    h('div', { class: 'history-head' },
      h('strong', {}, t(`history.${version.act}`)),
      h('span', { class: 'faint' }, [version.by?.name ?? t('history.machine'), ' · ', when().full(new Date(version.at))]),
      version.act === 'published' ? button(t('history.restore'), { kind: 'quiet', on: { click: () => dialog.close(version.revision) } }) : null),
    version.act === 'published' ? changes(version.content, earlier?.content) : null);
}

function changes(now, before) {
  const lines = before ? differences(plain(before), plain(now)) : plain(now).split('\n').map((text) => ({ kind: 'same', text }));
  const told = { in: t('history.in'), out: t('history.out') };
  if (before && lines.every((line) => line.kind === 'same')) return h('p', { class: 'faint' }, t('history.same'));
  return h('div', { class: 'diff' }, lines.map(({ kind, text }) => h(kind === 'in' ? 'ins' : kind === 'out' ? 'del' : 'p', { class: 'line' },
    told[kind] ? h('span', { class: 'visually-hidden' }, told[kind]) : null, text || ' ')));
}

/** An entry as lines, in the order of the editor, so that all of it can be compared. */
function plain(content) {
  const { title, question, aliases, answer, audience, topic, valid_from: from, valid_until: until, source, pinned } = content;
  return [
    title, question, ...aliases.map((alias) => `· ${alias}`), answer,
    `${t('entry.audience')}: ${audienceWords(audience)}`,
    topic && `${t('entry.topic')}: ${topic}`,
    (from || until) && `${t('entry.valid')}: ${from ?? ''} ~ ${until ?? ''}`,
    source && `${t('entry.source')}: ${[source.title, source.url].filter(Boolean).join(' ')}`,
    pinned && t('entry.pinned'),
  ].filter(Boolean).join('\n');
}
