/** `<f-email>`: where e-mail goes. A new address holds once the code that was sent there has been told. */
import { button, fill, h } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { problemOf } from '../lib/problem.js';
import { toast } from '../lib/toast.js';
import { calls } from './calls.js';

export class EmailSettings extends HTMLElement {
  #contact;
  #took;
  #editing = false;
  #error = h('p', { class: 'error-text', role: 'alert' });

  /** `took` is given how one may be reached, whenever that has changed. */
  constructor(contact, took) {
    super();
    this.#contact = contact;
    this.#took = took;
    this.className = 'email-settings';
    this.#render();
  }

  #render() {
    const { email, email_pending: pending } = this.#contact;
    fill(this, this.#editing ? this.#address(pending ?? email) : pending ? this.#code(pending)
      : h('div', { class: 'row' }, button(t(email ? 'email.change' : 'email.add'), { kind: 'quiet', on: { click: () => this.#edit(true) } })), this.#error);
  }

  #address(before) {
    const input = h('input', { class: 'input', type: 'email', autocomplete: 'email', value: before ?? '', required: true, maxlength: 254 });
    return this.#form(t('email.address'), input, t('email.ask'), () => calls.setContact({ email: input.value.trim() }), () => this.#edit(false));
  }

  #code(pending) {
    const input = h('input', { class: 'input', inputMode: 'numeric', autocomplete: 'one-time-code', maxlength: 20, required: true });
    return [h('p', { class: 'faint' }, t('email.sent', { email: pending })),
      this.#form(t('email.code'), input, t('email.confirm'), () => calls.verifyEmail(input.value), () => this.#edit(true), t('email.other'))];
  }

  #form(label, input, yes, send, leave, no = t('cancel')) {
    const submit = h('button', { type: 'submit', class: 'button button-main' }, yes);
    return h('form', {
      novalidate: true,
      on: {
        submit: (event) => {
          event.preventDefault();
          if (input.value.trim()) this.#send(send, submit);
          else input.focus();
        },
      },
    }, h('label', { class: 'field' }, h('span', {}, label), input), h('div', { class: 'row' }, submit, button(no, { kind: 'quiet', on: { click: leave } })));
  }

  async #send(send, submit) {
    submit.disabled = true;
    this.#error.textContent = '';
    try {
      const before = this.#contact.email;
      this.#contact = await send();
      this.#editing = false;
      if (this.#contact.email !== before) toast(t('email.done', { email: this.#contact.email }));
      this.#took(this.#contact);
    } catch (error) {
      this.#error.textContent = problemOf(error);
      submit.disabled = false;
      this.querySelector('input').focus();
    }
  }

  #edit(on) {
    this.#editing = on;
    this.#error.textContent = '';
    this.#render();
    this.querySelector('input, button')?.focus();
  }
}

customElements.define('f-email', EmailSettings);
