/**
 * `<f-signature>`: a signature, drawn with a finger, a pen or a mouse, or typed. Typing is the way for the
 * keyboard and for screen readers, and equal to drawing. Fires "change".
 *
 * What was drawn is kept as the API has it: strokes `[x, y, x, y, …]` in whole units of the paper, so that
 * turning the phone distorts nothing.
 */
import { button, fill, h } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';

/** The paper, in its units. */
export const PAPER = { width: 1000, height: 400 };
const INK = '#10203a';
const WIDTH = 7;
/** A touch by accident is no signature: drawn strokes are together at least that long. */
const LEAST = 120;
/** Points nearer than this to the one before add nothing to see. */
const STEP = 5;
/** The API takes 2,000 points, and at least 5. */
const MOST_POINTS = 1900;
const LEAST_POINTS = 5;
const MOST_NAME = 100;

export class SignaturePad extends HTMLElement {
  #canvas;
  #pen = null;
  #strokes;
  #typed;
  #mode;
  #observer = null;
  #segments;
  #drawn;
  #written;
  #undo;
  #clear;

  /** `value` as `value` gives it, from a draft; `ways` of "drawn" and "typed"; `labelledby`: id of what names this. */
  constructor({ value = null, ways = ['drawn', 'typed'], name = '', labelledby = '' } = {}) {
    super();
    this.#strokes = value?.drawn ?? [];
    this.#mode = value?.typed && ways.includes('typed') ? 'typed' : ways[0];
    this.setAttribute('role', 'group');
    if (labelledby) this.setAttribute('aria-labelledby', labelledby);
    this.#canvas = h('canvas', { class: 'signature-paper', role: 'img', 'aria-label': t('sign.paper') });
    this.#typed = h('input', {
      class: 'input signature-name', maxlength: MOST_NAME, autocomplete: 'name', value: value?.typed ?? '',
      placeholder: name, 'aria-label': t('sign.typed.label'),
      on: { input: () => this.#changed() },
    });
    this.#undo = button(t('sign.undo'), { kind: 'plain', icon: icon('recall'), on: { click: () => { this.#strokes.pop(); this.#changed(); } } });
    this.#clear = button(t('sign.clear'), { kind: 'plain', icon: icon('trash'), on: { click: () => { this.#strokes = []; this.#changed(); } } });
    this.#segments = h('div', { class: 'segments', role: 'group', 'aria-label': t('sign.way'), hidden: ways.length < 2 },
      ways.map((mode) => button(t(mode === 'drawn' ? 'sign.drawn' : 'sign.typed'), {
        data: { mode }, 'aria-pressed': String(mode === this.#mode), on: { click: () => this.#choose(mode) },
      })));
    this.#drawn = h('div', { class: 'signature-drawn' },
      h('div', { class: 'signature-box' }, this.#canvas, h('p', { class: 'signature-hint', 'aria-hidden': 'true' }, t('sign.hint'))),
      h('div', { class: 'signature-tools' }, this.#undo, this.#clear));
    this.#written = h('div', { class: 'signature-typed' },
      h('p', { class: 'faint' }, t('sign.typed.hint')), this.#typed,
      h('p', { class: 'signature-preview', 'aria-hidden': 'true' }));
    fill(this, this.#segments, this.#drawn, this.#written);
    this.#canvas.addEventListener('pointerdown', (event) => this.#begin(event));
    this.#canvas.addEventListener('pointermove', (event) => this.#move(event));
    for (const type of ['pointerup', 'pointercancel']) this.#canvas.addEventListener(type, (event) => this.#lift(event));
  }

  connectedCallback() {
    this.#observer = new ResizeObserver(() => this.#draw());
    this.#observer.observe(this.#canvas);
    this.#refresh();
  }

  disconnectedCallback() {
    this.#observer?.disconnect();
  }

  /** { drawn: strokes } or { typed: name }; null where there is no signature. */
  get value() {
    if (this.#mode === 'typed') {
      const typed = this.#typed.value.trim();
      return typed ? { typed } : null;
    }
    return isSignature(this.#strokes) ? { drawn: this.#strokes } : null;
  }

  focus() {
    if (this.#mode === 'typed') this.#typed.focus();
    else this.#segments.querySelector('button').focus();
  }

  #choose(mode) {
    this.#mode = mode;
    this.#changed();
    if (mode === 'typed') this.#typed.focus();
  }

  #changed() {
    this.#refresh();
    this.dispatchEvent(new CustomEvent('change', { bubbles: true }));
  }

  #refresh() {
    for (const segment of this.#segments.children) segment.setAttribute('aria-pressed', String(segment.dataset.mode === this.#mode));
    this.#drawn.hidden = this.#mode !== 'drawn';
    this.#written.hidden = this.#mode !== 'typed';
    this.#undo.disabled = this.#clear.disabled = this.#strokes.length === 0;
    this.#drawn.toggleAttribute('data-empty', this.#strokes.length === 0);
    this.#canvas.setAttribute('aria-label', t(this.value && this.#mode === 'drawn' ? 'sign.paper.drawn' : 'sign.paper'));
    this.#written.querySelector('.signature-preview').textContent = this.#typed.value.trim();
    this.#draw();
  }

  #begin(event) {
    if (!event.isPrimary || event.button > 0) return;
    event.preventDefault();
    this.#canvas.setPointerCapture(event.pointerId);
    this.#pen = event.pointerId;
    this.#strokes.push(this.#at(event));
    this.#drawn.removeAttribute('data-empty');
    this.#draw();
  }

  #move(event) {
    if (event.pointerId !== this.#pen) return;
    const stroke = this.#strokes.at(-1);
    // The points between two frames too: without them quick curves have corners.
    for (const part of event.getCoalescedEvents?.() ?? [event]) {
      const [x, y] = this.#at(part);
      if (Math.hypot(x - stroke.at(-2), y - stroke.at(-1)) >= STEP) stroke.push(x, y);
    }
    if (pointsOf(this.#strokes) > MOST_POINTS) this.#lift(event);
    this.#draw();
  }

  #lift(event) {
    if (event.pointerId !== this.#pen) return;
    this.#pen = null;
    this.#changed();
  }

  /** Where on the paper. */
  #at(event) {
    const box = this.#canvas.getBoundingClientRect();
    const place = (value, most) => Math.round(Math.min(Math.max(0, value * most), most));
    return [
      place((event.clientX - box.left) / box.width, PAPER.width),
      place((event.clientY - box.top) / box.height, PAPER.height),
    ];
  }

  #draw() {
    const { clientWidth } = this.#canvas;
    if (!clientWidth) return;
    const scale = (clientWidth * devicePixelRatio) / PAPER.width;
    this.#canvas.width = Math.round(PAPER.width * scale);
    this.#canvas.height = Math.round(PAPER.height * scale);
    drawStrokes(this.#canvas.getContext('2d'), this.#strokes, scale);
  }
}

customElements.define('f-signature', SignaturePad);

function pointsOf(strokes) {
  return strokes.reduce((sum, { length }) => sum + length / 2, 0);
}

/** Whether a pen went far enough to have signed. Pure. */
export function isSignature(strokes) {
  let length = 0;
  for (const stroke of strokes) {
    for (let at = 2; at < stroke.length; at += 2) {
      length += Math.hypot(stroke[at] - stroke[at - 2], stroke[at + 1] - stroke[at - 1]);
    }
  }
  return length >= LEAST && pointsOf(strokes) >= LEAST_POINTS;
}

/** Draw strokes as smooth lines; `scale`: pixels for each unit. */
function drawStrokes(context, strokes, scale) {
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.strokeStyle = INK;
  context.lineWidth = WIDTH;
  context.lineCap = context.lineJoin = 'round';
  for (const stroke of strokes) {
    const count = stroke.length / 2;
    context.beginPath();
    context.moveTo(stroke[0], stroke[1]);
    for (let at = 1; at < count - 1; at += 1) {
      const [x, y, nextX, nextY] = stroke.slice(at * 2, at * 2 + 4);
      context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
    }
    context.lineTo(stroke.at(-2), stroke.at(-1));
    context.stroke();
  }
}

/** A signature to look at: as it was drawn, or the name that was typed. */
export function signatureView(value) {
  if (value.typed) return h('span', { class: 'signature-typed-view' }, value.typed);
  const scale = 0.3 * devicePixelRatio;
  const canvas = h('canvas', { class: 'signature-view', role: 'img', 'aria-label': t('sign.paper.drawn'), width: PAPER.width * scale, height: PAPER.height * scale });
  drawStrokes(canvas.getContext('2d'), value.drawn, scale);
  return canvas;
}
