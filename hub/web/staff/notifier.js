/**
 * Tells of new messages while one looks elsewhere: the title, the icon, a notification, a sound. Outside of the
 * hours in which the school talks with families, their rooms only count.
 */
import { api } from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { preferences } from '../lib/preferences.js';
import { preview } from '../talk/preview.js';
import { go } from '../talk/route.js';

const ICON = '/web/lib/icon.svg';
/** Milliseconds for which the hours of a room are taken as known. */
const HOURS_KNOWN = 600_000;
const ICON_UNREAD = '/web/staff/favicon-unread.svg';

export class Notifier {
  #store;
  #end = new AbortController();
  #sound = null;
  #hours = new Map();

  constructor(store) {
    this.#store = store;
    const options = { signal: this.#end.signal };
    store.addEventListener('rooms', () => this.#count(), options);
    store.addEventListener('incoming', ({ detail }) => this.#incoming(detail), options);
  }

  end() {
    this.#end.abort();
    this.#icon(0);
  }

  #count() {
    const n = this.#store.unread;
    document.title = t('notify.title', { n, name: t('app.name') });
    this.#icon(n);
  }

  #icon(n) {
    const link = document.querySelector('link[rel="icon"]');
    const href = n ? ICON_UNREAD : ICON;
    if (link.getAttribute('href') !== href) link.setAttribute('href', href);
  }

  async #incoming({ room, event }) {
    if (document.visibilityState === 'visible' && document.hasFocus()) return;
    if (!preferences.sound && !preferences.notify) return;
    if (room.kind !== 'group' && await this.#isClosed(room.id)) return;
    if (preferences.sound) this.#beep();
    if (!preferences.notify || globalThis.Notification?.permission !== 'granted') return;
    const name = this.#store.name(event.by);
    const note = new Notification(
      t('notify.new', { name, room: room.kind === 'direct' ? '' : this.#store.titleOf(room) }),
      { body: preview(event, this.#store), tag: room.id, icon: ICON, silent: true },
    );
    note.onclick = () => {
      window.focus();
      go(room.id);
      note.close();
    };
  }

  /** Whether the school does not talk with families now; where that cannot be asked, it does. */
  async #isClosed(room) {
    const now = Date.now();
    const known = this.#hours.get(room);
    if (known && known.until > now) return known.closed;
    try {
      const { opens_at: opensAt } = await api.hours(room);
      const closed = opensAt !== null;
      this.#hours.set(room, { closed, until: closed ? Math.min(Date.parse(opensAt), now + HOURS_KNOWN) : now + HOURS_KNOWN });
      return closed;
    } catch {
      return false;
    }
  }

  #beep() {
    this.#sound ??= new AudioContext();
    const tone = this.#sound.createOscillator();
    const volume = this.#sound.createGain();
    const now = this.#sound.currentTime;
    tone.frequency.value = 660;
    volume.gain.setValueAtTime(0.08, now);
    volume.gain.exponentialRampToValueAtTime(0.0001, now + 0.25);
    tone.connect(volume).connect(this.#sound.destination);
    tone.start(now);
    tone.stop(now + 0.25);
  }
}
