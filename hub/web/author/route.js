/**
 * The places of the author's page: the list, a new notice, one to be written on, one to be followed,
 * what a school asks of those who write.
 */
import { reader } from '../lib/route.js';

export { back, go, rename, visiting } from '../lib/route.js';

/** { view, … } of a hash; the list for what is none of ours. Pure. */
export const parse = reader([
  [/^#\/new\/(note|newsletter|consent|documents)\/([\w-]{1,64})$/u, (kind, key) => ({ view: 'write', kind, key })],
  [/^#\/notices\/([^/]+)\/edit$/u, (notice) => ({ view: 'write', notice })],
  [/^#\/notices\/([^/]+)(?:\/(reach|answers|text))?$/u, (notice, tab) => ({ view: 'follow', notice, tab: tab ?? null })],
  [/^#\/rules(?:\/([^/]+))?$/u, (unit) => ({ view: 'rules', unit: unit ?? null })],
], 'list');

const part = encodeURIComponent;

export const places = {
  list: () => '#/',
  begin: (kind, key) => `#/new/${kind}/${key}`,
  rules: (unit = null) => `#/rules${unit ? `/${part(unit)}` : ''}`,
  edit: (id) => `#/notices/${part(id)}/edit`,
  follow: (id, tab = null) => `#/notices/${part(id)}${tab ? `/${tab}` : ''}`,
};

export function current() {
  return parse(location.hash);
}
