/**
 * What the list of messages shows, in order: days, the unread divider, messages and sentences.
 * Pure: events in, items out, so that grouping can be tested without a page.
 */
import { isBot } from './bots.js';

/** Messages of one person within so many minutes stand together under one name. */
const TOGETHER = 5 * 60_000;

/**
 * Items for `events` (ascending): { key, type, … } with type "day" { at }, "unread", "sentence"
 * { event } or "message" { event, first, timed, mine, quotes }. `first`: starts a group, so the name is
 * shown; `timed`: the last of its minute, so the time is; `quotes`: shows what it answers, which a
 * chatbot needs not right below the question. `divider`: the last read event or null;
 * `dayOf`, `minuteOf`: keys of a Date; `says(event)`: whether an event has a sentence.
 */
export function timelineItems(events, { me, divider, dayOf, minuteOf, says }) {
  const items = [];
  let previous = null;
  let above = null;
  let day = null;
  let divided = divider === null;
  for (const event of events) {
    const at = new Date(event.at);
    const thisDay = dayOf(at);
    if (thisDay !== day) {
      items.push({ key: `day-${thisDay}`, type: 'day', at: event.at });
      previous = null;
      day = thisDay;
    }
    if (!divided && event.seq > divider && event.kind === 'message' && event.by !== me) {
      items.push({ key: 'unread', type: 'unread' });
      divided = true;
      previous = null;
    }
    if (event.kind === 'message') {
      const item = { key: `message-${event.seq}`, type: 'message', event, mine: event.by === me, timed: true };
      item.quotes = Boolean(event.body.reply_to) && !(isBot(event.by) && event.body.reply_to === above);
      item.first = item.quotes || !isTogether(previous?.event, event);
      if (!item.first && minuteOf(new Date(previous.event.at)) === minuteOf(at)) previous.timed = false;
      items.push(item);
      previous = item;
      above = event.seq;
    } else if (says(event)) {
      items.push({ key: `sentence-${event.seq}`, type: 'sentence', event });
      previous = null;
    }
  }
  return items;
}

function isTogether(before, event) {
  return before !== undefined && before.by === event.by && Date.parse(event.at) - Date.parse(before.at) < TOGETHER;
}
