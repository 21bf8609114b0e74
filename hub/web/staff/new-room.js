/** Starts a direct or group room with people of the directory, and invites into one. */
import { api } from '../lib/api.js';
import { Dialog } from '../lib/dialog.js';
import { button, h } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { PeoplePicker } from './people-picker.js';
import { problemOf } from '../lib/problem.js';
import { go } from '../talk/route.js';

/** One person makes a direct room, several a group. */
export function openNewRoom(store) {
  const picker = new PeoplePicker({ me: store.me, except: new Set([store.me.id]), changed: refresh });
  const name = h('input', { class: 'input', maxlength: 100, placeholder: t('new.name.hint') });
  const nameField = h('label', { class: 'field', hidden: true }, h('span', {}, t('new.name')), name);
  const start = button(t('new.start.direct'), { kind: 'main', disabled: true, on: { click: create } });
  const problem = h('p', { class: 'error-text dialog-problem', role: 'alert' });
  const dialog = Dialog.open({ title: t('new.title'), body: [picker, nameField], foot: [problem, start], className: 'picking' });

  function refresh() {
    const n = picker.chosen.length;
    start.disabled = n === 0;
    start.lastChild.textContent = n > 1 ? t('new.start.group', { n }) : t('new.start.direct');
    nameField.hidden = n < 2;
  }

  async function create() {
    const people = picker.chosen;
    start.disabled = true;
    problem.textContent = '';
    const members = people.map(({ id }) => id);
    // The server wants a title; a group that nobody named is called after its people.
    const title = name.value.trim() || [...people.map((person) => person.name), store.me.name].slice(0, 4).join(', ').slice(0, 100);
    try {
      const { room } = await api.createRoom(members.length > 1 ? { kind: 'group', title, members } : { kind: 'direct', members });
      store.put(room);
      dialog.close();
      await dialog.closed;
      go(room.id);
    } catch (error) {
      problem.textContent = problemOf(error);
      start.disabled = false;
    }
  }
}

/** Choose people to invite. Resolves to them, or to null. `members` (a Map by id) are left out. */
export async function openInvite(store, members) {
  const picker = new PeoplePicker({ me: store.me, except: new Set(members.keys()), changed: () => { add.disabled = !picker.chosen.length; } });
  const add = button(t('new.add'), { kind: 'main', disabled: true, on: { click: () => dialog.close(picker.chosen) } });
  const dialog = Dialog.open({ title: t('members.add'), body: [picker], foot: [add], className: 'picking' });
  return dialog.closed;
}
