/** Putting the page on the home screen: browsers tell once that they would, and ask when they are told to. */
import { isInstalled } from './push.js';

let offer = null;

/** Fires "change" when it becomes possible, or has been done. */
export const install = new EventTarget();

/** Whether the browser would ask now. */
export function canInstall() {
  return offer !== null && !isInstalled();
}

/** Let the browser ask. An offer holds for one question. */
export async function askToInstall() {
  const mine = offer;
  offer = null;
  await mine?.prompt();
  install.dispatchEvent(new Event('change'));
}

globalThis.addEventListener?.('beforeinstallprompt', (event) => {
  event.preventDefault(); // asked where it makes sense, not in the middle of reading
  offer = event;
  install.dispatchEvent(new Event('change'));
});

globalThis.addEventListener?.('appinstalled', () => {
  offer = null;
  install.dispatchEvent(new Event('change'));
});
