/** The settings of this page: language, appearance, what a school asks of those who write, signing out. */
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
    { label: t('password.title'), run: () => openPasswordDialog(desk.me) },
    { label: t('settings.signout'), icon: 'leave', run: signOut },
  ], t('settings.title'));
}
