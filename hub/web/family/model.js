/** What the API says of notices, in the shape that the views share. Pure. */

/** A line of the feed, as GET /notices has it, in the shape of `noticeOf`. */
export function summaryOf(row) {
  return { ...row, provisional: false };
}

/** What a push says of a notice, before its details are there. */
export function provisional(push) {
  return {
    id: push.id,
    kind: push.kind,
    state: push.state,
    version: push.version,
    title: push.title,
    excerpt: '',
    unit: push.unit,
    published_at: push.published_at,
    changed_at: push.published_at,
    deadline: push.deadline ?? null,
    urgent: push.urgent ?? false,
    confirm: false,
    files: 0,
    students: [],
    answerable: [],
    seen_version: 0,
    opened_at: null,
    confirmed_at: null,
    answered_at: null,
    left_at: null,
    provisional: true,
  };
}

/** A notice as GET /notices/{notice} has it, with what the family's part says at the top. */
export function noticeOf({ family, ...notice }) {
  const { children = [], ...mine } = family ?? {};
  const merged = children.some(({ texts }) => texts);
  return {
    seen_version: 0, opened_at: null, confirmed_at: null, answered_at: null, left_at: null,
    ...notice, ...mine, children, merged, languages: languagesOf(notice),
  };
}

/** The source's language first. */
function languagesOf({ texts, language }) {
  return [language, ...Object.keys(texts).filter((name) => name !== language)];
}

/** What the feed keeps of a notice that was opened: what is mine, and where it stands. */
export function keptOf(row, notice) {
  const { seen_version, opened_at, confirmed_at, answered_at, state, version, deadline } = notice;
  return { ...row, seen_version, opened_at, confirmed_at, answered_at, state, version, deadline };
}
