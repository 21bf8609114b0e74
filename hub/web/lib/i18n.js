/**
 * The words people see, in their language. `t(key, values)` gives a sentence of the catalogue in
 * messages/; a catalogue entry is a string or a function of the values, so that particles and
 * plurals are decided where the language is known.
 */
import { Dates } from './dates.js';
import en from './messages/en.js';
import ko from './messages/ko.js';
import { settings } from './settings.js';

export const CATALOGUES = { ko, en };
/** What the platform's own formats go by. */
const TAGS = { ko: 'ko-KR', en: 'en-US', zh: 'zh-CN', vi: 'vi-VN' };
const DEFAULT = 'ko';

let current = DEFAULT;
let dates = datesFor(DEFAULT);

/** Take a page's own sentences, or those of a further language, into the catalogues. */
export function addCatalogues(more) {
  for (const [name, sentences] of Object.entries(more)) CATALOGUES[name] = { ...CATALOGUES[name], ...sentences };
}

/** Choose the language of everything said from now on, and the server's time zone; unknown ones become Korean. */
export function setLocale(locale) {
  current = locale in CATALOGUES ? locale : DEFAULT;
  dates = datesFor(current);
}

export function locale() {
  return current;
}

/** A sentence in the current language; the key itself where no catalogue has it. */
export function t(key, values = {}) {
  const entry = CATALOGUES[current][key] ?? CATALOGUES[DEFAULT][key] ?? key;
  return typeof entry === 'function' ? entry(values) : entry;
}

/** Dates in the current language. */
export function when() {
  return dates;
}

export function number(value) {
  return value.toLocaleString(TAGS[current]);
}

/** 340 B, 12.4 KB, 3.1 MB. */
export function bytes(count) {
  const units = ['B', 'KB', 'MB', 'GB'];
  let value = count;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit && value < 100 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

function datesFor(name) {
  const words = CATALOGUES[name];
  return new Dates(TAGS[name], { yesterday: words['date.yesterday'], time: words['date.time'] }, settings.timezone);
}
