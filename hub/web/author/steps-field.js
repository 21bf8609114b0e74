/** The steps of a follow-up: after so many hours, those who have not done it are told again, over some way. */
import { button, fill, h } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';

const CHANNELS = ['push', 'email', 'sms', 'teacher'];
const USUAL = [{ after_hours: 24, channel: 'push' }, { after_hours: 48, channel: 'email' }, { after_hours: 72, channel: 'teacher' }];
const MOST_STEPS = 5;
const MOST_HOURS = 1440;

/** `changed(steps)` is told of every change. Returns nodes. */
export function stepsField(steps, changed) {
  const list = h('ol', { class: 'steps' });
  const add = button(t('steps.add'), { kind: 'quiet', icon: icon('plus'), on: { click: () => put([...steps, { after_hours: (steps.at(-1)?.after_hours ?? 0) + 24, channel: 'push' }]) } });
  const usual = button(t('steps.usual'), { on: { click: () => put(USUAL) } });

  function put(next, again = true) {
    steps = next;
    changed(steps);
    if (again) draw();
  }

  function draw() {
    fill(list, steps.map((step, at) => {
      const change = (fields) => put(steps.map((one, place) => (place === at ? { ...one, ...fields } : one)), false);
      const hours = h('input', { class: 'input input-number', type: 'number', min: 1, max: MOST_HOURS, value: step.after_hours, 'aria-label': t('steps.hours'), on: { change: () => change({ after_hours: Math.min(MOST_HOURS, Math.max(1, Math.round(Number(hours.value)) || 1)) }) } });
      const channel = h('select', { class: 'input', 'aria-label': t('steps.channel'), on: { change: () => change({ channel: channel.value }) } }, CHANNELS.map((name) => h('option', { value: name }, t(`channel.${name}`))));
      channel.value = step.channel;
      return h('li', {}, hours, h('span', {}, t('steps.after')), channel, button(t('steps.remove'), { kind: 'icon', icon: icon('close'), on: { click: () => put(steps.filter((_, place) => place !== at)) } }));
    }));
    usual.hidden = steps.length > 0;
    add.hidden = steps.length >= MOST_STEPS;
  }

  draw();
  return [list, h('div', { class: 'row' }, usual, add)];
}
