/**
 * Saves what is written, by itself: on this device at once, on the server a moment later, again when a
 * connection that was lost is back. What is out already is kept on this device only, until it is sent as a
 * correction.
 *
 * Events: "change" (of `state`), "named" (the draft has got its id), "view" (detail: the server's answer).
 */
import { calls } from './calls.js';
import { bodyOf, changed, isBegun } from './draft.js';

const PAUSE = 1000;
const AGAIN = 8000;

export class Saver extends EventTarget {
  /** "saved", "waiting", "saving", "offline", "delayed" (the server cannot now), "partly" (some of it is not whole yet), "refused" or "gone". */
  state = 'saved';
  error = null;
  savedAt = null;
  #kept;
  #draft;
  #id;
  /** What the server has, as of `bodyOf`. */
  #base;
  #changedAt;
  #once;
  #correction;
  #timer = null;
  #running = null;
  #ended = false;

  /** `view`: the server's answer where the draft is there already; `kept` its copy here; `once` names its beginning. */
  constructor({ kept, draft, view = null, correction = false, once = crypto.randomUUID() }) {
    super();
    this.#kept = kept;
    this.#draft = draft;
    this.#correction = correction;
    this.#once = once;
    this.#id = view?.id ?? null;
    this.#base = null;
    this.#changedAt = view?.changed_at ?? null;
  }

  get id() {
    return this.#id;
  }

  get draft() {
    return this.#draft;
  }

  /** What the server has is what `draft` says. */
  agree(draft, view) {
    this.#base = bodyOf(draft, { correction: this.#correction });
    this.#changedAt = view.changed_at;
  }

  /** Take a change of some fields. */
  set(fields) {
    this.#draft = { ...this.#draft, ...fields };
    this.#keep(true);
    if (this.#correction) {
      this.#become('waiting');
      return;
    }
    if (!this.#running) this.#become(this.state === 'offline' ? 'offline' : 'waiting');
    this.#later(PAUSE);
  }

  /** Save now. Resolves to the id once the server has all that can be sent; rejects where it cannot. */
  async flush() {
    clearTimeout(this.#timer);
    while (this.#running) await this.#running.catch(() => {});
    await this.#save(true);
    return this.#id;
  }

  /** Try again, as when the connection is back. */
  retry() {
    if (this.#ended || this.#correction) return;
    if (['offline', 'delayed', 'waiting', 'refused'].includes(this.state)) this.#later(0);
  }

  /** What changed of what is out, to be sent as a correction. */
  correction() {
    return changed(this.#base, bodyOf(this.#draft, { correction: true }));
  }

  /** Begin again in the name of another unit, which a draft cannot change once it is there. */
  async move(unit) {
    while (this.#running) await this.#running.catch(() => {});
    const old = this.#id;
    if (!old) {
      this.set({ unit, audience: [] });
      return;
    }
    const draft = { ...this.#draft, unit, audience: [] };
    const { files: _, ...body } = bodyOf(draft);
    const view = await calls.create({ ...body, kind: draft.kind, unit }, crypto.randomUUID());
    await calls.discard(old).catch(() => {});
    this.#draft = draft;
    this.#named(view);
    this.agree(draft, view);
    this.#keep(false);
  }

  /** Nothing of it is to be kept here any more. */
  forget() {
    this.#kept.drop();
    this.end();
  }

  end() {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  #later(milliseconds) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#save(false).catch(() => {}), milliseconds);
  }

  #keep(pending) {
    if (!pending) {
      this.#kept.drop(); // the server has it: nothing of it need lie about on this device
      return;
    }
    const content = { draft: this.#draft, id: this.#id, base: this.#changedAt, once: this.#once, pending: this.#id !== null || isBegun(this.#draft) };
    this.#kept.write(content);
  }

  async #save(strict) {
    if (this.#ended || this.#correction) return;
    if (this.#running) {
      this.#later(PAUSE);
      return;
    }
    if (!this.#id && !(isBegun(this.#draft) && this.#draft.unit) && !strict) return;
    const draft = this.#draft;
    const body = bodyOf(draft);
    const news = changed(this.#base, body);
    if (this.#id && !Object.keys(news).length) {
      this.#done(draft);
      return;
    }
    this.#become('saving');
    this.#running = this.#id ? calls.change(this.#id, news) : calls.create({ ...body, kind: draft.kind, unit: draft.unit }, this.#once);
    let failure = null;
    try {
      const view = await this.#running;
      this.#base = body;
      this.#changedAt = view.changed_at;
      if (!this.#id) this.#named(view);
      this.dispatchEvent(new CustomEvent('view', { detail: view }));
    } catch (error) {
      failure = error;
    }
    this.#running = null;
    if (failure) this.#failed(failure, strict);
    else if (this.#draft === draft) this.#done(draft);
    else this.#later(strict ? 0 : PAUSE);
    if (failure && strict) throw failure;
    if (strict && this.#draft !== draft) await this.flush();
  }

  #done(draft) {
    const whole = !draft.form || 'form' in bodyOf(draft) || !draft.form.fields.length;
    const translated = Object.values(draft.translations).every(({ title, text }) => title.trim() || !text.trim());
    this.#keep(!whole || !translated);
    this.savedAt = new Date();
    this.#become(whole && translated ? 'saved' : 'partly');
  }

  #named(view) {
    this.#id = view.id;
    this.#kept.rename(view.id);
    this.dispatchEvent(new CustomEvent('named', { detail: view }));
  }

  #failed(error, strict) {
    this.error = error;
    if (error.code === 'offline' || error.status >= 500 || error.status === 429) {
      this.#become(error.code === 'offline' ? 'offline' : 'delayed');
      if (!strict) this.#later(AGAIN);
    } else if (error.code === 'not_found') this.#become('gone');
    else this.#become('refused');
  }

  #become(state) {
    this.state = state;
    if (state !== 'refused') this.error = state === 'offline' ? this.error : null;
    this.dispatchEvent(new CustomEvent('change'));
  }
}

/** A copy that stands beside what the server has; `theirs` where somebody changed that meanwhile. */
export function reconcile(kept, view) {
  if (!kept?.pending) return 'none';
  return kept.base === view.changed_at ? 'mine' : 'both';
}
