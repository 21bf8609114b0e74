/** A message in one line, for lists, quotes and notifications. */
import { t } from '../lib/i18n.js';
import { isBot } from './bots.js';

const LENGTH = 140;

export function preview(event, store) {
  if (event.state?.recalled) return t('message.recalled');
  if (event.kind === 'message') {
    const said = isBot(event.by) ? plain(event.body.text) : event.body.text;
    const text = said.replace(/```/gu, ' ').replace(/\s+/gu, ' ').trim();
    if (text) return text.length > LENGTH ? `${text.slice(0, LENGTH)}…` : text;
    const files = event.body.files ?? [];
    if (files.length === 1) return files[0].name;
    return files.length ? t('message.files', { n: files.length }) : '';
  }
  return sentence(event, store);
}

/** What a chatbot wrote, without the marks of its Markdown. */
function plain(text) {
  return text.replace(/^ {0,3}#{1,6} +/gmu, '').replace(/\*\*|~~|`/gu, '').replace(/\[([^\]]*)\]\([^)]*\)/gu, '$1');
}

/** What happened to the room itself, as a sentence; empty for kinds that nobody reads. */
export function sentence(event, store) {
  const by = store.name(event.by);
  if (event.kind === 'title') return t('event.titled', { by, title: event.body.title });
  if (event.kind !== 'members') return '';
  const { added = [], removed = [] } = event.body;
  // In one step: what somebody had another has now.
  if (added.length === 1 && added[0] === event.by && removed.length) return t('event.handed', { by, names: store.namesOf(removed) });
  const others = added.filter((id) => id !== event.by);
  if (added.length && event.seq === 1) return t('event.created', { by });
  if (others.length) return t('event.added', { by, names: store.namesOf(others) });
  if (added.length) return t('event.joined', { names: by });
  if (removed.length === 1 && removed[0] === event.by) return t('event.left', { by });
  return removed.length ? t('event.removed', { by, names: store.namesOf(removed) }) : '';
}
