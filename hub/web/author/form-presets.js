/** Forms to begin with; their words are in the catalogues, so that they are those of the language of the page. */
import { t } from '../lib/i18n.js';

export const MATTERS = ['general', 'sensitive', 'identifier', 'third_party', 'publicity'];
export const TYPES = ['agree', 'privacy', 'choice', 'text', 'date', 'file', 'signature'];
export const PRESETS = { consent: ['trip', 'privacy', 'activity', 'blank'], documents: ['papers', 'blank'] };

/** A field of a kind, with nothing in it but its id; `privacy` is an item of consent to the use of personal data. */
export function newField(type, id) {
  const base = { type: type === 'privacy' ? 'agree' : type, id, label: '', help: '', required: true };
  switch (type) {
    case 'privacy': return { ...base, label: t('preset.privacy.label'), privacy: privacyOf('general') };
    case 'agree': return { ...base, privacy: null };
    case 'choice': return { ...base, options: [{ id: 'o1', label: '' }, { id: 'o2', label: '' }], multiple: false, least: 1, most: null };
    case 'text': return { ...base, longest: 500, lines: false };
    case 'date': return { ...base, earliest: null, latest: null };
    case 'file': return { ...base, label: t('preset.file.label'), most: 1 };
    default: return { ...base, label: t('preset.sign.label'), ways: ['drawn', 'typed'] };
  }
}

function privacyOf(matter, words = {}) {
  return { matter, purpose: '', items: '', retention: '', refusal: '', recipient: '', ...words };
}

const said = (name, matter, recipient = '') => ({
  type: 'agree', id: name, label: t(`preset.${name}.label`), help: '', required: true,
  privacy: privacyOf(matter, {
    purpose: t(`preset.${name}.purpose`), items: t(`preset.${name}.items`), retention: t(`preset.${name}.retention`), refusal: t(`preset.${name}.refusal`), recipient,
  }),
});
const asked = (type, id, more = {}) => ({ ...newField(type, id), label: t(`preset.${id}.label`), ...more });

const MAKERS = {
  trip: () => [
    asked('agree', 'join'),
    said('personal', 'general'),
    said('insurance', 'third_party', t('preset.insurance.recipient')),
    asked('choice', 'meal', { options: ['usual', 'vegetarian', 'own'].map((id) => ({ id, label: t(`preset.meal.${id}`) })) }),
    asked('text', 'health', { required: false, lines: true, help: t('preset.health.help') }),
    newField('signature', 'sign'),
  ],
  privacy: () => [said('personal', 'general'), said('photo', 'publicity'), newField('signature', 'sign')],
  activity: () => [asked('agree', 'join'), asked('text', 'note', { required: false, lines: true }), newField('signature', 'sign')],
  papers: () => [asked('file', 'papers', { most: 5 }), asked('text', 'note', { required: false, lines: true })],
  blank: () => [],
};

export function presetFields(name) {
  return MAKERS[name]();
}
