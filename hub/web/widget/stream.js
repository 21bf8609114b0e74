/** Server-sent events read from a fetch, which unlike EventSource can send headers and a body. */

/** Events of a response, as they come: `{ id, data }`. */
export async function* eventsOf(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      text += value;
      const blocks = text.split(/\r?\n\r?\n/u);
      text = blocks.pop();
      for (const block of blocks) {
        const event = eventOf(block);
        if (event) yield event;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** One event of a block of lines; null for comments (WHATWG HTML, 9.2.6). */
export function eventOf(block) {
  let id = null;
  const data = [];
  for (const line of block.split(/\r?\n/u)) {
    const [, name, value] = /^([^:]*)(?:: ?(.*))?$/su.exec(line);
    if (name === 'id') id = value ?? '';
    else if (name === 'data') data.push(value ?? '');
  }
  return data.length > 0 ? { id, data: data.join('\n') } : null;
}
