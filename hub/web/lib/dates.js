/**
 * Dates as people here write them: 오후 3:05, 어제, 11월 23일 (월). Pure but for the platform's Intl;
 * the present is passed in.
 */

export class Dates {
  #time;
  #day;
  #dayWithYear;
  #short;
  #shortWithYear;
  #month;
  #weekday;
  #key;
  #words;

  /**
   * `tag` is a language as ko-KR (BCP 47); `words` gives { yesterday, time({ hour, minute }) }. The time is
   * worded there, because platforms differ on whether Korean says 오후 or PM. `timeZone` is an IANA name.
   */
  constructor(tag, words, timeZone) {
    const korean = tag.startsWith('ko');
    const format = (options) => new Intl.DateTimeFormat(tag, { timeZone, ...options });
    this.#words = words;
    this.#time = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
    this.#day = format({ month: 'long', day: 'numeric', weekday: 'short' });
    const long = format({ year: 'numeric', month: 'long', day: 'numeric', weekday: 'short' });
    const year = format({ year: 'numeric' });
    // With the year, the platform's Korean leaves the brackets of (월) away.
    this.#dayWithYear = korean ? { format: (at) => `${year.format(at)} ${this.#day.format(at)}` } : long;
    this.#short = format({ month: korean || tag.startsWith('zh') ? 'long' : 'short', day: 'numeric' });
    this.#month = format({ year: 'numeric', month: 'long' });
    this.#weekday = format({ weekday: 'short' });
    this.#shortWithYear = format({ year: 'numeric', month: 'numeric', day: 'numeric' });
    this.#key = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  }

  /** 오후 3:05 */
  time(at) {
    const [hour, minute] = this.#time.format(at).split(':');
    return this.#words.time({ hour: Number(hour), minute });
  }

  /** The day as a key for comparing: 2026-11-23. */
  key(at) {
    return this.#key.format(at);
  }

  /** 11월 23일 (월), with the year where it is another one. */
  day(at, now) {
    const format = this.#key.format(at).slice(0, 4) === this.#key.format(now).slice(0, 4)
      ? this.#day : this.#dayWithYear;
    return format.format(at);
  }

  /** For lists: the time today, 어제, 11월 20일, else 2025. 3. 2. */
  list(at, now) {
    const key = this.key(at);
    if (key === this.key(now)) return this.time(at);
    if (key === this.key(new Date(now.getTime() - 86_400_000))) return this.#words.yesterday;
    return (key.slice(0, 4) === this.key(now).slice(0, 4) ? this.#short : this.#shortWithYear).format(at);
  }

  /** 2026년 11월 */
  month(at) {
    return this.#month.format(at);
  }

  /** 월 */
  weekday(at) {
    return this.#weekday.format(at);
  }

  /** Day and time in full. */
  full(at) {
    return `${this.#dayWithYear.format(at)} ${this.time(at)}`;
  }
}
