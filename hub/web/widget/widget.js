/**
 * Puts a <madang-chat> at the end of the page, with the data- attributes of the tag that loads this as its own.
 * A site that wants it elsewhere writes <madang-chat mode="inline" …></madang-chat> itself; the tag then only defines it.
 */
(() => {
  const script = document.currentScript;
  const hub = new URL(script.src).origin;
  const begin = async () => {
    const { define } = await import(new URL('/web/widget/element.js', hub).href);
    define(hub);
    if (document.querySelector('madang-chat') || !script.dataset.bot) return;
    const chat = document.createElement('madang-chat');
    for (const [name, value] of Object.entries(script.dataset)) {
      chat.setAttribute(name.replace(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`), value);
    }
    document.body.append(chat);
  };
  if (document.body) begin();
  else addEventListener('DOMContentLoaded', begin, { once: true });
})();
