/**
 * What the buttons above a text do to it: each takes { text, start, end } (the text and what is selected of
 * it) and gives the same anew. Pure.
 */

/** Put marks around what is selected, or take them away where they are there. */
export function wrap({ text, start, end }, mark, sample = '') {
  const [from, to] = trimmed(text, start, end);
  const size = mark.length;
  if (text.slice(from - size, from) === mark && text.slice(to, to + size) === mark) {
    return { text: text.slice(0, from - size) + text.slice(from, to) + text.slice(to + size), start: from - size, end: to - size };
  }
  const inner = text.slice(from, to) || sample;
  return { text: text.slice(0, from) + mark + inner + mark + text.slice(to), start: from + size, end: from + size + inner.length };
}

/** Begin every selected line with a mark ("- ", "1. ", "## ", "> "), or take it away where all have it. */
export function prefix({ text, start, end }, mark) {
  const from = text.lastIndexOf('\n', start - 1) + 1;
  const stop = text.indexOf('\n', Math.max(end - (end > start && text[end - 1] === '\n' ? 1 : 0), from));
  const to = stop < 0 ? text.length : stop;
  const lines = text.slice(from, to).split('\n');
  const numbered = mark === '1. ';
  const has = (line) => (numbered ? /^\d+\. /u.test(line) : line.startsWith(mark));
  const off = lines.every(has);
  const bare = (line) => line.replace(/^(?:#{1,6} |> |[-*] |\d+\. )/u, '');
  const made = lines.map((line, at) => (off ? bare(line) : (numbered ? `${at + 1}. ` : mark) + bare(line))).join('\n');
  return { text: text.slice(0, from) + made + text.slice(to), start: from + (lines.length > 1 ? 0 : made.length), end: from + made.length };
}

/** Make a link of what is selected. */
export function link({ text, start, end }, url, sample) {
  const [from, to] = trimmed(text, start, end);
  const words = (text.slice(from, to) || sample).replace(/([[\]])/gu, '\\$1');
  const made = `[${words}](${url.replace(/[ ()<>]/gu, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)})`;
  return { text: text.slice(0, from) + made + text.slice(to), start: from + made.length, end: from + made.length };
}

/** Put a block on lines of its own. */
export function block({ text, start, end }, made) {
  const before = text.slice(0, start).replace(/\n*$/u, '');
  const after = text.slice(end).replace(/^\n*/u, '');
  const head = before ? `${before}\n\n` : '';
  return { text: `${head}${made}${after ? `\n\n${after}` : '\n'}`, start: head.length, end: head.length + made.length };
}

/** A word for the place of a child's own words, where the cursor is. */
export function insert({ text, start, end }, made) {
  return { text: text.slice(0, start) + made + text.slice(end), start: start + made.length, end: start + made.length };
}

/** Enter at the end of an item of a list begins the next one; in an empty item it ends the list. Null elsewhere. */
export function enter({ text, start, end }) {
  if (start !== end) return null;
  const from = text.lastIndexOf('\n', start - 1) + 1;
  const found = /^(\s*)(?:([-*])|(\d+)\.) (.*)$/u.exec(text.slice(from, start));
  if (!found) return null;
  const [, space, bullet, count, words] = found;
  if (!words.trim()) return { text: text.slice(0, from) + text.slice(start), start: from, end: from };
  const made = `\n${space}${bullet ?? `${Number(count) + 1}.`} `;
  return { text: text.slice(0, start) + made + text.slice(end), start: start + made.length, end: start + made.length };
}

/** Spaces at the ends of what is selected would keep the marks from working. */
function trimmed(text, start, end) {
  const inner = text.slice(start, end);
  if (!inner.trim()) return [start, end];
  return [start + inner.length - inner.trimStart().length, end - (inner.length - inner.trimEnd().length)];
}
