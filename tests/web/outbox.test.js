import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LocalStore, Outbox } from '../../hub/web/lib/outbox.js';

/** What the browser's localStorage does, in memory: keys are its own enumerable properties. */
class Storage {
  constructor(limit = Infinity) {
    Object.defineProperty(this, 'limit', { value: limit, enumerable: false });
  }

  getItem(key) { return this[key] ?? null; }

  setItem(key, value) {
    if (value.length > this.limit) throw new DOMException('full', 'QuotaExceededError');
    this[key] = String(value);
  }

  removeItem(key) { delete this[key]; }
}

const add = (outbox, cid, room = 'r1') => outbox.add({ cid, verb: 'send', room, args: { text: cid }, now: 1000 });
const cids = (entries) => entries.map(({ cid }) => cid);

test('of each room one is sent at a time, in order', () => {
  const outbox = new Outbox();
  add(outbox, 'a1');
  add(outbox, 'a2');
  add(outbox, 'b1', 'r2');
  assert.deepEqual(cids(outbox.ready()), ['a1', 'b1']);
  outbox.fly('a1');
  assert.deepEqual(cids(outbox.ready()), ['b1']);
  outbox.done('a1');
  assert.deepEqual(cids(outbox.ready()), ['a2', 'b1']);
});

test('what was on its way when the connection ended is sent again, first', () => {
  const outbox = new Outbox();
  add(outbox, 'a1');
  add(outbox, 'a2');
  outbox.fly('a1');
  outbox.land('a1');
  assert.deepEqual(cids(outbox.ready()), ['a1']);
});

test('a refused one is kept and lets the others pass', () => {
  const outbox = new Outbox();
  add(outbox, 'a1');
  add(outbox, 'a2');
  outbox.fail('a1', { code: 'too_large', message: 'too long' });
  assert.deepEqual(cids(outbox.ready()), ['a2']);
  assert.deepEqual(outbox.get('a1').failed, { code: 'too_large', message: 'too long' });
  outbox.retry('a1');
  assert.deepEqual(cids(outbox.ready()), ['a1']);
});

test('entries outlive a reload, in order, under their cid', () => {
  const storage = new Storage();
  const before = new Outbox(new LocalStore('p1', storage));
  for (const cid of ['z', 'm', 'a']) add(before, cid);
  before.fail('m', { code: 'forbidden', message: 'no' });
  before.done('z');
  const after = new Outbox(new LocalStore('p1', storage));
  assert.deepEqual(cids(after.entries()), ['m', 'a']);
  assert.equal(after.get('m').failed.code, 'forbidden');
  add(after, 'b');
  assert.deepEqual(cids(new Outbox(new LocalStore('p1', storage)).entries()), ['m', 'a', 'b']);
});

test('what belongs to somebody else, or is broken, is left alone or dropped', () => {
  const storage = new Storage();
  add(new Outbox(new LocalStore('p2', storage)), 'x');
  storage.setItem('madang.outbox.p1.broken', '{"cid":');
  const outbox = new Outbox(new LocalStore('p1', storage));
  assert.equal(outbox.size, 0);
  assert.equal(storage.getItem('madang.outbox.p1.broken'), null);
  assert.equal(new Outbox(new LocalStore('p2', storage)).size, 1);
});

test('a full storage loses nothing while the page lives', () => {
  const outbox = new Outbox(new LocalStore('p1', new Storage(10)));
  add(outbox, 'a1');
  assert.deepEqual(cids(outbox.ready()), ['a1']);
});
