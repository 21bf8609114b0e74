/** What corrections changed, word by word; those since somebody's last look first. */
import { h } from '../lib/dom.js';
import { t, when } from '../lib/i18n.js';

/** A text of words that stayed longer than this is folded: what changed is what counts. */
const CONTEXT = 60;

/** `since`: the version that was seen before; 0 where none was. */
export function changesOf(notice, since) {
  const unseen = notice.corrections.filter(({ version }) => version > since);
  const shown = unseen.length && since > 0 ? unseen : notice.corrections;
  return h('section', { class: 'changes', 'aria-label': t('changes.title') },
    h('h2', {}, t(unseen.length && since > 0 ? 'changes.since' : 'changes.title')),
    shown.toReversed().map((correction) => h('article', {},
      h('p', { class: 'faint' }, when().full(new Date(correction.at))),
      correction.note ? h('p', {}, correction.note) : null,
      part('changes.part.title', correction.title),
      part('changes.part.text', correction.text),
      correction.also.length ? h('p', {}, t('changes.also', { what: correction.also.map((name) => t(`changes.also.${name}`)).join(', ') })) : null)));
}

function part(words, segments) {
  if (!segments.some(({ op }) => op !== 'same')) return null;
  return h('div', { class: 'diff' }, h('h3', {}, t(words)), h('p', {}, segments.map(segment)));
}

function segment({ op, text }, at, all) {
  if (op === 'added') return h('ins', {}, h('span', { class: 'visually-hidden' }, t('changes.added')), text);
  if (op === 'removed') return h('del', {}, h('span', { class: 'visually-hidden' }, t('changes.removed')), text);
  return folded(text, at === 0, at === all.length - 1);
}

function folded(text, first, last) {
  if (text.length <= CONTEXT * 2) return text;
  const head = first ? '' : text.slice(0, CONTEXT);
  const tail = last ? '' : text.slice(-CONTEXT);
  return `${head} … ${tail}`;
}
