import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { codeParts } from '../../hub/web/lib/code.js';
import { Dates } from '../../hub/web/lib/dates.js';
import { CATALOGUES as AUTHOR } from '../../hub/web/author/messages/all.js';
import { CATALOGUES as FAMILY } from '../../hub/web/family/messages/all.js';
import { settings } from '../../hub/web/lib/settings.js';
import { best, find, josa, matches } from '../../hub/web/lib/hangul.js';
import { bytes, CATALOGUES, setLocale, t, when } from '../../hub/web/lib/i18n.js';
import { linkParts, mentionParts } from '../../hub/web/lib/links.js';

test('names are found by syllables, initials and half-typed syllables', () => {
  assert.ok(matches('ㄱㅎㄴ', '김하늘'));
  assert.ok(matches('ㅎㄴ', '김하늘'));
  assert.ok(matches('하느', '김하늘'));
  assert.ok(matches('김ㅎ', '김하늘'));
  assert.ok(matches('매탄 초', '매탄초등학교'));
  assert.ok(matches('', '김하늘'));
  assert.ok(matches('KIM', 'kim ha-neul'));
  assert.ok(!matches('ㄱㄴ', '김하늘'));
  assert.ok(!matches('하느김', '김하늘'));
  assert.ok(!matches('기하', '김하늘'), 'only the last syllable may be half typed');
  assert.equal(find('늘', '김하늘'), 2);
  assert.ok(matches('하늘'.normalize('NFD'), '김하늘'));
});

test('earlier places come first', () => {
  assert.deepEqual(best('하', ['김하늘', '하은우', '이도윤'], (name) => name), ['하은우', '김하늘']);
  assert.deepEqual(best('', ['a', 'b', 'c'], (name) => name, 2), ['a', 'b']);
});

test('particles follow the last sound', () => {
  assert.equal(josa('김하늘', '이', '가'), '김하늘이');
  assert.equal(josa('이도', '이', '가'), '이도가');
  assert.equal(josa('서울', '으로', '로'), '서울로');
  assert.equal(josa('수원', '으로', '로'), '수원으로');
  assert.equal(josa('3학년 2', '을', '를'), '3학년 2를');
  assert.equal(josa('3학년 3', '을', '를'), '3학년 3을');
  assert.equal(josa('Kim', '은', '는'), 'Kim는');
});

test('dates as Koreans write them', () => {
  setLocale('ko');
  const dates = when();
  const now = new Date('2026-11-23T06:05:00Z'); // 15:05 in Seoul
  assert.equal(dates.time(now), '오후 3:05');
  assert.equal(dates.time(new Date('2026-11-22T15:07:00Z')), '오전 12:07');
  assert.equal(dates.time(new Date('2026-11-23T03:00:00Z')), '오후 12:00');
  assert.equal(dates.list(now, now), '오후 3:05');
  assert.equal(dates.list(new Date('2026-11-22T14:59:00Z'), now), '어제');
  assert.equal(dates.list(new Date('2026-11-20T06:00:00Z'), now), '11월 20일');
  assert.equal(dates.list(new Date('2025-03-02T06:00:00Z'), now), '2025. 3. 2.');
  assert.equal(dates.day(now, now), '11월 23일 (월)');
  assert.equal(dates.day(new Date('2025-11-23T06:05:00Z'), now), '2025년 11월 23일 (일)');
  assert.equal(dates.full(now), '2026년 11월 23일 (월) 오후 3:05');
});

test('dates are those of the time zone the server is set to', () => {
  const { timezone } = settings;
  settings.timezone = 'America/New_York';
  setLocale('en');
  assert.equal(when().time(new Date('2026-11-23T06:05:00Z')), '1:05 AM');
  settings.timezone = timezone;
  setLocale('ko');
});

test('a day begins at midnight in Seoul, wherever the browser is', () => {
  const dates = new Dates('ko-KR', {}, 'Asia/Seoul');
  assert.equal(dates.key(new Date('2026-11-22T14:59:59Z')), '2026-11-22');
  assert.equal(dates.key(new Date('2026-11-22T15:00:00Z')), '2026-11-23');
});

test('links are found and end where the sentence goes on', () => {
  const hrefs = (text) => linkParts(text).filter(({ href }) => href).map(({ href }) => href);
  assert.deepEqual(hrefs('여기 https://a.kr/x?y=1 보세요'), ['https://a.kr/x?y=1']);
  assert.deepEqual(hrefs('(https://a.kr/x).'), ['https://a.kr/x']);
  assert.deepEqual(hrefs('https://a.kr/wiki/Foo_(bar)'), ['https://a.kr/wiki/Foo_(bar)']);
  assert.deepEqual(hrefs('https://a.kr/x에서 봤어요'), ['https://a.kr/x']);
  assert.deepEqual(hrefs('www.a.kr'), ['https://www.a.kr/']);
  assert.deepEqual(hrefs('javascript:alert(1) data:text/html,x http://localhost'), []);
  assert.deepEqual(hrefs('<a href="https://evil.kr">'), ['https://evil.kr/']);
});

test('the parts of a text make the text again', () => {
  for (const text of ['', 'a', 'https://a.kr', 'x https://a.kr, y www.b.kr. z', '@김하늘 https://a.kr/@김하늘 @없음']) {
    const parts = mentionParts(linkParts(text), ['김하늘', '김']);
    assert.equal(parts.map((part) => part.text).join(''), text);
  }
});

test('the longest mentioned name wins, and links stay links', () => {
  const parts = mentionParts(linkParts('@김하늘 @김 https://a.kr/@김'), ['김', '김하늘']);
  assert.deepEqual(parts.filter(({ mention }) => mention).map(({ text }) => text), ['@김하늘', '@김']);
  assert.equal(parts.at(-1).href, 'https://a.kr/@%EA%B9%80');
});

test('code stands between backticks, a block on lines of its own', () => {
  assert.deepEqual(codeParts('값은 `a < b` 입니다'), [{ text: '값은 ' }, { code: 'a < b', block: false }, { text: ' 입니다' }]);
  assert.deepEqual(codeParts('표:\n```\n항목  금액\n버스  1\n```\n끝'), [
    { text: '표:' }, { code: '항목  금액\n버스  1', block: true }, { text: '끝' },
  ]);
  assert.deepEqual(codeParts('```js\nf(`x`)\n```'), [{ code: 'f(`x`)', block: true }]);
  for (const text of ['', '없음', '` `', '```', '`한 줄\n두 줄`', '``````', '끝나지 않은 `코드']) {
    assert.deepEqual(codeParts(text), text ? [{ text }] : []);
  }
});

test('sizes', () => {
  assert.deepEqual([340, 12_700, 3_250_000, 104_857_600].map(bytes), ['340 B', '12.4 KB', '3.1 MB', '100 MB']);
});

test('both catalogues say the same things', () => {
  assert.deepEqual(Object.keys(CATALOGUES.en).sort(), Object.keys(CATALOGUES.ko).sort());
});

/** All scripts of some folders of the pages as one text. */
function scriptsOf(...folders) {
  return folders.flatMap((folder) => {
    const path = new URL(`../../hub/web/${folder}/`, import.meta.url);
    return readdirSync(path).filter((name) => name.endsWith('.js')).map((name) => readFileSync(new URL(name, path), 'utf8'));
  }).join('\n');
}

/** Keys that are put together of parts. */
const MADE = /^(presence|settings\.theme|event|kind|matter|privacy|push\.state|changes\.also|begin|build\.(type|label|privacy|who)|channel|email|sms|desk\.(box|goal|state)|follow\.tab|preset|reach\.(complete|did|filter|left|missing|step)|reason|save|send\.done|sign|tally\.state|way|who|write\.was)\./u;

test('every sentence asked for in the pages is in the catalogues, and every one there is asked for', () => {
  const sources = scriptsOf('lib', 'staff', 'talk', 'family', 'author');
  const asked = [...sources.matchAll(/\bt\('([a-z.]+)'/gu)].map(([, key]) => key);
  const known = { ...CATALOGUES.ko, ...FAMILY.ko, ...AUTHOR.ko };
  assert.ok(asked.length > 100);
  assert.deepEqual(asked.filter((key) => !(key in known)), []);
  assert.deepEqual(Object.keys(known).filter((key) => !sources.includes(`'${key}'`) && !MADE.test(key)), []);
});

test('the family page says all it says in its four languages', () => {
  const own = Object.keys(FAMILY.ko).sort();
  assert.deepEqual(Object.keys(FAMILY.en).sort(), own);
  const sources = scriptsOf('lib', 'talk', 'family');
  const shared = Object.keys(CATALOGUES.ko).filter((key) => sources.includes(`'${key}'`) || /^(presence|settings\.theme|event)\./u.test(key));
  for (const language of ['zh', 'vi']) {
    assert.deepEqual([...own, ...shared].filter((key) => !(key in FAMILY[language])), [], language);
    assert.deepEqual(Object.keys(FAMILY[language]).filter((key) => !(key in FAMILY.ko) && !(key in CATALOGUES.ko)), [], language);
  }
});

test('sentences with values take the same ones in every language', () => {
  for (const [language, sentences] of Object.entries(FAMILY)) {
    for (const [key, sentence] of Object.entries(sentences)) {
      const korean = FAMILY.ko[key] ?? CATALOGUES.ko[key];
      assert.equal(typeof sentence, typeof korean, `${language} ${key}`);
    }
  }
});

test('the author page says all it says in Korean and English', () => {
  assert.deepEqual(Object.keys(AUTHOR.en).sort(), Object.keys(AUTHOR.ko).sort());
  for (const [key, sentence] of Object.entries(AUTHOR.en)) assert.equal(typeof sentence, typeof AUTHOR.ko[key], key);
});

test('a sentence in the chosen language, with its values', () => {
  setLocale('ko');
  assert.equal(t('event.left', { by: '김하늘' }), '김하늘이 나갔습니다');
  assert.equal(t('event.titled', { by: '이도윤', title: '3학년' }), '이도윤이 대화방 이름을 ‘3학년’으로 바꾸었습니다');
  setLocale('en');
  assert.equal(t('rooms.unread', { n: 1 }), '1 unread message');
  assert.equal(t('rooms.unread', { n: 1200 }), '1,200 unread messages');
  setLocale('xx');
  assert.equal(t('close'), '닫기');
});
