/** The author page's own sentences beside those of the family page, whose parts it shows. */
import familyEn from '../../family/messages/en.js';
import familyKo from '../../family/messages/ko.js';
import en from './en.js';
import formEn from './form-en.js';
import formKo from './form-ko.js';
import ko from './ko.js';

export const CATALOGUES = { ko: { ...familyKo, ...ko, ...formKo }, en: { ...familyEn, ...en, ...formEn } };
