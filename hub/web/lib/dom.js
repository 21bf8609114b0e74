/**
 * Builds nodes. Text always becomes text nodes: what a person wrote can never become markup.
 */

/**
 * An element. `props`: attributes, but `on` ({ click: … }) adds listeners, `class` may be an array
 * with falsy holes, `data` fills the dataset, true and false set and leave out an attribute, and
 * properties that must not be attributes (value, checked, disabled, hidden …) are set as such; `key` and
 * `memo` are for `refill`.
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) setProp(element, name, value);
  element.append(...nodes(children));
  return element;
}

const AS_PROPERTY = new Set(['value', 'checked', 'disabled', 'hidden', 'tabIndex', 'htmlFor', 'indeterminate', 'key', 'memo']);
/** What an element does on which event; `refill` lets one that stays do what its successor would. */
const heard = new WeakMap();

function setProp(element, name, value) {
  if (name === 'on') {
    listen(element, value);
  } else if (name === 'class') {
    element.className = Array.isArray(value) ? value.filter(Boolean).join(' ') : value;
  } else if (name === 'data') {
    Object.assign(element.dataset, value);
  } else if (AS_PROPERTY.has(name)) {
    element[name] = value;
  } else if (value === true) {
    element.setAttribute(name, '');
  } else if (value !== false && value !== null && value !== undefined) {
    element.setAttribute(name, value);
  }
}

function listen(element, listeners) {
  const known = heard.get(element) ?? {};
  heard.set(element, listeners);
  for (const type of Object.keys(listeners)) {
    if (!(type in known)) element.addEventListener(type, (event) => heard.get(element)[type]?.(event));
  }
}

/** From now on `element` does what `fresh` was made to do. */
export function listenAs(element, fresh) {
  if (heard.has(element) || heard.has(fresh)) listen(element, { ...heard.get(fresh) });
}

/** Children as `h` takes them, as nodes and strings. */
export function nodes(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
}

/** Replace all children. */
export function fill(element, ...children) {
  element.replaceChildren(...nodes(children));
}

/** A button with a visible or, with an icon only, a spoken label. */
export function button(label, { icon: picture, kind = 'plain', ...props } = {}) {
  return h('button', {
    type: 'button',
    ...props,
    class: ['button', `button-${kind}`, props.class],
    ...(picture && kind === 'icon' ? { 'aria-label': label, title: label } : {}),
  }, picture ?? null, kind === 'icon' ? null : h('span', {}, label));
}

/** Calls `call` once, `milliseconds` after the last of many calls. */
export function debounce(milliseconds, call) {
  let timer = null;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(call, milliseconds, ...values);
  };
}

/** Whether this Enter ends a Hangul composition rather than a line. */
export class Composition {
  #ended = -Infinity;

  constructor(field) {
    field.addEventListener('compositionend', (event) => { this.#ended = event.timeStamp; });
  }

  /** Safari ends the composition before the keydown of the same key; the others after it. */
  covers(event) {
    return event.isComposing || event.keyCode === 229 || (IS_SAFARI && event.timeStamp - this.#ended < 50);
  }
}

const IS_SAFARI = /^((?!chrome|android|crios|fxios).)*safari/iu.test(globalThis.navigator?.userAgent ?? '');
