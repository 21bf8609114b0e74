/** `<m-dialog>`: a modal <dialog> with a title, a body and buttons; Escape and the backdrop close it. */
import { button, fill, h } from './dom.js';
import { t } from './i18n.js';
import { icon } from './icons.js';

export class Dialog extends HTMLElement {
  #dialog;
  #settle;
  #result = null;

  /** Show `body` (nodes) under `title`. `closed` resolves to what `close` was given, or null. */
  static open({ title, body = [], foot = [], className = '' }) {
    const dialog = document.createElement('m-dialog');
    dialog.#build(title, body, foot, className);
    document.body.append(dialog);
    dialog.#dialog.showModal();
    // What does not fit and holds nothing to tab to is scrolled with the keys all the same.
    const { body: part } = dialog;
    if (part.scrollHeight > part.clientHeight && !part.querySelector('a[href], button, input, select, textarea')) part.tabIndex = 0;
    return dialog;
  }

  #build(title, body, foot, className) {
    const id = `dialog-${crypto.randomUUID()}`;
    this.closed = new Promise((resolve) => { this.#settle = resolve; });
    this.body = h('div', { class: 'dialog-body' }, body);
    this.foot = h('div', { class: 'dialog-foot' }, foot);
    this.#dialog = h('dialog', {
      class: className,
      'aria-labelledby': id,
      on: {
        close: () => this.#gone(),
        pointerdown: (event) => { if (event.target === this.#dialog) this.close(); },
      },
    },
    h('div', { class: 'dialog-head' },
      h('h2', { id, tabindex: '-1' }, title),
      button(t('close'), { kind: 'icon', icon: icon('close'), on: { click: () => this.close() } })),
    this.body,
    this.foot);
    fill(this, this.#dialog);
  }

  close(result = null) {
    this.#result = result;
    this.#dialog.close();
  }

  #gone() {
    this.remove();
    this.#settle(this.#result);
  }
}

customElements.define('m-dialog', Dialog);

/** Ask a yes-or-no question. Resolves to whether the answer was yes. */
export async function confirm({ title, text, yes, danger = false }) {
  const dialog = Dialog.open({
    title,
    body: [h('p', {}, text)],
    foot: [
      button(t('cancel'), { on: { click: () => dialog.close(false) } }),
      button(yes, { kind: danger ? 'danger' : 'main', autofocus: true, on: { click: () => dialog.close(true) } }),
    ],
  });
  return (await dialog.closed) === true;
}
