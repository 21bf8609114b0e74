/** Changing one's own password: the one there is, the new one twice. Other sign-ins end with it. */
import { api } from './api.js';
import { Dialog } from './dialog.js';
import { h } from './dom.js';
import { t } from './i18n.js';
import { toast } from './toast.js';
import { problemOf } from './problem.js';

export function openPasswordDialog(me) {
  const [old, next, again] = ['current-password', 'new-password', 'new-password'].map((autocomplete) => h('input', {
    class: 'input', type: 'password', required: true, autocomplete,
  }));
  const problem = h('p', { class: 'error-text', role: 'alert' });
  const save = h('button', { class: 'button button-main', type: 'submit', form: 'password-form' }, t('password.save'));

  async function send(event) {
    event.preventDefault();
    problem.textContent = next.value === again.value ? '' : t('password.differs');
    if (problem.textContent) {
      again.focus();
      return;
    }
    save.disabled = true;
    try {
      await api.changePassword(old.value, next.value);
    } catch (error) {
      problem.textContent = problemOf(error);
      save.disabled = false;
      return;
    }
    dialog.close();
    toast(t('password.changed'));
  }

  const field = (label, input) => h('label', { class: 'field' }, h('span', {}, t(label)), input);
  const dialog = Dialog.open({
    title: t('password.title'),
    body: [h('form', { id: 'password-form', novalidate: true, on: { submit: send } },
      // For password managers, which ask whose password it is.
      h('input', { type: 'text', autocomplete: 'username', value: me.login ?? '', hidden: true }),
      field('password.old', old), field('password.new', next), field('password.again', again), problem)],
    foot: [save],
  });
  old.focus();
}
