/** The chatbot as a page of its own: /chat?bot=school&unit=…&lang=en */

import { define } from '/web/widget/element.js';
import { wordsFor } from '/web/widget/words.js';

const NAMES = ['bot', 'unit', 'lang', 'theme', 'heading'];

define(location.origin);
const asked = new URLSearchParams(location.search);
const { language, words } = wordsFor(asked.get('lang'));
document.documentElement.lang = language;
document.title = asked.get('heading') || words.page;
const chat = document.createElement('madang-chat');
chat.setAttribute('mode', 'page');
for (const name of NAMES) if (asked.get(name)) chat.setAttribute(name, asked.get(name));
const main = document.createElement('main');
main.append(chat);
document.body.append(main);
