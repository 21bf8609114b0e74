/** Where the page is, in the hash: the list, a new notice, one to be written on, one to be followed. */

const PLACES = [
  [/^#\/new\/(note|newsletter|consent|documents)\/([\w-]{1,64})$/u, (kind, key) => ({ view: 'write', kind, key })],
  [/^#\/notices\/([^/]+)\/edit$/u, (notice) => ({ view: 'write', notice })],
  [/^#\/notices\/([^/]+)(?:\/(reach|answers|text))?$/u, (notice, tab) => ({ view: 'follow', notice, tab: tab ?? null })],
];

/** { view, … } of a hash; the list for what is none of ours. Pure. */
export function parse(hash) {
  for (const [pattern, make] of PLACES) {
    const found = pattern.exec(hash);
    if (found) return make(...found.slice(1).map((part) => part && decodeURIComponent(part)));
  }
  return { view: 'list' };
}

const part = encodeURIComponent;

export const places = {
  list: () => '#/',
  begin: (kind, key) => `#/new/${kind}/${key}`,
  edit: (id) => `#/notices/${part(id)}/edit`,
  follow: (id, tab = null) => `#/notices/${part(id)}${tab ? `/${tab}` : ''}`,
};

export function current() {
  return parse(location.hash);
}

/** Go to a place. `replace` leaves no step for "back". */
export function go(hash, { replace = false } = {}) {
  if (hash !== location.hash) history[replace ? 'replaceState' : 'pushState']({ inside: true }, '', hash);
  dispatchEvent(new PopStateEvent('popstate'));
}

/** Name where the page already is anew, as when a draft has got its id: nothing is shown anew. */
export function rename(hash) {
  history.replaceState(history.state, '', hash);
}

/** A step back where one came from inside; else to the place that lies above. */
export function back(above = places.list()) {
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
