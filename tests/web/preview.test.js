import assert from 'node:assert/strict';
import { test } from 'node:test';
import { preview } from '../../hub/web/talk/preview.js';

const said = (by, text) => preview({ kind: 'message', by, body: { text } }, {});

test('in one line what a chatbot wrote has no marks, and what a person wrote is as it is', () => {
  const text = '# 전학\n\n**3일 전**까지 [교육청](https://a.kr/)에\n`양식`을 냅니다. 2*3*4';
  assert.equal(said('bot-school', text), '전학 3일 전까지 교육청에 양식을 냅니다. 2*3*4');
  assert.equal(said('p1', '# 1번은 **빼고**'), '# 1번은 **빼고**');
});
