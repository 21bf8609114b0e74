/** `<m-menu>`: a menu at a button or a point; arrow keys, Escape and a click elsewhere as usual. */
import { fill, h } from './dom.js';
import { icon } from './icons.js';

const MARGIN = 8;

export class Menu extends HTMLElement {
  #opener;
  #outside = (event) => {
    // A press on the opener is left to the opener, which closes the menu itself.
    if (!this.contains(event.target) && !this.#opener?.contains(event.target)) this.close(false);
  };

  /**
   * Open at `anchor` (an element). `items`: { label, icon, run, danger, checked }, { title } or
   * { line: true }; those that are null are left out.
   */
  static open(anchor, items, label) {
    document.querySelector('m-menu')?.close(false);
    const menu = document.createElement('m-menu');
    menu.#opener = anchor;
    menu.setAttribute('role', 'menu');
    menu.setAttribute('aria-label', label);
    fill(menu, items.filter(Boolean).map((item) => menu.#item(item)));
    // Within the landmark it belongs to, where screen readers look for it.
    (anchor.closest('nav, main, [role="main"]') ?? document.body).append(menu);
    menu.#place(anchor.getBoundingClientRect());
    anchor.setAttribute('aria-expanded', 'true');
    menu.#choices[0]?.focus();
    return menu;
  }

  connectedCallback() {
    this.addEventListener('keydown', (event) => this.#key(event));
    document.addEventListener('pointerdown', this.#outside, true);
  }

  disconnectedCallback() {
    document.removeEventListener('pointerdown', this.#outside, true);
  }

  close(refocus = true) {
    this.#opener?.setAttribute('aria-expanded', 'false');
    this.remove();
    if (refocus && this.#opener?.isConnected) this.#opener.focus();
  }

  get #choices() {
    return [...this.querySelectorAll('[role^="menuitem"]')];
  }

  #item(item) {
    if (item.line) return h('hr', { role: 'separator' });
    if (item.title) return h('div', { class: 'menu-title', role: 'presentation' }, item.title);
    const checkable = item.checked !== undefined;
    return h('button', {
      type: 'button',
      role: checkable ? 'menuitemradio' : 'menuitem',
      'aria-checked': checkable ? String(item.checked) : null,
      class: item.danger ? 'danger' : '',
      tabIndex: -1,
      on: { click: () => { this.close(); item.run(); } },
    }, item.icon ? icon(item.icon) : null, h('span', {}, item.label),
    checkable ? h('span', { class: 'check' }, icon('check')) : null);
  }

  #place(box) {
    const { offsetWidth: width, offsetHeight: height } = this;
    // From the anchor towards the middle of the page.
    const wanted = box.left + box.right < innerWidth ? box.left : box.right - width;
    const left = Math.min(Math.max(MARGIN, wanted), innerWidth - width - MARGIN);
    const below = box.bottom + 4;
    const top = below + height > innerHeight - MARGIN ? Math.max(MARGIN, box.top - height - 4) : below;
    this.style.left = `${left}px`;
    this.style.top = `${top}px`;
  }

  #key(event) {
    const choices = this.#choices;
    const at = choices.indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) choices.at((at + step + choices.length) % choices.length).focus();
    else if (event.key === 'Home') choices[0].focus();
    else if (event.key === 'End') choices.at(-1).focus();
    else if (event.key === 'Escape' || event.key === 'Tab') this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

customElements.define('m-menu', Menu);
