/** `<d-import>`: files in, first only looked at with a report of each bad row, then brought in; and files out. */
import { button, fill, h } from '../lib/dom.js';
import { bytes, number, t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { problemOf } from '../lib/problem.js';
import { desk } from './api.js';
import { audienceChoice, audienceWords, field, unitChoice } from './parts.js';

const DOCUMENT = /\.(md|markdown|pdf)$/iu;
const KINDS = '.csv,.tsv,.jsonl,.ndjson,.md,.markdown,.pdf';

export class ImportView extends HTMLElement {
  #shell;
  #unit;
  #file = null;
  #asked = 0;
  /** Names what is brought in of this file: whose answer is lost may press again. */
  #once = new Map();
  #drop;
  #audience;
  #report = h('div', { class: 'report', role: 'status' });
  #input = h('input', { type: 'file', accept: KINDS, class: 'visually-hidden', id: 'faq-file' });

  constructor(shell) {
    super();
    this.#shell = shell;
    this.className = 'column';
    this.#unit = unitChoice(shell.units, { all: false, on: { change: () => this.#file && this.#check() } });
    this.#audience = audienceChoice(t('import.audience'), [], () => this.#check(), t('import.audience.hint'));
    this.#audience.set.hidden = true;
  }

  connectedCallback() {
    this.#input.addEventListener('change', () => this.#take(this.#input.files[0]));
    this.#drop = h('label', { class: 'drop', for: 'faq-file' }, icon('file'), h('strong', {}, t('import.choose')), h('span', { class: 'faint' }, t('import.kinds')));
    const over = (on) => (event) => { event.preventDefault(); this.#drop.toggleAttribute('data-over', on); };
    for (const [type, listener] of Object.entries({ dragover: over(true), dragleave: over(false), drop: over(false) })) this.#drop.addEventListener(type, listener);
    this.#drop.addEventListener('drop', (event) => this.#take(event.dataTransfer.files[0]));
    const files = (format, unit = '') => h('a', { class: 'button button-plain', href: desk.exportUrl({ format, unit }), download: `faq.${format}` }, icon('download'), h('span', {}, t(`import.export.${format}`)));
    fill(this,
      h('section', {}, h('h2', {}, t('import.title')),
        this.#shell.units.length > 1 ? field(t('import.unit'), this.#unit, t('import.unit.hint')) : null,
        this.#input, this.#drop, this.#audience.set, this.#report),
      h('section', {}, h('h2', {}, t('import.export')), h('p', { class: 'faint' }, t('import.export.hint')), h('div', { class: 'tools' }, files('csv'), files('jsonl'))),
      h('details', { class: 'columns' }, h('summary', {}, t('import.columns')), h('p', {}, t('import.columns.text')), h('p', { class: 'faint' }, t('import.documents'))));
  }

  #take(file) {
    if (!file) return;
    this.#file = file;
    this.#once.clear();
    this.#audience.clear();
    this.#audience.set.hidden = !this.#isDocument;
    this.#check();
  }

  get #isDocument() {
    return DOCUMENT.test(this.#file.name);
  }

  async #send(query) {
    const bar = h('progress', { max: 1, value: 0 });
    fill(this.#report, this.#named(), bar, h('p', { class: 'faint' }, t('import.reading')));
    const audience = this.#audience.value.join(',');
    const sent = { unit: this.#unit.value, ...(audience && { audience }), ...query };
    const name = JSON.stringify(sent);
    if (query.dry || !this.#once.has(name)) this.#once.set(name, crypto.randomUUID());
    return desk.bringIn(this.#file, sent, (share) => { bar.value = share; }, this.#once.get(name)).done;
  }

  /** Look at the file; of several that were chosen one after the other the last counts. */
  async #check() {
    const asked = ++this.#asked;
    if (this.#isDocument && !this.#audience.value.length) {
      fill(this.#report, this.#named(), h('p', { class: 'faint' }, t('import.audience.first')));
      return;
    }
    try {
      const answer = await this.#send({ dry: true, publish: true });
      if (asked === this.#asked) this.#show(answer, false);
    } catch (error) {
      if (asked === this.#asked) this.#fail(error);
    }
  }

  async #bringIn(publish) {
    const asked = ++this.#asked;
    try {
      const answer = await this.#send({ publish });
      this.#once.clear();
      if (asked !== this.#asked) return;
      this.#show(answer, true);
      this.#input.value = '';
    } catch (error) {
      if (asked === this.#asked) this.#fail(error, () => this.#bringIn(publish));
    }
  }

  #named() {
    return h('p', {}, h('strong', {}, this.#file.name), ' ', h('span', { class: 'faint' }, bytes(this.#file.size)));
  }

  #show(answer, done) {
    const { added, changed, unchanged, withdrawn, faults, faulty, passages, pages } = answer;
    const some = added + changed + withdrawn > 0;
    const open = this.#isDocument ? 0 : answer.unaddressed;
    const audience = this.#audience.value;
    const chosen = !open || audience.length > 0;
    this.#audience.set.hidden = done || !(this.#isDocument || open);
    fill(this.#report,
      h('p', {}, h('strong', {}, this.#file.name), passages ? h('span', { class: 'faint' }, ` ${t(pages ? 'import.cut.pages' : 'import.cut', { n: passages, pages })}`) : null),
      h('p', { class: done ? 'report-done' : '' }, done ? icon('check') : null, h('span', {}, t(done ? 'import.done' : 'import.would', { added, changed, unchanged, withdrawn }))),
      open ? h('p', { class: chosen ? 'faint' : 'report-open' }, chosen ? t('import.audience.given', { n: open, audience: audienceWords(audience) }) : t('import.audience.rows', { n: open })) : null,
      faulty ? h('div', { class: 'faults' }, h('h3', {}, t('import.faulty', { n: faulty })),
        h('div', { class: 'table-scroll', tabindex: '0' }, h('table', {},
          h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, t('import.line')), h('th', { scope: 'col' }, t('import.field')), h('th', { scope: 'col' }, t('import.why')))),
          h('tbody', {}, faults.map((fault) => h('tr', {}, h('td', {}, fault.line ? number(fault.line) : ''), h('td', {}, fault.field && t(`column.${fault.field}`)), h('td', {}, fault.why)))))),
        faulty > faults.length ? h('p', { class: 'faint' }, t('import.further', { n: faulty - faults.length })) : null) : null,
      done
        ? h('div', { class: 'tools' }, h('a', { class: 'button button-plain', href: '#/entries' }, t('import.look')))
        : h('div', { class: 'tools' },
          some ? button(t('import.publish'), { kind: 'main', disabled: !chosen, on: { click: () => this.#bringIn(true) } }) : null,
          some ? button(t('import.drafts'), { disabled: !chosen, on: { click: () => this.#bringIn(false) } }) : null,
          button(t('cancel'), { kind: 'quiet', on: { click: () => { this.#file = null; this.#input.value = ''; this.#audience.set.hidden = true; fill(this.#report); } } })));
  }

  #fail(error, again = () => this.#check()) {
    fill(this.#report, h('p', { class: 'error-text', role: 'alert' }, problemOf(error)), button(t('retry'), { on: { click: again } }));
    this.#input.value = '';
  }
}

customElements.define('d-import', ImportView);
