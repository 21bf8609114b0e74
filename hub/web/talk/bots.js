/** Chatbots among the people. Pure. */

/** Milliseconds after which nobody waits for an answer any more. */
const RECENT = 600_000;

/** Whether somebody is a chatbot: their ids say so. They are neither online nor away, and have no read cursor. */
export function isBot(person) {
  return person.startsWith('bot-');
}

/** The `seq` of my last message to a chatbot that it has not answered; null where there is none. Pure. */
export function waitsFor({ state, view }, me, now = Date.now()) {
  if (!state.attached) return null;
  const direct = Boolean(view?.peer && isBot(view.peer));
  const answered = new Set();
  for (const { kind, by, seq, at, body, state: seen } of state.shown.toReversed()) {
    if (kind !== 'message') continue;
    if (isBot(by)) {
      if (direct && !body.reply_to) return null; // of before answers named their question
      answered.add(body.reply_to);
    } else if (by === me && !seen?.recalled && (direct || body.mentions?.some(isBot))) {
      return answered.has(seq) || now - new Date(at) > RECENT ? null : seq;
    }
  }
  return null;
}

/** The chatbot that a message of mine is for; null where it is for none or for several, or is no message any more. Pure. */
export function askedBot({ state, view }, seq) {
  const asked = state.shown.find((event) => event.seq === seq);
  if (!asked || asked.state?.recalled) return null;
  const called = isBot(view?.peer ?? '') ? [view.peer] : (asked.body.mentions ?? []).filter(isBot);
  return called.length === 1 ? called[0] : null;
}

/** The `seq` of my message that a chatbot's answers, where that is the last of the room; else null. Pure. */
export function answeredLast({ state, view }, me) {
  if (!state.attached) return null;
  const messages = state.shown.filter(({ kind }) => kind === 'message');
  const last = messages.at(-1);
  if (!last || !isBot(last.by)) return null;
  const { reply_to: seq } = last.body;
  const asked = seq || view?.peer !== last.by ? messages.find((message) => message.seq === seq) : messages.at(-2);
  return asked?.by === me ? asked.seq : null;
}
