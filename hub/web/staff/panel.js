/** What all side panels share: a head with a title and a way to close it. */
import { button, h } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';

export class Panel extends HTMLElement {
  /** `title` in words, kept as `label`; `shell`, kept too, closes the panel and shows messages. */
  constructor(title, shell) {
    super();
    this.label = title;
    this.shell = shell;
    this.heading = h('h2', { class: 'one-line' }, title);
    this.body = h('div', { class: 'panel-body' });
    this.className = 'panel';
    this.append(
      h('header', { class: 'panel-head' }, this.heading,
        button(t('close'), { kind: 'icon', icon: icon('close'), on: { click: () => shell.closePanel() } })),
      this.body,
    );
  }
}
