/** Hangul for searching and for particles. Pure. */

const FIRST = 0xac00;
const LAST = 0xd7a3;
const PER_INITIAL = 588;
const PER_VOWEL = 28;
const INITIALS = [...'ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ'];

function isSyllable(character) {
  const code = character.charCodeAt(0);
  return code >= FIRST && code <= LAST;
}

/** The initial consonant of a syllable: "홍" → "ㅎ"; other characters stay. */
function initial(character) {
  return isSyllable(character)
    ? INITIALS[Math.floor((character.charCodeAt(0) - FIRST) / PER_INITIAL)]
    : character;
}

/** Whether a typed character fits one of the text: itself, its initial, or, being the last, its beginning. */
function fits(typed, character, isLast) {
  if (typed === character) return true;
  if (INITIALS.includes(typed)) return initial(character) === typed;
  if (!isLast || !isSyllable(typed) || !isSyllable(character)) return false;
  const code = typed.charCodeAt(0) - FIRST;
  // "기" is on its way to "길": same initial and vowel, no final consonant yet.
  return code % PER_VOWEL === 0
    && Math.floor((character.charCodeAt(0) - FIRST) / PER_VOWEL) === code / PER_VOWEL;
}

/**
 * Where `query` occurs in `text` as people type it: Hangul, initials only (ㄱㅎㄴ), a last syllable
 * still without its final consonant; case and spaces do not count. The index in the text without
 * spaces, or -1.
 */
export function find(query, text) {
  const wanted = [...normal(query)];
  const given = [...normal(text)];
  if (!wanted.length) return 0;
  for (let at = 0; at + wanted.length <= given.length; at += 1) {
    if (wanted.every((typed, index) => fits(typed, given[at + index], index === wanted.length - 1))) return at;
  }
  return -1;
}

/** Whether `query` occurs in `text`; see `find`. */
export function matches(query, text) {
  return find(query, text) >= 0;
}

function normal(text) {
  return text.normalize('NFC').toLowerCase().replace(/\s+/gu, '');
}

/** Those of `items` whose `nameOf(item)` has the query, the earliest places first, at most `limit`. */
export function best(query, items, nameOf, limit = Infinity) {
  return items
    .map((item) => ({ item, at: find(query, nameOf(item)) }))
    .filter(({ at }) => at >= 0)
    .sort((one, other) => one.at - other.at)
    .slice(0, limit)
    .map(({ item }) => item);
}

/**
 * The word with the particle that fits its ending: josa('김하늘', '이', '가') → "김하늘이". Digits
 * count as they are read; after anything else the form without a final consonant is taken.
 */
export function josa(word, closed, open) {
  const last = [...word.trimEnd()].at(-1) ?? '';
  let final = 0;
  if (isSyllable(last)) final = (last.charCodeAt(0) - FIRST) % PER_VOWEL;
  else if (/[013678]/u.test(last)) final = /[178]/u.test(last) ? 8 : 1; // 일 칠 팔 end in ㄹ
  const afterRieul = final === 8 && closed === '으로';
  return word + (final && !afterRieul ? closed : open);
}
