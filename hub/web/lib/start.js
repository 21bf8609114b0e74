/**
 * How every page starts: who is there, then the form to sign in or what the page shows them; and what is left of
 * it at the end. A page gives what it has of its own.
 */
import { api } from './api.js';
import { fill } from './dom.js';
import { addCatalogues, CATALOGUES, locale, setLocale } from './i18n.js';
import { applyTheme, preferences, setPreference } from './preferences.js';
import { problemOf } from './problem.js';
import { loadSettings, settings } from './settings.js';
import { SignIn } from './sign-in.js';
import { toast } from './toast.js';

const root = document.getElementById('app');

export class Start {
  #page;

  /**
   * `page`, of which only `enter` and `show` must be there:
   * - `catalogues`: its own sentences, by language;
   * - `visitor()`: the language before anybody has signed in and chosen one;
   * - `enter(me)`: begin for somebody; returns false where the page is not theirs, having sent them elsewhere;
   * - `show()`: the node that is shown to them, made anew in the language that is spoken now;
   * - `client()`: their connection, to be stopped before they sign out;
   * - `mayLeave()`: whether they want to sign out after all; `leave()`: what else has to be told to the server;
   * - `forget(chosen)`: erase what was theirs on this device; `chosen` where they signed out themselves;
   * - `end()`: let go of what `enter` has begun;
   * - `spoke()`: another language is spoken, and the server knows.
   */
  constructor(page) {
    this.#page = page;
    if (page.catalogues) addCatalogues(page.catalogues);
  }

  async begin() {
    applyTheme();
    await loadSettings();
    this.#speak(preferences.locale ?? this.#page.visitor?.() ?? settings.locale);
    try {
      await this.enter(await api.me());
    } catch (error) {
      this.askToSignIn(error.code === 'unauthenticated' ? null : problemOf(error));
    }
  }

  /** `note`: why, as a key of the catalogues or a sentence. */
  askToSignIn(note = null) {
    this.#page.end?.();
    fill(root, new SignIn({ note, done: (me) => this.enter(me) }));
  }

  async enter(me) {
    this.#speak(preferences.locale ?? me.locale ?? settings.locale);
    if (await this.#page.enter(me) === false) return;
    this.show();
    this.#page.client?.()?.start();
  }

  show() {
    fill(root, this.#page.show());
  }

  /** What ends a session from outside: `state` as the client tells it. */
  follow({ state, code }) {
    if (state !== 'signed-out') return;
    this.#page.forget?.(false);
    this.askToSignIn(code === 4403 ? 'signin.ended.admin' : 'signin.ended');
  }

  /** A new ticket for the client; null where whoever it was is no longer signed in. */
  async renew() {
    try {
      return (await api.renew()).token;
    } catch (error) {
      if (error.code === 'unauthenticated') return null;
      throw error;
    }
  }

  changeLocale = async (name) => {
    setPreference('locale', name);
    this.#speak(name);
    this.show();
    try {
      await api.setLocale(name);
      this.#page.spoke?.();
    } catch {
      // This device remembers; the server hears of it the next time it is changed.
    }
  };

  signOut = async () => {
    if (await this.#page.mayLeave?.() === false) return;
    const client = this.#page.client?.();
    client?.stop();
    try {
      await this.#page.leave?.();
      await api.signOut();
    } catch (error) {
      toast(problemOf(error));
      client?.start();
      return;
    }
    this.#page.forget?.(true);
    history.replaceState(null, '', '#/');
    this.askToSignIn();
  };

  #speak(name) {
    setLocale(name in CATALOGUES ? name : settings.locale);
    document.documentElement.lang = locale();
  }
}
