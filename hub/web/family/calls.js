/** The calls of the HTTP API that families make: notices, answers, push, how to reach me. */
import { BASE, call } from '../lib/api.js';

const path = encodeURIComponent;

export const calls = {
  notices: (query, signal) => call('GET', '/notices', { query: { box: 'family', ...query }, signal }),
  notice: (id, lang) => call('GET', `/notices/${path(id)}`, { query: { lang } }),
  seen: (id, version, confirm = false) => call('POST', `/notices/${path(id)}/seen`, { body: { version, confirm } }),
  submissions: (notice) => call('GET', `/notices/${path(notice)}/submissions`),
  submit: (notice, body) => call('POST', `/notices/${path(notice)}/submissions`, { body }),
  certificateUrl: (notice, submission) => `${BASE}/notices/${path(notice)}/submissions/${path(submission)}/certificate`,
  pushKey: () => call('GET', '/push/key'),
  subscribe: (subscription) => call('POST', '/push/subscriptions', { body: subscription }),
  subscriptions: () => call('GET', '/push/subscriptions'),
  unsubscribe: (id) => call('DELETE', `/push/subscriptions/${path(id)}`),
  testPush: (body) => call('POST', '/push/test', { body }),
  contact: () => call('GET', '/me/contact'),
  setContact: (body) => call('PATCH', '/me/contact', { body }),
};
