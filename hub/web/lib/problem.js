/** Says in words why something failed. */
import { t } from './i18n.js';

/** The server's own sentence where it gave one, else ours. */
export function problemOf(error) {
  if (error.code === 'offline') return t('error.offline');
  // What it could not do just now, it says itself; of its own faults there is nothing more to say.
  if (error.code === 'internal' || (error.status >= 500 && error.code !== 'unavailable')) return t('error.internal');
  return error.message && error.message !== error.code ? error.message : t('error.load');
}
