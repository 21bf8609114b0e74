import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { differences } from '../../hub/web/desk/diff.js';
import en from '../../hub/web/desk/messages/en.js';
import ko from '../../hub/web/desk/messages/ko.js';
import { CATALOGUES } from '../../hub/web/lib/i18n.js';

const FOLDER = new URL('../../hub/web/desk/', import.meta.url);

test('differences keep the order, and joined give both texts again', () => {
  const before = '하나\n둘\n셋\n넷';
  const after = '하나\n둘, 고침\n셋\n다섯\n넷';
  const found = differences(before, after);
  assert.deepEqual(found.map(({ kind }) => kind), ['same', 'out', 'in', 'same', 'in', 'same']);
  assert.equal(found.filter(({ kind }) => kind !== 'in').map(({ text }) => text).join('\n'), before);
  assert.equal(found.filter(({ kind }) => kind !== 'out').map(({ text }) => text).join('\n'), after);
  assert.deepEqual(differences('같음', '같음'), [{ kind: 'same', text: '같음' }]);
  assert.deepEqual(differences('', '새로').map(({ kind }) => kind), ['out', 'in']);
});

test('very long texts are compared as wholes', () => {
  const long = Array.from({ length: 401 }, (_, place) => `줄 ${place}`).join('\n');
  assert.deepEqual(differences(long, '짧음'), [{ kind: 'out', text: long }, { kind: 'in', text: '짧음' }]);
});

test('both languages of the desk have the same words, and every word that is said is there', () => {
  assert.deepEqual(Object.keys(en).sort(), Object.keys(ko).sort());
  for (const key of Object.keys(ko)) assert.equal(typeof en[key], typeof ko[key], key);
  const known = { ...CATALOGUES.ko, ...ko };
  const scripts = readdirSync(FOLDER).filter((name) => name.endsWith('.js'));
  const said = new Set();
  for (const name of scripts) {
    for (const [, key] of readFileSync(new URL(name, FOLDER), 'utf8').matchAll(/\bt\('([^']+)'/gu)) said.add(key);
  }
  assert.ok(said.size > 80);
  assert.deepEqual([...said].filter((key) => !(key in known)), []);
});

test('the particle fits whoever is asked as', () => {
  const as = (audience) => ko['preview.as']({ audience: ko[`audience.${audience}`] });
  assert.deepEqual(['guardian', 'student', 'staff'].map(as), ['보호자로 묻기', '학생으로 묻기', '교직원으로 묻기']);
});
