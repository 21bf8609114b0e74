/** The calls of the HTTP API that families make: notices, answers, push, how to reach me. */
import { BASE, call } from '../lib/api.js';

const path = encodeURIComponent;

export const calls = {
  notices: (query, signal) => call('GET', '/notices', { query: { box: 'family', ...query }, signal }),
  notice: (id, lang) => call('GET', `/notices/${path(id)}`, { query: { lang } }),
  seen: async (id, version, confirm = false) => {
    const view = await call('POST', `/notices/${path(id)}/seen`, { body: { version, confirm } });
    closeHere(id);
    return view;
  },
  submissions: (notice) => call('GET', `/notices/${path(notice)}/submissions`),
  submit: (notice, body) => call('POST', `/notices/${path(notice)}/submissions`, { body }),
  certificateUrl: (notice, submission) => `${BASE}/notices/${path(notice)}/submissions/${path(submission)}/certificate`,
  pushKey: () => call('GET', '/push/key'),
  subscribe: (subscription) => call('POST', '/push/subscriptions', { body: subscription }),
  subscriptions: () => call('GET', '/push/subscriptions'),
  unsubscribe: (id) => call('DELETE', `/push/subscriptions/${path(id)}`),
  testPush: (body) => call('POST', '/push/test', { body }),
  contact: () => call('GET', '/me/contact'),
  verifyEmail: (code) => call('POST', '/me/contact/email', { body: { code } }),
  verifyPhone: (code) => call('POST', '/me/contact/phone', { body: { code } }),
  setContact: (body) => call('PATCH', '/me/contact', { body }),
};

/** Other devices are told to close what they show of a notice that was read; this one does so by itself. */
async function closeHere(tag) {
  const registration = await globalThis.navigator?.serviceWorker?.getRegistration('/family').catch(() => null);
  for (const shown of (await registration?.getNotifications({ tag })) ?? []) shown.close();
}
