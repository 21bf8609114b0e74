/** Finds code between backticks: ```…``` for whole lines, `…` within one. Pure. */

const CODE = /\n?```(?:[\w+#-]*\n)?([^]+?)\n?```\n?|`([^`\n]+)`/gu;

/** Split into [{ text }, { code, block }, …]; the backticks, and the line breaks beside a block, are left out. */
export function codeParts(text) {
  const parts = [];
  let end = 0;
  for (const { 0: found, 1: block, 2: inline, index } of text.matchAll(CODE)) {
    if (!(block ?? inline).trim()) continue;
    if (index > end) parts.push({ text: text.slice(end, index) });
    parts.push({ code: block ?? inline, block: block !== undefined });
    end = index + found.length;
  }
  if (end < text.length) parts.push({ text: text.slice(end) });
  return parts;
}
