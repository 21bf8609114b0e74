/** Where the page is: `#/rooms/<id>` or `#/rooms/<id>/<seq>`, so that links and "back" work. */

/** { room, seq } of a hash; both null on the list. Pure. */
export function parse(hash) {
  const [, place, room, seq] = /^#\/(rooms)\/([^/]+)(?:\/(\d+))?$/u.exec(hash) ?? [];
  return { room: place ? decodeURIComponent(room) : null, seq: seq ? Number(seq) : null };
}

export function current() {
  return parse(location.hash);
}

/** Where the list of rooms is on this page. */
export const list = { hash: '#/' };

/** Go to a room, or with null to the list. `replace` leaves no step for "back". */
export function go(room, { seq = null, replace = false } = {}) {
  const hash = room ? `#/rooms/${encodeURIComponent(room)}${seq ? `/${seq}` : ''}` : list.hash;
  if (hash === location.hash) {
    dispatchEvent(new PopStateEvent('popstate')); // the same place again: a jump to look once more
    return;
  }
  history[replace ? 'replaceState' : 'pushState']({ inside: true }, '', hash);
  dispatchEvent(new PopStateEvent('popstate'));
}

/** From a room back to the list: a step back where we came from it, so that steps do not pile up. */
export function leave() {
  if (history.state?.inside) history.back();
  else go(null, { replace: true });
}
