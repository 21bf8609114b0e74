/** The places of the family page. */
import { reader } from '../lib/route.js';

export { back, go, visiting } from '../lib/route.js';

/** { view, … } of a hash; the feed for what is none of ours. Pure. */
export const parse = reader([
  [/^#\/notices\/([^/]+)\/answer\/([^/]+)$/u, (notice, student) => ({ view: 'form', notice, student })],
  [/^#\/notices\/([^/]+)$/u, (notice) => ({ view: 'notice', notice })],
  [/^#\/calendar$/u, () => ({ view: 'calendar' })],
  [/^#\/rooms$/u, () => ({ view: 'rooms' })],
  [/^#\/rooms\/([^/]+)(?:\/(\d+))?$/u, (room, seq) => ({ view: 'room', room, seq: seq ? Number(seq) : null })],
  [/^#\/settings$/u, () => ({ view: 'settings' })],
], 'feed');

const part = encodeURIComponent;

export const places = {
  feed: () => '#/',
  notice: (id) => `#/notices/${part(id)}`,
  form: (id, student) => `#/notices/${part(id)}/answer/${part(student)}`,
  calendar: () => '#/calendar',
  rooms: () => '#/rooms',
  settings: () => '#/settings',
};

export function current() {
  return parse(location.hash);
}
