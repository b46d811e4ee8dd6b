/** One place in the grid of pictures. */

import { $ } from './expressions-elements.js';
import { readPicture } from './expressions-pictures.js';
import { words } from './expressions-words.js';

/** @typedef {import('./expressions-gallery.js').Picture} Picture */

/** One expression's place: the picture that it has, or where to drop one. */
export class Slot {
  #item;
  #on;

  /**
   * @param {string} expression
   * @param {{chosen: (dataUrl: string, sentence: string) => void, removed: () => void}} on
   *     sentence: what there is to say of it once it was sent.
   */
  constructor(expression, on) {
    this.#on = on;
    this.#item = $('slot').content.firstElementChild.cloneNode(true);
    this.#item.dataset.expression = expression;
    this.#part('.name').textContent = words(expression);
    this.#part('input').ariaLabel = `Picture for ${words(expression)}`;
    this.#part('.remove').ariaLabel = `Remove the picture for ${words(expression)}`;
    this.#part('.remove').addEventListener('click', () => this.#remove());
    this.#part('input').addEventListener('change', ({ target }) => {
      void this.#choose(target.files[0]);
      target.value = ''; // So that the same file may be chosen again.
    });
    this.#takeDrops();
    $('slots').append(this.#item);
  }

  /** @param {Picture | undefined} picture */
  show(picture) {
    const image = this.#part('img');
    this.#item.toggleAttribute('data-filled', picture !== undefined);
    this.#item.toggleAttribute('data-sent', picture?.sent === true);
    image.hidden = this.#part('.remove').hidden = picture === undefined;
    if (picture === undefined) image.removeAttribute('src');
    else if (image.src !== picture.dataUrl) image.src = picture.dataUrl;
  }

  /** @param {string} sentence @param {boolean} [bad] */
  tell(sentence, bad = false) {
    this.#part('.words').textContent = sentence;
    this.#part('.words').toggleAttribute('data-bad', bad);
  }

  /** @param {boolean} current Whether it is the expression now. */
  mark(current) {
    this.#item.toggleAttribute('data-current', current);
  }

  async #choose(file) {
    if (!file) return;
    this.tell('Reading …');
    try {
      const { dataUrl, sentence } = await readPicture(file);
      this.#on.chosen(dataUrl, sentence);
    } catch (refusal) {
      this.tell(refusal.message, true);
    }
  }

  #remove() {
    this.#on.removed();
    this.#part('input').focus();
  }

  #takeDrops() {
    const over = (event) => {
      event.preventDefault();
      this.#item.toggleAttribute('data-over', event.type === 'dragover');
    };
    for (const type of ['dragover', 'dragleave', 'drop']) this.#item.addEventListener(type, over);
    this.#item.addEventListener('drop', ({ dataTransfer }) => void this.#choose(dataTransfer.files[0]));
  }

  #part(selector) {
    return this.#item.querySelector(selector);
  }
}
