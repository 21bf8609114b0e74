/** A form in a language, as the server puts it before somebody: what has no translation stays. Pure. */

const PRIVACY = ['purpose', 'items', 'retention', 'refusal', 'recipient'];

export function translated(form, language) {
  const words = form.translations?.[language] ?? {};
  const say = (name, text) => words[name] || text;
  return {
    ...form,
    fields: form.fields.map((field) => ({
      ...field,
      label: say(`${field.id}.label`, field.label),
      help: say(`${field.id}.help`, field.help ?? ''),
      ...(field.privacy ? {
        privacy: {
          ...field.privacy,
          ...Object.fromEntries(PRIVACY.map((name) => [name, say(`${field.id}.${name}`, field.privacy[name] ?? '')])),
        },
      } : {}),
      ...(field.options ? { options: field.options.map((option) => ({ ...option, label: say(`${field.id}.${option.id}`, option.label) })) } : {}),
    })),
  };
}

/** Whether an answer is none. */
export function isEmpty(value) {
  return value === null || value === undefined || value === '' || (typeof value === 'string' && !value.trim())
    || (Array.isArray(value) && value.length === 0);
}

/**
 * What is wrong with an answer, as a key of the catalogues with its values; null where it fits. The server
 * checks all of it once more; here it is told before anything is sent.
 */
export function faultOf(field, value) {
  if (isEmpty(value)) {
    if (field.required === false) return null;
    return [{ agree: 'form.missing.agree', signature: 'form.missing.sign', file: 'form.missing.file', choice: 'form.missing.choice' }[field.type] ?? 'form.missing', {}];
  }
  if (field.type === 'text') {
    const over = [...value.trim()].length - (field.longest ?? 500);
    return over > 0 ? ['form.over', { n: over }] : null;
  }
  if (field.type === 'choice' && field.multiple) {
    const most = field.most ?? field.options.length;
    const least = field.least ?? 1;
    return value.length < least || value.length > most ? ['form.count', { least, most }] : null;
  }
  if (field.type === 'date') {
    if ((field.earliest && value < field.earliest) || (field.latest && value > field.latest)) return ['form.day', {}];
  }
  return null;
}

/** Answers as the API takes them: empty ones left out, files as their ids. */
export function plainAnswers(form, values) {
  const answers = {};
  for (const { id, type } of form.fields) {
    const value = values[id];
    if (!isEmpty(value)) answers[id] = type === 'file' ? value.map((file) => file.id) : value;
  }
  return answers;
}
