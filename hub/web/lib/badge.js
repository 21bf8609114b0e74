/** `<m-badge>`: a count, spoken with what it counts; 1000 and more become 999+. */
export class Badge extends HTMLElement {
  static of(count, spoken, kind = 'count') {
    const badge = document.createElement('m-badge');
    badge.setAttribute('kind', kind);
    badge.setAttribute('role', 'img');
    badge.setAttribute('aria-label', spoken);
    badge.textContent = kind === 'mention' ? '@' : count > 999 ? '999+' : String(count);
    return badge;
  }
}

customElements.define('m-badge', Badge);
