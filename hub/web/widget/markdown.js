/**
 * Shows the Markdown that answers are written in: paragraphs, headings, lists, quotes, bold, italics, code and
 * links. Nodes are made one by one and text stays text, so nothing in an answer can become markup.
 */

const SCHEMES = new Set(['https:', 'http:', 'mailto:', 'tel:']);
const INLINE = /\*\*(?<bold>[^*]+)\*\*|(?<![\w*])[*_](?<italic>[^*_\s][^*_]*)[*_](?![\w*])|`(?<code>[^`]+)`|\[(?<label>[^\]]+)\]\((?<href>[^()\s]+(?:\([^()\s]*\)[^()\s]*)*)\)|(?<url>https?:\/\/[^\s<>"')\]]+[^\s<>"')\].,;:!?])/gu;
const ITEM = /^(?<indent> {0,3})(?:[-*+]|(?<number>\d{1,3})[.)])\s+(?<text>.*)$/u;
const HEADING = /^#{1,6}\s+(?<text>.+?)\s*#*$/u;

/** Nodes of a text, also of one that is not complete yet. */
export function markdown(text) {
  const fragment = document.createDocumentFragment();
  let paragraph = [];
  let list = null;
  const close = () => {
    if (paragraph.length > 0) {
      const block = make('p');
      paragraph.forEach((line, at) => {
        if (at > 0) block.append(make('br'));
        inline(line, block);
      });
      fragment.append(block);
    }
    paragraph = [];
  };
  for (const line of text.split(/\r?\n/u)) {
    const item = ITEM.exec(line)?.groups;
    const heading = HEADING.exec(line)?.groups;
    if (item) {
      close();
      const tag = item.number ? 'ol' : 'ul';
      if (list?.localName !== tag) {
        list = make(tag);
        if (item.number > 1) list.start = Number(item.number);
        fragment.append(list);
      }
      inline(item.text, list.appendChild(make('li')));
      continue;
    }
    if (line.trim() === '') {
      close();
      continue; // an empty line between items does not end their list
    }
    if (list && /^\s{2,}\S/u.test(line) && list.lastChild) {
      list.lastChild.append(make('br'));
      inline(line.trim(), list.lastChild);
      continue;
    }
    list = null;
    if (heading) {
      close();
      // A heading within an answer is no part of the page's own outline.
      inline(heading.text, fragment.appendChild(make('p', 'heading')));
    } else if (line.startsWith('>')) {
      close();
      inline(line.replace(/^>\s?/u, ''), fragment.appendChild(make('blockquote')));
    } else paragraph.push(line);
  }
  close();
  return fragment;
}

function inline(text, to) {
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    const { bold, italic, code, label, href, url } = match.groups;
    to.append(text.slice(from, match.index));
    from = match.index + match[0].length;
    if (bold) inline(bold, to.appendChild(make('strong')));
    else if (italic) to.appendChild(make('em')).append(italic);
    else if (code) to.appendChild(make('code')).append(code);
    else to.append(link(href ?? url, label ?? url) ?? match[0]);
  }
  to.append(text.slice(from));
}

/** A link that opens beside the page; null where its address is none to follow. */
export function link(address, label) {
  let url;
  try {
    url = new URL(address);
  } catch {
    return null;
  }
  if (!SCHEMES.has(url.protocol)) return null;
  const made = make('a');
  made.href = url.href;
  made.target = '_blank';
  made.rel = 'noopener noreferrer nofollow';
  made.append(label);
  return made;
}

function make(tag, name = '') {
  const made = document.createElement(tag);
  if (name) made.className = name;
  return made;
}
