/** `<f-address>`: where e-mail or text messages go. A new address holds once the code that was sent there has been told. */
import { button, fill, h } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { problemOf } from '../lib/problem.js';
import { toast } from '../lib/toast.js';
import { calls } from './calls.js';

/** What a kind of address is called in how one may be reached, how it is put in, and how its code is told. */
const KINDS = {
  email: { field: 'email', pending: 'email_pending', input: { type: 'email', autocomplete: 'email', maxlength: 254 }, verify: calls.verifyEmail },
  sms: { field: 'phone', pending: 'phone_pending', input: { type: 'tel', autocomplete: 'tel', maxlength: 20 }, verify: calls.verifyPhone },
};

export class AddressSettings extends HTMLElement {
  #kind;
  #contact;
  #took;
  #editing = false;
  #error = h('p', { class: 'error-text', role: 'alert' });

  /** `kind` is "email" or "sms"; `took` is given how one may be reached, whenever that has changed. */
  constructor(kind, contact, took) {
    super();
    this.#kind = kind;
    this.dataset.kind = kind;
    this.#contact = contact;
    this.#took = took;
    this.className = 'address-settings';
    this.#render();
  }

  #render() {
    const { field, pending: waiting } = KINDS[this.#kind];
    const { [field]: address, [waiting]: pending } = this.#contact;
    fill(this, this.#editing ? this.#address(pending ?? address) : pending ? this.#code(pending)
      : h('div', { class: 'row' }, button(this.#say(address ? 'change' : 'add'), { kind: 'quiet', on: { click: () => this.#edit(true) } })), this.#error);
  }

  #address(before) {
    const { field, input: how } = KINDS[this.#kind];
    const input = h('input', { class: 'input', ...how, value: before ?? '', required: true });
    return this.#form(this.#say('address'), input, t('address.ask'), () => calls.setContact({ [field]: input.value.trim() }), () => this.#edit(false));
  }

  #code(pending) {
    const input = h('input', { class: 'input', inputMode: 'numeric', autocomplete: 'one-time-code', maxlength: 20, required: true });
    return [h('p', { class: 'faint' }, t('address.sent', { address: pending })),
      this.#form(t('address.code'), input, t('address.confirm'), () => KINDS[this.#kind].verify(input.value), () => this.#edit(true), this.#say('other'))];
  }

  #say(name) {
    return t(`${this.#kind}.${name}`);
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
      const { field } = KINDS[this.#kind];
      const before = this.#contact[field];
      this.#contact = await send();
      this.#editing = false;
      if (this.#contact[field] !== before) toast(t('address.done', { address: this.#contact[field] }));
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

customElements.define('f-address', AddressSettings);
