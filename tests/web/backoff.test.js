import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff } from '../../hub/web/lib/backoff.js';
import { afterClose, hintIn } from '../../hub/web/lib/closing.js';

const high = () => 0.999999;

test('waits grow twofold and stop at the cap', () => {
  const backoff = new Backoff({ base: 1, cap: 20, random: high });
  const waits = Array.from({ length: 8 }, () => Math.round(backoff.next()));
  assert.deepEqual(waits, [1, 2, 4, 8, 16, 20, 20, 20]);
});

test('the jitter is full: a wait may be anything down to nothing', () => {
  const backoff = new Backoff({ random: () => 0 });
  assert.equal(backoff.next(), 0);
  assert.equal(backoff.next(), 0);
});

test('a reset begins anew', () => {
  const backoff = new Backoff({ random: high });
  backoff.next();
  backoff.next();
  backoff.reset();
  assert.equal(backoff.tries, 0);
  assert.equal(Math.round(backoff.next()), 1);
});

test('each close code has its consequence', () => {
  const random = () => 0.5;
  assert.deepEqual(afterClose(1000), { action: 'stop', delay: null });
  assert.deepEqual(afterClose(4403), { action: 'signed-out', delay: null });
  assert.deepEqual(afterClose(4401), { action: 'sign-in', delay: null });
  assert.deepEqual(afterClose(4008), { action: 'return', delay: null });
  assert.deepEqual(afterClose(1006), { action: 'return', delay: null });
  assert.deepEqual(afterClose(3001, { hint: 4, random }), { action: 'return', delay: 6 });
  assert.deepEqual(afterClose(3001), { action: 'return', delay: null });
  assert.deepEqual(afterClose(4429, { hint: 10, random }), { action: 'return', delay: 15 });
  assert.deepEqual(afterClose(4429, { random }), { action: 'return', delay: 7.5 });
});

test('after a bad frame it comes back once', () => {
  assert.deepEqual(afterClose(4009), { action: 'return', delay: 5 });
  assert.deepEqual(afterClose(4009, { again: true }), { action: 'stop', delay: null });
});

test('a close reason may name a wait', () => {
  assert.equal(hintIn('retry after 7'), 7);
  assert.equal(hintIn('2.5'), 2.5);
  assert.equal(hintIn('too many'), null);
  assert.equal(hintIn(undefined), null);
  assert.equal(hintIn('99999'), 300);
});
