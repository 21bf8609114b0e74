/** Chatbots among the people. Pure. */

/** Whether somebody is a chatbot: their ids say so. They are neither online nor away, and have no read cursor. */
export function isBot(person) {
  return person.startsWith('bot-');
}
