import assert from 'node:assert/strict';
import { test } from 'node:test';
import { About } from '../../hub/web/widget/about.js';
import { Refused } from '../../hub/web/widget/api.js';
import { settle } from './stage.js';

const STARTING = { ready: false, questions: [], signed_in: false };
const READY = { ready: true, questions: ['방학은 언제예요?'], signed_in: false };
const SILENT = { ready: true, questions: [], signed_in: false };

/** An `About` whose waits the test ends; `said` is what the hub answers, the last again and again. */
function begun(context, said) {
  const stage = { waits: [], wake: null, wanted: true, asked: 0, first: [] };
  context.mock.method(Math, 'random', () => 0.5);
  context.mock.method(globalThis, 'clearTimeout', () => { stage.wake = null; });
  context.mock.method(globalThis, 'setTimeout', (wake, ms) => {
    stage.waits.push(ms / 1000);
    stage.wake = wake;
  });
  const find = () => {
    const next = said.length > 1 ? said.shift() : said[0];
    stage.asked += 1;
    return next instanceof Error ? Promise.reject(next) : Promise.resolve(next);
  };
  stage.about = new About(find, () => stage.wanted, (first) => { stage.first.push(first); });
  stage.pass = async () => {
    const { wake } = stage;
    stage.wake = null;
    wake?.();
    await settle();
  };
  stage.look = async () => {
    stage.about.look();
    await settle();
  };
  return stage;
}

test('a chat that opened before its bot was there is told the questions once it is', async (context) => {
  const stage = begun(context, [STARTING, STARTING, READY]);
  await stage.look();
  assert.deepEqual([stage.about.state, stage.about.questions], ['starting', []]);
  await stage.pass();
  await stage.pass();
  assert.deepEqual([stage.about.state, stage.about.questions], [null, READY.questions]);
  assert.deepEqual(stage.first, [STARTING, null, null], 'who asks is told once');
  assert.equal(stage.wake, null, 'and there is no more to be found out');
  await stage.look();
  assert.equal(stage.asked, 3);
});

test('it is looked less and less often, at once when somebody comes back, and not while nobody sees it', async (context) => {
  const stage = begun(context, [STARTING]);
  await stage.look();
  for (let times = 0; times < 7; times += 1) await stage.pass();
  assert.deepEqual(stage.waits, [1, 2, 4, 8, 15, 30, 30, 30]);
  stage.wanted = false;
  await stage.pass();
  await stage.pass();
  await stage.look();
  assert.equal(stage.asked, 8);
  stage.wanted = true;
  await stage.look();
  assert.equal(stage.asked, 9);
});

test('a line that is broken is told, and mends by itself', async (context) => {
  const stage = begun(context, [new TypeError('Failed to fetch'), READY]);
  await stage.look();
  assert.equal(stage.about.state, 'offline');
  await stage.pass();
  assert.deepEqual([stage.about.state, stage.first], [null, [null, READY]]);
});

test('a hub that says when to come back is not asked before, and one that refuses for good no more', async (context) => {
  const stage = begun(context, [new Refused(429, { code: 'rate_limited', retry_after: 20 }), new Refused(404, { code: 'not_found' })]);
  await stage.look();
  assert.deepEqual([stage.waits, stage.about.state], [[20], null]);
  await stage.pass();
  assert.equal(stage.wake, null);
});

test('a bot that has nothing to open with is asked a few times only', async (context) => {
  const stage = begun(context, [SILENT]);
  await stage.look();
  while (stage.wake) await stage.pass();
  assert.equal(stage.asked, 3);
});
