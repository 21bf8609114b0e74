/**
 * `<f-form>`: answering a form for one child: filling in, looking it over, sending. What is filled in is kept on
 * this device until it is sent. One `cid` stands for one answer: sent again after a lost connection, it is
 * taken once.
 */
import { button, fill, h } from '../lib/dom.js';
import { locale, t, when } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { problemOf } from '../lib/problem.js';
import { richText } from '../lib/rich-text.js';
import { answersView } from './answers-view.js';
import { calls } from './calls.js';
import { Draft } from './drafts.js';
import { fieldOf } from './form-fields.js';
import { faultOf, plainAnswers, translated } from './form-texts.js';
import { noticeOf } from './model.js';
import { due } from './notice-card.js';
import { failed } from './notice-view.js';
import { back, go, places } from './route.js';

const NAMES = { ko: '한국어', en: 'English', zh: '中文', vi: 'Tiếng Việt' };

export class FormView extends HTMLElement {
  #session;
  #id;
  #student;
  #draft;
  #notice = null;
  #paper = null;
  #mine = null;
  #language = null;
  #values = {};
  #cid = crypto.randomUUID();
  #fields = new Map();
  /** "fill", "review" or "done". */
  #step = 'fill';
  #sending = false;
  #problem = null;
  #body = h('div', { class: 'form-body' });
  #foot = h('footer', { class: 'action-bar', hidden: true });
  #title = h('p', { class: 'view-name one-line' });
  #scroll = h('div', { class: 'view-scroll' }, this.#body);
  #gone = false;

  constructor(session, id, student) {
    super();
    this.#session = session;
    this.#id = id;
    this.#student = student;
    this.#draft = new Draft(session.store.me.id, id, student);
    this.className = 'view form-view';
    this.append(
      h('header', { class: 'view-head' },
        button(t('back'), { kind: 'icon', icon: icon('back'), on: { click: () => this.#back() } }), this.#title),
      this.#scroll, this.#foot);
  }

  connectedCallback() {
    this.#load();
  }

  disconnectedCallback() {
    this.#gone = true;
  }

  /** Resolves to whether there is a form to fill in. */
  async #load({ changed = false } = {}) {
    fill(this.#body, h('div', { class: 'notice-skeletons', role: 'status', 'aria-label': t('loading') }, [60, 100, 80, 100].map((width) => h('div', { class: `skeleton wide-${width}` }))));
    this.#foot.hidden = true;
    try {
      const [notice, paper] = await Promise.all([calls.notice(this.#id), calls.submissions(this.#id)]);
      if (this.#gone) return false;
      this.#notice = noticeOf(notice);
      this.#paper = paper;
      this.#mine = paper.mine.find(({ student }) => student.id === this.#student);
      if (!this.#mine?.may_answer || !paper.form) throw Object.assign(new Error(), { code: 'not_found' });
      this.#language ??= locale() in paper.texts ? locale() : this.#notice.language;
      this.#restore(changed);
      this.#render();
      return true;
    } catch (error) {
      if (!this.#gone) fill(this.#body, failed(error, () => this.#load()));
      return false;
    }
  }

  /** What was begun here, else what was answered before, as far as it fits the form there is now. */
  #restore(changed) {
    const kept = this.#draft.read();
    const before = this.#mine.submission?.state === 'withdrawn' ? null : this.#mine.submission?.answers;
    const values = changed ? this.#values : kept?.values ?? before ?? {};
    const known = new Map(this.#paper.form.fields.map((field) => [field.id, field]));
    this.#values = Object.fromEntries(Object.entries(values).filter(([id, value]) => fits(known.get(id), value)));
    if (kept && kept.version === this.#paper.version && !changed) this.#cid = kept.cid ?? this.#cid;
    else this.#cid = crypto.randomUUID();
  }

  get #form() {
    return translated(this.#paper.form, this.#language);
  }

  #render() {
    this.#title.textContent = t('form.of', { name: this.#mine.student.name });
    if (this.#step === 'review') this.#renderReview();
    else if (this.#step === 'done') this.#renderDone();
    else this.#renderFill();
  }

  #renderFill() {
    const open = this.#paper.open !== false && this.#notice.state !== 'withdrawn';
    const languages = Object.keys(this.#paper.texts);
    this.#fields = new Map();
    const text = this.#notice.texts[this.#language] ?? this.#notice.texts[this.#notice.language];
    fill(this.#body,
      h('h1', { tabindex: '-1', lang: this.#language }, text.title),
      h('p', { class: 'form-who' }, h('span', { class: 'child' }, this.#mine.student.name), this.#mine.student.unit,
        this.#notice.deadline ? due(this.#notice.deadline, new Date()) : null),
      this.#problem ? h('p', { class: 'note-bar note-danger', role: 'alert' }, icon('warning'), this.#problem) : null,
      open ? null : h('p', { class: 'note-bar note-danger', role: 'note' }, icon('warning'), t('form.closed')),
      languages.length > 1 ? h('div', { class: 'segments', role: 'group', 'aria-label': t('notice.language') },
        languages.map((name) => button(NAMES[name] ?? name, {
          lang: name, 'aria-pressed': String(name === this.#language), on: { click: () => { this.#language = name; this.#changed(); this.#render(); } },
        }))) : null,
      h('details', { class: 'form-text' }, h('summary', {}, t('form.text')), h('div', { class: 'rich', lang: this.#language }, richText(text.html))),
      this.#form.fields.map((field) => this.#field(field)));
    this.#foot.hidden = !open;
    fill(this.#foot, button(t('form.review'), { kind: 'main', on: { click: () => this.#review() } }));
  }

  #field(field) {
    const made = fieldOf(field, this.#values[field.id], {
      name: this.#session.store.me.name,
      changed: (value) => {
        this.#values[field.id] = value;
        made.fault(null);
        this.#changed();
      },
    });
    this.#fields.set(field.id, made);
    return made.node;
  }

  /** Another answer is another thing to send. */
  #changed() {
    this.#cid = crypto.randomUUID();
    this.#draft.write({ version: this.#paper.version, values: this.#values, cid: this.#cid });
  }

  #review() {
    const wrong = this.#form.fields.map((field) => [field.id, faultOf(field, this.#values[field.id])]);
    this.#showFaults(Object.fromEntries(wrong.filter(([, fault]) => fault).map(([id, [key, values]]) => [id, t(key, values)])));
    if (wrong.some(([, fault]) => fault)) return;
    this.#problem = null;
    this.#to('review');
  }

  #showFaults(faults) {
    let first = null;
    for (const [id, made] of this.#fields) {
      made.fault(faults[id] ?? null);
      if (faults[id]) first ??= made;
    }
    first?.focus();
  }

  #to(step) {
    this.#step = step;
    this.#render();
    this.#scroll.scrollTop = 0;
    this.#body.querySelector('h1, h2')?.focus({ preventScroll: true });
  }

  #renderReview() {
    fill(this.#body,
      h('h1', { tabindex: '-1' }, t('form.review.title')),
      h('p', { class: 'faint' }, t('form.review.text', { me: this.#session.store.me.name, child: this.#mine.student.name })),
      this.#problem ? h('p', { class: 'note-bar note-danger', role: 'alert' }, icon('warning'), this.#problem) : null,
      answersView(this.#form, this.#values, this.#language),
      h('p', { class: 'faint' }, t('form.review.proof')));
    this.#foot.hidden = false;
    fill(this.#foot,
      button(t('form.edit'), { kind: 'plain', disabled: this.#sending, on: { click: () => this.#to('fill') } }),
      button(t(this.#sending ? 'form.sending' : this.#mine.state === 'answered' ? 'form.send.again' : 'form.send'), {
        kind: 'main', icon: icon('check'), disabled: this.#sending, on: { click: () => this.#send() },
      }));
  }

  async #send() {
    this.#sending = true;
    this.#problem = null;
    this.#render();
    try {
      const submission = await calls.submit(this.#id, {
        act: 'answer', student: this.#student, version: this.#paper.version, text_hash: this.#paper.texts[this.#language],
        answers: plainAnswers(this.#paper.form, this.#values), cid: this.#cid, files: [],
      });
      this.#draft.drop();
      this.#mine = { ...this.#mine, state: 'answered', submission };
      this.#sending = false;
      this.#session.notices.hurry();
      this.#to('done');
    } catch (error) {
      this.#sending = false;
      await this.#refused(error);
    }
  }

  async #refused(error) {
    this.#problem = error.code === 'offline' ? t('form.offline') : problemOf(error);
    if (error.code === 'conflict') {
      const { version } = this.#paper;
      this.#step = 'fill';
      if (!(await this.#load({ changed: true }))) return;
      this.#problem = this.#paper.version === version ? problemOf(error) : t('form.changed');
      this.#render();
    } else if (Object.keys(error.fields ?? {}).length) {
      this.#to('fill');
      this.#showFaults(error.fields);
      return;
    } else this.#render();
    this.#scroll.scrollTop = 0;
  }

  #renderDone() {
    const { submission } = this.#mine;
    const other = this.#paper.mine.find((one) => one.student.id !== this.#student && one.may_answer && one.must_answer !== false && one.state !== 'answered');
    fill(this.#body, h('div', { class: 'form-done' },
      h('div', { class: 'done-mark', 'aria-hidden': 'true' }, icon('check')),
      h('h1', { tabindex: '-1' }, t('form.done')),
      h('p', {}, t('form.done.text', { child: this.#mine.student.name, time: when().full(new Date(submission.at)) })),
      this.#notice.deadline && this.#paper.form.change !== false ? h('p', { class: 'faint' }, t('form.done.change', { day: when().full(new Date(this.#notice.deadline)) })) : null,
      h('a', { class: 'button button-plain', href: calls.certificateUrl(this.#id, submission.id), download: '' }, icon('download'), h('span', {}, t('answer.certificate'))),
      other ? button(t('form.next', { name: other.student.name }), { kind: 'main', on: { click: () => this.#next(other.student.id) } }) : null,
      button(t('form.back'), { kind: other ? 'plain' : 'main', on: { click: () => this.#leave() } })));
    this.#foot.hidden = true;
  }

  /** The form of another child begins with the same answers; a signature is given anew. */
  #next(student) {
    const draft = new Draft(this.#session.store.me.id, this.#id, student);
    const signed = this.#paper.form.fields.filter(({ type }) => type === 'signature').map(({ id }) => id);
    const values = Object.fromEntries(Object.entries(this.#values).filter(([id]) => !signed.includes(id)));
    if (!draft.read()) draft.write({ version: this.#paper.version, values, cid: crypto.randomUUID() });
    go(places.form(this.#id, student), { replace: true });
  }

  #back() {
    if (this.#step === 'review' && !this.#sending) this.#to('fill');
    else this.#leave();
  }

  #leave() {
    back(places.notice(this.#id));
  }
}

customElements.define('f-form', FormView);

/** Whether what was kept can stand in a field, whose kind may have changed since. */
function fits(field, value) {
  if (!field) return false;
  if (field.type === 'agree') return value === 'agree' || value === 'disagree';
  if (field.type === 'choice') {
    const known = field.options.map(({ id }) => id);
    return field.multiple ? Array.isArray(value) && value.every((one) => known.includes(one)) : known.includes(value);
  }
  if (field.type === 'file') return Array.isArray(value);
  if (field.type === 'signature') return Boolean(value?.drawn ?? value?.typed);
  return typeof value === 'string';
}
