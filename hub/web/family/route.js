/** Where the page is, in the hash, so that links, notifications and "back" work. */

const PLACES = [
  [/^#\/notices\/([^/]+)\/answer\/([^/]+)$/u, (notice, student) => ({ view: 'form', notice, student })],
  [/^#\/notices\/([^/]+)$/u, (notice) => ({ view: 'notice', notice })],
  [/^#\/calendar$/u, () => ({ view: 'calendar' })],
  [/^#\/rooms$/u, () => ({ view: 'rooms' })],
  [/^#\/rooms\/([^/]+)(?:\/(\d+))?$/u, (room, seq) => ({ view: 'room', room, seq: seq ? Number(seq) : null })],
  [/^#\/settings$/u, () => ({ view: 'settings' })],
];

/** { view, … } of a hash; the feed for what is none of ours. Pure. */
export function parse(hash) {
  for (const [pattern, make] of PLACES) {
    const found = pattern.exec(hash);
    if (found) return make(...found.slice(1).map((part) => part && decodeURIComponent(part)));
  }
  return { view: 'feed' };
}

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

/** Go to a place. `replace` leaves no step for "back". */
export function go(hash, { replace = false } = {}) {
  if (hash !== location.hash) history[replace ? 'replaceState' : 'pushState']({ inside: true }, '', hash);
  dispatchEvent(new PopStateEvent('popstate'));
}

/** A step back where one came from inside; else to the place that lies above. */
export function back(above) {
  if (history.state?.inside) history.back();
  else go(above, { replace: true });
}

/** A link that goes there without a step of the browser's own; a new tab stays possible. */
export function visiting(hash) {
  return {
    href: hash,
    on: {
      click: (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
        event.preventDefault();
        go(hash);
      },
    },
  };
}
