/**
 * Push on this device: what is there, switching it on and off, and mending a subscription that the server
 * does not know or that was made with another key.
 */
import { calls } from './calls.js';

const WORKER = '/family/worker.js';
const SCOPE = '/family';

let registering = null;

/** Start the service worker; null where the browser has none. Called again, gives the same. */
export function worker() {
  if (!navigator.serviceWorker) return Promise.resolve(null);
  registering ??= navigator.serviceWorker.register(WORKER, { scope: SCOPE }).catch(() => {
    registering = null; // tried again when it is next wanted
    return null;
  });
  return registering;
}

/** Tell the service worker something, if there is one. */
export async function tellWorker(message) {
  const registration = await navigator.serviceWorker?.getRegistration(SCOPE);
  registration?.active?.postMessage(message);
}

/** What stands between this device and push: "unsupported", "install", "denied", "off" or "on". */
export async function pushState() {
  if (!('PushManager' in globalThis) || !('Notification' in globalThis) || !navigator.serviceWorker) {
    // iPhones have push for pages on the home screen only.
    return /iPhone|iPad/u.test(navigator.userAgent) && !isInstalled() ? 'install' : 'unsupported';
  }
  if (Notification.permission === 'denied') return 'denied';
  return Notification.permission === 'granted' && await current() ? 'on' : 'off';
}

export function isInstalled() {
  return matchMedia('(display-mode: standalone)').matches || navigator.standalone === true;
}

/** The permission in the words of the API. */
export function permission() {
  return 'Notification' in globalThis && 'PushManager' in globalThis ? Notification.permission : 'unsupported';
}

async function current() {
  const registration = await worker();
  return (await registration?.pushManager?.getSubscription()) ?? null;
}

/**
 * Ask for permission, subscribe, tell the server. Resolves to the state afterwards.
 * Rejects with an ApiError, or with the browser's own error where its push service cannot be reached.
 */
export async function switchOn() {
  if ((await Notification.requestPermission()) !== 'granted') return pushState();
  await subscribe();
  return 'on';
}

/** Give up the subscription that there is, which pushes no longer reach, and make another. */
export async function renewSubscription() {
  await (await current())?.unsubscribe();
  await subscribe();
}

/** Subscribe, anew where the server's key has changed, and make the server know it. Gives the server's id of it. */
async function subscribe() {
  const registration = await worker();
  await navigator.serviceWorker.ready;
  const { key } = await calls.pushKey();
  let subscription = await registration.pushManager.getSubscription();
  if (subscription && !sameKey(subscription, key)) {
    await subscription.unsubscribe();
    subscription = null;
  }
  subscription ??= await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytesOf(key) });
  const { endpoint, keys } = subscription.toJSON();
  const { id } = await calls.subscribe({ endpoint, keys });
  remember(id);
  return id;
}

/** Stop push on this device. */
export async function switchOff() {
  const subscription = await current();
  const id = remembered();
  await subscription?.unsubscribe();
  if (id) await calls.unsubscribe(id).catch((error) => { if (error.code !== 'not_found') throw error; });
  remember(null);
}

/** At each start: a permission once given is kept working, whatever became of keys and subscriptions. */
export async function mend() {
  if (permission() !== 'granted' || !remembered()) return;
  try {
    await subscribe();
  } catch {
    // The next start tries again; the settings tell what is wrong.
  }
}

/** Ask the server to push to all devices of mine; see the API for what it finds. */
export async function sendTest() {
  return calls.testPush({ permission: permission(), subscription: (await current()) ? remembered() : null });
}

const KEPT = 'madang.push';

function remembered() {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

function remember(id) {
  try {
    if (id) localStorage.setItem(KEPT, id);
    else localStorage.removeItem(KEPT);
  } catch {
    // Then this device does not mend itself.
  }
}

/** Whether a subscription was made with this key (base64url). */
export function sameKey(subscription, key) {
  const used = subscription.options?.applicationServerKey;
  if (!used) return true; // browsers that do not tell
  const bytes = new Uint8Array(used);
  const wanted = bytesOf(key);
  return bytes.length === wanted.length && bytes.every((byte, at) => byte === wanted[at]);
}

export function bytesOf(text) {
  const plain = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(plain, (character) => character.charCodeAt(0));
}
