/** `<m-avatar>`: a person's or room's initials on a colour that follows from the id. */
import { fill } from './dom.js';
import { icon } from './icons.js';

const HUES = 7;

function hueOf(id) {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + character.charCodeAt(0)) >>> 0;
  return sum % HUES;
}

/** The part of a name that tells people apart: the given name of 김하늘, the initials of Jane Doe. */
export function initials(name) {
  const trimmed = name.trim();
  if (/^[가-힣]{2,4}$/u.test(trimmed)) return trimmed.slice(trimmed.length > 2 ? 1 : 0, 3);
  if (/[가-힣]/u.test(trimmed)) return [...trimmed.replace(/\s/gu, '')].slice(0, 2).join('');
  return trimmed.split(/\s+/u).slice(0, 2).map((word) => [...word][0] ?? '').join('').toUpperCase();
}

export class Avatar extends HTMLElement {
  /** `kind` "group" or "unit" shows a picture instead of initials. */
  static of(id, name, { size = '', kind = 'person', presence = null } = {}) {
    const avatar = document.createElement('m-avatar');
    avatar.setAttribute('aria-hidden', 'true');
    avatar.setAttribute('hue', hueOf(id));
    if (size) avatar.setAttribute('size', size);
    if (presence) avatar.setAttribute('presence', presence);
    const picture = { group: 'people', unit: 'building' }[kind];
    fill(avatar, picture ? icon(picture) : initials(name));
    return avatar;
  }
}

customElements.define('m-avatar', Avatar);
