/**
 * Shows formatted text that the server made of Markdown. The server lets no markup of people through;
 * here it is taken apart once more, and only what is listed is built anew, so that neither side has to
 * trust the other.
 */

const TAGS = new Set([
  'P', 'BR', 'HR', 'STRONG', 'EM', 'B', 'I', 'DEL', 'S', 'U', 'CODE', 'PRE', 'BLOCKQUOTE', 'UL', 'OL', 'LI',
  'TABLE', 'THEAD', 'TBODY', 'TR', 'TH', 'TD', 'H1', 'H2', 'H3', 'H4', 'H5', 'H6', 'A', 'INS', 'MARK', 'SPAN',
]);
/** What is dropped with all it holds; of other unknown elements the text stays. */
const DROPPED = new Set(['SCRIPT', 'STYLE', 'TEMPLATE', 'IFRAME', 'OBJECT', 'EMBED', 'SVG', 'MATH', 'HEAD', 'TITLE', 'NOSCRIPT']);
const SCHEMES = new Set(['https:', 'http:', 'mailto:', 'tel:']);
/** A notice's title is the page's h1: headings within it begin below the h2 of its parts. */
const DEEPER = 2;
const DEEPEST = 60;

/** Nodes of an HTML text. */
export function richText(html) {
  const parsed = new DOMParser().parseFromString(html, 'text/html');
  const fragment = document.createDocumentFragment();
  copy(parsed.body, fragment, 0);
  return fragment;
}

function copy(from, to, depth) {
  if (depth > DEEPEST) {
    to.append(from.textContent);
    return;
  }
  for (const node of from.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) to.append(node.data);
    else if (node.nodeType === Node.ELEMENT_NODE && !DROPPED.has(node.tagName.toUpperCase())) copyElement(node, to, depth);
  }
}

function copyElement(node, to, depth) {
  if (!TAGS.has(node.tagName)) {
    copy(node, to, depth + 1);
    return;
  }
  const made = document.createElement(nameOf(node.tagName));
  if (node.tagName === 'A') link(node, made);
  if (node.tagName === 'SPAN') made.className = node.className === 'link-host' ? 'faint' : '';
  if (node.tagName === 'OL' && /^\d{1,6}$/u.test(node.getAttribute('start') ?? '')) made.setAttribute('start', node.getAttribute('start'));
  if (node.tagName === 'TH') made.setAttribute('scope', 'col');
  copy(node, made, depth + 1);
  to.append(node.tagName === 'TABLE' ? scrolling(made) : made);
}

function nameOf(tag) {
  const level = /^H([1-6])$/u.exec(tag)?.[1];
  return level ? `h${Math.min(6, Number(level) + DEEPER)}` : tag;
}

function link(node, made) {
  let url;
  try {
    url = new URL(node.getAttribute('href') ?? '', location.origin);
  } catch {
    return; // no address: the text stays
  }
  if (!SCHEMES.has(url.protocol)) return;
  made.href = url.href;
  made.target = '_blank';
  made.rel = 'noopener noreferrer nofollow';
}

/** A table wider than a phone scrolls by itself, for the keyboard too. */
function scrolling(table) {
  const box = document.createElement('div');
  box.className = 'table-scroll';
  box.tabIndex = 0;
  box.append(table);
  return box;
}
