import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refused } from '../../hub/web/widget/api.js';
import { Chat } from '../../hub/web/widget/chat.js';

/** Ask until it is given up, in no time. */
async function givenUp(context, error) {
  context.mock.method(globalThis, 'setTimeout', (go) => {
    queueMicrotask(go);
  });
  const store = { get: () => null, set: () => {} };
  const api = { ask: () => Promise.reject(error) };
  const chat = new Chat(api, store, {}, () => {});
  await chat.ask('방학은 언제예요?');
  return chat.turns.at(-1);
}

test('a chatbot that is not ready is told from a line that is broken', async (context) => {
  const away = await givenUp(context, new Refused(503, { code: 'unavailable', detail: '챗봇을 준비 중이에요.' }));
  assert.deepEqual([away.state, away.problem, away.note], ['failed', '챗봇을 준비 중이에요.', null]);
  context.mock.restoreAll();
  const offline = await givenUp(context, new TypeError('Failed to fetch'));
  assert.deepEqual([offline.state, offline.problem, offline.note], ['failed', '', 'offline']);
});

test('what is refused however often it is asked is not offered again', async (context) => {
  const long = await givenUp(context, new Refused(413, { code: 'too_large', detail: '너무 길어요.' }));
  assert.deepEqual([long.state, long.hopeless], ['failed', true]);
  const often = await givenUp(context, new Refused(429, { code: 'rate_limited', detail: '너무 자주 물었어요.' }));
  assert.deepEqual([often.state, often.hopeless], ['failed', false]);
});

test('what is asked before it is known what was said is not forgotten with it', async () => {
  const kept = new Map();
  const store = { get: (name) => kept.get(name) ?? null, set: (name, value) => kept.set(name, value) };
  const parts = [{ type: 'start', messageId: 'r1', messageMetadata: { conversation: 'c1' } }, { type: 'finish' }];
  const api = {
    ask: () => Promise.resolve(new Response(parts.map((part, at) => `id: r1:${at}\ndata: ${JSON.stringify(part)}\n\n`).join(''))),
    conversation: () => Promise.reject(new Refused(404, { code: 'not_found' })), // it is not stored yet
  };
  const chat = new Chat(api, store, {}, () => {});
  await chat.ask('방학은 언제예요?');
  await chat.restore();
  assert.deepEqual([chat.turns.length, chat.conversation], [1, 'c1']);

  const later = new Chat(api, store, {}, () => {});
  await later.restore();
  assert.equal(later.conversation, null, 'one that is known no more is');
});
