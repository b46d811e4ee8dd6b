/** The elements of the page of expressions, by their ids. */

/** @template T @param {string} id @returns {T} */
export const $ = (id) => document.getElementById(id);

/** Only where it is another text, since a screen reader may say it. @param {string} id @param {string} text */
export function write(id, text) {
  if ($(id).textContent !== text) $(id).textContent = text;
}
