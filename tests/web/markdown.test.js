import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

/** As much of a document as nodes need to be built and looked at: no parser, so nothing can become markup. */
class Node {
  constructor(tag) {
    this.localName = tag;
    this.childNodes = [];
    this.attributes = {};
  }

  append(...children) {
    this.childNodes.push(...children);
  }

  setAttribute(name, value) {
    this.attributes[name] = String(value);
  }
}

globalThis.document = { createElement: (tag) => new Node(tag) };
const { linked, markdown } = await import('../../hub/web/lib/markdown.js');

function written(node) {
  if (typeof node === 'string') return node.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const attributes = Object.entries(node.attributes)
    .filter(([name]) => ['href', 'start', 'data-align'].includes(name)).map(([name, value]) => ` ${name}="${value}"`).join('');
  return `<${node.localName}${attributes}>${node.childNodes.map(written).join('')}</${node.localName}>`;
}

const html = (text) => markdown(text).map(written).join('');

test('what people write is shown', () => {
  assert.equal(html('첫 **굵게** _기울임_ `코드`\n다음 줄\n\n둘째'), '<p>첫 <strong>굵게</strong> <em>기울임</em> <code>코드</code>\n다음 줄</p><p>둘째</p>');
  assert.equal(html('# 제목\n## 작은 **제목** ##'), '<h3>제목</h3><h4>작은 <strong>제목</strong></h4>');
  assert.equal(html('- 하나\n- 둘\n  - 안쪽\n\n3. 셋\n4. 넷'), '<ul><li>하나</li><li>둘<ul><li>안쪽</li></ul></li></ul><ol start="3"><li>셋</li><li>넷</li></ol>');
  assert.equal(html('> 말\n> 이어짐\n\n---\n```sh\n# <b>\n```'), '<blockquote><p>말\n이어짐</p></blockquote><hr></hr><pre><code># &lt;b></code></pre>');
  assert.equal(html('| 달 | 값 |\n|---|--:|\n| 3월 | 9,000 |'), '<div><table><thead><tr><th>달</th><th data-align="end">값</th></tr></thead><tbody><tr><td>3월</td><td data-align="end">9,000</td></tr></tbody></table></div>');
});

test('in answers every line is one, and headings are no part of the outline', () => {
  const answer = (text) => markdown(text, { headings: 0, breaks: true }).map(written).join('');
  assert.equal(answer('월요일\n화요일\n\n# 준비물\n- 물\n  컵'), '<p>월요일<br></br>화요일</p><p>준비물</p><ul><li>물<br></br>컵</li></ul>');
  assert.equal(answer('끝나지 않은 **굵'), '<p>끝나지 않은 **굵</p>');
});

test('links lead to addresses that are safe, others stay text', () => {
  assert.equal(html('[가](https://a.kr/b?c=1&d=2) <tel:+82> https://x.kr/a.'), '<p><a href="https://a.kr/b?c=1&d=2">가</a> <a href="tel:+82">+82</a> <a href="https://x.kr/a">https://x.kr/a</a>.</p>');
  for (const bad of ['[가](javascript:alert(1))', '[가](data:text/html,x)', '[가]( JAVASCRIPT:alert(1))', '<javascript:alert(1)>', '[가](//evil)', '[가](/web)']) {
    assert.ok(!html(bad).includes('<a'), bad);
  }
});

const numbers = (text) => [...html(text).matchAll(/<a href="tel:([^"]*)">/gu)].map(([, number]) => number);

test('telephone numbers are links, however they are written', () => {
  assert.equal(html('교무실 031-123-4567로 전화'), '<p>교무실 <a href="tel:0311234567">031-123-4567</a>로 전화</p>');
  assert.deepEqual(numbers('(02) 123-4567, 02)1234-5678, 070 1234 5678, 010.1234.5678, 01012345678, +82-2-123-4567, 0507-1234-5678~9'),
    ['021234567', '0212345678', '07012345678', '01012345678', '01012345678', '+8221234567', '050712345678']);
  assert.deepEqual(numbers('| 곳 | 번호 |\n|---|---|\n| 민원실 | **1588-1234** |'), ['15881234']);
  for (const none of ['2026-03-02', '1592-1598년', '123-456-789012', '031-123-45678', '계좌 3333-01-1234567', 'X031-123-4567', '0.5', '`031-123-4567`', '오전 9:00-12:00']) {
    assert.deepEqual(numbers(none), [], none);
  }
  assert.equal(html('[031-123-4567 지도](https://a.kr/031-123-4567)'), '<p><a href="https://a.kr/031-123-4567">031-123-4567 지도</a></p>', 'a link is in no other');
});

test('short numbers are links where somebody is told to call, and count nothing', () => {
  assert.deepEqual(numbers('학교폭력 신고는 **117**, 상담은 1388이에요. 위험하면 112나 119로!'), ['117', '1388', '112', '119']);
  assert.deepEqual(numbers('Call 119 or 112.'), ['119', '112']);
  for (const none of ['119명이 전화했어요', '전화 112건, 상담 117 쪽, 신고 119개', '117, 119', '전화 1192', '상담 11.112', '신고 112.5', '문의 112-3', '연락 A119']) {
    assert.deepEqual(numbers(none), [], none);
  }
});

test('every number that is told to who is in danger can be called with one tap', () => {
  for (const language of ['ko', 'en']) {
    const words = readFileSync(new URL(`../../hub/wording/bot.${language}.toml`, import.meta.url), 'utf8');
    const told = [...words.matchAll(/^(?:crisis|emergency|worried|harm|gambling) = "(.*)"$/gmu)].map(([, text]) => text);
    assert.equal(told.length, 5);
    for (const text of told) assert.deepEqual(numbers(text), text.match(/\d{3,}/gu), text);
  }
});

test('of what a person writes as it is, only addresses and numbers are links', () => {
  assert.equal(linked('**031-123-4567** [가](https://a.kr/b) <b>').map(written).join(''), '**<a href="tel:0311234567">031-123-4567</a>** [가](<a href="https://a.kr/b">https://a.kr/b</a>) &lt;b>');
});

test('html is text', () => {
  assert.equal(html('<script>alert(1)</script> <img src=x onerror=y>'), '<p>&lt;script>alert(1)&lt;/script> &lt;img src=x onerror=y></p>');
});

test('snake_case, 2*3*4 and lonely marks stay as they are', () => {
  assert.equal(html('a_b_c 2*3*4 **'), '<p>a_b_c 2*3*4 **</p>');
});

test('hostile text takes no long', () => {
  const began = performance.now();
  for (const text of ['*'.repeat(20_000), '['.repeat(20_000), '> '.repeat(5_000), '`'.repeat(9_999), '_a'.repeat(10_000), '- '.repeat(5_000), '**a'.repeat(5_000), '031-'.repeat(5_000), '0'.repeat(20_000), '119 '.repeat(5_000)]) html(text);
  assert.ok(performance.now() - began < 5_000);
});
