/** The HTTP part of the wire, for what is not live. Same origin, signed in by the cookie. */

export const BASE = '/api/v1';

/**
 * A refused request: the members of the problem document (RFC 9457), or code "offline". `fields` says of each
 * field of a form what is wrong with it.
 */
export class ApiError extends Error {
  constructor({ status = 0, code = 'offline', detail = '', title = '', retry_after: retryAfter = null, reason = null, fields = {} }) {
    super(detail || title || code);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
    this.reason = reason;
    this.fields = fields;
  }
}

/**
 * Ask the server. `query` values that are null or undefined are left out; a `body` goes as JSON.
 * Resolves to the parsed answer (null for 204); rejects with ApiError. What a service worker had kept for want
 * of a network says when that was, as `kept`. `once` names a call that creates something: the same on every try,
 * so that it is done once.
 */
export async function call(method, path, { query = {}, body, signal, once = crypto.randomUUID() } = {}) {
  const search = new URLSearchParams(
    Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== ''),
  );
  const headers = { accept: 'application/json', 'accept-language': document.documentElement.lang };
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (method === 'POST') headers['idempotency-key'] = once;
  let response;
  try {
    response = await fetch(`${BASE}${path}${search.size ? `?${search}` : ''}`, {
      method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new ApiError({});
  }
  const answer = answerOf(response.status, await response.text());
  const kept = response.headers.get('x-madang-kept');
  return kept && answer ? { ...answer, kept } : answer;
}

/** The parsed answer; throws ApiError for a refusal. */
export function answerOf(status, text) {
  let answer = null;
  try {
    answer = text ? JSON.parse(text) : null;
  } catch {
    // A proxy's page rather than ours: the status says enough.
  }
  if (status >= 200 && status < 300) return answer;
  throw new ApiError({ code: 'internal', ...answer, status });
}

/** Upload a file; `progress(fraction)` is called on the way. Returns { done, abort }. */
export function upload(file, progress, path = '/files', once = crypto.randomUUID()) {
  const request = new XMLHttpRequest(); // fetch cannot tell how far an upload is
  const done = new Promise((resolve, reject) => {
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    request.onload = () => {
      try {
        resolve(answerOf(request.status, request.responseText));
      } catch (error) {
        reject(error);
      }
    };
    request.onerror = () => reject(new ApiError({}));
    request.onabort = () => reject(new ApiError({ code: 'aborted' }));
  });
  const form = new FormData();
  form.append('file', file, file.name);
  request.open('POST', `${BASE}${path}`);
  request.setRequestHeader('accept', 'application/json');
  request.setRequestHeader('accept-language', document.documentElement.lang);
  request.setRequestHeader('idempotency-key', once);
  request.send(form);
  return { done, abort: () => request.abort() };
}

const path = encodeURIComponent;

export const api = {
  settings: () => call('GET', '/settings'),
  options: () => call('GET', '/sessions/options'),
  signIn: (login, password) => call('POST', '/sessions', { body: { login, password } }),
  signOut: () => call('DELETE', '/sessions/current'),
  renew: () => call('POST', '/sessions/renew'),
  me: () => call('GET', '/me'),
  setLocale: (locale) => call('PATCH', '/me', { body: { locale } }),
  changePassword: (old, next) => call('POST', '/me/password', { body: { old, new: next } }),
  directory: (query, signal) => call('GET', '/directory', { query, signal }),
  people: (ids) => call('GET', '/people', { query: { ids: ids.join(',') } }),
  room: (id) => call('GET', `/rooms/${path(id)}`),
  createRoom: (body) => call('POST', '/rooms', { body }),
  rename: (id, title) => call('PATCH', `/rooms/${path(id)}`, { body: { title } }),
  members: (id, query) => call('GET', `/rooms/${path(id)}/members`, { query }),
  changeMembers: (id, body) => call('POST', `/rooms/${path(id)}/members`, { body }),
  receipts: (id, seq) => call('GET', `/rooms/${path(id)}/receipts`, { query: { seq } }),
  versions: (id, seq) => call('GET', `/rooms/${path(id)}/events/${seq}/versions`),
  hours: (id) => call('GET', `/rooms/${path(id)}/hours`),
  search: (query, signal) => call('GET', '/search', { query, signal }),
  upload,
  fileUrl: (id) => `${BASE}/files/${path(id)}`,
};
