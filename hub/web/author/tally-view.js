/** `<a-tally>`: how a form stands, live: how many, what was answered, who is missing; exports, the ledger, paper. */
import { Dialog } from '../lib/dialog.js';
import { button, fill, h } from '../lib/dom.js';
import { number, t, when } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { Menu } from '../lib/menu.js';
import { problemOf } from '../lib/problem.js';
import { refill } from '../lib/refill.js';
import { answersView } from '../family/answers-view.js';
import { translated } from '../family/form-texts.js';
import { calls } from './calls.js';
import { bar } from './notice-list.js';
import { openLedger } from './ledger-head.js';
import { openPaper } from './paper-entry.js';
import { choice } from './parts.js';

const PAGE = 50;
const STATES = ['complete', 'partial', 'missing', 'again', 'withdrawn', 'left'];
const REST = 1500;

export class TallyView extends HTMLElement {
  #desk;
  #notice;
  #paper = null;
  #students = [];
  #next = null;
  #filter = 'missing';
  #turn = 0;
  #timer = null;
  #numbers = h('ul', { class: 'tally' });
  #fields = h('div', { class: 'tally-fields' });
  #list = h('ul', { class: 'reach-people' });
  #note = h('p', { class: 'faint', role: 'status' });
  #more = h('div', { class: 'feed-end' });
  #people = null;
  #end = new AbortController();

  constructor(desk, view) {
    super();
    this.#desk = desk;
    this.#notice = view;
    this.className = 'reach';
    this.append(
      h('section', { 'aria-label': t('tally.title') }, this.#numbers),
      h('div', { class: 'row' },
        button(t('tally.export'), { icon: icon('download'), 'aria-haspopup': 'menu', on: { click: (event) => this.#export(event.currentTarget) } }),
        button(t('ledger.title'), { icon: icon('sign'), on: { click: () => openLedger(this.#notice) } })),
      this.#fields,
      this.#people = h('section', { 'aria-labelledby': 'tally-people' }, h('h2', { id: 'tally-people' }, t('tally.people')),
        choice(t('reach.show'), [['missing', t('tally.filter.missing')], ['complete', t('tally.filter.complete')], ['all', t('reach.filter.all')]], this.#filter, (name) => { this.#filter = name; this.#anew(); }),
        this.#note, this.#list, this.#more));
  }

  connectedCallback() {
    const options = { signal: this.#end.signal };
    this.#desk.addEventListener('reach', ({ detail }) => { if (detail === this.#notice.id) this.#timer ??= setTimeout(() => { this.#timer = null; this.#load(); }, REST); }, options);
    this.#desk.addEventListener('state', ({ detail }) => { if (detail.state === 'online') this.#load(); }, options);
    fill(this.#numbers, [1, 2, 3].map(() => h('li', { class: 'skeleton tally-skeleton', 'aria-hidden': 'true' })));
    calls.reach(this.#notice.id, { limit: 1 }).then(({ goal, counts }) => this.#desk.learn(this.#notice.id, { goal, counts }), () => {}); // from now on the server tells
    this.#load();
  }

  disconnectedCallback() {
    this.#end.abort();
    clearTimeout(this.#timer);
  }

  update(view) {
    this.#notice = view;
    this.#load();
  }

  /** Others are asked for: those of before must not be taken for them. */
  #anew() {
    this.#students = [];
    fill(this.#list, h('li', { class: 'skeleton reach-skeleton', 'aria-hidden': 'true' }));
    fill(this.#more);
    this.#load();
  }

  async #load(after = null) {
    this.#turn += 1;
    const turn = this.#turn;
    try {
      const paper = await calls.submissions(this.#notice.id, { state: this.#filter === 'all' ? null : this.#filter, after, limit: PAGE });
      if (turn !== this.#turn || this.#end.signal.aborted) return;
      this.#paper = paper;
      this.#students = after ? [...this.#students, ...paper.students] : paper.students;
      this.#next = paper.next;
      this.#draw();
    } catch (error) {
      if (turn !== this.#turn || this.#end.signal.aborted) return;
      if (!this.#paper) fill(this.#numbers);
      if (!this.#students.length) fill(this.#list);
      fill(this.#more, h('div', { class: 'state state-small' }, h('p', {}, problemOf(error)), button(t('retry'), { on: { click: () => this.#load(after) } })));
    }
  }

  #draw() {
    const { tally, erased_at: erased } = this.#paper;
    this.#people.hidden = Boolean(erased); // what is erased can be told of nobody
    if (erased) {
      fill(this.#numbers, h('li', { class: 'tally-main' }, h('strong', {}, t('tally.erased', { day: when().full(new Date(erased)) })), h('p', { class: 'faint' }, this.#paper.erased_answers == null ? '' : t('tally.erased.count', { n: this.#paper.erased_answers }), ' ', t('tally.erased.ledger'))));
      fill(this.#fields);
      return;
    }
    if (tally) {
      refill(this.#numbers, h('li', { class: 'tally-main' }, h('strong', {}, t('tally.of', { done: number(tally.complete), all: number(tally.students - tally.left) })), bar(tally.complete, tally.students - tally.left)),
        STATES.slice(1).filter((state) => tally[state]).map((state) => h('li', {}, h('span', {}, t(`tally.state.${state}`)), h('strong', {}, t('tally.count', { n: tally[state] })))),
        tally.contradicted ? h('li', { class: 'danger-text' }, h('span', {}, t('tally.contradicted')), h('strong', {}, t('tally.count', { n: tally.contradicted }))) : null);
      this.#drawFields(tally.fields);
    }
    this.#note.textContent = this.#students.length ? '' : t(this.#filter === 'missing' ? 'tally.nobody.missing' : 'tally.nobody');
    refill(this.#list, this.#students.map((row) => this.#row(row)));
    refill(this.#more, this.#next ? button(t('more'), { on: { click: () => this.#load(this.#next) } }) : null);
  }

  /** How often each answer was given; of texts and files there is nothing to count. */
  #drawFields(counted) {
    const shown = (this.#paper.form?.fields ?? []).filter(({ id, type }) => (type === 'agree' || type === 'choice') && counted[id]);
    refill(this.#fields, shown.length ? h('h2', {}, t('tally.fields')) : null, shown.map((field) => {
      const options = field.type === 'agree' ? [['agree', t('form.agree')], ['disagree', t('form.disagree')]] : field.options.map(({ id, label }) => [id, label]);
      const all = options.reduce((sum, [id]) => sum + (counted[field.id][id] ?? 0), 0);
      return h('section', { class: 'tally-field' }, h('h3', {}, field.label), h('ul', {}, options.map(([id, words]) => {
        const n = counted[field.id][id] ?? 0;
        return h('li', {}, h('span', {}, words), h('strong', {}, number(n)), bar(n, all));
      })));
    }));
  }

  #row(row) {
    const { student, signers } = row;
    return h('li', { class: 'reach-person', key: student.id },
      h('div', { class: 'reach-who' }, h('strong', {}, student.name), h('span', { class: 'faint' }, student.unit)),
      h('div', { class: 'reach-far' }, h('span', { class: ['mark', row.state === 'complete' ? 'mark-done' : row.state !== 'left' && 'mark-todo'] }, row.state === 'complete' ? icon('check') : null, t(`tally.state.${row.state}`)),
        row.left && row.state !== 'left' ? h('span', { class: 'faint' }, t('tally.state.left')) : null,
        row.contradicted ? h('span', { class: 'danger-text' }, t('tally.contradicted')) : null),
      h('ul', { class: 'signers' }, signers.map((signer) => this.#signer(row, signer))),
      h('div', { class: 'row reach-do' },
        this.#mayEnter && !row.left && row.state !== 'complete' && signers.length ? button(t('paper.enter'), { kind: 'quiet', icon: icon('file'), on: { click: () => this.#enter(row) } }) : null));
  }

  #signer(row, signer) {
    const { submission } = signer;
    const who = `${signer.name}${signer.relation ? ` (${signer.relation})` : signer.kind === 'student' ? ` (${t('reach.student')})` : ''}`;
    const words = submission ? t(submission.act === 'withdraw' ? 'tally.withdrew' : signer.again ? 'tally.again' : 'tally.answered', { time: when().list(new Date(submission.at), new Date()) }) : row.left ? '' : t(signer.must ? 'tally.wanted' : 'tally.may');
    return h('li', {}, h('span', {}, who, ' ', h('span', { class: 'faint' }, words)),
      submission ? button(t('tally.look'), { kind: 'quiet', 'aria-label': t('tally.look.of', { name: signer.name }), on: { click: () => this.#look(row, signer) } }) : null);
  }

  get #mayEnter() {
    return this.#notice.state === 'published' && !this.#notice.erased_at && this.#notice.staff.level !== 'colleague';
  }

  #look(row, { name, submission }) {
    const { student } = row;
    const language = submission.language in this.#paper.texts ? submission.language : this.#notice.language;
    const same = submission.version === this.#paper.version;
    const dialog = Dialog.open({
      title: t('tally.of.student', { name: student.name, signer: name }), className: 'answer-dialog',
      body: [
        h('p', { class: 'faint' }, when().full(new Date(submission.at)), submission.by ? ` · ${t('answer.by', { name: submission.by.name })}` : ''),
        submission.act === 'withdraw' ? h('p', { class: 'note-bar' }, t('tally.withdrew', { time: when().full(new Date(submission.at)) }), submission.reason ? ` ${submission.reason}` : '')
          : same && this.#paper.form ? answersView(translated(this.#paper.form, language), submission.answers, language) : h('p', {}, t('answer.older')),
        submission.files.length ? h('p', {}, t('paper.scan'), ' ', submission.files.map(({ id, name: file }) => h('a', { href: `/api/v1/files/${encodeURIComponent(id)}`, target: '_blank', rel: 'noopener' }, file))) : null,
        h('p', { class: 'faint answer-hash' }, t('answer.hash', { seq: submission.seq }), ' ', h('code', {}, submission.hash.slice(0, 16))),
      ].filter(Boolean),
      foot: [this.#mayEnter ? button(t('paper.again'), { kind: 'quiet', icon: icon('file'), on: { click: () => { dialog.close(); this.#enter(row); } } }) : null,
        h('a', { class: 'button button-plain', href: calls.certificateUrl(this.#notice.id, submission.id), download: '' }, icon('download'), h('span', {}, t('answer.certificate')))].filter(Boolean),
    });
  }

  async #enter(row) {
    if (await openPaper(this.#notice, this.#paper, row)) this.#load();
  }

  #export(anchor) {
    const get = (url) => () => h('a', { href: url, download: '' }).click();
    const answers = this.#paper?.erased_at ? [] : [
      { label: t('tally.export.xlsx'), icon: 'download', run: get(calls.exportUrl(this.#notice.id, 'xlsx')) },
      { label: t('tally.export.csv'), icon: 'download', run: get(calls.exportUrl(this.#notice.id, 'csv')) },
    ];
    Menu.open(anchor, [
      ...answers,
      { label: t('ledger.export'), icon: 'download', run: get(calls.ledgerUrl(this.#notice.id)) },
    ], t('tally.export'));
  }
}

customElements.define('a-tally', TallyView);
