/** `<d-questions>`: questions without an answer, or whose answer did not help; a draft is one press away. */
import { button, fill, h } from '../lib/dom.js';
import { number, t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { problemOf } from '../lib/problem.js';
import { toast } from '../lib/toast.js';
import { desk } from './api.js';
import { audienceWords, choice, loadingRows, moment, unitChoice } from './parts.js';

const KINDS = ['unanswered', 'unhelpful'];
const DAYS = [7, 30, 90];
const SHOWN = 5;

/** A question as it can be read by itself: one that went on from others with what it went on from. */
const whole = ({ question, understood }) => understood ?? question;

export class QuestionsView extends HTMLElement {
  #shell;
  #query = { kind: 'unanswered', days: 30, unit: '' };
  #kinds;
  #list = h('div', { class: 'clusters' });
  #asked = 0;
  #note = h('p', { class: 'faint', role: 'status' });

  constructor(shell) {
    super();
    this.#shell = shell;
    this.className = 'column';
  }

  connectedCallback() {
    this.#kinds = h('div', { class: 'segments', role: 'group', 'aria-label': t('desk.questions') }, KINDS.map((kind) => button(t(`questions.${kind}`), {
      'aria-pressed': String(kind === this.#query.kind), on: { click: (event) => this.#choose(kind, event.currentTarget) },
    })));
    const days = choice(t('figures.days'), DAYS.map((n) => [n, t('figures.last', { n })]), { on: { change: (event) => { this.#query.days = event.target.value; this.#load(); } } });
    days.value = this.#query.days;
    fill(this,
      h('p', { class: 'faint' }, t('questions.hint')),
      h('div', { class: 'tools' }, this.#kinds, days,
        this.#shell.units.length > 1 ? unitChoice(this.#shell.units, { on: { change: (event) => { this.#query.unit = event.target.value; this.#load(); } } }) : null),
      this.#note, this.#list);
    this.#load();
  }

  #choose(kind, pressed) {
    this.#query.kind = kind;
    for (const one of this.#kinds.children) one.setAttribute('aria-pressed', String(one === pressed));
    this.#load();
  }

  async #load() {
    const asked = ++this.#asked;
    fill(this.#list, loadingRows(4));
    this.#note.textContent = '';
    try {
      const { clusters, grouped } = await desk.questions(this.#query);
      if (asked !== this.#asked) return; // others are shown by now
      this.#note.textContent = grouped || !clusters.length ? '' : t('questions.ungrouped');
      fill(this.#list, clusters.length ? clusters.map((cluster) => this.#card(cluster)) : h('div', { class: 'state' }, icon('check'), h('p', {}, t(`questions.none.${this.#query.kind}`))));
    } catch (error) {
      if (asked !== this.#asked) return;
      fill(this.#list, h('div', { class: 'state' }, icon('warning'), h('p', {}, problemOf(error)), button(t('retry'), { on: { click: () => this.#load() } })));
    }
  }

  #card(cluster) {
    const questions = cluster.questions.map(whole);
    const first = cluster.questions[0];
    const reasons = [...new Set(cluster.questions.flatMap((one) => one.reasons))];
    const card = h('article', { class: 'card' },
      h('div', { class: 'card-head' }, h('h2', {}, cluster.name),
        h('span', { class: 'faint' }, t('questions.asked', { n: cluster.asked }), cluster.audience.length ? ` · ${audienceWords(cluster.audience)}` : '', ' · ', moment(cluster.last_at))),
      first.understood ? h('p', { class: 'faint' }, t('questions.typed', { question: first.question })) : null,
      questions.length > 1 ? h('details', {}, h('summary', {}, t('questions.others', { n: questions.length - 1 })),
        h('ul', { class: 'asked' }, cluster.questions.slice(1).map((one) => h('li', {}, whole(one), one.understood ? h('span', { class: 'faint' }, ` ${t('questions.typed', { question: one.question })}`) : null, one.asked > 1 ? h('span', { class: 'faint' }, ` ×${number(one.asked)}`) : null)))) : null,
      reasons.length ? h('p', { class: 'reasons' }, h('strong', {}, t('questions.reasons')), ' ', reasons.join(' / ')) : null,
      h('div', { class: 'card-foot' },
        button(t('questions.draft'), { kind: 'main', icon: icon('compose'), on: { click: () => this.#shell.begin({ question: questions[0], aliases: questions.slice(1, SHOWN + 1), audience: cluster.audience }) } }),
        cluster.near ? h('a', { class: 'button button-plain', href: `#/entries/${encodeURIComponent(cluster.near)}` }, t('questions.near')) : null,
        button(t('questions.done'), { kind: 'quiet', icon: icon('check'), on: { click: () => this.#dismiss(questions, cluster.audience, card) } })));
    return card;
  }

  async #dismiss(questions, audience, card) {
    try {
      await desk.dismiss(questions, audience);
      card.remove();
      toast(t('questions.dismissed'));
      if (!this.#list.children.length) this.#load();
    } catch (error) {
      toast(problemOf(error));
    }
  }
}

customElements.define('d-questions', QuestionsView);
