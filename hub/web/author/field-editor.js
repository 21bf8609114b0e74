/** One item of a form, as it is being made: what is asked, and what belongs to its kind. */
import { button, fill, h } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { freeId } from './draft.js';
import { MATTERS } from './form-presets.js';
import { check, field as labelled, growing } from './parts.js';

const PRIVACY = ['purpose', 'items', 'retention', 'refusal'];

/** { node, tools(buttons, number), fault(sentence), focus() }: `changed` is given the item as it then is. */
export function fieldEditor(first, changed) {
  let item = first;
  const set = (fields) => { item = { ...item, ...fields }; changed(item); };
  const error = h('p', { class: 'error-text', role: 'alert' });
  const number = h('span', { class: 'item-number' });
  const tools = h('span', { class: 'item-tools' });
  const type = first.type === 'agree' && first.privacy ? 'privacy' : first.type;
  const label = growing({ value: first.label, 'aria-label': t('build.label'), placeholder: t(`build.label.${type}`), class: 'item-label', on: { input: () => set({ label: label.value }) } }, 1);
  const node = h('li', { class: 'item', data: { item: first.id } },
    h('div', { class: 'item-head' }, number, h('span', { class: 'item-type' }, t(`build.type.${type}`)), tools),
    label,
    kindOf(first, set, () => item),
    h('div', { class: 'item-foot' },
      check(t('build.required'), { checked: first.required !== false, changed: (on) => set({ required: on }) }),
      helpOf(first, set)),
    error);
  return {
    node,
    tools(buttons, at) {
      number.textContent = String(at);
      fill(tools, buttons);
    },
    fault(sentence) {
      error.textContent = sentence ?? '';
      node.classList.toggle('wrong', Boolean(sentence));
    },
    focus() {
      node.scrollIntoView({ block: 'nearest' });
      label.focus();
    },
  };
}

function helpOf(first, set) {
  const help = h('input', { class: 'input', value: first.help ?? '', 'aria-label': t('build.help'), placeholder: t('build.help.hint'), hidden: !first.help, on: { input: () => set({ help: help.value }) } });
  const show = button(t('build.help'), { kind: 'quiet', hidden: Boolean(first.help), on: { click: () => { show.hidden = true; help.hidden = false; help.focus(); } } });
  return [show, help];
}

function kindOf(first, set, now) {
  switch (first.type) {
    case 'agree': return first.privacy ? privacy(first.privacy, set, now) : null;
    case 'choice': return options(first, set, now);
    case 'text': return h('div', { class: 'row item-row' }, check(t('build.lines'), { checked: first.lines, changed: (on) => set({ lines: on }) }), numberField(t('build.longest'), first.longest, 1, 5000, (longest) => set({ longest })));
    case 'date': return h('div', { class: 'row' }, dateField(t('build.earliest'), first.earliest, (earliest) => set({ earliest })), dateField(t('build.latest'), first.latest, (latest) => set({ latest })));
    case 'file': return h('div', { class: 'row item-row' }, numberField(t('build.most'), first.most, 1, 10, (most) => set({ most })));
    default: return ways(first, set);
  }
}

/** The items that the privacy act wants said, each by itself. */
function privacy(first, set, now) {
  const put = (name, value) => set({ privacy: { ...now().privacy, [name]: value } });
  const area = (name) => {
    const input = growing({ value: first[name] ?? '', placeholder: t(`build.privacy.${name}`), on: { input: () => put(name, input.value) } }, 1);
    return labelled(t(`privacy.${name}`), input);
  };
  const recipient = area('recipient');
  const matter = h('select', { class: 'input', on: { change: () => { put('matter', matter.value); recipient.hidden = matter.value !== 'third_party'; } } },
    MATTERS.map((name) => h('option', { value: name }, t(`matter.${name}`))));
  matter.value = first.matter;
  recipient.hidden = first.matter !== 'third_party';
  return h('div', { class: 'item-privacy' }, labelled(t('build.matter'), matter), recipient, PRIVACY.map(area));
}

function options(first, set, now) {
  const list = h('ul', { class: 'item-options' });
  const bounds = h('div', { class: 'row item-row', hidden: !first.multiple });
  const most = h('input', { class: 'input input-number', type: 'number', min: 1, max: 50, value: first.most ?? '', 'aria-label': t('build.choice.most'), placeholder: t('build.choice.all'), on: { change: () => set({ most: most.value ? Math.max(1, Number(most.value)) : null }) } });
  fill(bounds, labelled(t('build.choice.most'), most));
  const draw = (focus = null) => {
    const all = now().options;
    fill(list, all.map((option, at) => {
      const input = h('input', {
        class: 'input', value: option.label, 'aria-label': t('build.option', { n: at + 1 }), placeholder: t('build.option', { n: at + 1 }),
        on: {
          input: () => set({ options: now().options.map((one) => (one.id === option.id ? { ...one, label: input.value } : one)) }),
          keydown: (event) => { if (event.key === 'Enter' && !event.isComposing) { event.preventDefault(); add(at + 1); } },
          paste: (event) => lines(event, option),
        },
      });
      return h('li', { data: { option: option.id } }, input, all.length > 2 ? button(t('build.option.remove', { n: at + 1 }), { kind: 'icon', icon: icon('close'), on: { click: () => { set({ options: now().options.filter(({ id }) => id !== option.id), ...bounded(now(), all.length - 1) }); draw(Math.max(0, at - 1)); } } }) : null);
    }));
    if (focus !== null) list.children[focus]?.querySelector('input').focus();
  };
  const add = (at) => {
    const all = [...now().options];
    all.splice(at, 0, { id: freeId('o', all.map(({ id }) => id)), label: '' });
    set({ options: all });
    draw(at);
  };
  /** Several lines pasted become several options. */
  const lines = (event, option) => {
    const words = event.clipboardData.getData('text/plain').split(/\r?\n/u).map((line) => line.trim()).filter(Boolean);
    if (words.length < 2) return;
    event.preventDefault();
    const all = now().options.flatMap((one) => (one.id === option.id ? [{ ...one, label: words[0] }] : [one]));
    for (const word of words.slice(1)) all.splice(all.length, 0, { id: freeId('o', all.map(({ id }) => id)), label: word });
    set({ options: all.filter(({ label }) => label.trim()).slice(0, 50) });
    draw(now().options.length - 1);
  };
  draw();
  return h('div', { class: 'part-stack' }, list,
    h('div', { class: 'row item-row' }, button(t('build.option.add'), { kind: 'quiet', icon: icon('plus'), on: { click: () => add(now().options.length) } }),
      check(t('build.multiple'), { checked: first.multiple, changed: (on) => { set({ multiple: on, most: null, least: 1 }); most.value = ''; bounds.hidden = !on; } })),
    bounds);
}

/** Fewer options than may be chosen would make no sense. */
function bounded({ most }, count) {
  return most !== null && most > count ? { most: count } : {};
}

function ways(first, set) {
  const chosen = new Set(first.ways);
  const put = (way) => (on) => {
    if (on) chosen.add(way);
    else chosen.delete(way);
    set({ ways: ['drawn', 'typed'].filter((one) => chosen.has(one)) });
    boxes.forEach((box, at) => { box.querySelector('input').disabled = chosen.size === 1 && chosen.has(['drawn', 'typed'][at]); });
  };
  const boxes = ['drawn', 'typed'].map((way) => check(t(`sign.${way}`), { checked: chosen.has(way), disabled: chosen.size === 1 && chosen.has(way), changed: put(way) }));
  return h('div', { class: 'row item-row' }, boxes);
}

function numberField(words, value, min, max, changed) {
  const input = h('input', { class: 'input input-number', type: 'number', min, max, value, on: { change: () => { input.value = Math.min(max, Math.max(min, Math.round(Number(input.value)) || min)); changed(Number(input.value)); } } });
  return labelled(words, input);
}

function dateField(words, value, changed) {
  const input = h('input', { class: 'input', type: 'date', value: value ?? '', on: { change: () => changed(input.value || null) } });
  return labelled(words, input, { optional: true });
}
