/** Says in words why something failed. */
import { t } from './i18n.js';

/** The server's own sentence where it gave one, else ours. */
export function problemOf(error) {
  if (error.code === 'offline') return t('error.offline');
  if (error.status >= 500 || error.code === 'internal') return t('error.internal');
  return error.message && error.message !== error.code ? error.message : t('error.load');
}
