/* global VERSION -- the server puts `const VERSION = "…";` before this, made of all files of the pages */
/**
 * The family page's service worker: the page without a network, and push.
 *
 * - The shell is whatever the page reaches: `/family`, its styles, its scripts and what they import, found by
 *   reading them. It is kept whole for each version; the browser fetches this file anew when the version changes.
 * - What was last read is kept too, for reading without a network; signing out erases it.
 * - A push is shown, then acknowledged: that is what makes "delivered" a fact.
 *
 * A classic script, for modules are no workers everywhere yet.
 */
'use strict';

const SHELL = `madang-family-shell-${VERSION}`;
const DATA = 'madang-family-data';
const NOTES = 'madang-family-notes';
const PAGE = '/family';
const DESK = '/author';
const API = '/api/v1';
const ICON = '/web/family/icon-192.png';
const BADGE = '/web/family/badge.png';
/** Files of a shell, and answers kept for reading offline. */
const MOST_FILES = 400;
const MOST_ANSWERS = 120;
/** Ids of pushes shown lately, and receipts that wait for a network. */
const MOST_NOTES = 60;
/** A network that takes longer than this gives way to what is kept. */
const PATIENCE = 6000;

self.addEventListener('install', (event) => {
  event.waitUntil(keepShell().then(() => self.skipWaiting()));
});

self.addEventListener('activate', (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith('madang-family-shell-') && name !== SHELL) await caches.delete(name);
    }
    await self.clients.claim();
    await sendReceipts();
  })());
});

// The shell

async function keepShell() {
  const cache = await caches.open(SHELL);
  const found = new Set([PAGE, ICON, BADGE]);
  for (const path of found) { // grows while it is read
    const response = await fetch(path, { cache: 'no-cache' });
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    const kind = response.headers.get('content-type') ?? '';
    if (/html|javascript/u.test(kind)) {
      for (const named of namedIn(await response.clone().text(), path)) if (found.size < MOST_FILES) found.add(named);
    }
    await cache.put(path, response);
  }
}

/** What a page or a script loads, as paths of ours. */
function namedIn(text, path) {
  const found = [];
  for (const [, address] of text.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*|\b(?:href|src)=)["']([^"']+)["']/gu)) {
    if (!/^(?:\.{0,2}\/)/u.test(address)) continue;
    const url = new URL(address, new URL(path, self.location.origin));
    if (url.origin === self.location.origin && url.pathname.startsWith('/web/')) found.push(url.pathname);
  }
  return found;
}

// Fetches

const READABLE = [/^\/api\/v1\/(?:settings|me|me\/contact)$/u, /^\/api\/v1\/notices(?:\/[^/]+(?:\/submissions)?)?$/u];

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (request.mode === 'navigate') {
    if (url.pathname === PAGE) event.respondWith(fromShell(PAGE, request));
  } else if (url.pathname.startsWith('/web/')) event.respondWith(fromShell(url.pathname, request));
  else if (READABLE.some((pattern) => pattern.test(url.pathname))) event.respondWith(latest(event));
});

async function fromShell(path, request) {
  const cache = await caches.open(SHELL);
  return (await cache.match(path)) ?? fetch(request);
}

/** The server's answer; without one, what it last answered, marked with when that was. */
async function latest(event) {
  const { request } = event;
  const cache = await caches.open(DATA);
  const answer = fetch(request).then((response) => {
    if (response.ok) event.waitUntil(keepAnswer(cache, request.url, response.clone()));
    if (response.status === 401) event.waitUntil(caches.delete(DATA));
    return response;
  });
  const late = new Promise((resolve) => { setTimeout(resolve, PATIENCE, null); });
  try {
    const response = await Promise.race([answer, late]);
    if (response) return response;
    return (await cache.match(request.url)) ?? await answer;
  } catch (error) {
    const kept = await cache.match(request.url);
    if (kept) return kept;
    throw error;
  }
}

async function keepAnswer(cache, url, response) {
  const headers = new Headers(response.headers);
  headers.set('x-madang-kept', new Date().toISOString());
  headers.delete('content-encoding');
  headers.delete('content-length');
  await cache.delete(url);
  await cache.put(url, new Response(await response.arrayBuffer(), { status: response.status, headers }));
  const keys = await cache.keys();
  for (const key of keys.slice(0, Math.max(0, keys.length - MOST_ANSWERS))) await cache.delete(key);
}

self.addEventListener('message', (event) => {
  if (event.data?.type === 'forget') event.waitUntil(forget());
  if (event.data?.type === 'close') event.waitUntil(closeShown(event.data.tag));
  if (event.data?.type === 'receipts') event.waitUntil(sendReceipts());
});

/** Somebody signed out: nothing of theirs stays on this device. */
async function forget() {
  await caches.delete(DATA);
  await caches.delete(NOTES);
  for (const note of await self.registration.getNotifications()) note.close();
}

// Push

self.addEventListener('push', (event) => {
  let push = null;
  try {
    push = event.data?.json() ?? null;
  } catch {
    // Not ours: there is nothing to show.
  }
  if (push) event.waitUntil(take(push));
});

async function take(push) {
  if (push.kind === 'show') await show(push);
  else if (push.kind === 'close') await closeShown(push.tag);
  else return; // of a later version
  await acknowledge(push.token);
}

async function show(push) {
  const again = await wasShown(push.id);
  await self.registration.showNotification(push.title, {
    body: push.body,
    tag: push.tag,
    renotify: !again,
    silent: again,
    icon: ICON,
    badge: BADGE,
    timestamp: Date.parse(push.at) || Date.now(),
    requireInteraction: push.urgent === true,
    data: { id: push.id, url: push.url, notice: push.notice, room: push.room },
  });
  await note(`shown/${push.id}`, '');
  for (const page of await pages()) page.postMessage({ type: 'pushed', push: { tag: push.tag, notice: push.notice, room: push.room } });
}

async function closeShown(tag) {
  for (const shown of await self.registration.getNotifications({ tag })) shown.close();
}

/** The same push comes again after its sender crashed: it replaces itself without another sound. */
async function wasShown(id) {
  return Boolean(await (await caches.open(NOTES)).match(`/shown/${id}`));
}

async function note(path, text) {
  const cache = await caches.open(NOTES);
  await cache.put(`/${path}`, new Response(text));
  const keys = await cache.keys();
  for (const key of keys.slice(0, Math.max(0, keys.length - MOST_NOTES))) await cache.delete(key);
}

async function acknowledge(token) {
  if (!token) return;
  if (!(await sendReceipt(token))) await note(`receipt/${encodeURIComponent(token)}`, token);
}

/** Whether the server has it; a token that it refuses for good counts as had. */
async function sendReceipt(token) {
  try {
    const response = await fetch(`${API}/push/receipts`, {
      method: 'POST', keepalive: true, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token }),
    });
    return response.ok || (response.status >= 400 && response.status < 429);
  } catch {
    return false;
  }
}

async function sendReceipts() {
  const cache = await caches.open(NOTES);
  for (const key of await cache.keys()) {
    if (!new URL(key.url).pathname.startsWith('/receipt/')) continue;
    if (await sendReceipt(await (await cache.match(key)).text())) await cache.delete(key);
  }
}

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(go(placeOf(event.notification.data ?? {})));
});

function placeOf({ notice, room, url }) {
  if (url?.startsWith(`${DESK}#`)) return url; // of those who write: what waits for approval, what was decided
  if (notice) return `${PAGE}#/notices/${encodeURIComponent(notice)}`;
  if (room) return `${PAGE}#/rooms/${encodeURIComponent(room)}`;
  return url?.startsWith(PAGE) ? url : PAGE;
}

async function go(place) {
  const [page] = place.startsWith(DESK) ? [] : await pages();
  if (!page) {
    await self.clients.openWindow(place);
    return;
  }
  page.postMessage({ type: 'go', hash: new URL(place, self.location.origin).hash });
  await page.focus();
}

async function pages() {
  const found = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  return found.filter(({ url }) => new URL(url).pathname === PAGE);
}

/** The browser gave up a subscription: make the next one known at once, without the page. */
self.addEventListener('pushsubscriptionchange', (event) => {
  event.waitUntil((async () => {
    const response = await fetch(`${API}/push/key`);
    if (!response.ok) return;
    const { key } = await response.json();
    const subscription = event.newSubscription
      ?? await self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
    await fetch(`${API}/push/subscriptions`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(subscription),
    });
  })());
});
