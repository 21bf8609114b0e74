/** A compact picker: the usual few first, more below, and a field for any other emoji. */
import { button, h } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { toast } from '../lib/toast.js';

const GROUPS = {
  'emoji.hands': '👍 👏 🙏 🙌 👌 ✌️ 💪 🙋 🙇 🤝 👋 ✋ 👀 🫶 💁 🙅',
  'emoji.faces': '😀 😄 😊 😂 🤣 😉 😍 🥰 😎 🤔 😮 😅 😢 😭 😡 🥳 😴 🤒 😇 🫡 😱 🤗 😬 🙂',
  'emoji.school': '📢 📌 📝 📚 📎 📅 ⏰ 🏫 🎒 🚌 🍱 🎉 🎂 🏃 🎨 🎵 ⚽ 🧪 💻 📞 ☕ 🌧️ ☀️ 🌸',
  'emoji.signs': '❤️ ✅ ❌ ⭕ ❗ ❓ 💯 🔥 ✨ ⭐ 💡 🚨 ➕ ➡️ 🔁 🆗',
};
const ONE_EMOJI = /^\p{Extended_Pictographic}[\uFE0F\u200D\p{Emoji_Modifier}\p{Extended_Pictographic}]*$|^\p{Regional_Indicator}{2}$/u;

/** Whether this is exactly one emoji. */
export function isEmoji(text) {
  return ONE_EMOJI.test(text);
}

/** Open at `anchor`; `pick(emoji)` is called with the choice. */
export function openEmojiPicker(anchor, pick) {
  document.querySelector('.emoji-picker')?.remove();
  const other = h('input', { class: 'input', maxlength: 16, 'aria-label': t('emoji.other'), placeholder: t('emoji.other') });
  const picker = h('div', { class: 'emoji-picker', role: 'dialog', 'aria-label': t('emoji.title'), popover: 'auto' },
    Object.entries(GROUPS).map(([title, emoji]) => h('section', {},
      h('h2', {}, t(title)),
      h('div', { class: 'emoji-grid' }, emoji.split(' ').map((one) => h('button', { type: 'button', 'aria-label': one, on: { click: () => choose(one) } }, one))))),
    h('form', { class: 'emoji-other', on: { submit: (event) => { event.preventDefault(); chooseOther(); } } },
      other, button(t('emoji.use'), { on: { click: chooseOther } })));
  picker.addEventListener('toggle', (event) => { if (event.newState === 'closed') end(); });
  picker.addEventListener('keydown', key);
  document.body.append(picker);
  picker.showPopover();
  place(picker, anchor.getBoundingClientRect());
  picker.querySelector('button').focus();

  function choose(emoji) {
    picker.hidePopover();
    pick(emoji);
  }

  function chooseOther() {
    const text = other.value.trim();
    if (isEmoji(text)) choose(text);
    else if (text) toast(t('emoji.other'));
  }

  function end() {
    picker.remove();
    if (anchor.isConnected) anchor.focus();
  }

  function key(event) {
    const buttons = [...picker.querySelectorAll('.emoji-grid button')];
    const at = buttons.indexOf(document.activeElement);
    const row = columns(buttons[0].parentNode);
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: row, ArrowUp: -row }[event.key];
    if (at < 0 || !step) return;
    event.preventDefault();
    buttons[Math.min(Math.max(at + step, 0), buttons.length - 1)].focus();
  }
}

function columns(grid) {
  return getComputedStyle(grid).gridTemplateColumns.split(' ').length;
}

function place(picker, box) {
  const { offsetWidth: width, offsetHeight: height } = picker;
  const wanted = box.left + box.right < innerWidth ? box.left : box.right - width;
  const left = Math.min(Math.max(8, wanted), innerWidth - width - 8);
  const above = box.top - height - 8;
  picker.style.left = `${left}px`;
  picker.style.top = `${above > 8 ? above : Math.min(box.bottom + 8, Math.max(8, innerHeight - height - 8))}px`;
}

/** Put an emoji where the caret is. */
export function insertEmoji(field, emoji) {
  field.setRangeText(emoji, field.selectionStart, field.selectionEnd, 'end');
  field.focus();
}
