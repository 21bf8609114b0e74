import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyOf, changed, emptyDraft, faultsOf, formFaults, freeId, isBegun } from '../../hub/web/author/draft.js';
import { block, enter, insert, link, prefix, wrap } from '../../hub/web/author/markdown-edit.js';
import { fromField, inDays, toField } from '../../hub/web/author/moments.js';
import { parse, places } from '../../hub/web/author/route.js';

const NOW = new Date('2026-11-23T06:05:00Z');
const field = (more) => ({ type: 'agree', id: 'q1', label: '참가', help: '', required: true, privacy: null, ...more });
const form = (...fields) => ({ fields, signers: { guardians: 'one', student: false }, change: true });

/** A text whose selection stands between | and |, or at one |. */
function at(marked) {
  const start = marked.indexOf('|');
  const text = marked.replaceAll('|', '');
  const end = marked.lastIndexOf('|') - (marked.lastIndexOf('|') > start ? 1 : 0);
  return { text, start, end };
}

test('marks go around what is selected, and away again', () => {
  const bold = wrap(at('내일 |물통| 지참'), '**');
  assert.deepEqual([bold.text, bold.text.slice(bold.start, bold.end)], ['내일 **물통** 지참', '물통']);
  assert.equal(wrap(bold, '**').text, '내일 물통 지참');
  assert.equal(wrap(at('|물통 |지참'), '**').text, '**물통** 지참', 'a space inside would keep the marks from working');
  assert.equal(wrap(at('가 |'), '*', '말').text, '가 *말*');
});

test('lines become items of a list, numbered ones in order, and lines again', () => {
  assert.equal(prefix(at('|가\n나|'), '- ').text, '- 가\n- 나');
  assert.equal(prefix(at('|- 가\n- 나|'), '- ').text, '가\n나');
  assert.equal(prefix(at('|- 가\n- 나|'), '1. ').text, '1. 가\n2. 나');
  assert.equal(prefix(at('첫 줄\n둘째| 줄\n셋째'), '## ').text, '첫 줄\n## 둘째 줄\n셋째');
});

test('Enter goes on with a list, and ends it in an empty item', () => {
  assert.equal(enter(at('- 가|')).text, '- 가\n- ');
  assert.equal(enter(at('9. 가|')).text, '9. 가\n10. ');
  assert.equal(enter(at('- 가\n- |')).text, '- 가\n');
  assert.equal(enter(at('보통 글|')), null);
});

test('links keep to their brackets, blocks to lines of their own', () => {
  assert.equal(link(at('|[안내]|'), 'https://a.kr/(x y)', '').text, '[\\[안내\\]](https://a.kr/%28x%20y%29)');
  assert.equal(block(at('위|아래'), '| a |').text, '위\n\n| a |\n\n아래');
  assert.equal(insert(at('가|나'), '{{이름}}').text, '가{{이름}}나');
});

test('fields show the clock of the server’s zone, wherever the browser is', () => {
  assert.equal(toField('2026-11-23T06:05:00Z', 'Asia/Seoul'), '2026-11-23T15:05');
  assert.equal(fromField('2026-11-23T15:05', 'Asia/Seoul'), '2026-11-23T06:05:00.000Z');
  assert.equal(fromField('2026-07-01T09:00', 'America/New_York'), '2026-07-01T13:00:00.000Z');
  assert.equal(fromField('', 'Asia/Seoul'), null);
  assert.equal(inDays(1, 17, new Date('2026-11-23T15:30:00Z'), 'Asia/Seoul'), '2026-11-25T17:00', 'after midnight there');
});

test('what keeps a notice from going out is told in the order of the page', () => {
  const parts = (draft, more) => faultsOf(draft, NOW, more).map(({ part }) => part);
  const draft = emptyDraft('consent', 'u1');
  assert.deepEqual(parts(draft), ['audience', 'title', 'text', 'form']);
  assert.deepEqual(parts({ ...draft, title: '제목', form: form(field()) }, { correction: true }), []);
  const whole = { ...emptyDraft('note', 'u1'), title: '제목', text: '글', audience: [{ unit: 'u1', who: 'families' }] };
  assert.deepEqual(parts(whole), []);
  assert.deepEqual(parts({ ...whole, deadline: '2026-11-23T06:00:00Z' }), ['deadline']);
  assert.deepEqual(parts({ ...whole, deadline: '2026-11-24T00:00:00Z', publish_at: '2026-11-25T00:00:00Z' }), ['deadline']);
  assert.deepEqual(parts({ ...whole, translations: { en: { title: '', text: 'x' } } }), ['translations']);
});

test('items of a form say what they lack', () => {
  const keys = (...fields) => formFaults(form(...fields)).map(({ key }) => key);
  const options = (...labels) => labels.map((label, n) => ({ id: `o${n}`, label }));
  assert.deepEqual(keys(field({ label: ' ' })), ['build.fault.label']);
  assert.deepEqual(keys(field({ type: 'choice', options: options('가') })), ['build.fault.options']);
  assert.deepEqual(keys(field({ type: 'choice', options: options('가', '') })), ['build.fault.option']);
  assert.deepEqual(keys(field({ type: 'choice', options: options('가', '가 ') })), ['build.fault.same']);
  const privacy = { matter: 'third_party', purpose: '가', items: '나', retention: '다', refusal: '라', recipient: '' };
  assert.deepEqual(keys(field({ privacy })), ['build.fault.recipient']);
  assert.deepEqual(keys(field({ privacy: { ...privacy, items: '' } })), ['build.fault.privacy']);
});

test('half-made parts are kept back, so that the rest is saved', () => {
  const draft = { ...emptyDraft('consent', 'u1'), title: '제목', form: form(field({ label: '' })), translations: { en: { title: '', text: 'x' }, vi: { title: 'T', text: '' } } };
  const body = bodyOf(draft);
  assert.ok(!('form' in body));
  assert.deepEqual(Object.keys(body.translations), ['vi']);
  assert.deepEqual(Object.keys(changed(body, bodyOf({ ...draft, text: '글' }))), ['text']);
  assert.deepEqual(['urgent', 'confirm', 'publish_at', 'keep_days'].filter((name) => name in bodyOf(draft, { correction: true })), []);
  assert.ok(isBegun(draft) && !isBegun(emptyDraft('note', 'u1')));
  assert.equal(freeId('q', ['q2', 'q1']), 'q3');
});

test('places', () => {
  assert.deepEqual(parse(places.begin('note', 'k-1')), { view: 'write', kind: 'note', key: 'k-1' });
  assert.deepEqual(parse(places.edit('n1')), { view: 'write', notice: 'n1' });
  assert.deepEqual(parse(places.follow('n1', 'answers')), { view: 'follow', notice: 'n1', tab: 'answers' });
  assert.deepEqual(parse(places.rules()), { view: 'rules', unit: null });
  assert.deepEqual(parse(places.rules('u/1')), { view: 'rules', unit: 'u/1' });
  assert.deepEqual(parse('#/new/other/k'), { view: 'list' });
});
