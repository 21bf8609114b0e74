/** Ctrl+K: type a few letters, or initials, and go to the room. */
import { Avatar } from '../lib/avatar.js';
import { Dialog } from '../lib/dialog.js';
import { fill, h } from '../lib/dom.js';
import { best } from '../lib/hangul.js';
import { t } from '../lib/i18n.js';
import { go } from '../talk/route.js';

const MOST = 8;

export function openSwitcher(store) {
  if (document.querySelector('dialog[open]')) return;
  let found = [];
  let at = 0;
  const list = h('ul', { class: 'choice-list', id: 'switcher-list', role: 'listbox', 'aria-label': t('rooms.title') });
  const input = h('input', {
    class: 'input', type: 'text', role: 'combobox', autocomplete: 'off', spellcheck: 'false', autofocus: true,
    'aria-label': t('rooms.filter'), 'aria-controls': 'switcher-list', 'aria-expanded': 'true', placeholder: t('rooms.filter.hint'),
    on: { input: () => { at = 0; render(); }, keydown: key },
  });
  const dialog = Dialog.open({ title: t('rooms.switch'), body: [input, list], className: 'switcher' });
  render();

  function render() {
    found = best(input.value, store.sorted(), (room) => store.titleOf(room), MOST);
    fill(list, found.map((room, index) => {
      const title = store.titleOf(room);
      return h('li', {
        id: `switcher-${index}`, class: 'choice', role: 'option', 'aria-selected': String(index === at),
        on: { click: () => choose(room) },
      },
      Avatar.of(room.peer ?? room.id, title, { size: 'small', kind: room.kind === 'direct' ? 'person' : room.kind }),
      h('span', { class: 'one-line' }, title));
    }));
    if (!found.length) fill(list, h('li', { class: 'faint', role: 'option', 'aria-disabled': 'true', 'aria-selected': 'false' }, t('rooms.none', { query: input.value })));
    if (found.length) input.setAttribute('aria-activedescendant', `switcher-${at}`);
    else input.removeAttribute('aria-activedescendant');
    list.children[at]?.scrollIntoView({ block: 'nearest' });
  }

  function key(event) {
    if (event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && found.length) {
      at = (at + step + found.length) % found.length;
      render();
    } else if (event.key === 'Enter' && found[at]) choose(found[at]);
    else return;
    event.preventDefault();
  }

  async function choose(room) {
    dialog.close();
    await dialog.closed; // the dialog gives the focus back first
    go(room.id);
  }
}
