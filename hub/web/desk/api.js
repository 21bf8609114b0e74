/** The calls of the FAQ desk. */
import { BASE, call, upload } from '../lib/api.js';

const path = encodeURIComponent;
const entry = (id) => `/faq/entries/${path(id)}`;

export const desk = {
  desks: () => call('GET', '/faq/desks'),
  chatbot: () => call('GET', '/faq/chatbot'),
  setting: (unit) => call('GET', `/faq/desks/${path(unit)}`),
  set: (unit, body) => call('PUT', `/faq/desks/${path(unit)}`, { body }),
  entries: (query, signal) => call('GET', '/faq/entries', { query, signal }),
  entry: (id) => call('GET', entry(id)),
  create: (body, once) => call('POST', '/faq/entries', { body, once }),
  save: (id, body) => call('PUT', entry(id), { body }),
  erase: (id, version) => call('DELETE', entry(id), { query: { version } }),
  publish: (entries) => call('POST', '/faq/entries/publish', { body: { entries } }),
  withdraw: (entries) => call('POST', '/faq/entries/withdraw', { body: { entries } }),
  history: (id, before) => call('GET', `${entry(id)}/history`, { query: { before } }),
  restore: (id, body) => call('POST', `${entry(id)}/restore`, { body }),
  proposals: (id) => call('GET', `${entry(id)}/proposals`),
  preview: (body) => call('POST', '/faq/preview', { body }),
  twins: (body) => call('POST', '/faq/twins', { body }),
  figures: (query) => call('GET', '/faq/figures', { query }),
  questions: (query) => call('GET', '/faq/questions', { query }),
  dismiss: (questions, audience) => call('POST', '/faq/questions/dismiss', { body: { questions, audience } }),
  bringIn: (file, query, progress, once) => upload(file, progress, `/faq/import?${new URLSearchParams(query)}`, once),
  exportUrl: (query) => `${BASE}/faq/export?${new URLSearchParams(Object.entries(query).filter(([, value]) => value))}`,
};
