/**
 * Shows Markdown as nodes: paragraphs, headings, lists, quotes, code, tables, emphasis and links, no HTML.
 * Whatever is none of these stays the text it is; nodes are built one by one, so text never becomes markup.
 * Also loaded by the chatbot's widget on pages of other sites (`SHARED` in hub/api/pages.py), and given texts
 * that are not complete yet.
 */
import { h } from './dom.js';
import { PHONE, callOf, tellsToCall } from './phones.js';

const SAFE = /^(?:https?:\/\/|mailto:|tel:|#)/iu;
const FENCE = /^\s{0,3}(```+|~~~+)\s*(\S*)/u;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*$/u;
const RULE = /^ {0,3}(?:(?:\*\s*){3,}|(?:-\s*){3,}|(?:_\s*){3,})$/u;
const ITEM = /^(\s*)(?:([-*+])|(\d{1,9})[.)])\s+(.*)$/u;
const QUOTE = /^ {0,3}> ?(.*)$/u;
const ROW = /^\s*\|?(.+\|.*?)\|?\s*$/u;
const DIVIDER = /^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/u;
/** Deeper than this, lists and quotes are text: nobody writes them, and nothing may nest without end. */
const DEEPEST = 6;

/**
 * Nodes for a text. `headings` is the level that a text's first-level heading gets on this page; 0 makes
 * paragraphs of headings, where they are no part of the page's outline. With `breaks` every line is one, as in
 * answers of the FAQ: who writes those presses Enter for it.
 */
export function markdown(text, { headings = 3, breaks = false } = {}) {
  return blocks(text.replaceAll('\r\n', '\n').split('\n'), { headings, breaks }, 0);
}

/** Nodes for what somebody wrote as it is, with nothing but its addresses and telephone numbers made links. */
export function linked(text) {
  return inline(text, 0, { found: LINKS, links: true, calling: tellsToCall(text) });
}

/** A link to an address that is safe, in a page of its own; null for others. */
export function safeLink(href, ...label) {
  return SAFE.test(href) ? link(href, label) : null;
}

function blocks(lines, how, depth) {
  const nodes = [];
  let paragraph = [];
  const flush = () => {
    if (paragraph.length) nodes.push(h('p', {}, inlineLines(paragraph, how.breaks)));
    paragraph = [];
  };
  for (let at = 0; at < lines.length;) {
    const line = lines[at];
    const taken = depth < DEEPEST ? block(lines, at, how, depth, paragraph.length > 0) : null;
    if (taken) {
      flush();
      nodes.push(taken.node);
      at = taken.next;
      continue;
    }
    if (line.trim()) paragraph.push(line);
    else flush();
    at += 1;
  }
  flush();
  return nodes;
}

function block(lines, at, how, depth, within) {
  const line = lines[at];
  const fence = FENCE.exec(line);
  if (fence) return code(lines, at, fence[1]);
  const heading = HEADING.exec(line);
  if (heading) {
    const level = Math.min(6, how.headings + heading[1].length - 1);
    const node = how.headings ? h(`h${level}`, {}, inline(heading[2])) : h('p', { class: 'heading' }, inline(heading[2]));
    return { node, next: at + 1 };
  }
  if (RULE.test(line)) return { node: h('hr'), next: at + 1 };
  if (QUOTE.test(line)) return quote(lines, at, how, depth);
  if (ITEM.test(line) && !(within && /^\s*\d/u.test(line) && !/^\s*1[.)]/u.test(line))) return list(lines, at, how, depth);
  if (ROW.test(line) && DIVIDER.test(lines[at + 1] ?? '') && lines[at + 1].includes('-')) return table(lines, at);
  return null;
}

function code(lines, at, mark) {
  let end = at + 1;
  while (end < lines.length && !lines[end].trim().startsWith(mark)) end += 1;
  return { node: h('pre', { tabindex: '0' }, h('code', {}, lines.slice(at + 1, end).join('\n'))), next: end + 1 };
}

function quote(lines, at, how, depth) {
  const inner = [];
  let end = at;
  for (; end < lines.length && QUOTE.test(lines[end]); end += 1) inner.push(QUOTE.exec(lines[end])[1]);
  return { node: h('blockquote', {}, blocks(inner, how, depth + 1)), next: end };
}

function list(lines, at, how, depth) {
  const first = ITEM.exec(lines[at]);
  const ordered = first[3] !== undefined;
  const indent = first[1].length;
  const items = [];
  let end = at;
  while (end < lines.length) {
    const line = lines[end];
    const item = ITEM.exec(line);
    if (item && item[1].length <= indent + 1 && (item[3] !== undefined) === ordered) {
      if (item[1].length < indent) break;
      items.push([item[4]]);
    } else if (item && item[1].length <= indent + 1) {
      break;
    } else if (line.trim() && items.length && (/^\s{2,}/u.test(line) || lines[end - 1].trim())) {
      items.at(-1).push(line.replace(/^ {1,4}/u, ''));
    } else if (!line.trim() && /^\s{2,}\S/u.test(lines[end + 1] ?? '')) {
      items.at(-1).push('');
    } else if (line.trim() || !ITEM.test(lines[end + 1] ?? '')) {
      break;
    }
    end += 1;
  }
  const rows = items.map((inner) => {
    const nodes = blocks(inner, how, depth + 1);
    // An item that is one paragraph needs none of a paragraph's space.
    return h('li', {}, nodes.length && nodes[0].localName === 'p' ? [...nodes[0].childNodes, ...nodes.slice(1)] : nodes);
  });
  const start = ordered ? Number(first[3]) : 1;
  return { node: h(ordered ? 'ol' : 'ul', start === 1 ? {} : { start }, rows), next: end };
}

function table(lines, at) {
  const head = cells(lines[at]);
  const aligns = cells(lines[at + 1]).map((cell) => (/:$/u.test(cell) ? (/^:/u.test(cell) ? 'center' : 'end') : null));
  const rows = [];
  let end = at + 2;
  for (; end < lines.length && lines[end].includes('|') && lines[end].trim(); end += 1) rows.push(cells(lines[end]));
  const cell = (tag, text, place) => h(tag, { ...(tag === 'th' ? { scope: 'col' } : {}), 'data-align': aligns[place] ?? null }, inline(text));
  return {
    node: h('div', { class: 'table-scroll', tabindex: '0' }, h('table', {},
      h('thead', {}, h('tr', {}, head.map((text, place) => cell('th', text, place)))),
      h('tbody', {}, rows.map((row) => h('tr', {}, head.map((_, place) => cell('td', row[place] ?? '', place))))))),
    next: end,
  };
}

function cells(line) {
  return line.trim().replace(/^\||(?<!\\)\|$/gu, '').split(/(?<!\\)\|/u).map((cell) => cell.trim().replaceAll('\\|', '|'));
}

function inlineLines(lines, breaks) {
  return lines.flatMap((line, place) => {
    const hard = (breaks || /(?: {2,}|\\)$/u.test(line)) && place < lines.length - 1;
    const nodes = inline(line.trim().replace(/\\$/u, ''));
    return place < lines.length - 1 ? [...nodes, hard ? h('br') : '\n'] : nodes;
  });
}

const BARE = String.raw`(?<bare>https?:\/\/[^\s<>"'()*]+[^\s<>"'()*.,:;!?])|(?<phone>${PHONE})`;
const LINKS = new RegExp(BARE, 'u');
const INLINE = new RegExp([
  String.raw`\\(?<escaped>[!-/:-@[-\x60{-~])`,
  String.raw`(?<tick>\x60+)(?<code>.+?)(?<!\x60)\k<tick>(?!\x60)`,
  String.raw`!?\[(?<label>(?:\\.|[^\]\\])*)\]\(\s*<?(?<target>[^)\s>]*)>?(?:\s+"[^"]*")?\s*\)`,
  String.raw`<(?<auto>(?:https?:\/\/|mailto:|tel:)[^\s<>]+)>`,
  BARE,
  String.raw`\*\*(?<strong>(?=\S).+?(?<=\S))\*\*`,
  String.raw`~~(?<gone>(?=\S).+?(?<=\S))~~`,
  String.raw`(?<![\p{L}\p{N}*])\*(?<em>(?=[^\s*]).+?(?<=[^\s*]))\*(?!\*)`,
  String.raw`(?<![\p{L}\p{N}_])_(?<under>(?=[^\s_]).+?(?<=[^\s_]))_(?![\p{L}\p{N}_])`,
].join('|'), 'u');

/**
 * `how`: what is `found`; whether anything may be a link, as within another one nothing may; whether the line
 * tells to call somebody.
 */
function inline(text, depth = 0, how = { found: INLINE, links: true, calling: tellsToCall(text) }) {
  const nodes = [];
  let rest = text;
  while (rest) {
    const found = depth < DEEPEST ? how.found.exec(rest) : null;
    if (!found) {
      nodes.push(rest);
      break;
    }
    if (found.index) nodes.push(rest.slice(0, found.index));
    nodes.push(...marked(found, depth + 1, how));
    rest = rest.slice(found.index + found[0].length);
  }
  return nodes;
}

function marked({ 0: whole, groups: g }, depth, how) {
  if (g.bare !== undefined) return how.links ? [link(g.bare, [g.bare])] : [whole];
  if (g.phone !== undefined) return [(how.links && safeLink(callOf(g.phone, how.calling) ?? '', whole)) || whole];
  if (g.escaped !== undefined) return [g.escaped];
  if (g.code !== undefined) return [h('code', {}, g.code.trim())];
  if (g.strong !== undefined) return [h('strong', {}, inline(g.strong, depth, how))];
  if (g.gone !== undefined) return [h('s', {}, inline(g.gone, depth, how))];
  if (g.em !== undefined) return [h('em', {}, inline(g.em, depth, how))];
  if (g.under !== undefined) return [h('em', {}, inline(g.under, depth, how))];
  if (!how.links) return [g.auto ?? whole];
  if (g.auto !== undefined) return [link(g.auto, [g.auto.replace(/^(?:mailto|tel):/u, '')])];
  return SAFE.test(g.target) ? [link(g.target, inline(g.label, depth, { ...how, links: false }))] : [whole];
}

function link(href, label) {
  if (href.startsWith('#')) return h('span', {}, label);
  // What is called opens no page that would stay behind empty.
  return h('a', /^tel:/iu.test(href) ? { href } : { href, target: '_blank', rel: 'noopener noreferrer' }, label);
}
