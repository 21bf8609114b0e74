/**
 * Finds telephone numbers in text, so that whoever reads it on a phone calls with one tap. Pure.
 * Also loaded by the chatbot's widget on pages of other sites (`SHARED` in hub/api/pages.py).
 */

/** 031-123-4567, (02) 123-4567, 070 1234 5678, 01012345678, +82-2-123-4567, 1588-1234: these are nothing else. */
const WHOLE = String.raw`(?:(?:\+82[-. ]?\d{1,2}[-. ]|\(0\d{1,3}\) ?|0\d{1,3}[-.) ] ?)\d{3,4}[-. ]\d{4}`
  + String.raw`|010\d{8}|1(?:5(?:22|33|44|55|66|77|88|99)|6(?:00|11|22|33|44|55|60|61|66|68|70|77|88|99)|8(?:00|11|33|55|66|77|99))-\d{4})(?![-\d])`;
/** Lines that are open day and night: danger, missing children, violence, counselling. */
const SHORT = '(?:109|112|117|119|129|182|1336|1366|1377|1388|1391|1393)';
/** What such a number would count or order, were it none to call; a Korean particle may follow a number to call. */
const COUNTED = '(?:명|개|쪽|호|회|원|년|월|일|시|분|초|점|조|항|반|층|대|세|살|교|곳|건|권|편|번째|가지|페이지|퍼센트)';
const AFTER = String.raw`(?![\d%-]|[.,:/~]\d|\s?${COUNTED})(?=$|[^\p{L}]|은|는|이|가|을|를|나|와|과|로|으로|도|에|번|예요|입니다)`;

/** A telephone number, for a regular expression with the flag `u`; whether a short one is, `callOf` says. */
export const PHONE = String.raw`(?<![\p{Script=Latin}\d_.,:/=&#-])(?:${WHOLE}|${SHORT}${AFTER})`;

const CALLING = /전화|상담|신고|연락|문의|국번|☎|\b(?:call|dial|phone)/iu;

/** Whether a text tells to call somebody: only there a number of three or four digits is one to call. */
export function tellsToCall(text) {
  return CALLING.test(text);
}

/** The address by which a number is called; null for a short one where nobody is told to call. */
export function callOf(number, calling) {
  const digits = number.replace(/[^+\d]/gu, '');
  return digits.length > 4 || calling ? `tel:${digits}` : null;
}
