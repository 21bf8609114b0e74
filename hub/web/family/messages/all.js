/** The family page's own sentences in its four languages; zh and vi bring those of the shared parts along. */
import sharedVi from '../../lib/messages/vi.js';
import sharedZh from '../../lib/messages/zh.js';
import en from './en.js';
import ko from './ko.js';
import vi from './vi.js';
import zh from './zh.js';

export const CATALOGUES = { ko, en, zh: { ...sharedZh, ...zh }, vi: { ...sharedVi, ...vi } };
