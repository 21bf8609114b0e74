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
/** The title above the text is the page's h1: whatever level its own headings begin with, they begin below. */
const HIGHEST = 2;
const DEEPEST = 60;

/** Nodes of an HTML text. */
export function richText(html) {
  const { body } = new DOMParser().parseFromString(html, 'text/html');
  const levels = [...body.querySelectorAll('h1, h2, h3, h4, h5, h6')].map(({ tagName }) => Number(tagName[1]));
  const fragment = document.createDocumentFragment();
  copy(body, fragment, { depth: 0, shift: HIGHEST - Math.min(...levels, 6) });
  return fragment;
}

function copy(from, to, { depth, shift }) {
  if (depth > DEEPEST) {
    to.append(from.textContent);
    return;
  }
  for (const node of from.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) to.append(node.data);
    else if (node.nodeType === Node.ELEMENT_NODE && !DROPPED.has(node.tagName.toUpperCase())) copyElement(node, to, { depth: depth + 1, shift });
  }
}

function copyElement(node, to, place) {
  if (!TAGS.has(node.tagName)) {
    copy(node, to, place);
    return;
  }
  const made = document.createElement(nameOf(node.tagName, place.shift));
  if (node.tagName === 'A') link(node, made);
  if (node.tagName === 'SPAN') made.className = node.className === 'link-host' ? 'faint' : '';
  if (node.tagName === 'OL' && /^\d{1,6}$/u.test(node.getAttribute('start') ?? '')) made.setAttribute('start', node.getAttribute('start'));
  if (node.tagName === 'TH') made.setAttribute('scope', 'col');
  copy(node, made, place);
  to.append(node.tagName === 'TABLE' ? scrolling(made) : made);
}

function nameOf(tag, shift) {
  const level = /^H([1-6])$/u.exec(tag)?.[1];
  return level ? `h${Math.min(6, Number(level) + shift)}` : tag;
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
