/** `<d-editor>`: one entry, written and published; beside the fields what the reader sees and what would be found. */
import { button, fill, h } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { confirm } from '../lib/dialog.js';
import { markdown } from '../lib/markdown.js';
import { problemOf } from '../lib/problem.js';
import { refill } from '../lib/refill.js';
import { toast } from '../lib/toast.js';
import { Aliases } from './aliases.js';
import { desk } from './api.js';
import { openHistory } from './history.js';
import { audienceChoice, field, loadingRows, moment, stateMark, unitChoice } from './parts.js';
import { Preview } from './preview.js';
import { Twins } from './twins.js';

const EMPTY = { title: '', question: '', aliases: [], answer: '', audience: [], topic: '', valid_from: null, valid_until: null, source: null, language: 'ko', pinned: false };

export class Editor extends HTMLElement {
  #shell;
  #id;
  #told;
  #entry = null;
  #fields = {};
  #audience;
  #aliases;
  #shown = h('div', { class: 'answer-shown prose' });
  #error = h('p', { class: 'error-text', role: 'alert' });
  #head = h('div', { class: 'editor-head' });
  #foot = h('div', { class: 'editor-foot' });
  #preview;
  #twins;
  #saved = '';
  #busy = false;
  /** What was to be created and whose answer may have been lost: { sent, once }. */
  #begun = null;

  constructor(shell, id, told) {
    super();
    this.#shell = shell;
    this.#id = id;
    this.#told = told;
    this.className = 'editor';
  }

  get unsaved() {
    return Boolean(this.#fields.title) && JSON.stringify(this.#content()) !== this.#saved;
  }

  async connectedCallback() {
    if (this.#fields.title) return;
    if (!this.#id) {
      this.#build({ ...EMPTY, ...this.#shell.takeSeed() });
      this.#fields.title.focus();
      return;
    }
    fill(this, loadingRows(4));
    try {
      this.#entry = await desk.entry(this.#id);
      this.#build(this.#entry.content);
    } catch (error) {
      fill(this, h('div', { class: 'state' }, icon('warning'), h('p', {}, problemOf(error)), h('a', { class: 'button button-plain', href: '#/entries' }, t('back'))));
    }
  }

  #build(content) {
    const changed = { on: { input: () => this.#changed() } };
    const f = this.#fields;
    f.title = h('input', { class: 'input', maxlength: 300, value: content.title, ...changed });
    f.question = h('input', { class: 'input', maxlength: 300, value: content.question, ...changed });
    f.answer = h('textarea', { class: 'input answer', rows: 10, value: content.answer, ...changed });
    f.topic = h('input', { class: 'input', maxlength: 60, list: 'topics', value: content.topic, ...changed });
    f.from = h('input', { class: 'input', type: 'date', value: content.valid_from ?? '', ...changed });
    f.until = h('input', { class: 'input', type: 'date', value: content.valid_until ?? '', ...changed });
    f.pinned = h('input', { type: 'checkbox', checked: content.pinned, 'aria-describedby': 'pinned-hint', on: { change: () => this.#changed() } });
    f.sourceTitle = h('input', { class: 'input', maxlength: 300, value: content.source?.title ?? '', ...changed });
    f.sourceUrl = h('input', { class: 'input', type: 'url', inputmode: 'url', placeholder: 'https://', value: content.source?.url ?? '', ...changed });
    this.#aliases = new Aliases(this.#id, content.aliases, () => this.#changed());
    this.#audience = audienceChoice(t('entry.audience'), content.audience, () => this.#changed(), t('entry.audience.hint'));
    f.unit = this.#entry ? null : unitChoice(this.#shell.units, { all: false, on: { change: () => this.#changed() } });
    const about = { draft: () => this.#content(), entry: this.#id, unit: () => this.#entry?.unit.id ?? f.unit.value };
    this.#preview = new Preview(this.#shell, { ...about, first: content.question || content.title });
    this.#twins = new Twins(about);
    this.#source = content.source;
    fill(this,
      this.#head,
      h('div', { class: 'editor-body' },
        h('div', { class: 'fields' },
          f.unit && this.#shell.units.length > 1 ? field(t('desk.unit'), f.unit) : null,
          field(t('entry.title'), f.title, t('entry.title.hint')),
          field(t('entry.question'), f.question, t('entry.question.hint')),
          this.#aliases,
          field(t('entry.answer'), f.answer, t('entry.answer.hint')),
          this.#audience.set,
          h('details', { class: 'further' , open: Boolean(content.topic || content.valid_from || content.valid_until || content.source || content.pinned) },
            h('summary', {}, t('entry.further')),
            h('div', { class: 'fields' },
              field(t('entry.topic'), f.topic),
              h('div', { class: 'pair' }, field(t('entry.from'), f.from), field(t('entry.until'), f.until)),
              h('div', { class: 'pair' }, field(t('entry.source'), f.sourceTitle, content.source?.page ? t('entry.page', { n: content.source.page }) : ''), field(t('entry.source.url'), f.sourceUrl)),
              h('div', { class: 'field' },
                h('label', { class: 'check-label' }, f.pinned, h('span', {}, t('entry.pinned'))),
                h('span', { class: 'faint', id: 'pinned-hint' }, t('entry.pinned.hint'))))),
          h('datalist', { id: 'topics' }, this.#shell.topics.map((topic) => h('option', { value: topic })))),
        h('div', { class: 'looks' },
          h('section', { class: 'look' }, h('h2', {}, t('editor.shown')), this.#shown),
          this.#preview)),
      this.#twins,
      this.#error,
      this.#foot);
    this.#saved = JSON.stringify(this.#content());
    this.#showHead();
    this.#changed();
  }

  #source = null;

  #content() {
    const f = this.#fields;
    const source = { title: f.sourceTitle.value.trim(), url: f.sourceUrl.value.trim(), document: this.#source?.document ?? '', page: this.#source?.page ?? null, file: this.#source?.file ?? '' };
    return {
      title: f.title.value.trim(),
      question: f.question.value.trim(),
      aliases: this.#aliases.value,
      answer: f.answer.value.trim(),
      audience: this.#audience.value,
      topic: f.topic.value.trim(),
      valid_from: f.from.value || null,
      valid_until: f.until.value || null,
      source: source.title || source.url || source.document ? source : null,
      language: 'ko',
      pinned: f.pinned.checked,
    };
  }

  #changed() {
    const answer = this.#fields.answer.value.trim();
    fill(this.#shown, answer ? markdown(answer, { breaks: true }) : h('p', { class: 'faint' }, t('editor.shown.empty')));
    this.#error.textContent = '';
    this.#preview.changed();
    this.#twins.changed();
    this.#showFoot();
  }

  #showHead() {
    const entry = this.#entry;
    fill(this.#head,
      h('a', { class: 'button button-icon to-list', href: '#/entries', 'aria-label': t('back'), title: t('back') }, icon('back')),
      h('h2', { class: 'one-line' }, entry ? entry.content.title || entry.content.question || t('entries.untitled') : t('entries.new')),
      entry ? stateMark(entry.state) : null,
      entry ? h('span', { class: 'faint editor-when' }, [entry.unit.name, ' · ', entry.changed_by ? `${entry.changed_by.name} · ` : '', moment(entry.changed_at)]) : null,
      entry ? button(t('history.title'), { kind: 'icon', icon: icon('history'), on: { click: () => this.#history() } }) : null);
  }

  #showFoot() {
    const state = this.#entry?.state;
    const out = state === 'published' || state === 'changed';
    const unsaved = this.unsaved;
    refill(this.#foot,
      out ? button(t('editor.withdraw'), { class: 'foot-first', on: { click: () => this.#withdraw() } }) : null,
      state === 'draft' && !this.#entry.revision ? button(t('editor.erase'), { kind: 'quiet', class: 'foot-first', icon: icon('trash'), on: { click: () => this.#erase() } }) : null,
      h('span', { class: 'faint foot-note', role: 'status' }, unsaved ? t('editor.unsaved') : ''),
      button(t('editor.save'), { disabled: !unsaved, on: { click: () => this.#save(false) } }),
      button(t(out ? 'editor.republish' : 'editor.publish'), {
        kind: 'main', disabled: !unsaved && state === 'published', on: { click: () => this.#save(true) },
      }));
  }

  async #save(publish) {
    const content = this.#content();
    await this.#try(async () => {
      this.#entry = this.#entry
        ? await desk.save(this.#entry.id, { version: this.#entry.version, content, publish })
        : await this.#create({ unit: this.#fields.unit.value, content, publish });
      this.#id = this.#entry.id;
      toast(t(publish ? 'editor.published' : 'editor.saved'));
      this.#told.saved(this.#entry);
      const sent = JSON.stringify(content);
      if (JSON.stringify(this.#content()) === sent) {
        this.#build(this.#entry.content);
        return;
      }
      this.#saved = sent; // somebody went on writing meanwhile
      this.#showHead();
      this.#showFoot();
    });
  }

  /** The same again is created once. */
  #create(body) {
    const sent = JSON.stringify(body);
    if (this.#begun?.sent !== sent) this.#begun = { sent, once: crypto.randomUUID() };
    return desk.create(body, this.#begun.once);
  }

  async #withdraw() {
    const sure = await confirm({ title: t('editor.withdraw'), text: t('editor.withdraw.text'), yes: t('editor.withdraw'), danger: true });
    if (!sure) return;
    await this.#try(async () => {
      const { refused } = await desk.withdraw([this.#entry.id]);
      if (refused.length) throw Object.assign(new Error(refused[0].why), { code: refused[0].code });
      toast(t('editor.withdrawn'));
      await this.#reload();
    });
  }

  async #erase() {
    const sure = await confirm({ title: t('editor.erase'), text: t('editor.erase.text'), yes: t('editor.erase'), danger: true });
    if (!sure) return;
    await this.#try(async () => {
      await desk.erase(this.#entry.id, this.#entry.version);
      this.#saved = JSON.stringify(this.#content());
      this.#told.gone();
    });
  }

  async #history() {
    const revision = await openHistory(this.#entry);
    if (revision === null) return;
    await this.#try(async () => {
      this.#entry = await desk.restore(this.#entry.id, { version: this.#entry.version, revision });
      toast(t('history.restored'));
      this.#told.saved(this.#entry);
      this.#build(this.#entry.content);
    });
  }

  async #reload() {
    this.#entry = await desk.entry(this.#entry.id);
    this.#told.saved(this.#entry);
    this.#build(this.#entry.content);
  }

  /** One thing at a time: what is pressed twice is done once. */
  async #try(work) {
    if (this.#busy) return;
    this.#busy = true;
    try {
      await work();
    } catch (error) {
      fill(this.#error, problemOf(error), error.code === 'conflict' && this.#entry ? button(t('editor.reload'), { kind: 'quiet', on: { click: () => this.#try(() => this.#reload()) } }) : null);
      this.#error.scrollIntoView({ block: 'nearest' });
    } finally {
      this.#busy = false;
    }
  }
}

customElements.define('d-editor', Editor);
