/** `<f-notice>`: one notice: what it says, in which language, for which children, and what it wants. */
import { api } from '../lib/api.js';
import { button, fill, h } from '../lib/dom.js';
import { bytes, locale, t, when } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { problemOf } from '../lib/problem.js';
import { refill } from '../lib/refill.js';
import { richText } from '../lib/rich-text.js';
import { toast } from '../lib/toast.js';
import { answerRows } from './answer-rows.js';
import { calls } from './calls.js';
import { changesOf } from './changes.js';
import { wanted } from './dues.js';
import { due } from './notice-card.js';
import { keptOf, noticeOf } from './model.js';
import { tellWorker } from './push.js';
import { back, places, visiting } from './route.js';

const PICTURES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif']);
const NAMES = { ko: '한국어', en: 'English', zh: '中文', vi: 'Tiếng Việt', ja: '日本語', ru: 'Русский', th: 'ไทย', mn: 'Монгол', uz: 'Oʻzbekcha', fil: 'Filipino', km: 'ខ្មែរ' };
/** Room for two columns of text. */
const WIDE = '(min-width: 1240px)';

export class NoticeView extends HTMLElement {
  #session;
  #id;
  #notice = null;
  #error = null;
  #language = null;
  #beside = matchMedia(WIDE).matches;
  /** The version that was seen when this was opened: what changed since is shown. */
  #since = null;
  #showsChanges = false;
  #busy = false;
  #answers = null;
  #body = h('div', { class: 'notice-body' });
  #foot = h('footer', { class: 'action-bar', hidden: true });
  #end = new AbortController();

  constructor(session, id) {
    super();
    this.#session = session;
    this.#id = id;
    this.className = 'view notice-view';
    this.append(
      h('header', { class: 'view-head' },
        button(t('back'), { kind: 'icon', icon: icon('back'), class: 'to-list', on: { click: () => back(places.feed()) } }),
        h('p', { class: 'view-name one-line' }, t('tab.feed'))),
      h('div', { class: 'view-scroll' }, this.#body),
      this.#foot,
    );
  }

  connectedCallback() {
    const options = { signal: this.#end.signal };
    this.#session.notices.addEventListener('notice', ({ detail }) => { if (detail === this.#id) this.#load(); }, options);
    addEventListener('online', () => { if (this.#error) this.#load(); }, options);
    document.addEventListener('visibilitychange', () => this.#see(), options);
    this.#load();
  }

  disconnectedCallback() {
    this.#end.abort();
  }

  async #load() {
    if (!this.#notice) fill(this.#body, skeleton());
    try {
      const raw = await calls.notice(this.#id, this.#language ?? locale());
      if (this.#end.signal.aborted) return;
      const fresh = this.#notice?.version !== raw.version;
      this.#notice = noticeOf(raw);
      this.#error = null;
      this.#since ??= this.#notice.seen_version;
      if (fresh) this.#language = chosen(this.#notice, this.#language);
      this.#render();
      this.#see();
    } catch (error) {
      if (this.#end.signal.aborted) return;
      this.#error = error;
      if (!this.#notice || error.code === 'not_found') {
        fill(this.#body, failed(error, () => this.#load()));
        this.#foot.hidden = true;
      }
    }
  }

  /** That it is open before somebody's eyes is told once for each version. */
  async #see() {
    const notice = this.#notice;
    if (!notice || document.visibilityState !== 'visible' || notice.seen_version >= notice.version) return;
    const { version } = notice;
    notice.seen_version = version;
    tellWorker({ type: 'close', tag: this.#id });
    try {
      await calls.seen(this.#id, version);
      this.#keep();
    } catch {
      notice.seen_version = this.#since; // told again when it is looked at again
    }
  }

  /** The feed knows it too. */
  #keep() {
    const { notices } = this.#session;
    const row = notices.items.get(this.#id) ?? notices.open.get(this.#id);
    if (row) notices.put(keptOf(row, this.#notice));
  }

  #render() {
    const notice = this.#notice;
    const now = new Date();
    refill(this.#body,
      this.#banners(notice),
      this.#head(notice, now),
      this.#languages(notice),
      this.#showsChanges ? changesOf(notice, this.#since) : null,
      this.#texts(notice),
      files(notice.files),
      notice.form || notice.answered_at ? this.#answers = answerRows(notice, this.#session, now, this.#answers) : null);
    this.#renderFoot(notice, now);
    document.title = `${this.#text(notice).title} · ${t('app.name')}`;
  }

  #banners(notice) {
    const last = notice.corrections.at(-1);
    return [
      notice.state === 'withdrawn' ? h('div', { class: 'note-bar note-danger', role: 'note' }, icon('warning'), h('p', {}, t('notice.withdrawn.text', { day: when().full(new Date(notice.withdrawn_at ?? notice.changed_at)) }), notice.withdrawn_note ? ` ${notice.withdrawn_note}` : '')) : null,
      notice.left_at ? h('div', { class: 'note-bar', role: 'note' }, icon('history'), h('p', {}, t('notice.left.text'))) : null,
      notice.kept ? h('div', { class: 'note-bar', role: 'note' }, icon('history'), h('p', {}, t('notice.kept'))) : null,
      last && notice.state !== 'withdrawn' ? h('div', { class: 'note-bar note-info', role: 'note' }, icon('edit'),
        h('div', {}, h('p', {}, t('notice.corrected.at', { day: when().full(new Date(last.at)) })), last.note ? h('p', {}, last.note) : null),
        button(t(this.#showsChanges ? 'notice.changes.hide' : 'notice.changes.show'), {
          kind: 'quiet', 'aria-expanded': String(this.#showsChanges), key: 'changes',
          on: { click: () => { this.#showsChanges = !this.#showsChanges; this.#render(); } },
        })) : null,
    ];
  }

  #head(notice, now) {
    const names = notice.children.map(({ name }) => name).join(', ');
    return h('div', { class: 'notice-head' },
      h('p', { class: 'notice-card-top' },
        h('span', { class: ['kind', `kind-${notice.kind}`] }, t(`kind.${notice.kind}`)),
        h('span', { class: 'notice-card-unit' }, notice.unit.name)),
      h('h1', { lang: this.#language }, notice.urgent ? h('span', { class: 'urgent' }, t('notice.urgent')) : null, this.#text(notice).title),
      h('p', { class: 'faint' }, [notice.by.name, when().full(new Date(notice.published_at))].filter(Boolean).join(' · ')),
      names && this.#session.notices.students.length > 1 ? h('p', { class: 'notice-children' }, notice.children.map(({ name }) => h('span', { class: 'child' }, name))) : null,
      notice.deadline && !notice.left_at ? h('p', {}, due(notice.deadline, now)) : null);
  }

  #text(notice, child = null, language = this.#language) {
    const texts = child?.texts ?? notice.texts;
    return texts[language] ?? texts[notice.language];
  }

  /** Which language is shown; the source is always one tap away, on wide screens beside it. */
  #languages(notice) {
    const missing = notice.languages.includes(locale()) ? null : h('p', { class: 'faint' }, t('notice.untranslated', { name: NAMES[notice.language] ?? notice.language }));
    if (notice.languages.length < 2) return missing && h('div', { class: 'languages' }, missing);
    const beside = matchMedia(WIDE).matches;
    const choice = h('div', { class: 'segments', role: 'group', 'aria-label': t('notice.language') },
      notice.languages.map((name) => button(name === notice.language ? t('notice.source', { name: NAMES[name] ?? name }) : NAMES[name] ?? name, {
        lang: name, 'aria-pressed': String(name === this.#language), key: name,
        on: { click: () => { this.#language = name; this.#render(); if (notice.corrections.length) this.#load(); } },
      })));
    return h('div', { class: 'languages' }, choice, missing,
      this.#language !== notice.language ? h('p', { class: 'faint' }, t('notice.translated')) : null,
      beside && this.#language !== notice.language ? h('label', { class: 'check' },
        h('input', { type: 'checkbox', checked: this.#beside, key: 'beside', on: { change: ({ target }) => { this.#beside = target.checked; this.#render(); } } }),
        h('span', {}, t('notice.beside'))) : null);
  }

  #texts(notice) {
    // Of a mail merge every child has a text of its own.
    const parts = notice.merged ? notice.children : [null];
    return parts.map((child) => h('section', { class: 'notice-part' },
      child && parts.length > 1 ? h('h2', {}, child.name) : null,
      this.#columns(notice, child)));
  }

  #columns(notice, child) {
    const column = (name) => h('div', { class: 'rich', lang: name }, richText(this.#text(notice, child, name).html));
    const two = this.#beside && this.#language !== notice.language && matchMedia(WIDE).matches;
    if (!two) return column(this.#language);
    return h('div', { class: 'two-columns' }, [this.#language, notice.language].map((name) => h('div', {},
      h('p', { class: 'column-name' }, name === notice.language ? t('notice.source', { name: NAMES[name] ?? name }) : NAMES[name] ?? name),
      name === notice.language ? h('h2', { lang: name }, this.#text(notice, child, name).title) : null, column(name))));
  }

  /** The one thing that is wanted stays in sight, however long the text is. */
  #renderFoot(notice, now) {
    const want = wanted(notice, now);
    const children = notice.children.filter(({ answerable }) => answerable);
    if (want === 'answer' && children.length) {
      refill(this.#foot, children.length === 1
        ? h('a', { class: 'button button-main', ...visiting(places.form(this.#id, children[0].id)) }, icon('sign'), h('span', {}, t('answer.begin')))
        : button(t('answer.begin'), { kind: 'main', icon: icon('sign'), on: { click: () => this.#toAnswers() } }));
    } else if (want === 'confirm') {
      refill(this.#foot, button(t(this.#busy ? 'notice.confirming' : 'notice.confirm'), { key: 'confirm', kind: 'main', icon: icon('check'), disabled: this.#busy, on: { click: () => this.#confirm() } }));
    } else if (notice.confirm && notice.confirmed_at && notice.state !== 'withdrawn') {
      fill(this.#foot, h('p', { class: 'confirmed' }, icon('check'), t('notice.confirmed.at', { time: when().full(new Date(notice.confirmed_at)) })));
    } else fill(this.#foot);
    this.#foot.hidden = !this.#foot.firstChild;
  }

  /** To the children who still want an answer; where it is but one, to the form at once. */
  #toAnswers() {
    const part = this.#body.querySelector('.answers-part');
    const left = part.querySelectorAll('.answer-row a');
    if (left.length === 1) left[0].click();
    else {
      part.scrollIntoView();
      part.querySelector('a, button')?.focus({ preventScroll: true });
    }
  }

  async #confirm() {
    const { version } = this.#notice;
    this.#busy = true;
    this.#render();
    try {
      this.#notice = noticeOf(await calls.seen(this.#id, version, true));
      this.#keep();
    } catch (error) {
      toast(problemOf(error));
    }
    this.#busy = false;
    this.#render();
  }
}

customElements.define('f-notice', NoticeView);

function chosen(notice, before) {
  if (before && notice.languages.includes(before)) return before;
  return notice.languages.includes(locale()) ? locale() : notice.language;
}

function files(all) {
  if (!all.length) return null;
  return h('section', { class: 'notice-files' },
    h('h2', {}, t('notice.files.title', { n: all.length })),
    all.filter(({ type }) => PICTURES.has(type)).map(({ id, name }) => h('a', { class: 'notice-picture', href: api.fileUrl(id), target: '_blank', rel: 'noopener' },
      h('img', { src: api.fileUrl(id), alt: name, loading: 'lazy', decoding: 'async' }))),
    h('ul', {}, all.map(({ id, name, size }) => h('li', {}, h('a', { class: 'file', href: api.fileUrl(id), download: name },
      icon('file'), h('span', { class: 'file-text' }, h('span', { class: 'file-name' }, name), ' ', h('span', { class: 'faint' }, bytes(size))),
      h('span', { class: 'visually-hidden' }, t('message.download')), icon('download'))))));
}

function skeleton() {
  return h('div', { class: 'notice-skeletons', role: 'status', 'aria-label': t('loading') },
    [30, 80, 50, 100, 100, 90, 60].map((width) => h('div', { class: `skeleton wide-${width}` })));
}

/** Why nothing is here, and the way to try again. */
export function failed(error, again) {
  const gone = error.code === 'not_found' || error.code === 'forbidden';
  return h('div', { class: 'state' }, icon('warning'),
    h('h1', { class: 'state-title' }, gone ? t('notice.gone') : problemOf(error)),
    h('p', { class: 'faint' }, t(gone ? 'notice.gone.hint' : 'notice.failed.hint')),
    gone ? null : button(t('retry'), { on: { click: again } }));
}
