/** My messages that the server has not acknowledged: below the others, with what can be done. */
import { button, h } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { refill } from '../lib/refill.js';
import { textOf } from './message-view.js';

export class Pending {
  node = h('ol', { class: 'timeline pending', 'aria-label': t('message.sending') });
  #store;
  #session;
  #drawn;
  /** Acknowledged, but their event is still on its way here: cid → { entry, seq }. */
  #settling = new Map();
  #shown = new Map();

  constructor(store, session, drawn) {
    this.#store = store;
    this.#session = session;
    this.#drawn = drawn;
  }

  listen(options) {
    this.#store.addEventListener('outbox', () => this.draw(), options);
    this.#store.addEventListener('state', () => this.draw(), options);
    const end = this.#store.client.on((item) => {
      if (item.type === 'sent' && this.#shown.has(item.cid)) {
        this.#settling.set(item.cid, { entry: this.#shown.get(item.cid), seq: item.seq });
      }
    });
    options.signal.addEventListener('abort', end);
  }

  draw() {
    const { state } = this.#session;
    const arrived = new Set(state.shown.slice(-80).filter(({ by }) => by === this.#store.me.id).map(({ cid }) => cid));
    for (const [cid, { seq }] of this.#settling) if (seq <= state.top) this.#settling.delete(cid);
    const waiting = this.#store.client.outbox.entries()
      .filter(({ room, verb, cid }) => room === this.#session.id && verb === 'send' && !arrived.has(cid));
    const entries = [...[...this.#settling.values()].map(({ entry }) => entry), ...waiting];
    const signature = JSON.stringify([entries, this.#store.client.state]);
    if (this.node.dataset.shown === signature) return;
    this.node.dataset.shown = signature;
    this.#shown = new Map(entries.map((entry) => [entry.cid, entry]));
    refill(this.node, entries.map((entry) => this.#item(entry)));
    this.node.hidden = !entries.length;
    this.#drawn();
  }

  #item({ cid, args, failed }) {
    const { client } = this.#store;
    const words = failed ? t('message.failed') : t(client.state === 'online' ? 'message.sending' : 'message.waiting');
    const files = (args.files ?? []).map((file) => file.name).filter(Boolean).join(', ');
    return h('li', { class: ['message', 'mine', 'first', failed && 'failed'], key: cid },
      h('div', { class: 'message-main' },
        h('div', { class: 'message-row' },
          h('div', { class: 'bubble-wrap' }, h('div', { class: 'bubble' }, args.text ? textOf(args.text) : null, files ? h('p', { class: 'faint' }, files) : null)),
          h('div', { class: 'meta' }, h('span', { class: 'pending-state' }, words))),
        failed ? h('div', { class: 'pending-failed' },
          h('p', { class: 'error-text' }, failed.message),
          h('div', {},
            button(t('message.again'), { kind: 'quiet', on: { click: () => { client.retry(cid); this.draw(); } } }),
            button(t('message.discard'), { kind: 'quiet', on: { click: () => { client.discard(cid); this.draw(); } } }))) : null));
  }
}
