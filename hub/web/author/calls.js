/** The calls of the HTTP API that those who write notices make. */
import { answerOf, ApiError, BASE, call } from '../lib/api.js';

const path = encodeURIComponent;
const one = (id, more = '') => `/notices/${path(id)}${more}`;
const of = (unit, more) => `/units/${path(unit)}${more}`;

export const calls = {
  notices: (query, signal) => call('GET', '/notices', { query: { box: 'authored', ...query }, signal }),
  notice: (id, lang) => call('GET', one(id), { query: { lang } }),
  audiences: (unit, signal) => call('GET', '/notices/audiences', { query: { unit }, signal }),
  /** `once`: the same for every try, so that a draft is begun once. */
  create: (body, once) => call('POST', '/notices', { body, once }),
  change: (id, body) => call('PATCH', one(id), { body }),
  discard: (id) => call('DELETE', one(id)),
  submit: (id) => call('POST', one(id, '/submit')),
  approve: (id) => call('POST', one(id, '/approve')),
  refuse: (id, reason) => call('POST', one(id, '/refuse'), { body: { reason } }),
  publish: (id, at) => call('POST', one(id, '/publish'), { body: { at } }),
  unschedule: (id) => call('POST', one(id, '/unschedule')),
  withdraw: (id, reason) => call('POST', one(id, '/withdraw'), { body: { reason } }),
  preview: (body, signal) => call('POST', '/notices/preview', { body, signal }),
  reach: (id, query, signal) => call('GET', one(id, '/reach'), { query, signal }),
  remind: (id) => call('POST', one(id, '/remind')),
  rules: (unit) => call('GET', of(unit, '/notice-rules')),
  setRules: (unit, rules) => call('PUT', of(unit, '/notice-rules'), { body: rules }),
  dropRules: (unit) => call('DELETE', of(unit, '/notice-rules')),
  hours: (unit) => call('GET', of(unit, '/hours')),
  /** `hours`: { start, end, days }, or null for those from above. */
  setHours: (unit, hours) => call('PUT', of(unit, '/hours'), { body: { hours } }),
  merge,
  unmerge: (id) => call('DELETE', one(id, '/merge')),
  submissions: (id, query, signal) => call('GET', one(id, '/submissions'), { query, signal }),
  enter: (id, body) => call('POST', one(id, '/submissions'), { body }),
  head: (id) => call('GET', one(id, '/ledger/head')),
  certificateUrl: (id, submission) => `${BASE}${one(id, `/submissions/${path(submission)}/certificate`)}`,
  exportUrl: (id, format) => `${BASE}${one(id, `/submissions/export?format=${format}`)}`,
  ledgerUrl: (id) => `${BASE}${one(id, '/ledger')}`,
};

/** Hand in the table of a mail merge. */
async function merge(id, file) {
  const body = new FormData();
  body.append('file', file, file.name);
  let response;
  try {
    response = await fetch(`${BASE}${one(id, '/merge')}`, { method: 'PUT', body, headers: { accept: 'application/json', 'accept-language': document.documentElement.lang } });
  } catch {
    throw new ApiError({});
  }
  return answerOf(response.status, await response.text());
}
