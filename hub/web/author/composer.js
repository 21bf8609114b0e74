/**
 * `<a-composer>`: writing a notice, or correcting one that is out. What is written is saved by itself; what is
 * still missing is said where it belongs, when it is to go out.
 */
import { confirm } from '../lib/dialog.js';
import { button, fill, h } from '../lib/dom.js';
import { t, when } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { Menu } from '../lib/menu.js';
import { problemOf } from '../lib/problem.js';
import { refill } from '../lib/refill.js';
import { toast } from '../lib/toast.js';
import { audiencePart, usual } from './audience-part.js';
import { calls } from './calls.js';
import { draftOf, emptyDraft, faultsOf, hasForm } from './draft.js';
import { followUpPart, mergePart, schedulePart, timesPart, translationsPart } from './extra-parts.js';
import { filesField } from './files-part.js';
import { FormBuilder } from './form-builder.js';
import { Kept } from './keeping.js';
import { TextField } from './markdown-field.js';
import { part } from './parts.js';
import { openPreview, Preview } from './preview.js';
import { back, go, places, rename } from './route.js';
import { reconcile, Saver } from './saver.js';
import { askToCorrect, askToPublish, askToSubmit } from './sending.js';

const WIDE = matchMedia('(min-width: 1280px)');
const OUT = new Set(['published', 'withdrawn']);

export class Composer extends HTMLElement {
  desks = [];
  saver = null;
  correction = false;
  /** Of a correction: the units that have the notice. */
  sent = new Set();
  /** Whom the next unit is for, before one is chosen. */
  who = 'families';
  #desk;
  #place;
  #view = null;
  #status = h('span', { class: 'save-state', role: 'status' });
  #body = h('div', { class: 'write-body' });
  #side = h('aside', { class: 'write-side', 'aria-label': t('preview.title') });
  #foot = h('footer', { class: 'action-bar', hidden: true });
  #name = h('h1', { class: 'view-name one-line' });
  #parts = new Map();
  #text = null;
  #files = null;
  #preview = null;
  #busy = false;
  #end = new AbortController();

  constructor(desk, place) {
    super();
    this.#desk = desk;
    this.#place = place;
    this.className = 'view write-view';
    this.append(
      h('header', { class: 'view-head' },
        button(t('back'), { kind: 'icon', icon: icon('back'), class: 'to-list', on: { click: () => back() } }), this.#name, this.#status),
      h('div', { class: 'write-columns' }, h('div', { class: 'view-scroll' }, this.#body), this.#side),
      this.#foot);
  }

  get draft() {
    return this.saver.draft;
  }

  /** The unit in whose name is written; of what somebody else began, one that I administer from above. */
  get desk() {
    const { unit } = this.draft;
    return this.desks.find(({ id }) => id === unit) ?? (this.#view?.unit.id === unit ? { kind: null, ...this.#view.unit } : undefined);
  }

  connectedCallback() {
    const options = { signal: this.#end.signal };
    addEventListener('online', () => this.saver?.retry(), options);
    this.#desk.addEventListener('state', ({ detail }) => { if (detail.state === 'online') this.saver?.retry(); }, options);
    addEventListener('beforeunload', (event) => { if (this.#files?.busy) event.preventDefault(); }, options);
    WIDE.addEventListener('change', () => this.#showSide(), options);
    this.#load();
  }

  disconnectedCallback() {
    this.#end.abort();
    if (!this.saver) return;
    const { saver } = this;
    if (saver.state === 'waiting') saver.flush().catch(() => {}).finally(() => saver.end());
    else saver.end();
  }

  async #load() {
    fill(this.#body, h('div', { class: 'notice-skeletons', role: 'status', 'aria-label': t('loading') }, [60, 100, 80, 100].map((width) => h('div', { class: `skeleton wide-${width}` }))));
    const kept = new Kept(this.#desk.me.id, this.#place.notice ?? this.#place.key);
    const copy = kept.read();
    try {
      if (copy?.id && this.#place.key) { // the draft got its id before the page was left
        go(places.edit(copy.id), { replace: true });
        return;
      }
      this.desks = await this.#desk.loadDesks();
      if (this.#place.notice) this.#view = await calls.notice(this.#place.notice);
      if (this.#end.signal.aborted) return;
      if (this.#view && !(this.#view.staff?.may_change)) {
        go(places.follow(this.#view.id), { replace: true });
        return;
      }
      if (!this.#view && !this.desks.length) throw Object.assign(new Error(t('desk.nowhere')), { code: 'forbidden' });
      this.#begin(kept, copy);
    } catch (error) {
      if (this.#end.signal.aborted) return;
      // Without a connection, what is kept here can still be written on.
      if (error.code === 'offline' && copy) this.#begin(kept, copy, true);
      else fill(this.#body, h('div', { class: 'state' }, icon('warning'), h('p', {}, problemOf(error)), button(t('retry'), { on: { click: () => this.#load() } })));
    }
  }

  #begin(kept, copy, offline = false) {
    const view = this.#view;
    this.correction = view ? OUT.has(view.state) : false;
    this.sent = new Set((view?.staff?.audience ?? []).map(({ unit }) => unit));
    // Who has to answer is asked; students read what is told.
    this.who = hasForm(view?.kind ?? this.#place.kind) ? 'guardians' : 'families';
    const theirs = view ? draftOf(view) : null;
    const fresh = () => {
      const desk = this.desks.find(({ kind }) => kind === 'class') ?? this.desks[0];
      const draft = { ...emptyDraft(this.#place.kind, desk.id), audience: usual(desk, this.who) };
      return draft.form ? { ...draft, follow_up: desk.follow_up } : draft;
    };
    const mine = copy && (!view || reconcile(copy, view) === 'mine' || (copy.pending && reconcile(copy, view) === 'both'));
    this.saver = new Saver({ kept, draft: mine ? copy.draft : theirs ?? fresh(), view: view ?? (copy?.id ? { id: copy.id, changed_at: copy.base } : null), correction: this.correction, once: copy?.once });
    if (view) this.saver.agree(theirs, view);
    this.saver.addEventListener('change', () => this.#tell());
    this.saver.addEventListener('named', ({ detail }) => { rename(places.edit(detail.id)); this.#desk.took(detail); });
    this.saver.addEventListener('view', ({ detail }) => { this.#view = detail; this.#desk.took(detail); this.#renderFoot(); });
    if (mine && view && reconcile(copy, view) === 'both') this.#askWhich(theirs);
    if (mine) this.set({});
    this.#render();
    if (offline) this.#tell();
  }

  /** Somebody else (or I, elsewhere) changed it while this device had changes of its own. */
  async #askWhich(theirs) {
    const keep = await confirm({ title: t('write.both'), text: t('write.both.text'), yes: t('write.both.mine') });
    if (keep) return;
    this.saver.set(theirs);
    this.#render();
  }

  /** A part has changed. */
  set(fields) {
    this.saver.set(fields);
    for (const name of Object.keys(fields)) this.#parts.get({ follow_up: 'steps', publish_at: 'schedule' }[name] ?? name)?.fault(null);
    this.#preview?.show(this.draft, { unit: this.#unit });
  }

  /** The draft is in another unit's name. */
  moved() {
    this.#render();
  }

  columnsChanged() {
    this.#text.refresh();
  }

  mayBeUrgent() {
    return this.#view?.staff?.may_be_urgent ?? this.desks.find(({ id }) => id === this.draft.unit)?.urgent ?? false;
  }

  get #unit() {
    return this.desks.find(({ id }) => id === this.draft.unit)?.name ?? this.#view?.unit.name ?? '';
  }

  get #needsApproval() {
    const approval = this.desks.find(({ id }) => id === this.draft.unit)?.approval;
    return this.#view?.staff?.approval_needed ?? approval?.includes(this.draft.kind) ?? false;
  }

  #render() {
    const { draft } = this;
    this.#name.textContent = t(this.correction ? 'write.correct' : `begin.${draft.kind}`);
    document.title = `${draft.title || this.#name.textContent} · ${t('app.name')}`;
    const refused = this.#view?.staff?.approval?.refused;
    const parts = [audiencePart(this), this.#words(), draft.form ? this.#form() : null, timesPart(this), translationsPart(this),
      this.correction ? null : mergePart(this), followUpPart(this), this.correction ? null : schedulePart(this)].filter(Boolean);
    this.#parts = new Map(parts.map((one) => [one.name, one]));
    fill(this.#body,
      refused && this.#view.state === 'draft' ? h('div', { class: 'note-bar note-danger', role: 'note' }, icon('warning'), h('div', {}, h('p', {}, t('follow.refused', { name: this.#view.staff.approval.by?.name ?? '' })), h('p', {}, refused))) : null,
      this.#view && ['submitted', 'scheduled'].includes(this.#view.state) ? h('div', { class: 'note-bar', role: 'note' }, icon('warning'), h('p', {}, t(`write.was.${this.#view.state}`))) : null,
      this.correction ? h('div', { class: 'note-bar note-info', role: 'note' }, icon('edit'), h('p', {}, t('write.correct.hint'))) : null,
      parts.map(({ node }) => node));
    this.#renderFoot();
    this.#showSide();
    this.#tell();
  }

  /** Title, text and files. */
  #words() {
    const { draft } = this;
    const title = h('input', { class: 'input title-input', value: draft.title, maxlength: 200, 'aria-label': t('write.title'), placeholder: t('write.title'), 'aria-describedby': 'fault-title', autocomplete: 'off', on: { input: () => this.set({ title: title.value }) } });
    this.#files = filesField(draft.files, (files) => this.set({ files }), { id: 'notice-files' });
    this.#text = new TextField({
      value: draft.text, label: t('write.text'), describedby: 'fault-title', changed: (text) => this.set({ text }), columns: () => this.draft.merge, dropped: (files) => this.#files.add(files),
    });
    return part('title', t('write.words'), {}, title, this.#text, this.#files.node);
  }

  #form() {
    const builder = new FormBuilder({ kind: this.draft.kind, form: this.draft.form, changed: (form) => this.set({ form }) });
    const made = part('form', t(this.draft.kind === 'consent' ? 'build.title' : 'build.title.documents'), { hint: t('build.hint') }, builder);
    return { ...made, items: (faults) => builder.fault(faults) };
  }

  #showSide() {
    this.#side.hidden = !WIDE.matches;
    if (!WIDE.matches) {
      this.#preview = null;
      fill(this.#side);
      return;
    }
    if (!this.saver) return;
    if (!this.#preview) {
      this.#preview = new Preview({ unit: this.#unit, by: this.#desk.me.name });
      fill(this.#side, this.#preview);
    }
    this.#preview.show(this.draft, { unit: this.#unit, now: true });
  }

  #renderFoot() {
    const approval = this.#needsApproval && !(this.#view?.staff?.approval?.at && !this.#view.staff.approval.refused);
    const state = this.#view?.state ?? 'draft';
    refill(this.#foot,
      WIDE.matches ? null : button(t('preview.open'), { icon: icon('eye'), on: { click: () => openPreview(this.draft, { unit: this.#unit, by: this.#desk.me.name }) } }),
      button(t('follow.more'), { kind: 'icon', icon: icon('more'), class: 'foot-more', 'aria-haspopup': 'menu', on: { click: (event) => this.#more(event.currentTarget, state) } }),
      button(t(this.correction ? 'correct.send' : approval ? 'send.approval' : this.draft.publish_at ? 'send.later' : 'send.now'), {
        kind: 'main', icon: icon('send'), disabled: this.#busy, on: { click: () => this.#send(approval) },
      }));
    this.#foot.hidden = false;
  }

  #more(anchor, state) {
    Menu.open(anchor, [
      { label: t('preview.open'), icon: 'eye', run: () => openPreview(this.draft, { unit: this.#unit, by: this.#desk.me.name }) },
      this.correction ? { label: t('correct.drop'), icon: 'trash', danger: true, run: () => this.#dropCorrection() }
        : state === 'draft' ? { label: t('write.discard'), icon: 'trash', danger: true, run: () => this.#discard() } : null,
    ], t('follow.more'));
  }

  #tell() {
    const { state, savedAt, error } = this.saver;
    const words = this.correction ? (state === 'waiting' ? t('save.local') : '')
      : state === 'saved' ? (savedAt ? t('save.saved', { time: when().time(savedAt) }) : '')
        : state === 'partly' ? t('save.partly') : state === 'refused' ? problemOf(error) : t(`save.${state}`);
    this.#status.textContent = words;
    this.#status.classList.toggle('error-text', state === 'refused' || state === 'gone');
    this.#status.classList.toggle('save-offline', state === 'offline' || state === 'delayed');
  }

  #check() {
    if (this.#files.busy) {
      toast(t('write.uploading'));
      return false;
    }
    const faults = faultsOf(this.draft, new Date(), { correction: this.correction });
    this.#show(faults.map(({ part: name, key, values, field }) => ({ name, field, words: t(key, values) })));
    return !faults.length;
  }

  #show(faults) {
    const first = new Map();
    for (const { name, field, words } of faults) {
      const place = name === 'text' ? 'title' : name;
      if (!field && !first.has(place)) first.set(place, words);
    }
    for (const [name, one] of this.#parts) one.fault(first.get(name) ?? null);
    this.#parts.get('form')?.items(Object.fromEntries(faults.filter(({ field }) => field).reverse().map(({ field, words }) => [field, words])));
    if (!faults.length) return;
    const top = faults[0].name === 'text' ? 'title' : faults[0].name;
    if (!faults[0].field) this.#parts.get(top)?.focus();
    toast(faults.length > 1 ? t('write.faults', { n: faults.length, first: faults[0].words }) : faults[0].words);
  }

  async #send(approval) {
    if (!this.#check()) return;
    this.#busy = true;
    this.#renderFoot();
    try {
      const view = this.correction ? await this.#correct()
        : await (approval ? askToSubmit : askToPublish)(this.draft, this.#unit, async () => {
          const id = await this.saver.flush();
          return approval ? calls.submit(id) : calls.publish(id, this.draft.publish_at);
        });
      if (view) {
        this.saver.forget();
        this.#desk.took(view);
        this.#desk.hurry();
        toast(t(`send.done.${this.correction ? 'corrected' : view.state}`));
        go(places.follow(view.id), { replace: true });
        return;
      }
    } catch (error) {
      this.#refused(error);
    }
    this.#busy = false;
    this.#renderFoot();
  }

  async #correct() {
    const changes = this.saver.correction();
    if (!Object.keys(changes).length) {
      toast(t('correct.nothing'));
      return null;
    }
    return askToCorrect((more) => calls.change(this.saver.id, { ...changes, ...more }), { form: 'form' in changes });
  }

  #refused(error) {
    const fields = Object.entries(error.fields ?? {});
    if (fields.length) this.#show(fields.map(([field, words]) => ({ name: 'form', field, words })));
    else toast(problemOf(error));
  }

  async #discard() {
    if (!await confirm({ title: t('write.discard.title'), text: t('write.discard.text'), yes: t('write.discard'), danger: true })) return;
    const { id } = this.saver;
    try {
      if (id) await calls.discard(id);
      this.saver.forget();
      this.#desk.drop(id);
      go(places.list(), { replace: true });
    } catch (error) {
      toast(problemOf(error));
    }
  }

  #dropCorrection() {
    this.saver.forget();
    go(places.follow(this.saver.id), { replace: true });
  }
}

customElements.define('a-composer', Composer);
