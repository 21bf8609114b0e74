import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from '../../hub/web/talk/route.js';
import { timelineItems } from '../../hub/web/talk/timeline-items.js';

const at = (minute, day = 23) => new Date(Date.UTC(2026, 10, day, 3, minute)).toISOString();
const message = (seq, by, minute, day) => ({ seq, kind: 'message', by, at: at(minute, day), body: { text: 'x' } });
const items = (events, divider = null) => timelineItems(events, {
  me: 'me', divider, dayOf: (date) => date.toISOString().slice(0, 10), minuteOf: (date) => date.toISOString().slice(0, 16),
  says: ({ kind }) => kind === 'members',
});
const keys = (found) => found.map(({ key }) => key);

test('messages of one person stand together for five minutes', () => {
  const found = items([message(1, 'a', 0), message(2, 'a', 1), message(3, 'a', 7), message(4, 'b', 7)]);
  assert.deepEqual(keys(found), ['day-2026-11-23', 'message-1', 'message-2', 'message-3', 'message-4']);
  assert.deepEqual(found.slice(1).map(({ first }) => first), [true, false, true, true]);
});

test('only the last of a minute shows the time', () => {
  const found = items([message(1, 'a', 0), message(2, 'a', 0), message(3, 'a', 1)]);
  assert.deepEqual(found.slice(1).map(({ timed }) => timed), [false, true, true]);
});

test('a new day and the unread divider break a group', () => {
  const found = items([message(1, 'a', 0), message(2, 'a', 1), message(3, 'a', 1, 24)], 1);
  assert.deepEqual(keys(found), ['day-2026-11-23', 'message-1', 'unread', 'message-2', 'day-2026-11-24', 'message-3']);
  assert.ok(found[3].first);
});

test('the divider stands before the first unread message of somebody else', () => {
  const found = items([message(1, 'a', 0), message(2, 'me', 0), message(3, 'a', 0)], 1);
  assert.deepEqual(keys(found), ['day-2026-11-23', 'message-1', 'message-2', 'unread', 'message-3']);
});

test('a chatbot quotes the question that does not stand right above', () => {
  const answer = (seq, by, replyTo) => ({ ...message(seq, by, 0), body: { text: 'x', reply_to: replyTo } });
  const found = items([message(1, 'me', 0), message(2, 'me', 0), answer(3, 'bot-school', 1), answer(4, 'bot-school', 2),
    message(5, 'me', 0), answer(6, 'bot-school', 5), message(7, 'me', 0), answer(8, 'other', 7), message(9, 'bot-school', 0)]).slice(1);
  const quoting = found.filter(({ quotes }) => quotes).map(({ event }) => event.seq);
  assert.deepEqual(quoting, [3, 4, 8]);
  assert.ok(found[3].first);
});

test('events without a sentence are passed over', () => {
  const found = items([{ seq: 1, kind: 'members', by: 'a', at: at(0), body: {} }, { seq: 2, kind: 'other', by: 'a', at: at(0), body: {} }]);
  assert.deepEqual(keys(found), ['day-2026-11-23', 'sentence-1']);
});

test('places in the address', () => {
  assert.deepEqual(parse('#/rooms/rabc'), { room: 'rabc', seq: null });
  assert.deepEqual(parse('#/rooms/rabc/12'), { room: 'rabc', seq: 12 });
  assert.deepEqual(parse('#/'), { room: null, seq: null });
  assert.deepEqual(parse(''), { room: null, seq: null });
  assert.deepEqual(parse('#/rooms/a/b/c'), { room: null, seq: null });
});
