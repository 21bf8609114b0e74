/** Line icons, 24 × 24, drawn with the current colour. */

const NS = 'http://www.w3.org/2000/svg';

const PATHS = {
  back: 'M15 5l-7 7 7 7',
  close: 'M6 6l12 12M18 6L6 18',
  search: 'M11 4a7 7 0 1 0 0 14a7 7 0 1 0 0-14M16.2 16.2L21 21',
  pin: 'M9 3h6l-1 6 4 4v2H6v-2l4-4-1-6M12 15v6',
  people: 'M9 5a3.5 3.5 0 1 0 0 7a3.5 3.5 0 1 0 0-7M2.5 20c0-4 3-6 6.5-6s6.500 2 6.500 6M16 5.300a3.300 3.300 0 0 1 0 6.400M18 14.400c2.200 .7 3.500 2.600 3.500 5.600',
  person: 'M12 4a4 4 0 1 0 0 8a4 4 0 1 0 0-8M4.500 21c0-4.500 3.300-6.500 7.500-6.500s7.500 2 7.500 6.500',
  plus: 'M12 5v14M5 12h14',
  compose: 'M4 20l1-4.500L16.500 4l3.500 3.500L8.500 19 4 20M14 6.500l3.500 3.500',
  settings: 'M4 7h9M17 7h3M15 5v4M4 17h3M11 17h9M9 15v4',
  send: 'M4 12l16-8-5 16-3.500-6.500L4 12M11.500 13.500L20 4',
  attach: 'M8 12.500l6-6a3 3 0 0 1 4.300 4.300l-8 8a5 5 0 0 1-7-7l7.700-7.700',
  smile: 'M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18M8.500 14.200c.8 1.300 2 2 3.500 2s2.700-.7 3.500-2M9 9.500v.6M15 9.500v.6',
  reply: 'M10 6L4 12l6 6M4 12h9c4 0 7 2.200 7 6.500',
  more: 'M5.400 12h.01M12 12h.01M18.600 12h.01',
  edit: 'M5 19l.8-3.800L16 5l3 3L8.800 18.200 5 19',
  recall: 'M5 9h9a5 5 0 0 1 0 10H8M9 5L5 9l4 4',
  copy: 'M9 9h10v11H9zM15 9V4H5v11h4',
  eye: 'M2.500 12S6 5.500 12 5.500 21.500 12 21.500 12 18 18.500 12 18.500 2.500 12 2.500 12M12 9.200a2.800 2.800 0 1 0 0 5.600a2.800 2.800 0 1 0 0-5.600',
  down: 'M12 5v14M6 13l6 6 6-6',
  chevron: 'M9 5l7 7-7 7',
  file: 'M6 3h8l4 4v14H6zM14 3v4h4',
  download: 'M12 4v11M7 11l5 5 5-5M5 20h14',
  check: 'M5 12.500l4.500 4.500L19 7',
  building: 'M5 21V4h9v17M14 9h5v12M3 21h18M8 8h3M8 12h3M8 16h3',
  leave: 'M14 4H5v16h9M11 12h10M17 8l4 4-4 4',
  warning: 'M12 4l9.500 16h-19L12 4M12 10v4.500M12 17.300v.01',
  history: 'M4 12a8 8 0 1 0 2.500-5.800L4 8.500M4 4v4.500h4.500M12 8v4.500l3 2',
  filter: 'M4 6h16M7 12h10M10 18h4',
  bell: 'M6 16.500V11a6 6 0 0 1 12 0v5.500l1.500 2h-15l1.500-2M10 21h4',
  calendar: 'M5 6h14v14H5zM5 10.500h14M9 3.500v4M15 3.500v4',
  talk: 'M4 5h16v11H11l-4.500 4v-4H4z',
  sign: 'M4 20h16M6 15.500l1-4L15.500 3l3 3L10 14.500l-4 1',
  globe: 'M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18M3 12h18M12 3c3 2.500 4 5.500 4 9s-1 6.500-4 9c-3-2.500-4-5.500-4-9s1-6.500 4-9',
  school: 'M3 9.500L12 5l9 4.500L12 14 3 9.500M7 12v4.500c3 2.500 7 2.500 10 0V12M21 9.500V15',
  clock: 'M12 4a8 8 0 1 0 0 16a8 8 0 1 0 0-16M12 7.500V12l3 2',
  bold: 'M7 5h6a3.500 3.500 0 0 1 0 7H7zM7 12h7a3.500 3.500 0 0 1 0 7H7z',
  italic: 'M10 5h8M6 19h8M14 5l-4 14',
  heading: 'M6 5v14M18 5v14M6 12h12',
  list: 'M9 6h11M9 12h11M9 18h11M4.500 6h.01M4.500 12h.01M4.500 18h.01',
  numbers: 'M10 6h10M10 12h10M10 18h10M4 5l1.500-1v5M4 15.500c0-1.500 2.500-1.500 2.500 0 0 1.200-2.500 2-2.500 4h2.700',
  quote: 'M5 17c2-1 3-2.500 3-5H5V7h5v5c0 3-1.500 5-4 6.500M14 17c2-1 3-2.500 3-5h-3V7h5v5c0 3-1.500 5-4 6.500',
  link: 'M10 14a4 4 0 0 0 6 .5l3-3a4 4 0 0 0-5.700-5.700L12 7.200M14 10a4 4 0 0 0-6-.5l-3 3a4 4 0 0 0 5.700 5.700l1.300-1.400',
  table: 'M4 5h16v14H4zM4 10h16M4 14.500h16M10 5v14',
  up: 'M12 19V5M6 11l6-6 6 6',
  trash: 'M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13',
};

/** An icon by name; decoration only, so hidden from screen readers. */
export function icon(name) {
  const svg = document.createElementNS(NS, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', `icon icon-${name}`);
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(NS, 'path');
  path.setAttribute('d', PATHS[name]);
  svg.append(path);
  return svg;
}
