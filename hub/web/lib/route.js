/** Where a page is, in its hash, so that links, notifications and "back" work. */

/**
 * A reader of hashes: `places` are pairs of a pattern and what makes a place of its groups; `home` is the view of
 * what is none of them. Pure.
 */
export function reader(places, home) {
  return (hash) => {
    for (const [pattern, make] of places) {
      const found = pattern.exec(hash);
      if (found) return make(...found.slice(1).map((part) => part && decodeURIComponent(part)));
    }
    return { view: home };
  };
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
export function back(above = '#/') {
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
