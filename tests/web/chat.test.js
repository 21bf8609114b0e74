import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Turn } from '../../hub/web/widget/chat.js';

test('numbers to call in danger are links, and no other numbers are', () => {
  const turn = new Turn('불이 났어요');
  for (const part of [
    { type: 'text-start', id: 'alarm' },
    { type: 'text-delta', id: 'alarm', delta: '119나 1366으로 전화해 주세요.' },
    { type: 'text-start', id: 't0' },
    { type: 'text-delta', id: 't0', delta: '119명이 왔어요.' },
  ]) turn.take(part);
  assert.equal(turn.text, '[119](tel:119)나 [1366](tel:1366)으로 전화해 주세요.\n\n119명이 왔어요.');
});
