/** What the server is set to, as far as a page needs it; its defaults until `loadSettings` has asked. */
import { api } from './api.js';

export const settings = {
  locale: 'ko',
  timezone: 'Asia/Seoul',
  limits: { text_chars: 8000, files: 10, file_bytes: 104_857_600 },
};

/** Ask the server. One that does not answer leaves the defaults: what it refuses, it still refuses. */
export async function loadSettings() {
  try {
    Object.assign(settings, await api.settings());
  } catch {
    // Whoever asks next says why.
  }
}
