/** `<s-sign-in>`: login and password, or the office's single sign-on. */
import { api } from './api.js';
import { button, h } from './dom.js';
import { t } from './i18n.js';
import { problemOf } from './problem.js';

/** What the office's single sign-on may come back with; anything else is `signin.refused`. */
const REFUSED = {
  unknown_subject: 'signin.refused.unknown_subject',
  oidc_denied: 'signin.refused.oidc_denied',
  oidc_state: 'signin.refused.oidc_state',
  oidc_unavailable: 'signin.refused.oidc_unavailable',
};

export class SignIn extends HTMLElement {
  #done;
  #note;
  #login;
  #password;
  #submit;
  #error;
  #other;

  /** `done(me)` is called after a sign-in; `note`: why this form is shown (a catalogue key or a sentence). */
  constructor({ done, note = null }) {
    super();
    this.#done = done;
    this.#note = note;
  }

  connectedCallback() {
    if (this.#login) return;
    document.title = t('app.name');
    this.#login = h('input', { class: 'input', name: 'login', autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false', required: true });
    this.#password = h('input', { class: 'input', name: 'password', type: 'password', autocomplete: 'current-password', required: true });
    this.#submit = h('button', { class: 'button button-main', type: 'submit' }, t('signin.submit'));
    this.#error = h('p', { class: 'error-text', role: 'alert', id: 'signin-error' }, this.#why());
    this.#other = h('div', { class: 'signin-other', hidden: true });
    this.append(h('main', { class: 'signin' },
      h('img', { src: '/web/lib/icon.svg', alt: '', width: 48, height: 48 }),
      h('h1', {}, t('app.name')),
      h('p', { class: 'faint' }, t('app.tagline')),
      h('form', { novalidate: true, 'aria-describedby': 'signin-error', on: { submit: (event) => this.#send(event) } },
        h('label', { class: 'field' }, h('span', {}, t('signin.login')), this.#login),
        h('label', { class: 'field' }, h('span', {}, t('signin.password')), this.#password),
        this.#error,
        this.#submit),
      this.#other));
    this.#login.focus();
    this.#offerOther();
  }

  /** Why this form is shown: what the page says, or what came back from the office's single sign-on. */
  #why() {
    if (this.#note) return t(this.#note);
    const reason = new URLSearchParams(location.search).get('signin');
    if (!reason) return '';
    history.replaceState(history.state, '', location.pathname + location.hash);
    return t(Object.hasOwn(REFUSED, reason) ? REFUSED[reason] : 'signin.refused');
  }

  async #send(event) {
    event.preventDefault();
    const login = this.#login.value.trim();
    const password = this.#password.value;
    if (!login || !password) {
      this.#fail(t('signin.empty'), login ? this.#password : this.#login);
      return;
    }
    this.#busy(true);
    try {
      const { me } = await api.signIn(login, password);
      this.#done(me);
    } catch (error) {
      this.#busy(false);
      this.#fail(problemOf(error), this.#password);
    }
  }

  #busy(on) {
    this.#submit.disabled = on;
    this.#submit.textContent = t(on ? 'signin.busy' : 'signin.submit');
  }

  #fail(text, field) {
    this.#error.textContent = text;
    field.focus();
    field.select();
  }

  async #offerOther() {
    try {
      const { oidc } = await api.options();
      if (!oidc) return;
      this.#other.append(
        h('p', { class: 'faint' }, t('signin.or')),
        h('a', { class: 'button button-plain', href: '/auth/oidc/login' }, t('signin.with', { name: oidc.name })),
      );
      this.#other.hidden = false;
    } catch {
      // The form still works.
    }
  }
}

customElements.define('s-sign-in', SignIn);
