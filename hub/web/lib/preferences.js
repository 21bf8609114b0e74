/** How this person wants the pages on this device: language, theme, size of text, notifications, sound, the Enter key. */

const KEY = 'madang.preferences';
const DEFAULTS = { locale: null, theme: 'auto', largeText: false, notify: false, sound: false, enterSends: true };

function load() {
  try {
    return { ...DEFAULTS, ...JSON.parse(localStorage.getItem(KEY)) };
  } catch {
    return { ...DEFAULTS };
  }
}

export const preferences = load();

export function setPreference(name, value) {
  preferences[name] = value;
  try {
    localStorage.setItem(KEY, JSON.stringify(preferences));
  } catch {
    // Holds until the page is closed.
  }
  if (name === 'theme' || name === 'largeText') applyTheme();
}

/** Show the chosen brightness and size of text. */
export function applyTheme() {
  if (preferences.theme === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = preferences.theme;
  document.documentElement.toggleAttribute('data-large-text', preferences.largeText);
}
