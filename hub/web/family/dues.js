/** Deadlines as one says them, and what a notice wants of somebody. Pure. */

const DAY = 86_400_000;

/** Days from today to a day, both as keys such as 2026-11-23. */
export function daysUntil(key, today) {
  return Math.round((Date.parse(`${key}T00:00:00Z`) - Date.parse(`${today}T00:00:00Z`)) / DAY);
}

/**
 * How near a deadline is: { state: "past" | "today" | "tomorrow" | "soon" | "later", days }; null without one.
 * `dayOf` gives the key of a day.
 */
export function nearness(deadline, now, dayOf) {
  if (!deadline) return null;
  const at = new Date(deadline);
  if (at <= now) return { state: 'past', days: 0 };
  const days = daysUntil(dayOf(at), dayOf(now));
  if (days === 0) return { state: 'today', days };
  if (days === 1) return { state: 'tomorrow', days };
  return { state: days <= 7 ? 'soon' : 'later', days };
}

/**
 * What somebody still has to do: "answer", "confirm", "read" or null. `notice` is a line of the feed or a whole
 * notice (see model.js).
 * What is past or withdrawn wants nothing any more, nor does what a child has left behind with a class or school.
 */
export function wanted(notice, now) {
  if (notice.state === 'withdrawn' || notice.left_at) return null;
  const open = !notice.deadline || new Date(notice.deadline) > now;
  const asked = notice.answerable?.length || notice.children?.some(({ answerable }) => answerable);
  if (notice.form && asked && !notice.answered_at && open) return 'answer';
  if (notice.confirm && !notice.confirmed_at && open) return 'confirm';
  return notice.seen_version < notice.version ? 'read' : null;
}

/** The school year that a day, as a key, lies in: it begins in March. */
export function schoolYear(key) {
  const [year, month] = key.split('-').map(Number);
  return month >= 3 ? year : year - 1;
}

/** The weeks of a month, each seven days: { key, day, inside }; weeks begin on Sunday, as calendars here do. */
export function weeksOf(year, month) {
  const first = new Date(Date.UTC(year, month, 1));
  const start = first.getTime() - first.getUTCDay() * DAY;
  const count = Math.ceil((first.getUTCDay() + new Date(Date.UTC(year, month + 1, 0)).getUTCDate()) / 7);
  return Array.from({ length: count }, (_, week) => Array.from({ length: 7 }, (__, day) => {
    const at = new Date(start + (week * 7 + day) * DAY);
    return { key: at.toISOString().slice(0, 10), day: at.getUTCDate(), inside: at.getUTCMonth() === first.getUTCMonth() };
  }));
}
