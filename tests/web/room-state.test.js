import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fold, judge, RoomState } from '../../hub/web/lib/room-state.js';

const AT = '2026-11-23T09:00:00.000Z';
const event = (seq, kind, body, by = 'p1') => ({ seq, kind, by, at: AT, cid: `c${seq}`, body });
const message = (seq, text = `m${seq}`, by = 'p1') => event(seq, 'message', { text }, by);
const seqs = (state) => state.shown.map(({ seq }) => seq);

test('an edit replaces text and mentions and says when', () => {
  const before = { ...message(1), body: { text: 'a', mentions: ['p9'], reply_to: 7 } };
  const after = fold(before, event(5, 'edit', { seq: 1, text: 'b' }));
  assert.deepEqual(after.body, { text: 'b', reply_to: 7 });
  assert.deepEqual(after.state, { seq: 5, edited: { seq: 5, at: AT } });
  assert.equal(before.body.text, 'a');
});

test('an event that is folded in already changes nothing', () => {
  const once = fold(message(1), event(5, 'edit', { seq: 1, text: 'b' }));
  assert.equal(fold(once, event(5, 'edit', { seq: 1, text: 'b' })), once);
  assert.equal(fold(once, event(4, 'edit', { seq: 1, text: 'c' })), once);
});

test('a recall wins over everything that came and comes', () => {
  let now = fold(message(1), event(2, 'react', { seq: 1, emoji: '👍', on: true }, 'p2'));
  now = fold(now, event(3, 'pin', { seq: 1, on: true }));
  now = fold(now, event(4, 'recall', { seq: 1 }));
  now = fold(now, event(5, 'edit', { seq: 1, text: 'late' }));
  now = fold(now, event(6, 'react', { seq: 1, emoji: '👍', on: true }, 'p2'));
  assert.deepEqual(now.body, { text: '' });
  assert.deepEqual(now.state, { seq: 6, recalled: { seq: 4, at: AT, by: 'p1' } });
});

test('reactions come and go, each person once', () => {
  const give = (seq, by, on = true) => event(seq, 'react', { seq: 1, emoji: '👍', on }, by);
  let now = fold(message(1), give(2, 'p2'));
  now = fold(now, give(3, 'p3'));
  now = fold(now, give(4, 'p2'));
  assert.deepEqual(now.state.reactions, { '👍': ['p2', 'p3'] });
  now = fold(now, give(5, 'p2', false));
  assert.deepEqual(now.state.reactions, { '👍': ['p3'] });
  now = fold(now, give(6, 'p3', false));
  assert.deepEqual(now.state.reactions, {});
});

test('a pin comes and goes', () => {
  const pinned = fold(message(1), event(2, 'pin', { seq: 1, on: true }, 'p2'));
  assert.deepEqual(pinned.state.pinned, { by: 'p2', at: AT });
  assert.equal(fold(pinned, event(3, 'pin', { seq: 1, on: false })).state.pinned, undefined);
});

test('positions: next, duplicate, gap', () => {
  assert.equal(judge(4, 5), 'next');
  assert.equal(judge(4, 4), 'duplicate');
  assert.equal(judge(4, 1), 'duplicate');
  assert.equal(judge(4, 6), 'gap');
});

test('only the next event is applied', () => {
  const state = new RoomState({ top: 0 });
  assert.equal(state.apply(message(1)), 'applied');
  assert.equal(state.apply(message(1)), 'duplicate');
  assert.equal(state.apply(message(3)), 'gap');
  assert.equal(state.top, 1);
  assert.deepEqual(seqs(state), [1]);
});

test('changes of a message that is loaded only later are in it', () => {
  const state = new RoomState({ top: 3 });
  state.apply(event(4, 'edit', { seq: 2, text: 'new' }));
  state.prepend([message(1), message(2), message(3)], false); // read before the edit, arrived after
  assert.equal(state.find(2).body.text, 'new');
  assert.ok(state.complete);
});

test('a page that has the change already is not changed twice', () => {
  const state = new RoomState({ top: 2 });
  state.apply(event(3, 'react', { seq: 1, emoji: '👍', on: true }, 'p2'));
  const folded = { ...message(1), state: { seq: 3, reactions: { '👍': ['p2'] } } };
  state.prepend([folded, message(2)], false);
  assert.equal(state.find(1), folded);
});

test('detached from the top, new messages are counted, not shown; changes reach what is shown', () => {
  const state = new RoomState({ top: 10, after: 4 });
  state.prepend([message(3), message(4)], true);
  assert.equal(state.attached, false);
  assert.equal(state.apply(message(11)), 'applied');
  assert.equal(state.apply(event(12, 'recall', { seq: 4 })), 'applied');
  assert.deepEqual(seqs(state), [3, 4]);
  assert.ok(state.find(4).state.recalled);
  state.extend([message(5), message(6), message(7), message(8), message(9), message(10), message(11), event(12, 'recall', { seq: 4 })]);
  assert.ok(state.attached);
  assert.equal(state.apply(message(13)), 'applied');
  assert.deepEqual(seqs(state), [3, 4, 5, 6, 7, 8, 9, 10, 11, 13]);
});

test('a page may be ahead of the pushes: nothing twice', () => {
  const state = new RoomState({ top: 2, after: 2 });
  state.extend([message(3), message(4)]);
  assert.equal(state.apply(message(3)), 'duplicate');
  assert.equal(state.apply(message(5)), 'applied');
  assert.deepEqual(seqs(state), [3, 4, 5]);
});

test('a trimmed stretch grows back where it was cut', () => {
  const state = new RoomState({ top: 0 });
  for (let seq = 1; seq <= 20; seq += 1) state.apply(message(seq));
  state.trim(5, 'new');
  assert.deepEqual(seqs(state), [1, 2, 3, 4, 5]);
  assert.equal(state.attached, false);
  state.extend([message(6), message(7)]);
  state.trim(3, 'old');
  assert.deepEqual(seqs(state), [5, 6, 7]);
  assert.equal(state.low, 5);
  state.prepend([message(3), message(4)], true);
  assert.deepEqual(seqs(state), [3, 4, 5, 6, 7]);
});

test('whatever the order of pages and pushes, the room looks as a fresh read does', () => {
  for (let seed = 1; seed <= 200; seed += 1) {
    const random = chance(seed);
    const log = randomLog(random, 60);
    const fresh = log.filter(({ kind }) => kind === 'message').map((each) => readable(each, log));
    const start = Math.floor(random() * 50);
    const state = new RoomState({ top: start });
    let next = start;
    const push = () => { if (next < log.length) assert.equal(state.apply(log[next++]), 'applied'); };
    while (!state.complete || next < log.length) {
      if (random() < 0.5) push();
      else if (!state.complete) {
        // The page is read now, and a few events are pushed before it arrives.
        const older = log.slice(0, state.low - 1).slice(-7).map((each) => (each.kind === 'message' ? readable(each, log.slice(0, next)) : each));
        const more = older.length > 0 && older[0].seq > 1;
        push();
        push();
        state.prepend(older, more);
      }
    }
    assert.deepEqual(state.shown.map(plain), fresh.map(plain), `seed ${seed}`);
  }
});

function chance(seed) {
  let now = seed * 2654435761;
  return () => {
    now = (now * 1103515245 + 12345) % 2147483648;
    return now / 2147483648;
  };
}

function randomLog(random, length) {
  const log = [];
  for (let seq = 1; seq <= length; seq += 1) {
    const messages = log.filter(({ kind }) => kind === 'message');
    const target = messages[Math.floor(random() * messages.length)]?.seq;
    const by = `p${Math.floor(random() * 3)}`;
    const kinds = {
      edit: { seq: target, text: `e${seq}` }, recall: { seq: target },
      react: { seq: target, emoji: random() < 0.5 ? '👍' : '🙏', on: random() < 0.6 }, pin: { seq: target, on: random() < 0.6 },
    };
    const kind = target && random() < 0.5 ? ['edit', 'recall', 'react', 'react', 'pin'][Math.floor(random() * 5)] : 'message';
    log.push(kind === 'message' ? message(seq, undefined, by) : event(seq, kind, kinds[kind], by));
  }
  return log;
}

function readable(each, log) {
  return log.filter(({ kind, body }) => kind !== 'message' && body.seq === each.seq).reduce(fold, each);
}

/** Without the bookkeeping that differs between an empty and an absent field. */
function plain({ seq, body, state = {} }) {
  const { edited = null, recalled = null, reactions = {}, pinned = null } = state;
  return { seq, body, edited, recalled, reactions, pinned };
}
