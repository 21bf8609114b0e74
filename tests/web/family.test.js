import assert from 'node:assert/strict';
import { test } from 'node:test';
import { daysUntil, nearness, schoolYear, wanted, weeksOf } from '../../hub/web/family/dues.js';
import { faultOf, isEmpty, plainAnswers, translated } from '../../hub/web/family/form-texts.js';
import { keptOf, noticeOf, provisional } from '../../hub/web/family/model.js';
import { bytesOf, sameKey } from '../../hub/web/family/push.js';
import { parse, places } from '../../hub/web/family/route.js';

const NOW = new Date('2026-11-26T03:00:00Z'); // noon in Seoul
const dayOf = (at) => new Date(at.getTime() + 9 * 3_600_000).toISOString().slice(0, 10);

test('places lead to where they say', () => {
  assert.deepEqual(parse(places.notice('n1')), { view: 'notice', notice: 'n1' });
  assert.deepEqual(parse(places.form('n1', 'p 2/3')), { view: 'form', notice: 'n1', student: 'p 2/3' });
  assert.deepEqual(parse('#/rooms/r1/17'), { view: 'room', room: 'r1', seq: 17 });
  assert.deepEqual(parse('#/rooms/r1'), { view: 'room', room: 'r1', seq: null });
  for (const hash of ['', '#', '#/', '#/nowhere', '#/notices/', '#/notices/a/b/c']) assert.equal(parse(hash).view, 'feed');
  for (const view of ['calendar', 'rooms', 'settings']) assert.equal(parse(places[view]()).view, view);
});

test('how near a deadline is goes by days here, not by hours', () => {
  const near = (deadline) => nearness(deadline, NOW, dayOf);
  assert.equal(near(null), null);
  assert.equal(near('2026-11-26T03:00:00Z').state, 'past');
  assert.equal(near('2026-11-26T14:59:00Z').state, 'today');
  assert.equal(near('2026-11-26T15:00:00Z').state, 'tomorrow');
  assert.deepEqual(near('2026-12-03T08:00:00Z'), { state: 'soon', days: 7 });
  assert.deepEqual(near('2026-12-04T08:00:00Z'), { state: 'later', days: 8 });
  assert.equal(daysUntil('2027-03-01', '2026-02-28'), 366);
});

test('what a notice wants of somebody', () => {
  const notice = { state: 'published', version: 1, seen_version: 1, deadline: null, form: true, answerable: ['p1'], answered_at: null, confirm: false, confirmed_at: null };
  const want = (change) => wanted({ ...notice, ...change }, NOW);
  assert.equal(want({}), 'answer');
  assert.equal(want({ form: { fields: [] }, answerable: undefined, children: [{ answerable: true }] }), 'answer');
  assert.equal(want({ answerable: [] }), null, 'without the right to sign there is nothing to do');
  assert.equal(want({ answered_at: '2026-11-25T00:00:00Z' }), null);
  assert.equal(want({ deadline: '2026-11-26T02:59:00Z' }), null, 'it is too late');
  assert.equal(want({ form: false, confirm: true }), 'confirm');
  assert.equal(want({ form: false, version: 2 }), 'read');
  assert.equal(want({ state: 'withdrawn' }), null);
});

test('a month is whole weeks from Sunday', () => {
  const weeks = weeksOf(2026, 10); // November 2026 begins on a Sunday
  assert.deepEqual([weeks.length, weeks[0][0].key, weeks.at(-1)[6].key], [5, '2026-11-01', '2026-12-05']);
  assert.equal(weeksOf(2026, 1).length, 4);
  assert.equal(weeksOf(2026, 7).length, 6);
  for (let month = 0; month < 24; month += 1) {
    const days = weeksOf(2026, month).flat();
    assert.equal(days.filter(({ inside }) => inside).length, new Date(2026, month + 1, 0).getDate());
    assert.equal(new Set(days.map(({ key }) => key)).size, days.length);
  }
});

test('a school year begins in March', () => {
  assert.deepEqual(['2026-02-28', '2026-03-01', '2026-12-31', '2027-01-01'].map(schoolYear), [2025, 2026, 2026, 2026]);
});

const FORM = {
  fields: [
    { type: 'agree', id: 'trip', label: '참가', privacy: { matter: 'general', purpose: '여행', items: '이름', retention: '1년', refusal: '없음' } },
    { type: 'choice', id: 'meal', label: '점심', options: [{ id: 'a', label: '일반' }, { id: 'b', label: '채식' }], required: false },
    { type: 'choice', id: 'days', label: '요일', options: [{ id: 'mo', label: '월' }, { id: 'tu', label: '화' }, { id: 'we', label: '수' }], multiple: true, least: 1, most: 2 },
    { type: 'text', id: 'note', label: '메모', longest: 5, required: false },
    { type: 'date', id: 'day', label: '날짜', earliest: '2026-12-01', latest: '2026-12-24' },
    { type: 'file', id: 'papers', label: '서류' },
    { type: 'signature', id: 'sign', label: '서명' },
  ],
  translations: { en: { 'trip.label': 'Trip', 'trip.purpose': 'Travel', 'meal.b': 'Vegetarian' } },
};

test('a form in another language keeps what has no translation', () => {
  const [trip, meal] = translated(FORM, 'en').fields;
  assert.deepEqual([trip.label, trip.privacy.purpose, trip.privacy.items, trip.privacy.matter], ['Trip', 'Travel', '이름', 'general']);
  assert.deepEqual(meal.options.map(({ label }) => label), ['일반', 'Vegetarian']);
  assert.equal(meal.label, '점심');
  assert.equal(translated(FORM, 'vi').fields[0].label, '참가');
  assert.equal(FORM.fields[0].label, '참가', 'the form itself is not changed');
});

test('what is wrong with an answer is told before it is sent', () => {
  const fault = (id, value) => faultOf(FORM.fields.find((field) => field.id === id), value)?.[0] ?? null;
  assert.equal(fault('trip', undefined), 'form.missing.agree');
  assert.equal(fault('trip', 'disagree'), null);
  assert.equal(fault('meal', undefined), null);
  assert.equal(fault('days', []), 'form.missing.choice');
  assert.equal(fault('days', ['mo', 'tu', 'we']), 'form.count');
  assert.equal(fault('days', ['mo', 'tu']), null);
  assert.equal(fault('note', '여섯 글자를'), 'form.over');
  assert.equal(fault('note', '👨‍👩‍👧'.slice(0, 2)), null);
  assert.equal(fault('day', '2026-11-30'), 'form.day');
  assert.equal(fault('day', '2026-12-24'), null);
  assert.equal(fault('papers', []), 'form.missing.file');
  assert.equal(fault('sign', null), 'form.missing.sign');
});

test('answers go out as the API takes them', () => {
  const values = { trip: 'agree', note: '  ', days: ['mo'], papers: [{ id: 'f1', name: 'a.pdf', size: 3 }], sign: { typed: '정우은' }, gone: 'x' };
  assert.deepEqual(plainAnswers(FORM, values), { trip: 'agree', days: ['mo'], papers: ['f1'], sign: { typed: '정우은' } });
  assert.ok(isEmpty('  ') && isEmpty(null) && isEmpty([]) && !isEmpty('agree'));
});

test('a push makes a line of the feed, and a notice brings its own part to the top', () => {
  const line = provisional({ id: 'n1', kind: 'note', state: 'published', version: 1, title: '알림', unit: { id: 'u1', name: '3학년 1반' }, published_at: '2026-11-26T00:00:00Z' });
  assert.deepEqual([line.seen_version, line.deadline, line.students, line.provisional], [0, null, [], true]);
  const notice = noticeOf({ id: 'n1', version: 2, language: 'ko', texts: { en: {}, ko: {} }, family: { children: [{ id: 'p1', texts: null }], seen_version: 2, confirmed_at: null } });
  assert.deepEqual([notice.seen_version, notice.languages, notice.merged], [2, ['ko', 'en'], false]);
  assert.equal(keptOf(line, { ...notice, state: 'withdrawn' }).state, 'withdrawn');
  assert.equal(keptOf(line, notice).title, '알림');
});

test('a subscription made with another key is told from one with ours', () => {
  const key = bytesOf('BAECAw');
  assert.deepEqual([...key], [4, 1, 2, 3]);
  const made = (bytes) => ({ options: { applicationServerKey: bytes && new Uint8Array(bytes).buffer } });
  assert.ok(sameKey(made([4, 1, 2, 3]), 'BAECAw'));
  assert.ok(!sameKey(made([4, 1, 2, 4]), 'BAECAw'));
  assert.ok(!sameKey(made([4, 1, 2]), 'BAECAw'));
  assert.ok(sameKey(made(null), 'BAECAw'), 'a browser that does not tell is believed');
});
