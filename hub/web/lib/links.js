/** Finds links in text, so that pages can make them clickable without ever parsing HTML. Pure. */

const LINK = /\b(?:https?:\/\/|www\.)[^\s<>"'`]+/giu;
/** Punctuation that ends a sentence rather than an address; Hangul particles often follow at once. */
const TAIL = /[.,;:!?…)\]}'"」』】〉》，。]+$/u;
const KOREAN_TAIL = /(?:에서|에게|으로|입니다|이에요|예요|에|를|을|은|는|이|가|로|와|과|도)$/u;

/** Split into [{ text }, { text, href }, …]; joined, the texts give the input again. */
export function linkParts(text) {
  const parts = [];
  let end = 0;
  for (const { 0: found, index } of text.matchAll(LINK)) {
    const address = trim(found);
    const href = hrefOf(address);
    if (!href) continue;
    if (index > end) parts.push({ text: text.slice(end, index) });
    parts.push({ text: address, href });
    end = index + address.length;
  }
  if (end < text.length) parts.push({ text: text.slice(end) });
  return parts;
}

function trim(found) {
  let address = found;
  for (;;) {
    let shorter = address.replace(TAIL, '');
    // A closing bracket belongs to the address where it was opened there.
    if (address.endsWith(')') && shorter.includes('(') && !shorter.includes(')')) shorter = `${shorter})`;
    // In a plain ASCII address a Hangul particle at the end is the sentence's.
    const without = shorter.replace(KOREAN_TAIL, '');
    if (without !== shorter && /^[\x21-\x7e]+$/u.test(without)) shorter = without;
    if (shorter === address) return address;
    address = shorter;
  }
}

function hrefOf(address) {
  try {
    const url = new URL(/^www\./iu.test(address) ? `https://${address}` : address);
    return (url.protocol === 'https:' || url.protocol === 'http:') && url.hostname.includes('.') ? url.href : null;
  } catch {
    return null;
  }
}

/**
 * Split further at "@name" for each of `names`: parts of that kind carry `mention: true`.
 * The longest name wins where one begins another.
 */
export function mentionParts(parts, names) {
  const ordered = names.filter(Boolean).sort((one, other) => other.length - one.length);
  if (!ordered.length) return parts;
  return parts.flatMap((part) => (part.href ? [part] : splitMentions(part.text, ordered)));
}

function splitMentions(text, names) {
  const parts = [];
  let start = 0;
  let at = text.indexOf('@');
  while (at >= 0) {
    const name = names.find((candidate) => text.startsWith(candidate, at + 1));
    if (name) {
      if (at > start) parts.push({ text: text.slice(start, at) });
      start = at + 1 + name.length;
      parts.push({ text: text.slice(at, start), mention: true });
    }
    at = text.indexOf('@', Math.max(at + 1, start));
  }
  if (start < text.length) parts.push({ text: text.slice(start) });
  return parts;
}
