import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answeredLast, askedBot, waitsFor } from '../../hub/web/talk/bots.js';

const NOW = Date.UTC(2026, 10, 23, 3);
const said = (seq, by, body = {}, more = {}) => ({ seq, kind: 'message', by, at: new Date(NOW - 1000).toISOString(), body, ...more });
const waits = (shown, { peer, attached = true } = {}) => waitsFor({ state: { shown, attached }, view: { peer } }, 'me', NOW);

test('what was written to a chatbot waits until it has written', () => {
  const direct = { peer: 'bot-school' };
  assert.equal(waits([said(1, 'me')], direct), 1);
  assert.equal(waits([said(1, 'me'), said(2, 'bot-school')], direct), null);
  assert.equal(waits([said(1, 'me', {}, { at: '2026-11-20T00:00:00Z' })], direct), null);
  assert.equal(waits([said(1, 'me')], { ...direct, attached: false }), null);
  assert.equal(waits([said(1, 'me')], { peer: 'somebody' }), null);
  const two = [said(1, 'me'), said(2, 'me'), said(3, 'bot-school', { reply_to: 1 })];
  assert.equal(waits(two, direct), 2);
  assert.equal(waits([...two, said(4, 'bot-school', { reply_to: 2 })], direct), null);
});

test('in a group the answer to another message is none', () => {
  const asks = { mentions: ['bot-office'] };
  assert.equal(waits([said(1, 'me', asks), said(2, 'other', asks), said(3, 'bot-office', { reply_to: 2 })]), 1);
  assert.equal(waits([said(1, 'me', asks), said(2, 'bot-office', { reply_to: 1 }), said(3, 'me')]), null);
  assert.equal(waits([said(1, 'me', asks, { state: { recalled: {} } })]), null);
});

test('the last answer of a room is to my message, or to none of mine', () => {
  const last = (shown, { peer, attached = true } = {}) => answeredLast({ state: { shown, attached }, view: { peer } }, 'me');
  const direct = { peer: 'bot-school' };
  assert.equal(last([said(1, 'me'), said(2, 'bot-school'), said(3, 'me'), said(4, 'bot-school')], direct), 3);
  assert.equal(last([said(1, 'me'), said(2, 'bot-school'), said(3, 'me')], direct), null);
  const two = [said(1, 'me'), said(2, 'me'), said(3, 'bot-school', { reply_to: 1 })];
  assert.equal(last(two, direct), 1);
  assert.equal(last([...two, said(4, 'bot-school', { reply_to: 2 })], direct), 2);
  assert.equal(last([said(1, 'me'), said(2, 'bot-school')], { ...direct, attached: false }), null);
  const asks = { mentions: ['bot-office'] };
  const group = [said(1, 'me', asks), said(2, 'other', asks)];
  assert.equal(last([...group, said(3, 'bot-office', { reply_to: 1 })]), 1);
  assert.equal(last([...group, said(3, 'bot-office', { reply_to: 2 })]), null);
  assert.equal(last([...group, said(3, 'bot-office', { reply_to: 1 }), said(4, 'other')]), null);
  assert.equal(last([]), null);
});

test('the chatbot that is asked is known by the room, else by whom the message names', () => {
  const asked = (shown, peer) => askedBot({ state: { shown }, view: { peer } }, 1);
  assert.equal(asked([said(1, 'me')], 'bot-school'), 'bot-school');
  assert.equal(asked([said(1, 'me', { mentions: ['p7', 'bot-office'] })]), 'bot-office');
  assert.equal(asked([said(1, 'me', { mentions: ['bot-school', 'bot-office'] })]), null);
  assert.equal(asked([said(1, 'me', {}, { state: { recalled: {} } })], 'bot-school'), null);
  assert.equal(asked([said(2, 'me')], 'bot-school'), null);
});
