/** A notice as it is being written: what it is, what of it can be sent, what is still missing. Pure. */

export const KINDS = ['note', 'newsletter', 'consent', 'documents'];
/** What may not change once a notice is out. */
const ONLY_BEFORE = ['urgent', 'confirm', 'publish_at', 'keep_days'];
const TITLE_CHARS = 200;

export function emptyDraft(kind, unit) {
  return {
    kind, unit, audience: [], title: '', text: '', language: 'ko', files: [], translations: {},
    form: hasForm(kind) ? { fields: [], signers: { guardians: 'one', student: false }, change: true } : null,
    deadline: null, confirm: false, urgent: false, follow_up: [], publish_at: null, keep_days: null, merge: [],
  };
}

export function hasForm(kind) {
  return kind === 'consent' || kind === 'documents';
}

/** A draft of what the server says of a notice. */
export function draftOf(view) {
  const { texts, language, staff } = view;
  const translations = Object.fromEntries(Object.entries(texts).filter(([name]) => name !== language)
    .map(([name, { title, text }]) => [name, { title, text }]));
  return {
    kind: view.kind, unit: view.unit.id, language, translations,
    title: texts[language]?.title ?? '', text: texts[language]?.text ?? '',
    audience: (staff?.audience ?? []).map(({ unit, name, who }) => ({ unit, name, who })),
    files: view.files, form: view.form ?? (hasForm(view.kind) ? emptyDraft(view.kind).form : null),
    deadline: view.deadline, confirm: view.confirm, urgent: view.urgent,
    follow_up: (staff?.follow_up ?? []).map(({ after_hours, channel }) => ({ after_hours, channel })),
    publish_at: staff?.publish_at ?? null, keep_days: staff?.keep_days ?? null, merge: staff?.merge ?? [],
  };
}

/**
 * What the API takes of a draft: half-made parts are kept back until they are whole, so that one of them
 * does not hold up the rest. `correction`: of what is out.
 */
export function bodyOf(draft, { correction = false } = {}) {
  const body = {
    audience: draft.audience.map(({ unit, who }) => ({ unit, who })),
    title: draft.title.slice(0, TITLE_CHARS), text: draft.text, language: draft.language,
    files: draft.files.map(({ id }) => id),
    translations: Object.fromEntries(Object.entries(draft.translations).filter(([, { title }]) => title.trim())),
    deadline: draft.deadline, confirm: draft.confirm, urgent: draft.urgent,
    follow_up: draft.follow_up, publish_at: draft.publish_at,
  };
  if (draft.form && !formFaults(draft.form).length) body.form = draft.form;
  if (hasForm(draft.kind)) body.keep_days = draft.keep_days ?? null;
  if (correction) for (const name of ONLY_BEFORE) delete body[name];
  return body;
}

/** The parts of `now` that are not as in `before`; both as of `bodyOf`. */
export function changed(before, now) {
  return Object.fromEntries(Object.entries(now).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(before?.[name])));
}

/** Whether something was written that would be a pity to lose. */
export function isBegun(draft) {
  return Boolean(draft.title.trim() || draft.text.trim() || draft.files.length || draft.form?.fields.length);
}

/**
 * What keeps a notice from going out, in the order of the page: { part, key, values, field }. `key` is one of
 * the catalogue; `field` names the one of the form.
 */
export function faultsOf(draft, now, { correction = false } = {}) {
  const faults = [];
  if (!correction && !draft.audience.length) faults.push({ part: 'audience', key: 'write.fault.audience' });
  if (!draft.title.trim()) faults.push({ part: 'title', key: 'write.fault.title' });
  else if ([...draft.title].length > TITLE_CHARS) faults.push({ part: 'title', key: 'write.fault.long', values: { n: TITLE_CHARS } });
  if (!draft.text.trim() && !draft.files.length && !draft.form?.fields.length) faults.push({ part: 'text', key: 'write.fault.text' });
  if (draft.form) faults.push(...formFaults(draft.form));
  if (draft.deadline && new Date(draft.deadline) <= now) faults.push({ part: 'deadline', key: 'write.fault.deadline' });
  if (!correction && draft.publish_at) {
    if (new Date(draft.publish_at) <= now) faults.push({ part: 'schedule', key: 'write.fault.schedule' });
    else if (draft.deadline && draft.deadline <= draft.publish_at) faults.push({ part: 'deadline', key: 'write.fault.order' });
  }
  for (const [language, { title, text }] of Object.entries(draft.translations)) {
    if (!title.trim() && text.trim()) faults.push({ part: 'translations', key: 'write.fault.translation', values: { language } });
  }
  return faults;
}

const PRIVACY = ['purpose', 'items', 'retention', 'refusal'];

/** What a form lacks. */
export function formFaults(form) {
  const faults = [];
  if (!form.fields.length) faults.push({ part: 'form', key: 'write.fault.form' });
  for (const field of form.fields) {
    const fault = (key) => faults.push({ part: 'form', key, field: field.id });
    if (!field.label.trim()) fault('build.fault.label');
    if (field.type === 'choice') {
      if (field.options.length < 2) fault('build.fault.options');
      else if (field.options.some(({ label }) => !label.trim())) fault('build.fault.option');
      else if (new Set(field.options.map(({ label }) => label.trim())).size < field.options.length) fault('build.fault.same');
    }
    if (field.privacy) {
      if (PRIVACY.some((name) => !field.privacy[name].trim())) fault('build.fault.privacy');
      else if (field.privacy.matter === 'third_party' && !field.privacy.recipient?.trim()) fault('build.fault.recipient');
    }
  }
  return faults;
}

/** An id for a further field or option that none of `taken` has. */
export function freeId(stem, taken) {
  const known = new Set(taken);
  let number = known.size + 1;
  while (known.has(`${stem}${number}`)) number += 1;
  return `${stem}${number}`;
}
