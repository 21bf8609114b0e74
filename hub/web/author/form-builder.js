/** `<a-form-builder>`: what a form asks: presets to begin with, items one below the other, who has to answer. */
import { button, fill, h } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { Menu } from '../lib/menu.js';
import { freeId } from './draft.js';
import { fieldEditor } from './field-editor.js';
import { newField, PRESETS, presetFields, TYPES } from './form-presets.js';
import { check, choice } from './parts.js';

export class FormBuilder extends HTMLElement {
  #kind;
  #form;
  #changed;
  #editors = new Map();
  #list = h('ol', { class: 'items' });
  #start = h('div', { class: 'presets' });
  #add;
  #who = h('div', { class: 'part-stack' });

  constructor({ kind, form, changed }) {
    super();
    this.#kind = kind;
    this.#form = form;
    this.#changed = changed;
    this.#add = button(t('build.add'), { icon: icon('plus'), 'aria-haspopup': 'menu', on: { click: (event) => this.#choose(event.currentTarget) } });
    this.append(this.#start, this.#list, this.#add, this.#who);
    this.#draw();
    this.#drawWho();
  }

  /** Say at the items what is wrong with them: { id: sentence }. */
  fault(faults) {
    for (const [id, editor] of this.#editors) editor.fault(faults[id] ?? null);
    this.querySelector('.item.wrong')?.scrollIntoView({ block: 'center' });
  }

  #set(form) {
    const ids = new Set(form.fields.map(({ id }) => id));
    // Words of items that are gone would be refused.
    const translations = Object.fromEntries(Object.entries(form.translations ?? {}).map(([language, words]) => [language,
      Object.fromEntries(Object.entries(words).filter(([name]) => ids.has(name.slice(0, name.indexOf('.')))))]));
    this.#form = { ...form, translations };
    this.#changed(this.#form);
  }

  #fields(fields) {
    this.#set({ ...this.#form, fields });
  }

  #draw() {
    const { fields } = this.#form;
    this.#start.hidden = fields.length > 0;
    this.#add.hidden = fields.length === 0;
    fill(this.#start, h('p', { class: 'faint' }, t('build.begin')), h('div', { class: 'preset-list' }, PRESETS[this.#kind].map((name) => h('button', {
      type: 'button', class: 'preset', on: { click: () => this.#begin(name) },
    }, h('strong', {}, t(`preset.${name}`)), h('span', { class: 'faint' }, t(`preset.${name}.hint`))))));
    const kept = this.#editors;
    this.#editors = new Map();
    fill(this.#list, fields.map((field, at) => {
      const editor = kept.get(field.id) ?? fieldEditor(field, (next) => this.#fields(this.#form.fields.map((one) => (one.id === next.id ? next : one))));
      this.#editors.set(field.id, editor);
      editor.tools(this.#tools(field, at, fields.length), at + 1);
      return editor.node;
    }));
  }

  #tools(field, at, count) {
    const tool = (words, picture, run, enabled = true) => button(t(words, { n: at + 1 }), { kind: 'icon', icon: icon(picture), disabled: !enabled, data: { tool: words }, on: { click: run } });
    return [
      tool('build.up', 'up', () => this.#move(field, -1), at > 0),
      tool('build.down', 'down', () => this.#move(field, 1), at < count - 1),
      tool('build.copy', 'copy', () => this.#copy(field, at)),
      tool('build.remove', 'trash', () => this.#remove(field, at)),
    ];
  }

  #move(field, step) {
    const fields = [...this.#form.fields];
    const at = fields.indexOf(this.#form.fields.find(({ id }) => id === field.id));
    [fields[at], fields[at + step]] = [fields[at + step], fields[at]];
    this.#fields(fields);
    this.#draw();
    const tool = this.#editors.get(field.id).node.querySelector(`[data-tool="build.${step < 0 ? 'up' : 'down'}"]`);
    (tool.disabled ? this.#editors.get(field.id).node.querySelector('[data-tool]:enabled') : tool).focus();
  }

  #copy(field, at) {
    const fields = [...this.#form.fields];
    const now = fields.find(({ id }) => id === field.id);
    const id = freeId('q', fields.map((one) => one.id));
    fields.splice(at + 1, 0, { ...structuredClone(now), id });
    this.#fields(fields);
    this.#draw();
    this.#editors.get(id).focus();
  }

  #remove(field, at) {
    const before = this.#form.fields;
    this.#fields(before.filter(({ id }) => id !== field.id));
    this.#draw();
    const next = this.#form.fields[Math.min(at, this.#form.fields.length - 1)];
    if (next) this.#editors.get(next.id).focus();
    else this.#start.querySelector('button').focus();
  }

  #begin(name) {
    const fields = presetFields(name);
    this.#fields(fields.length ? fields : [newField('agree', 'q1')]);
    this.#draw();
    this.#editors.get(this.#form.fields[0].id).focus();
  }

  #choose(anchor) {
    Menu.open(anchor, TYPES.map((type) => ({ label: t(`build.type.${type}`), run: () => this.#append(type) })), t('build.add'));
  }

  #append(type) {
    const id = freeId('q', this.#form.fields.map((one) => one.id));
    const fields = [...this.#form.fields];
    // A signature stands last: what comes is put before it.
    const at = type !== 'signature' && fields.at(-1)?.type === 'signature' ? fields.length - 1 : fields.length;
    fields.splice(at, 0, newField(type, id));
    this.#fields(fields);
    this.#draw();
    this.#editors.get(id).focus();
  }

  #drawWho() {
    const { signers, change } = this.#form;
    const put = (guardians, student) => this.#set({ ...this.#form, signers: { guardians, student } });
    const also = check(t('build.who.also'), { checked: signers.student, changed: (on) => put(this.#form.signers.guardians, on) });
    also.hidden = signers.guardians === 'none';
    fill(this.#who,
      h('div', { class: 'field' }, h('span', {}, t('build.who')),
        choice(t('build.who'), ['one', 'all', 'none'].map((one) => [one, t(`build.who.${one}`)]), signers.guardians, (one) => {
          put(one, one === 'none' || (!also.hidden && also.querySelector('input').checked));
          also.hidden = one === 'none';
        }),
        also,
        h('small', { class: 'faint' }, t('build.who.hint'))),
      check(t('build.change'), { checked: change !== false, changed: (on) => this.#set({ ...this.#form, change: on }) }));
  }
}

customElements.define('a-form-builder', FormBuilder);
