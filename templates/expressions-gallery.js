/** The grid of pictures, and how they reach the service. */

import { $, write } from './expressions-elements.js';
import { download, readPreset } from './expressions-presets.js';
import { Slot } from './expressions-slot.js';
import { BUSY, counted } from './expressions-words.js';

/**
 * @typedef {import('./expressions-connection.js').Connection} Connection
 * @typedef {import('./expressions-refusal.js').Refusal} Refusal
 *
 * @typedef {object} Picture One that is to be shown with an expression.
 * @property {string} dataUrl
 * @property {boolean} sent Whether the service has it.
 * @property {string} [sentence] What there is to say of it.
 * @property {Picture} [before] What it replaces, and comes back where the service refuses it.
 * @property {string} [refusal] Why it came back, which is then what there is to say of it.
 */

const UPLOAD_RETRY_MS = 2_000;

/** The pictures of all expressions, here and, as soon as it can be, at the service. */
export class Gallery {
  #connection;
  #onRemoved;
  /** @type {Map<string, Slot>} */
  #slots = new Map();
  /** @type {Map<string, Picture>} */
  #pictures = new Map();
  /** Whether the service has pictures that are not to be shown any more. */
  #surplus = false;
  #sending = false;
  /** What is told once several have gone; null while there is nothing to tell. */
  #toTell = null;
  #current = null;

  /** @param {Connection} connection @param {(expression: string) => void} onRemoved */
  constructor(connection, onRemoved) {
    this.#connection = connection;
    this.#onRemoved = onRemoved;
    $('save').addEventListener('click', () => download(this.#pictures));
    $('load').addEventListener('change', ({ target }) => {
      void this.#load(target.files[0]);
      target.value = '';
    });
  }

  /** @param {string[]} expressions Of a service that has no pictures yet. */
  connected(expressions) {
    if (this.#slots.size === 0) for (const expression of expressions) this.#addSlot(expression);
    $('load').disabled = false;
    this.#surplus = false;
    for (const picture of this.#pictures.values()) picture.sent = false;
    if (this.#pictures.size > 0) this.#toTell ??= '';
    void this.#send();
  }

  /** @param {string | null} expression */
  mark(expression) {
    if (expression === this.#current) return;
    this.#slots.get(this.#current)?.mark(false);
    this.#slots.get(expression)?.mark(true);
    this.#current = expression;
  }

  #addSlot(expression) {
    const slot = new Slot(expression, {
      chosen: (dataUrl, sentence) => this.#put(expression, { dataUrl, sent: false, sentence }),
      removed: () => {
        this.#remove(expression);
        void this.#send();
      },
    });
    this.#slots.set(expression, slot);
  }

  #put(expression, picture) {
    this.#pictures.set(expression, { ...picture, before: this.#pictures.get(expression) });
    void this.#send();
  }

  #remove(expression) {
    if (!this.#pictures.delete(expression)) return;
    this.#surplus = true;
    this.#slots.get(expression).tell('');
    this.#onRemoved(expression);
  }

  async #load(file) {
    if (!file) return;
    this.#tell('Reading the preset …');
    try {
      const preset = await readPreset(file, [...this.#slots.keys()]);
      for (const expression of this.#slots.keys()) this.#remove(expression);
      for (const [expression, dataUrl] of preset) this.#pictures.set(expression, { dataUrl, sent: false });
      this.#toTell = `${counted(preset.length, 'picture')} loaded.`;
      void this.#send();
    } catch (refusal) {
      this.#tell(`${refusal.message} Nothing was changed.`, true);
    }
  }

  /** Sends what the service lacks, one after the other, until it has what is here. */
  async #send() {
    this.#show();
    if (this.#sending || !this.#connection.isReady) return;
    this.#sending = true;
    try {
      while (this.#surplus || this.#unsent) await this.#sendOne();
    } catch (refusal) {
      // Without a connection the next one sends them all.
      if (refusal.code !== 'gone') setTimeout(() => void this.#send(), UPLOAD_RETRY_MS);
    } finally {
      this.#sending = false;
    }
  }

  /** @returns {[string, Picture] | undefined} */
  get #unsent() {
    return [...this.#pictures].find(([, { sent }]) => !sent);
  }

  /** @throws {Refusal} Where it passes. */
  async #sendOne() {
    if (this.#surplus) await this.#clear();
    else await this.#upload(...this.#unsent);
    this.#show();
  }

  async #clear() {
    this.#surplus = false;
    for (const picture of this.#pictures.values()) picture.sent = false;
    await this.#connection.request({ type: 'clear_images' }, 'clear_success');
  }

  async #upload(expression, picture) {
    const message = { type: 'upload_image', expression_type: expression, image_data: picture.dataUrl };
    try {
      await this.#connection.request(message, 'upload_success');
      picture.sent = true;
      delete picture.before;
      this.#slots.get(expression).tell(picture.refusal ?? picture.sentence ?? '', picture.refusal !== undefined);
    } catch (refusal) {
      if (refusal.code !== 'gone') this.#slots.get(expression).tell(refusal.passes ? BUSY : refusal.message, true);
      if (refusal.passes) throw refusal;
      this.#giveUp(expression, picture, refusal.message);
    }
  }

  /** The service won't have it: what was there before comes back. */
  #giveUp(expression, picture, refusal) {
    if (this.#pictures.get(expression) !== picture) return;
    this.#pictures.delete(expression);
    if (picture.before) this.#pictures.set(expression, { ...picture.before, sent: false, refusal });
  }

  #show() {
    for (const [expression, slot] of this.#slots) slot.show(this.#pictures.get(expression));
    const all = this.#pictures.size;
    const sent = [...this.#pictures.values()].filter((picture) => picture.sent).length;
    document.body.toggleAttribute('data-pictures', all > 0);
    $('save').disabled = all === 0;
    $('progress').hidden = this.#toTell === null || sent === all;
    $('progress').max = all;
    $('progress').value = sent;
    if (this.#toTell === null) return;
    this.#tell(sent < all ? `Sending ${counted(all, 'picture')} …` : this.#toTell);
    if (sent === all) this.#toTell = null;
  }

  #tell(sentence, bad = false) {
    write('preset-words', sentence);
    $('preset-words').toggleAttribute('data-bad', bad);
  }
}
