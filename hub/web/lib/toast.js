/** `<m-toast>`: short notes at the foot of the page, spoken politely, gone after a while. */
import { h } from './dom.js';

const SECONDS = 5;
const MOST = 3;

export class Toast extends HTMLElement {
  connectedCallback() {
    this.setAttribute('role', 'status');
    this.setAttribute('aria-live', 'polite');
  }
}

customElements.define('m-toast', Toast);

/** Show a note. */
export function toast(text) {
  let host = document.querySelector('m-toast');
  if (!host) {
    host = document.createElement('m-toast');
    document.body.append(host);
  }
  while (host.children.length >= MOST) host.firstChild.remove();
  const note = h('div', {}, text);
  host.append(note);
  setTimeout(() => note.remove(), SECONDS * 1000);
}
