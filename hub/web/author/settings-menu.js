/** The settings of this page: language, appearance, what a school asks of those who write, signing out. */
import { PushSettings } from '../family/push-settings.js';
import { Dialog } from '../lib/dialog.js';
import { button } from '../lib/dom.js';
import { locale, t } from '../lib/i18n.js';
import { Menu } from '../lib/menu.js';
import { openPasswordDialog } from '../lib/password-dialog.js';
import { preferences, setPreference } from '../lib/preferences.js';
import { go, places } from './route.js';

const LANGUAGES = { ko: '한국어', en: 'English' };
const THEMES = ['auto', 'light', 'dark'];

export function openSettings(anchor, desk, { changeLocale, signOut }) {
  Menu.open(anchor, [
    { title: desk.me.name },
    { line: true },
    desk.desks?.some(({ administers }) => administers) ? { label: t('rules.title'), icon: 'school', run: () => go(places.rules()) } : null,
    { title: t('settings.language') },
    ...Object.entries(LANGUAGES).map(([name, label]) => ({ label, checked: locale() === name, run: () => changeLocale(name) })),
    { title: t('settings.theme') },
    ...THEMES.map((theme) => ({
      label: t(`settings.theme.${theme}`), checked: preferences.theme === theme, run: () => setPreference('theme', theme),
    })),
    { line: true },
    desk.me.roles.some(({ role }) => role === 'guardian')
      ? { label: t('settings.family'), icon: 'people', run: () => location.assign('/family') } : null,
    { label: t('push.title'), icon: 'bell', run: openPush },
    { label: t('password.title'), run: () => openPasswordDialog(desk.me) },
    { label: t('settings.signout'), icon: 'leave', run: signOut },
  ], t('settings.title'));
}

/** Push on this device: of what waits for approval, what was decided, messages and mentions. */
function openPush() {
  const dialog = Dialog.open({
    title: t('push.title'), className: 'push-dialog', body: [new PushSettings()],
    foot: [button(t('close'), { on: { click: () => dialog.close() } })],
  });
}
