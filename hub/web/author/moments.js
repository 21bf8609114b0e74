/** Times as fields take them (2026-11-23T15:05) and as the API does (ISO 8601 in UTC). Pure. */

/** The wall clock of a zone at a time, as a field of the kind datetime-local takes it; '' for none. */
export function toField(iso, zone) {
  if (!iso) return '';
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23',
  }).formatToParts(new Date(iso));
  const { year, month, day, hour, minute } = Object.fromEntries(parts.map(({ type, value }) => [type, value]));
  return `${year}-${month}-${day}T${hour}:${minute}`;
}

/** The time at which the clock of a zone shows what a field says; null for none. */
export function fromField(value, zone) {
  if (!value) return null;
  const wanted = Date.parse(`${value.slice(0, 16)}Z`);
  if (Number.isNaN(wanted)) return null;
  let at = wanted;
  // Twice, for where the clock is changed between the first guess and the time that is meant.
  for (let turn = 0; turn < 2; turn += 1) at += wanted - Date.parse(`${toField(new Date(at).toISOString(), zone)}Z`);
  return new Date(at).toISOString();
}

/** So many days from now at an hour of the zone's clock, as for a field. */
export function inDays(days, hour, now, zone) {
  const day = new Date(Date.parse(`${toField(now.toISOString(), zone).slice(0, 10)}T00:00:00Z`) + days * 86_400_000);
  return `${day.toISOString().slice(0, 10)}T${String(hour).padStart(2, '0')}:00`;
}
