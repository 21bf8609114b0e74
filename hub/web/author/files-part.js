/** Files of a notice: chosen, dropped or pasted, uploaded at once, put in order. */
import { api, ApiError } from '../lib/api.js';
import { button, fill, h } from '../lib/dom.js';
import { bytes, t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { problemOf } from '../lib/problem.js';
import { settings } from '../lib/settings.js';
import { toast } from '../lib/toast.js';

/** { node, add(files), busy }: `changed` is given the files as they then are. */
export function filesField(files, changed, { id, label = t('files.add'), most = settings.limits.files } = {}) {
  let chosen = [...files];
  const running = new Set();
  const list = h('ul', { class: 'uploads' });
  const waiting = h('ul', { class: 'uploads' });
  const input = h('input', { type: 'file', multiple: true, class: 'visually-hidden', id, on: { change: () => { add(input.files); input.value = ''; } } });

  const draw = () => fill(list, chosen.map((file, at) => h('li', { class: 'upload' }, icon('file'),
    h('a', { class: 'file-text', href: api.fileUrl(file.id), target: '_blank', rel: 'noopener' }, h('span', { class: 'file-name' }, file.name), ' ', h('span', { class: 'faint' }, bytes(file.size))),
    at > 0 ? button(t('files.up', { name: file.name }), { kind: 'icon', icon: icon('up'), on: { click: () => { chosen.splice(at - 1, 2, file, chosen[at - 1]); told(); } } }) : null,
    button(t('compose.upload.remove', { name: file.name }), { kind: 'icon', icon: icon('close'), on: { click: () => { chosen = chosen.filter((one) => one !== file); told(); input.focus(); } } }))));
  const told = () => { draw(); changed(chosen); };

  async function upload(file) {
    const bar = h('progress', { max: 1, value: 0, 'aria-label': t('compose.upload.progress', { name: file.name }) });
    const row = h('li', { class: 'upload' }, icon('file'), h('span', { class: 'file-text' }, file.name), bar);
    waiting.append(row);
    running.add(row);
    try {
      if (file.size > settings.limits.file_bytes) throw new ApiError({ status: 413, code: 'too_large', detail: t('form.file.large', { size: bytes(settings.limits.file_bytes) }) });
      const run = api.upload(file, (fraction) => { bar.value = fraction; });
      row.append(button(t('compose.upload.remove', { name: file.name }), { kind: 'icon', icon: icon('close'), on: { click: () => run.abort() } }));
      const { id: made, name, size, type } = await run.done;
      chosen.push({ id: made, name, size, type });
      row.remove();
      told();
    } catch (error) {
      if (error.code === 'aborted') row.remove();
      else {
        fill(row, icon('warning'), h('span', { class: 'error-text file-text' }, `${t('compose.upload.failed', { name: file.name })} ${problemOf(error)}`),
          button(t('retry'), { kind: 'quiet', on: { click: () => { row.remove(); upload(file); } } }),
          button(t('close'), { kind: 'icon', icon: icon('close'), on: { click: () => row.remove() } }));
      }
    }
    running.delete(row);
  }

  function add(more) {
    const room = most - chosen.length - running.size;
    const taken = [...more].slice(0, Math.max(0, room));
    if (taken.length < more.length) toast(t('compose.upload.many', { n: most }));
    for (const file of taken) upload(file);
  }

  draw();
  const node = h('div', { class: 'files-field' }, list, waiting, input,
    h('label', { class: 'button button-plain', htmlFor: id }, icon('attach'), h('span', {}, label)));
  return {
    node, add,
    get busy() { return running.size > 0; },
    get files() { return chosen; },
  };
}
