/** What the parts of the page one writes on have in common: a frame with a title, a hint, a place for what is wrong. */
import { h } from '../lib/dom.js';
import { t } from '../lib/i18n.js';

/** { name, node, fault(sentence | null) }: `title` in words, `nodes` below it. */
export function part(name, title, { hint = null, folded = null, className = '' }, ...nodes) {
  const error = h('p', { class: 'error-text', id: `fault-${name}`, role: 'alert' });
  const head = h('h2', { id: `part-${name}` }, title);
  const body = [hint ? h('p', { class: 'faint' }, hint) : null, ...nodes, error].flat(Infinity).filter(Boolean);
  const node = folded === null
    ? h('section', { class: ['part', className], data: { part: name }, 'aria-labelledby': `part-${name}` }, head, body)
    : h('details', { class: ['part', 'part-folded', className], data: { part: name }, open: !folded }, h('summary', {}, head, h('span', { class: 'part-says faint' })), h('div', { class: 'part-body' }, body));
  return {
    name, node,
    fault(sentence) {
      error.textContent = sentence ?? '';
      node.classList.toggle('wrong', Boolean(sentence));
      if (sentence && node.tagName === 'DETAILS') node.open = true;
    },
    /** What a folded part holds, in a word. */
    says(words) {
      const place = node.querySelector('.part-says');
      if (place) place.textContent = words;
    },
    focus() {
      if (node.tagName === 'DETAILS') node.open = true;
      node.scrollIntoView({ block: 'center' });
      node.querySelector('[aria-invalid="true"], .wrong input, .wrong textarea, .wrong button, input, textarea, select, button')?.focus({ preventScroll: true });
    },
  };
}

/** A box to tick, with words and a hint. */
export function check(label, { checked, hint = null, changed, disabled = false, ...more }) {
  return h('label', { class: ['check', hint && 'check-tall'] },
    h('input', { type: 'checkbox', checked, disabled, on: { change: ({ target }) => changed(target.checked) }, ...more }),
    h('span', {}, label, hint ? h('span', { class: 'faint check-hint' }, hint) : null));
}

/** One of some, as buttons that stay pressed. */
export function choice(label, options, chosen, changed) {
  const node = h('div', { class: 'segments', role: 'group', 'aria-label': label });
  const show = (value) => { for (const one of node.children) one.setAttribute('aria-pressed', String(one.dataset.value === value)); };
  for (const [value, words] of options) {
    node.append(h('button', { type: 'button', class: 'button', data: { value }, on: { click: () => { show(value); changed(value); } } }, words));
  }
  show(chosen);
  return node;
}

/** A field with its label; `control` is an input, a textarea or a select. */
export function field(label, control, { optional = false, hint = null } = {}) {
  return h('label', { class: 'field' }, h('span', {}, label, optional ? h('span', { class: 'optional' }, ` ${t('form.optional')}`) : null), control, hint ? h('small', { class: 'faint' }, hint) : null);
}

/** A line that grows with what is written into it. */
export function growing(props, least = 2) {
  const area = h('textarea', { ...props, class: ['input', 'growing', props.class].filter(Boolean).join(' '), rows: least });
  const grow = () => {
    if (!area.isConnected || CSS.supports('field-sizing', 'content')) return;
    area.style.blockSize = 'auto';
    area.style.blockSize = `${area.scrollHeight + 2}px`;
  };
  area.addEventListener('input', grow);
  requestAnimationFrame(grow);
  return area;
}
