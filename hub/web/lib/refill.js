/**
 * Draws anew without taking anything away from under a finger or the focus: a click is lost when what the button
 * went down on is gone, or elsewhere, when it comes up.
 */
import { listenAs, nodes } from './dom.js';

/** Attributes that belong to whoever uses the page. */
const THEIRS = new Set(['open']);

/**
 * As `fill`, but children that stay are kept, and made to look as described. An element is known again by its
 * `key`, without one by its kind and order; a button also by what it says and a link by where it leads, so that
 * none becomes another under the pointer. With a `memo` equal to the last it is left as it is, with all that was
 * done to it since; with another one it is replaced. Listeners are those described last: what they hold on to of
 * their own description is not in the page.
 */
export function refill(element, ...children) {
  const held = heldIn(element);
  renewChildren(element, nodes(children).map((one) => (one instanceof Node ? one : document.createTextNode(one))));
  if (held?.isConnected && !heldIn(element)) {
    held.querySelector('a[href], button:not(:disabled)')?.focus({ preventScroll: true });
  }
}

/** Put children in order. The one that holds the focus, as what is pressed does, stays where it is. */
export function place(list, wanted) {
  const stay = new Set(wanted);
  for (const child of [...list.childNodes]) if (!stay.has(child)) child.remove();
  const held = heldIn(list);
  let at = list.firstChild;
  for (const node of wanted) {
    if (node === held) {
      while (at !== held) {
        const [passed, next] = [at, at.nextSibling];
        list.append(passed);
        at = next;
      }
    }
    if (node === at) at = at.nextSibling;
    else list.insertBefore(node, at);
  }
}

/** The child of `element` in which the focus is; null where it is elsewhere. */
function heldIn(element) {
  let child = element.getRootNode().activeElement;
  if (!child || child === element || !element.contains(child)) return null;
  while (child.parentNode !== element) child = child.parentNode;
  return child;
}

function renewChildren(element, wanted) {
  const left = [...element.childNodes];
  place(element, wanted.map((fresh) => {
    const at = left.findIndex((old) => isAlike(old, fresh));
    return at < 0 ? fresh : renew(left.splice(at, 1)[0], fresh);
  }));
}

function isAlike(old, fresh) {
  if (old === fresh) return true;
  if (old.nodeName !== fresh.nodeName || old.key !== fresh.key || old.memo !== fresh.memo) return false;
  if (fresh.key !== undefined) return true;
  if (fresh.localName === 'a') return old.getAttribute('href') === fresh.getAttribute('href');
  return fresh.localName !== 'button' || said(old) === said(fresh);
}

function said(control) {
  return control.getAttribute('aria-label') ?? control.textContent;
}

/** Make an element, or a text, look as `fresh` does. Returns it. */
export function renew(old, fresh) {
  if (old === fresh || (fresh.memo !== undefined && old.memo === fresh.memo)) return old;
  if (fresh.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return old;
  }
  for (const name of old.getAttributeNames()) if (!fresh.hasAttribute(name) && !THEIRS.has(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) === value) continue;
    if (name === 'style') old.style.cssText = value; // as an attribute, the page's own policy forbids it
    else old.setAttribute(name, value);
  }
  listenAs(old, fresh);
  // A custom element that draws itself has nothing in it before it is in the page.
  if (fresh.firstChild || !fresh.localName.includes('-')) renewChildren(old, [...fresh.childNodes]);
  return old;
}
