/**
 * What a client does after a connection ended: the table of close codes (protocol.md, "Errors").
 * Pure, and the only place in the page that knows the codes.
 */

export const BYE = 1000;
export const DRAINING = 3001;
export const TOO_SLOW = 4008;
export const BAD_FRAME = 4009;
export const NOT_SIGNED_IN = 4401;
export const SIGNED_OUT = 4403;
export const TOO_MANY = 4429;

/** Seconds until the one return after a bad frame. */
const AFTER_BAD_FRAME = 5;
/** Seconds to stay away after "too many" where the server named none. */
const AFTER_TOO_MANY = 5;

/**
 * Decide what to do after a close.
 *
 * `hint` is the wait the server asked for (seconds) or null, `again` whether a bad frame ended an
 * earlier connection too. Returns `{ action, delay }`: action is "stop" (stay away), "signed-out"
 * (stay away, somebody ended the session), "sign-in" (renew the sign-in, then come back) or
 * "return"; `delay` in seconds, null meaning the usual back-off.
 */
export function afterClose(code, { hint = null, again = false, random = Math.random } = {}) {
  switch (code) {
    case BYE:
      return { action: 'stop', delay: null };
    case SIGNED_OUT:
      return { action: 'signed-out', delay: null };
    case NOT_SIGNED_IN:
      return { action: 'sign-in', delay: null };
    case BAD_FRAME:
      return again ? { action: 'stop', delay: null } : { action: 'return', delay: AFTER_BAD_FRAME };
    case DRAINING:
      return { action: 'return', delay: hint === null ? null : spread(hint, random) };
    case TOO_MANY:
      return { action: 'return', delay: spread(hint ?? AFTER_TOO_MANY, random) };
    default:
      return { action: 'return', delay: null };
  }
}

/** At least `seconds`, at most twice that: everybody was told the same number. */
function spread(seconds, random) {
  return seconds + random() * Math.max(seconds, 1);
}

/** The seconds that a close reason names ("retry after 7", "7"), or null. */
export function hintIn(reason) {
  const found = /(\d+(?:\.\d+)?)/.exec(reason ?? '');
  return found ? Math.min(Number(found[1]), 300) : null;
}
