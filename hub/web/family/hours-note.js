/** `<f-hours>`: when the school answers, and, outside of that, when a message will reach its teacher. */
import { api } from '../lib/api.js';
import { fill, h } from '../lib/dom.js';
import { t, when } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';

export class HoursNote extends HTMLElement {
  #room;
  #hours = null;
  #minute = null;

  constructor(_session, room) {
    super();
    this.#room = room;
    this.className = 'hours-note';
    this.setAttribute('role', 'note');
  }

  async connectedCallback() {
    try {
      this.#hours = await api.hours(this.#room);
    } catch {
      return; // nothing is promised where nothing is known
    }
    this.#minute = setInterval(() => this.#render(), 60_000);
    this.#render();
  }

  disconnectedCallback() {
    clearInterval(this.#minute);
  }

  #render() {
    if (!this.#hours?.hours) return;
    const { hours, opens_at: opensAt } = this.#hours;
    const now = new Date();
    const closed = opensAt && new Date(opensAt) > now;
    this.classList.toggle('is-closed', Boolean(closed));
    fill(this, icon('clock'), h('p', {}, t('hours.are', { ...hours, days: daysOf(hours.days) }),
      closed ? ` ${t('hours.closed', { time: `${when().day(new Date(opensAt), now)} ${when().time(new Date(opensAt))}` })}` : ''));
  }
}

customElements.define('f-hours', HoursNote);

/** Days of the week in words; from Monday to Friday has a word of its own. */
function daysOf(days) {
  if (days.join() === '0,1,2,3,4') return t('hours.weekdays');
  // 5 January 2026 was a Monday.
  return days.map((day) => when().weekday(new Date(Date.UTC(2026, 0, 5 + day, 3)))).join('·');
}
