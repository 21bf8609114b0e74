/** The settings: language, appearance, notifications, the Enter key, signing out. */
import { confirm } from '../lib/dialog.js';
import { locale, t } from '../lib/i18n.js';
import { Menu } from '../lib/menu.js';
import { toast } from '../lib/toast.js';
import { openPasswordDialog } from '../lib/password-dialog.js';
import { preferences, setPreference } from '../lib/preferences.js';

const THEMES = ['auto', 'light', 'dark'];

export function openSettings(anchor, store, { changeLocale, signOut }) {
  const allowed = preferences.notify && globalThis.Notification?.permission === 'granted';
  Menu.open(anchor, [
    { title: store.me.name },
    { line: true },
    { title: t('settings.language') },
    { label: '한국어', checked: locale() === 'ko', run: () => changeLocale('ko') },
    { label: 'English', checked: locale() === 'en', run: () => changeLocale('en') },
    { title: t('settings.theme') },
    ...THEMES.map((theme) => ({
      label: t(`settings.theme.${theme}`), checked: preferences.theme === theme, run: () => setPreference('theme', theme),
    })),
    { title: t('settings.notify') },
    'Notification' in globalThis
      ? { label: t(allowed ? 'settings.notify.off' : 'settings.notify.on'), run: () => switchNotifications(!allowed) } : null,
    { label: t(preferences.sound ? 'settings.sound.off' : 'settings.sound.on'), run: () => setPreference('sound', !preferences.sound) },
    { title: t('compose.label') },
    {
      label: t(preferences.enterSends ? 'settings.enter.breaks' : 'settings.enter.sends'),
      run: () => setPreference('enterSends', !preferences.enterSends),
    },
    { line: true },
    keeps(store.me) ? { label: t('settings.desk'), icon: 'building', run: () => location.assign('/desk') } : null,
    store.me.roles.some(({ role }) => role === 'guardian')
      ? { label: t('settings.family'), icon: 'people', run: () => location.assign('/family') } : null,
    { label: t('password.title'), run: () => openPasswordDialog(store.me) },
    { label: t('settings.signout'), icon: 'leave', run: () => leave(store, signOut) },
  ], t('settings.title'));
}

/** Whether this person keeps a FAQ by their office; those whom an administrator named know the desk's address. */
function keeps(me) {
  return (me.roles ?? []).some(({ role }) => role === 'administrator');
}

async function switchNotifications(on) {
  if (on && (await Notification.requestPermission()) !== 'granted') {
    toast(t('settings.notify.denied'));
    return;
  }
  setPreference('notify', on);
}

async function leave(store, signOut) {
  const n = store.client.outbox.size;
  const sure = n === 0 || await confirm({
    title: t('settings.signout.title'), text: t('settings.signout.text', { n }), yes: t('settings.signout'),
  });
  if (sure) signOut();
}
