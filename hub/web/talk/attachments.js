/** Files on their way into a message: chosen, pasted or dropped, uploaded at once, shown as they go. */
import { api } from '../lib/api.js';
import { button, h } from '../lib/dom.js';
import { bytes, t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { refill } from '../lib/refill.js';
import { settings } from '../lib/settings.js';
import { toast } from '../lib/toast.js';
import { problemOf } from '../lib/problem.js';

export class Attachments {
  node = h('ul', { class: 'attachments', hidden: true });
  /** Called when there are more or fewer of them. */
  changed = () => {};
  #items = [];

  get empty() {
    return !this.#items.length;
  }

  /** Start uploading `files` (a FileList or an array). */
  add(files) {
    for (const file of files) {
      if (this.#items.length >= settings.limits.files) {
        toast(t('compose.upload.many', { n: settings.limits.files }));
        break;
      }
      this.#start(file);
    }
    this.changed();
  }

  paste(event) {
    const files = [...event.clipboardData?.files ?? []];
    // A cell of a spreadsheet is text that comes with a picture of itself: the text is meant.
    if (!files.length || event.clipboardData.types.includes('text/plain')) return;
    event.preventDefault();
    this.add(files);
  }

  /** Let files be dropped anywhere on `area`. */
  takeDrops(area) {
    const hasFiles = (event) => event.dataTransfer?.types.includes('Files');
    const veil = h('div', { class: 'drop-veil', hidden: true }, t('compose.drop'));
    area.append(veil);
    area.addEventListener('dragover', (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      veil.hidden = false;
    });
    area.addEventListener('dragleave', (event) => { if (!area.contains(event.relatedTarget)) veil.hidden = true; });
    area.addEventListener('drop', (event) => {
      veil.hidden = true;
      if (!hasFiles(event)) return;
      event.preventDefault();
      this.add(event.dataTransfer.files);
    });
  }

  /** Resolves, when all are uploaded, to what the server said of them; to null where one failed. */
  async finish() {
    const refs = await Promise.all(this.#items.map(({ done }) => done));
    return refs.includes(null) ? null : refs;
  }

  clear() {
    for (const { url } of this.#items) if (url) URL.revokeObjectURL(url);
    this.#items = [];
    this.#draw();
  }

  #start(file) {
    const item = {
      file, url: file.type.startsWith('image/') ? URL.createObjectURL(file) : null,
      bar: h('progress', { max: 1, value: 0, 'aria-label': t('compose.upload.progress', { name: file.name }) }),
      failed: null,
    };
    this.#upload(item);
    this.#items.push(item);
    this.#draw();
  }

  #upload(item) {
    item.failed = null;
    const { done, abort } = api.upload(item.file, (fraction) => { item.bar.value = fraction; });
    item.abort = abort;
    item.done = done.then((ref) => {
      item.bar.hidden = true;
      return ref;
    }, (error) => {
      if (error.code === 'aborted') return null;
      item.failed = problemOf(error);
      toast(t('compose.upload.failed', { name: item.file.name }));
      this.#draw();
      return null;
    });
  }

  #remove(item) {
    item.abort();
    if (item.url) URL.revokeObjectURL(item.url);
    this.#items = this.#items.filter((other) => other !== item);
    this.#draw();
    this.changed();
  }

  #draw() {
    this.node.hidden = this.empty;
    refill(this.node, this.#items.map((item) => h('li', { class: ['attachment', item.failed && 'failed'], key: item },
      item.url ? h('img', { src: item.url, alt: '' }) : icon('file'),
      h('span', { class: 'attachment-text' },
        h('span', { class: 'one-line' }, item.file.name),
        item.failed
          ? h('span', { class: 'error-text one-line' }, item.failed)
          : h('span', { class: 'faint' }, bytes(item.file.size)),
        item.failed ? null : item.bar),
      item.failed ? button(t('retry'), { kind: 'quiet', on: { click: () => { this.#upload(item); this.#draw(); } } }) : null,
      button(t('compose.upload.remove', { name: item.file.name }), { kind: 'icon', icon: icon('close'), on: { click: () => this.#remove(item) } }))));
  }
}
