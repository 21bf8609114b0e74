/** `<a-follow>`: what became of a notice: whom it reached, what was answered, what it says; and what can be done now. */
import { button, fill, h } from '../lib/dom.js';
import { t, when } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { Menu } from '../lib/menu.js';
import { problemOf } from '../lib/problem.js';
import { refill } from '../lib/refill.js';
import { toast } from '../lib/toast.js';
import { changesOf } from '../family/changes.js';
import { due } from '../family/notice-card.js';
import { calls } from './calls.js';
import { audienceWords } from './notice-list.js';
import { Preview } from './preview.js';
import { ReachView } from './reach-view.js';
import { back, go, places, visiting } from './route.js';
import { ask, askForReason } from './sending.js';
import { TallyView } from './tally-view.js';

const OUT = new Set(['published', 'withdrawn']);

export class Follow extends HTMLElement {
  id;
  #desk;
  #tab;
  #view = null;
  #shown = null;
  #timer = null;
  #head = h('div', { class: 'follow-head' });
  #tabs = h('div', { class: 'follow-tabs', role: 'tablist', 'aria-label': t('follow.tabs') });
  #panel = h('div', { class: 'follow-panel', role: 'tabpanel', id: 'follow-panel', tabindex: '0' });
  #actions = h('div', { class: 'follow-actions' });
  #end = new AbortController();

  constructor(desk, { notice, tab }) {
    super();
    this.#desk = desk;
    this.id = notice;
    this.#tab = tab;
    this.className = 'view follow-view';
    this.append(
      h('header', { class: 'view-head' }, button(t('back'), { kind: 'icon', icon: icon('back'), class: 'to-list', on: { click: () => back() } }), h('p', { class: 'view-name one-line' }, t('desk.title')), this.#actions),
      h('div', { class: 'view-scroll' }, h('div', { class: 'follow-body' }, this.#head, this.#tabs, this.#panel)));
  }

  connectedCallback() {
    this.#desk.addEventListener('notice', ({ detail }) => { if (detail === this.id) this.#load(); }, { signal: this.#end.signal });
    this.#desk.addEventListener('reach', ({ detail }) => { if (detail === this.id && this.#view?.staff.complete === false) this.#soon(); }, { signal: this.#end.signal });
    this.#load();
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
    this.#end.abort();
  }

  /** While its recipients are still being written, it is looked at again and again. */
  #soon() {
    this.#timer ??= setTimeout(() => { this.#timer = null; this.#load(); }, 1500);
  }

  /** Show another tab. */
  choose(tab) {
    this.#tab = tab;
    if (this.#view) this.#render();
  }

  async #load() {
    if (!this.#view) fill(this.#head, h('div', { class: 'notice-skeletons', role: 'status', 'aria-label': t('loading') }, [30, 80, 50].map((width) => h('div', { class: `skeleton wide-${width}` }))));
    try {
      const view = await calls.notice(this.id);
      if (this.#end.signal.aborted) return;
      if (!view.staff) throw Object.assign(new Error(), { code: 'not_found' });
      this.#view = view;
      this.#shown = this.#tab === 'text' || !OUT.has(view.state) ? null : this.#shown;
      this.#render();
    } catch (error) {
      if (this.#end.signal.aborted) return;
      if (this.#view && error.code !== 'not_found') return;
      const gone = error.code === 'not_found';
      fill(this.#head, h('div', { class: 'state' }, icon('warning'), h('p', {}, gone ? t('notice.gone') : problemOf(error)),
        gone ? null : button(t('retry'), { on: { click: () => this.#load() } })));
      fill(this.#tabs);
      fill(this.#panel);
    }
  }

  #render() {
    const view = this.#view;
    const now = new Date();
    const title = view.texts[view.language].title || t('desk.untitled');
    document.title = `${title} · ${t('app.name')}`;
    refill(this.#head,
      h('p', { class: 'notice-card-top' }, h('span', { class: ['kind', `kind-${view.kind}`] }, t(`kind.${view.kind}`)), h('span', { class: ['desk-state', `desk-${view.state}`] }, t(`desk.state.${view.state}`)), view.version > 1 ? h('span', {}, t('follow.version', { n: view.version })) : null),
      h('h1', { tabindex: '-1' }, view.urgent ? h('span', { class: 'urgent' }, t('notice.urgent')) : null, title),
      h('p', { class: 'faint' }, [view.unit.name, view.by.name, view.published_at ? when().full(new Date(view.published_at)) : null].filter(Boolean).join(' · ')),
      view.staff.audience.length ? h('p', { class: 'faint' }, t('follow.to', { who: audienceWords(view.staff.audience) })) : null,
      view.deadline && view.state !== 'withdrawn' ? h('p', {}, due(view.deadline, now)) : null,
      this.#banner(view));
    this.#renderActions(view);
    this.#renderTabs(view);
  }

  #banner(view) {
    const { staff } = view;
    if (view.state === 'withdrawn') return bar('note-danger', 'warning', t('follow.withdrawn', { time: when().full(new Date(view.withdrawn_at)) }), view.withdrawn_note);
    if (view.state === 'scheduled') return bar('note-info', 'clock', t('follow.scheduled', { time: when().full(new Date(staff.publish_at)) }));
    if (view.state === 'submitted') return bar('note-info', 'clock', t(staff.may_approve ? 'follow.submitted.mine' : 'follow.submitted', { time: when().full(new Date(staff.approval.asked_at)) }));
    if (view.state === 'draft') return bar('', 'edit', t('follow.draft'));
    return staff.complete ? null : bar('note-info', 'clock', t('follow.expanding', { n: staff.recipients }));
  }

  #renderActions(view) {
    const { staff, state } = view;
    const act = (words, kind, picture, run) => button(t(words), { kind, icon: icon(picture), on: { click: run } });
    const actions = [];
    if (state === 'submitted' && staff.may_approve) {
      actions.push(act('follow.refuse', 'plain', 'close', () => this.#refuse()), act('follow.approve', 'main', 'check', () => this.#approve()));
    } else if (['submitted', 'scheduled'].includes(state) && staff.may_change) actions.push(act('follow.back', 'plain', 'recall', () => this.#do(calls.unschedule, 'follow.back.done')));
    if (state === 'draft' && staff.may_change) actions.push(h('a', { class: 'button button-main', ...visiting(places.edit(this.id)) }, icon('edit'), h('span', {}, t('follow.edit'))));
    if (state === 'published' && staff.may_change) {
      actions.push(button(t('follow.more'), {
        kind: 'icon', icon: icon('more'), 'aria-haspopup': 'menu',
        on: {
          click: (event) => Menu.open(event.currentTarget, [
            { label: t('follow.correct'), icon: 'edit', run: () => go(places.edit(this.id)) },
            { label: t('follow.withdraw'), icon: 'recall', danger: true, run: () => this.#withdraw() },
          ], t('follow.more')),
        },
      }));
    }
    refill(this.#actions, actions);
  }

  #renderTabs(view) {
    const tabs = OUT.has(view.state) ? ['reach', view.form || view.kind === 'consent' || view.kind === 'documents' ? 'answers' : null, 'text'].filter(Boolean) : ['text'];
    const tab = tabs.includes(this.#tab) ? this.#tab : tabs[0];
    this.#tabs.hidden = tabs.length < 2;
    const focused = this.#tabs.contains(document.activeElement);
    refill(this.#tabs, tabs.map((name) => h('button', {
      type: 'button', role: 'tab', class: 'follow-tab', id: `tab-${name}`, 'aria-selected': String(name === tab), 'aria-controls': 'follow-panel', tabIndex: name === tab ? 0 : -1,
      on: { click: () => go(places.follow(this.id, name), { replace: true }), keydown: (event) => this.#tabKey(event, tabs, tab) },
    }, t(`follow.tab.${name}`))));
    if (focused) this.#tabs.querySelector('[aria-selected="true"]').focus();
    this.#panel.setAttribute('aria-labelledby', `tab-${tab}`);
    if (this.#shown?.tab === tab) {
      this.#shown.node.update?.(view);
      return;
    }
    const node = tab === 'reach' ? new ReachView(this.#desk, view) : tab === 'answers' ? new TallyView(this.#desk, view) : this.#text(view);
    this.#shown = { tab, node };
    fill(this.#panel, node);
  }

  #tabKey(event, tabs, tab) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    go(places.follow(this.id, tabs.at((tabs.indexOf(tab) + step + tabs.length) % tabs.length)), { replace: true });
  }

  #text(view) {
    const preview = new Preview({ unit: view.unit.name, by: view.by.name });
    preview.showView({ ...view, draft: null });
    return h('div', { class: 'follow-text' }, view.state === 'withdrawn' ? h('p', { class: 'faint' }, t('follow.withdrawn.text')) : null, preview, view.corrections.length ? changesOf(view, 0) : null);
  }

  async #do(call, done) {
    try {
      this.#took(await call(this.id), done);
    } catch (error) {
      toast(problemOf(error));
    }
  }

  #took(view, done) {
    if (!view) return;
    toast(t(done));
    this.#view = view;
    this.#shown = null;
    this.#desk.took(view);
    this.#render();
  }

  async #approve() {
    const view = await ask({ title: t('follow.approve.title'), body: [h('p', {}, this.#view.staff.publish_at ? t('follow.approve.later', { time: when().full(new Date(this.#view.staff.publish_at)) }) : t('follow.approve.now'))], yes: t('follow.approve'), run: () => calls.approve(this.id) });
    this.#took(view, 'follow.approve.done');
  }

  async #refuse() {
    this.#took(await askForReason({ title: t('follow.refuse.title'), text: t('follow.refuse.text'), yes: t('follow.refuse'), required: true, danger: false, run: (reason) => calls.refuse(this.id, reason) }), 'follow.refuse.done');
  }

  async #withdraw() {
    this.#took(await askForReason({ title: t('follow.withdraw.title'), text: t('follow.withdraw.text'), yes: t('follow.withdraw'), required: false, run: (reason) => calls.withdraw(this.id, reason) }), 'follow.withdraw.done');
  }
}

customElements.define('a-follow', Follow);

function bar(kind, picture, ...words) {
  return h('div', { class: ['note-bar', kind], role: 'note' }, icon(picture), h('div', {}, words.filter(Boolean).map((one) => h('p', {}, one))));
}
