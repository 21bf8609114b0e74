/** How the widget looks. Sites choose the accent and the theme, and reach the pieces by ::part(). */

export const STYLE = `
:host {
  --surface: var(--madang-surface, light-dark(#ffffff, #151918));
  --sunken: light-dark(#f5f7f6, #1a1f1d);
  --line: light-dark(#dde3e0, #313a36);
  --line-strong: light-dark(#7d8983, #76827c);
  --text: light-dark(#1a211e, #e9edeb);
  --soft: light-dark(#4d5853, #b4beb9);
  --accent: var(--madang-accent, light-dark(#1b6b57, #62c5a7));
  --on-accent: var(--madang-on-accent, light-dark(#ffffff, #07211a));
  --mine: light-dark(#d9eee5, #20433a);
  --danger: light-dark(#b3261e, #f2a19b);
  --font: Pretendard, "Pretendard Variable", "Noto Sans KR", "Noto Sans CJK KR", "Apple SD Gothic Neo", "Malgun Gothic", sans-serif;
}
/* As large as the reader has set. Not of the host: a page's rules for all its elements go before ours there. */
.launcher, .panel {
  color-scheme: light dark;
  font: 400 medium/1.55 var(--font); color: var(--text); letter-spacing: normal; word-spacing: normal; text-align: start; text-indent: 0; text-transform: none; white-space: normal;
  word-break: keep-all; overflow-wrap: anywhere;
}
:host([theme="light"]) :is(.launcher, .panel) { color-scheme: light; }
:host([theme="dark"]) :is(.launcher, .panel) { color-scheme: dark; }
:host([mode="inline"]) { display: block; height: 100%; min-height: 420px; }
*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
button, textarea, input { font: inherit; color: inherit; }
button { cursor: pointer; }
::placeholder { color: var(--soft); opacity: 1; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.launcher {
  position: fixed; inset-block-end: 20px; inset-inline-end: 20px; z-index: 2147483000;
  width: 60px; height: 60px; border: 0; border-radius: 50%;
  background: var(--accent); color: var(--on-accent);
  box-shadow: 0 2px 6px #0004, 0 8px 24px #0003;
  display: grid; place-items: center;
}
:host([position="left"]) .launcher { inset-inline: 20px auto; }
.launcher.news::after { content: ""; position: absolute; inset-block-start: 2px; inset-inline-end: 2px; width: 16px; height: 16px; border: 2px solid Canvas; border-radius: 50%; background: #c62828; }
.launcher svg { width: 30px; height: 30px; }
.panel {
  position: fixed; inset-block: auto 92px; inset-inline: auto 20px; z-index: 2147483000;
  width: min(25em, calc(100vw - 40px)); height: min(40em, calc(100dvh - 112px));
  max-width: none; max-height: none; margin: 0; padding: 0;
  display: grid; grid-template-rows: auto minmax(0, 1fr) auto;
  background: var(--surface); border: 1px solid var(--line); border-radius: 16px; overflow: clip;
  box-shadow: 0 2px 6px #0003, 0 16px 48px #0003;
}
dialog:not([open]) { display: none; }
dialog:focus { outline: 0; }
:host([position="left"]) .panel { inset-inline: 20px auto; }
:host([mode="inline"]) .panel { position: static; width: 100%; height: 100%; box-shadow: none; }
:host([mode="page"]) .panel { position: fixed; inset: 0; width: 100%; height: 100dvh; border: 0; border-radius: 0; box-shadow: none; }
@media (max-width: 32.5em), (max-height: 30em) {
  :host(:not([mode])) .panel { inset: 0; width: 100%; height: 100dvh; border: 0; border-radius: 0; }
  .launcher[aria-expanded="true"] { display: none; }
}
header { touch-action: pinch-zoom; display: flex; align-items: center; gap: 4px; padding: 8px 8px 8px 16px; border-bottom: 1px solid var(--line); }
h1, h2 { flex: 1; margin: 0; font-size: 1.0625em; font-weight: 650; line-height: 1.3; }
.icon { width: 44px; height: 44px; border: 0; border-radius: 10px; background: none; color: var(--soft); display: grid; place-items: center; flex: none; }
.icon:hover { background: var(--sunken); }
.icon svg { width: 22px; height: 22px; }
.log { overflow-y: auto; padding: 16px; display: flex; flex-direction: column; gap: 12px; overscroll-behavior: contain; }
.log > * { flex: none; }
:host([mode="page"]) :is(.log, .standing, .told, form.ask) { padding-inline: max(16px, calc((100% - 760px) / 2)); }
.hello { color: var(--soft); }
.hello p { margin: 0 0 4px; }
.hello .privacy { font-size: .875em; }
.opening { margin-top: 12px; }
.opening [role="group"] p { font-size: .875em; font-weight: 600; }
.opening .pick { color: var(--text); }
.mine { align-self: flex-end; max-width: 85%; margin: 0; padding: 8px 14px; border-radius: 16px 16px 4px 16px; background: var(--mine); white-space: pre-wrap; }
.theirs { align-self: stretch; }
.text { max-width: 100%; }
.text > :first-child { margin-top: 0; }
.text > :last-child { margin-bottom: 0; }
.text p, .text ul, .text ol, .text blockquote { margin: 0 0 8px; }
.text ul, .text ol { padding-inline-start: 1.4em; }
.text .heading { font-weight: 650; }
.text blockquote { padding-inline-start: 12px; border-inline-start: 3px solid var(--line); color: var(--soft); }
.text code { padding: 0 4px; border-radius: 4px; background: var(--sunken); font-size: .9em; }
.text pre { margin: 0 0 8px; padding: 8px 12px; border-radius: 8px; background: var(--sunken); overflow-x: auto; }
.text pre code { padding: 0; background: none; }
.text hr { border: 0; border-top: 1px solid var(--line); margin: 12px 0; }
.table-scroll { margin: 0 0 8px; overflow-x: auto; }
table { border-collapse: collapse; font-size: .9375em; overflow-wrap: break-word; }
th, td { padding: 4px 10px; border: 1px solid var(--line); text-align: start; }
th { background: var(--sunken); }
[data-align="end"] { text-align: end; }
[data-align="center"] { text-align: center; }
a { color: var(--accent); text-underline-offset: 3px; }
a[href^="tel:"] { white-space: nowrap; }
.note { margin: 4px 0 0; color: var(--soft); font-size: .9375em; }
.problem { margin: 4px 0 0; color: var(--danger); }
.told { margin: 0; padding: 8px 16px; border-top: 1px solid var(--line); }
.sources { margin: 8px 0 0; font-size: .875em; color: var(--soft); }
.sources :is(ul, ol) { margin: 2px 0 0; padding-inline-start: 1.4em; }
.row { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 8px; align-items: center; }
.quiet { min-height: 36px; padding: 4px 12px; border: 1px solid var(--line); border-radius: 18px; background: none; color: var(--soft); font-size: .875em; }
.quiet:hover { border-color: var(--line-strong); color: var(--text); }
.quiet[aria-pressed="true"] { border-color: var(--accent); color: var(--accent); }
.quiet[aria-pressed="true"]::before { content: "✓ " / ""; }
@media (pointer: coarse) { .quiet { min-height: 44px; border-radius: 22px; } }
.pick { display: block; width: 100%; min-height: 44px; margin-top: 6px; padding: 8px 14px; text-align: start; border: 1px solid var(--line-strong); border-radius: 12px; background: var(--surface); }
.pick:hover { border-color: var(--accent); background: var(--sunken); }
.main { min-height: 44px; padding: 8px 18px; border: 0; border-radius: 12px; background: var(--accent); color: var(--on-accent); font-weight: 600; }
.main[aria-disabled] { opacity: .5; cursor: default; }
.box { margin-top: 8px; padding: 12px; border: 1px solid var(--line); border-radius: 12px; background: var(--sunken); }
.box .asked { margin: 0; }
.box .problem { margin-top: 8px; }
.box label { display: block; margin: 8px 0 6px; font-size: .875em; color: var(--soft); }
.box input, .box textarea { width: 100%; padding: 8px 12px; border: 1px solid var(--line-strong); border-radius: 10px; background: var(--surface); }
.person { padding: 8px 14px; border-radius: 4px 16px 16px 16px; background: var(--sunken); max-width: 85%; align-self: flex-start; white-space: pre-wrap; }
.person b { display: block; font-size: .875em; color: var(--soft); }
.live [data-does="person"] { display: none; }
.standing { padding: 8px 16px; border-top: 1px solid var(--line); background: var(--sunken); font-size: .9375em; display: flex; flex-wrap: wrap; gap: 8px; align-items: center; }
.standing p { margin: 0; flex: 1 1 12em; }
form.ask { display: flex; gap: 8px; align-items: flex-end; padding: 10px 12px; border-top: 1px solid var(--line); }
form.ask .icon { background: var(--accent); color: var(--on-accent); }
form.ask textarea { flex: 1; min-width: 0; overflow-wrap: anywhere; min-height: 44px; max-height: 30vh; padding: 9px 12px; resize: none; border: 1px solid var(--line-strong); border-radius: 12px; background: var(--surface); field-sizing: content; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
/* Never alone in a line. */
.waiting::after, .busy > :last-child::after { content: "\\a0●" / ""; color: var(--accent); }
@media (prefers-reduced-motion: no-preference) {
  .waiting::after, .busy > :last-child::after { animation: beat 1.1s ease-in-out infinite; }
  @keyframes beat { 50% { opacity: .2; } }
}
@media (forced-colors: active) {
  .launcher, .panel, .mine, .person, .main, form.ask .icon { border: 1px solid; }
}
`;

const PATHS = {
  chat: 'M4 5h16v11H9l-5 4z',
  close: 'M6 6l12 12M18 6L6 18',
  again: 'M12 5v14M5 12h14',
  send: 'M5 12h14M13 6l6 6-6 6',
  stop: 'M7 7h10v10H7z',
};

/** A line drawing of 24 by 24, for looks only: what carries it has the name. */
export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  for (const [key, value] of Object.entries({ viewBox: '0 0 24 24', fill: 'none', stroke: 'currentColor', 'stroke-width': '2', 'stroke-linecap': 'round', 'stroke-linejoin': 'round', 'aria-hidden': 'true' })) {
    svg.setAttribute(key, value);
  }
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', PATHS[name]);
  svg.append(path);
  return svg;
}
