import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from '../../hub/web/lib/client.js';
import { Clock, settle, stage } from './stage.js';

const ME = { id: 'p1', login: 'me', name: 'Me', kind: 'staff', locale: 'ko', roles: [] };
const room = (id, top, more = {}) => ({ id, kind: 'group', title: id, role: 'member', members: 2, first: 1, top, read: 0, unread: 0, mentioned: 0, last: null, ...more });
const message = (seq) => ({ seq, kind: 'message', by: 'p2', at: '2026-11-23T09:00:00.000Z', cid: `c${seq}`, body: { text: `m${seq}` } });
const messages = (from, to) => Array.from({ length: to - from + 1 }, (_, index) => message(from + index));
const opened = (rooms, more = {}) => ({ epoch: 'e1', me: ME, rooms, people: {}, heartbeat: 25, ...more });

async function start({ rooms = [room('r1', 5)], random = () => 0.5, ...options } = {}) {
  const play = stage();
  const clock = new Clock();
  const client = new Client({ url: 'ws://hub/ws', WebSocket: play.Socket, clock, random, ...options });
  const items = [];
  client.on((item) => items.push(item));
  client.start();
  const seen = () => items.filter(({ type }) => type === 'event').map(({ event }) => event.seq);
  const states = () => items.filter(({ type }) => type === 'state').map(({ state }) => state);
  const online = async (answer = opened(rooms)) => {
    await play.last().accept();
    await play.last().answer('open', answer);
  };
  return { ...play, clock, client, items, seen, states, online };
}

test('it speaks madang.v1, opens, and is online only then', async () => {
  const { last, online, client } = await start();
  assert.deepEqual(last().protocols, ['madang.v1']);
  assert.equal(client.state, 'connecting');
  await last().accept();
  assert.deepEqual(last().of('open'), [[1, { since: {} }]]);
  assert.equal(client.state, 'connecting');
  await last().answer('open', opened([room('r1', 5)]));
  assert.equal(client.state, 'online');
  assert.ok(online);
});

test('a token goes first', async () => {
  const { last } = await start({ token: async () => 'secret' });
  await last().accept();
  assert.deepEqual(last().sent, [{ id: 1, auth: { token: 'secret' } }]);
  await last().answer('auth', { expires_at: 'x' });
  assert.equal(last().of('open').length, 1);
});

test('events come in order, once; a hole is fetched', async () => {
  const { last, online, seen } = await start();
  await online();
  await last().say({ push: { room: 'r1', events: [message(6)] } });
  await last().say({ push: { room: 'r1', events: [message(6), message(7)] } });
  await last().say({ push: { room: 'r1', events: [message(10)] } });
  assert.deepEqual(seen(), [6, 7]);
  assert.deepEqual(last().of('sync').map(([, body]) => body), [{ room: 'r1', since: 7, limit: 200 }]);
  await last().say({ push: { room: 'r1', events: [message(11)] } });
  await last().answer('sync', { events: messages(8, 10), top: 11, more: true, people: {} });
  await last().answer('sync', { events: [message(11)], top: 11, more: false, people: {} });
  assert.deepEqual(seen(), [6, 7, 8, 9, 10, 11]);
});

test('pushes that overtake the answer to open are merged into it', async () => {
  const { last, seen } = await start();
  await last().accept();
  await last().say({ push: { room: 'r1', events: [message(6)] } });
  assert.deepEqual(seen(), []);
  await last().answer('open', opened([room('r1', 5)]));
  assert.deepEqual(seen(), [6]);
});

test('it resumes every room where it was, and pages what open leaves out', async () => {
  const { last, online, seen, clock, sockets } = await start();
  await online();
  await last().say({ push: { room: 'r1', events: [message(6)] } });
  await last().end(1006);
  await clock.pass(2);
  assert.equal(sockets.length, 2);
  await last().accept();
  assert.deepEqual(last().of('open')[0][1], { since: { r1: 6 } });
  await last().answer('open', opened([room('r1', 9, { missed: messages(7, 8), more: true })]));
  assert.deepEqual(seen(), [6, 7, 8]);
  await last().answer('sync', { events: [message(9)], top: 9, more: false, people: {} });
  assert.deepEqual(seen(), [6, 7, 8, 9]);
});

test('a room that is gone after a reconnect is told', async () => {
  const { last, online, items, clock } = await start({ rooms: [room('r1', 1), room('r2', 1)] });
  await online();
  await last().end();
  await clock.pass(2);
  await last().accept();
  await last().answer('open', opened([room('r2', 1)]));
  assert.deepEqual(items.filter(({ type }) => type === 'left'), [{ type: 'left', room: 'r1' }]);
});

test('another epoch drops what was known and starts anew', async () => {
  const { last, online, items, seen, clock } = await start();
  await online();
  await last().end();
  await clock.pass(2);
  await last().accept();
  await last().answer('open', opened([room('r1', 2, { missed: [message(2)] })], { epoch: 'e2' }));
  assert.equal(last().of('open').length, 1, 'a connection opens once');
  assert.equal(items.filter(({ type }) => type === 'reset').length, 1);
  await last().say({ push: { room: 'r1', events: [message(3)] } });
  assert.deepEqual(seen(), [3]);
});

test('a command with a cid that waits already is not sent twice', async () => {
  const { last, online, client } = await start();
  await online();
  const cid = '6f1c1c0a-0000-4000-8000-000000000001';
  const sent = [client.send('r1', { text: '한 번', cid }), client.send('r1', { text: '한 번', cid })];
  assert.equal(last().of('send').length, 1);
  await last().answer('send', { seq: 6, at: 'now' });
  assert.deepEqual((await Promise.all(sent)).map(({ seq }) => seq), [6, 6]);
});

test('a room entered again goes on from the first event one may see', async () => {
  const { last, online, seen, clock } = await start();
  await online();
  await last().end();
  await clock.pass(2);
  await last().accept();
  await last().answer('open', opened([room('r1', 9, { first: 9, missed: [message(9)] })]));
  assert.deepEqual(seen(), [9]);
  assert.equal(last().of('sync').length, 0);
});

test('a send is acknowledged', async () => {
  const { last, online, client } = await start();
  await online();
  const sent = client.send('r1', { text: '안녕', replyTo: 3, mentions: ['p2'], files: [{ id: 'f1', name: 'a' }] });
  const [, { cid, ...body }] = last().of('send')[0];
  assert.match(cid, /^[0-9a-f-]{36}$/u);
  assert.deepEqual(body, { room: 'r1', text: '안녕', reply_to: 3, mentions: ['p2'], files: ['f1'] });
  await last().answer('send', { seq: 6, at: 'now' });
  assert.deepEqual(await sent, { seq: 6, at: 'now' });
  assert.equal(client.outbox.size, 0);
});

test('what was not acknowledged is sent again under its cid, in order', async () => {
  const { last, online, client, clock } = await start();
  await online();
  const one = client.send('r1', { text: '1' });
  const two = client.send('r1', { text: '2' });
  assert.deepEqual(last().of('send').map(([, { text }]) => text), ['1']);
  const { cid } = last().of('send')[0][1];
  await last().end();
  const three = client.send('r1', { text: '3' }); // while offline
  await clock.pass(2);
  await last().accept();
  await last().answer('open', opened([room('r1', 5, { missed: [] })]));
  assert.equal(last().of('send')[0][1].cid, cid);
  for (const seq of [6, 7, 8]) await last().answer('send', { seq, at: 'x' });
  assert.deepEqual(last().of('send').map(([, { text }]) => text), ['1', '2', '3']);
  assert.deepEqual((await Promise.all([one, two, three])).map(({ seq }) => seq), [6, 7, 8]);
});

test('rate limits are waited out, keeping the order', async () => {
  const { last, online, client, clock } = await start();
  await online();
  client.send('r1', { text: '1' });
  client.send('r1', { text: '2' });
  await last().refuse('send', { code: 'rate_limited', temporary: true, retry_after: 4 });
  await clock.pass(3.9);
  assert.equal(last().of('send').length, 1);
  await clock.pass(0.2);
  await last().answer('send', { seq: 6, at: 'x' });
  assert.deepEqual(last().of('send').map(([, { text }]) => text), ['1', '1', '2']);
});

test('a refusal for good keeps the message and lets the next pass', async () => {
  const { last, online, client, items } = await start();
  await online();
  const sent = client.send('r1', { text: 'long' });
  client.send('r1', { text: 'next' });
  await last().refuse('send', { code: 'too_large' });
  await assert.rejects(sent, { code: 'too_large' });
  assert.equal(client.outbox.entries()[0].failed.code, 'too_large');
  assert.equal(items.find(({ type }) => type === 'failed').verb, 'send');
  assert.equal(last().of('send').at(-1)[1].text, 'next');
  const { cid } = client.outbox.entries()[0];
  await last().answer('send', { seq: 6, at: 'x' });
  client.retry(cid);
  assert.deepEqual(last().of('send').at(-1)[1], { room: 'r1', cid, text: 'long' });
});

test('a server that keeps failing is asked five times, then the person is', async () => {
  const { last, online, client, clock } = await start();
  await online();
  const failed = assert.rejects(client.send('r1', { text: 'x' }), { code: 'internal' });
  for (let time = 0; time < 5; time += 1) {
    await last().refuse('send', { code: 'internal', temporary: true });
    await clock.pass(20);
  }
  await failed;
  assert.equal(last().of('send').length, 5);
});

test('at most twenty commands are on their way', async () => {
  const rooms = Array.from({ length: 30 }, (_, index) => room(`r${index}`, 0));
  const { last, online, client } = await start({ rooms });
  await online(opened(rooms));
  for (const { id } of rooms) client.send(id, { text: 'x' });
  assert.equal(last().of('send').length, 20);
  const [id] = last().of('send')[0];
  await last().say({ id, send: { seq: 1, at: 'x' } });
  assert.equal(last().of('send').length, 21);
});

test('read cursors survive a lost connection and never go back', async () => {
  const { last, online, client, clock } = await start();
  await online();
  client.read('r1', 4);
  client.read('r1', 3);
  assert.deepEqual(last().of('read').map(([, body]) => body), [{ room: 'r1', seq: 4 }]);
  await last().end();
  client.read('r1', 5);
  await clock.pass(2);
  await last().accept();
  await last().answer('open', opened([room('r1', 5, { missed: [] })]));
  assert.deepEqual(last().of('read').map(([, body]) => body), [{ room: 'r1', seq: 5 }]);
  await last().answer('read', {});
  await last().end();
  await clock.pass(5);
  await last().accept();
  await last().answer('open', opened([room('r1', 5, { missed: [] })]));
  assert.equal(last().of('read').length, 0);
});

test('silence is answered with a ping, and more silence ends the socket', async () => {
  const { last, online, clock, sockets, client } = await start();
  await online();
  await clock.pass(24);
  assert.equal(last().of('ping').length, 0);
  await clock.pass(2);
  assert.equal(last().of('ping').length, 1);
  await last().answer('ping', {});
  await clock.pass(26);
  assert.equal(last().of('ping').length, 2);
  assert.equal(client.state, 'online');
  await clock.pass(32);
  assert.equal(sockets.length, 2);
});

test('close codes: stay away', async () => {
  for (const [code, state] of [[1000, 'stopped'], [4403, 'signed-out']]) {
    const { last, online, clock, sockets, client } = await start();
    await online();
    await last().end(code);
    await clock.pass(600);
    assert.equal(client.state, state);
    assert.equal(sockets.length, 1);
  }
});

test('a draining server is left alone for as long as it said', async () => {
  const { last, online, clock, sockets } = await start();
  await online();
  await last().say({ push: { drain: { after: 8 } } });
  await last().end(3001);
  await clock.pass(11.9);
  assert.equal(sockets.length, 1);
  await clock.pass(0.2);
  assert.equal(sockets.length, 2);
});

test('after a bad frame it comes back once, in five seconds', async () => {
  const { last, online, clock, sockets, client } = await start();
  await online();
  await last().end(4009);
  await clock.pass(4.9);
  assert.equal(sockets.length, 1);
  await clock.pass(0.2);
  await online(opened([room('r1', 5, { missed: [] })]));
  await last().end(4009);
  await clock.pass(60);
  assert.equal(sockets.length, 2);
  assert.equal(client.state, 'stopped');
});

test('not signed in: renewed once, then it is over', async () => {
  let renewals = 0;
  const { last, clock, sockets, client } = await start({ renew: async () => { renewals += 1; return 'fresh'; } });
  await last().accept();
  await last().end(4401);
  await clock.pass(1);
  assert.equal(sockets.length, 2);
  await last().accept();
  await last().end(4401);
  await clock.pass(60);
  assert.equal(renewals, 1);
  assert.equal(client.state, 'signed-out');
});

test('without a way to renew, not signed in means signed out', async () => {
  const { last, client } = await start();
  await last().accept();
  await last().end(4401);
  assert.equal(client.state, 'signed-out');
});

test('a token about to expire is renewed in place', async () => {
  const { last, online } = await start({ renew: async () => 'fresh' });
  await online();
  await last().say({ push: { notify: { kind: 'token-expires', in: 60 } } });
  assert.deepEqual(last().of('auth').map(([, body]) => body), [{ token: 'fresh' }]);
});

test('waits grow while the server is away and start small again after it was back', async () => {
  const { last, online, clock, items } = await start({ random: () => 0.99 });
  await online();
  for (let time = 0; time < 4; time += 1) {
    await last().end();
    await clock.pass(20);
  }
  await online(opened([room('r1', 5, { missed: [] })]));
  await last().end();
  const waits = items.filter(({ type, state }) => type === 'state' && state === 'offline').map(({ retryIn }) => Math.round(retryIn));
  assert.deepEqual(waits, [1, 2, 4, 8, 1]);
});

test('being told to hurry skips the wait', async () => {
  const { last, online, client, sockets } = await start();
  await online();
  await last().end();
  client.reconnect();
  assert.equal(sockets.length, 2);
});

test('watched people are watched again after a reconnect', async () => {
  const { last, online, client, clock, items } = await start();
  await online();
  client.watch(['p7']);
  await last().answer('watch', { presence: { p7: 'away' } });
  assert.deepEqual(items.at(-1), { type: 'presence', presence: { p7: 'away' } });
  await last().end();
  await clock.pass(2);
  await last().accept();
  await last().answer('open', opened([room('r1', 5, { missed: [] })]));
  assert.deepEqual(last().of('watch').map(([, body]) => body), [{ people: ['p7'] }]);
});

test('history without a connection says so', async () => {
  const { client } = await start();
  await assert.rejects(client.history('r1', { before: 5 }), { code: 'offline', temporary: true });
});

test('the items can be read as an async iteration', async () => {
  const { client, online } = await start();
  const found = [];
  const reading = (async () => {
    for await (const item of client.events()) {
      found.push(item.type);
      if (item.type === 'opened') break;
    }
  })();
  await settle();
  await online();
  await reading;
  assert.deepEqual(found, ['opened']);
});

test('unknown pushes are handed on, unknown frames ignored', async () => {
  const { last, online, items } = await start();
  await online();
  await last().say({ push: { notice: { id: 'n1' } } });
  await last().say({ something: 'else' });
  assert.deepEqual(items.at(-1), { type: 'push', push: { notice: { id: 'n1' } } });
});
