/** The hub's chatbot over HTTP. No cookie is set or sent: who is not signed in is a visitor with a token, kept here. */

export class Refused extends Error {
  constructor(status, problem) {
    super(problem?.detail ?? '');
    this.status = status;
    this.code = problem?.code ?? 'unavailable';
    this.retryAfter = problem?.retry_after ?? null;
  }
}

/** What went wrong, in words for people: the hub's, or that nothing came from it. */
export function problemOf(error, words) {
  return (error instanceof Refused && error.message) || words.offline;
}

/** A name that nothing else has. `crypto.randomUUID` is there on pages that came over TLS, which not all do. */
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40; // RFC 9562, version 4
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return Array.from(bytes, (byte, at) => ([4, 6, 8, 10].includes(at) ? '-' : '') + byte.toString(16).padStart(2, '0')).join('');
}

/** The machine that answered has stored it by now; where there are several, another may have it a moment later. */
async function onceStored(call) {
  for (const wait of [200, 400, 800]) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 404) throw error;
    }
    await new Promise((resolve) => {
      setTimeout(resolve, wait);
    });
  }
  return call();
}

export class BotApi {
  #base;
  #origin;
  #store;

  constructor(hub, bot, store) {
    this.#base = `${hub}/api/v1/bots/${encodeURIComponent(bot)}`;
    this.#origin = hub;
    this.#store = store;
  }

  /** Who asks as the hub sees it, and what people of a school (`unit`) ask most. */
  async about(unit) {
    const path = unit ? `?unit=${encodeURIComponent(unit)}` : '';
    const about = await this.#json('GET', path).catch((error) => {
      if (error.status !== 401) throw error;
      return this.#json('GET', path); // as somebody new
    });
    if (about.visitor) this.#store.set('visitor', about.visitor.token);
    return about;
  }

  ask(question, signal) {
    return this.#call('POST', '/chat', { body: question, signal });
  }

  resume(run, after, signal) {
    return this.#call('GET', `/chat/${run}/stream`, { after: after === null ? null : `${run}:${after}`, signal });
  }

  stop(run) {
    return this.#call('POST', `/chat/${run}/stop`);
  }

  feedback(run, helpful, reason) {
    const body = reason ? { run, helpful, reason } : { run, helpful };
    return onceStored(() => this.#call('POST', '/feedback', { body }));
  }

  conversation(id) {
    return this.#json('GET', `/conversations/${id}`);
  }

  handoff(id) {
    return this.#json('GET', `/conversations/${id}/handoff`);
  }

  /** `once` names the hand-over: the same on every try. */
  hand(id, body, once) {
    return onceStored(() => this.#json('POST', `/conversations/${id}/handoff`, body, once));
  }

  say(id, text, cid) {
    return this.#json('POST', `/conversations/${id}/handoff/messages`, { text, cid });
  }

  followHandoff(id, after, signal) {
    return this.#call('GET', `/conversations/${id}/handoff/stream`, { after, signal });
  }

  endHandoff(id) {
    return this.#json('POST', `/conversations/${id}/handoff/done`);
  }

  async #json(method, path, body, once = null) {
    return (await this.#call(method, path, { body, once })).json();
  }

  async #call(method, path, { body, once = null, after = null, signal } = {}) {
    const headers = {};
    const visitor = this.#store.get('visitor');
    if (visitor) headers['Madang-Visitor'] = visitor;
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    if (once !== null) headers['Idempotency-Key'] = once;
    if (after !== null) headers['Last-Event-ID'] = String(after);
    const response = await fetch(this.#base + path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal,
      // On the hub's own pages whoever is signed in is who they are; elsewhere nothing is sent along.
      credentials: location.origin === this.#origin ? 'same-origin' : 'omit',
    });
    const token = response.headers.get('Madang-Visitor');
    if (token) this.#store.set('visitor', token);
    if (response.status === 401 && visitor) {
      // Nobody came for so long that it is not known any more, and with it the conversation.
      this.#store.set('visitor', null);
      this.#store.set('conversation', null);
    }
    if (!response.ok) throw new Refused(response.status, await response.json().catch(() => null));
    return response;
  }
}

/** What the browser keeps of a bot between pages; where it keeps nothing, it is kept as long as the page. */
export class Store {
  #prefix;
  #kept = new Map();

  constructor(hub, bot) {
    this.#prefix = `madang:${hub}:${bot}:`;
  }

  get(name) {
    try {
      return localStorage.getItem(this.#prefix + name) ?? this.#kept.get(name) ?? null;
    } catch {
      return this.#kept.get(name) ?? null;
    }
  }

  set(name, value) {
    if (value === null) this.#kept.delete(name);
    else this.#kept.set(name, value);
    try {
      if (value === null) localStorage.removeItem(this.#prefix + name);
      else localStorage.setItem(this.#prefix + name, value);
    } catch {
      // private windows and full disks: the page remembers
    }
  }
}
