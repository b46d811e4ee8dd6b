/** What the learner sees of the camera and of what it shows. */

import { $, write } from './expressions-elements.js';
import { resize } from './expressions-pictures.js';
import { CAMERA_PROBLEMS, NONE_YET, NOTHING_SEEN, WAITING, counted, words } from './expressions-words.js';

/** @typedef {import('./expressions-connection.js').Result} Result */

const SECOND_MS = 1_000;
// Without a result for this long the last one is no longer about now.
const STALE_MS = 2_500;
// An expression that lasts is said to a screen reader, one that passes is not.
const LASTING_MS = 1_000;

/** The camera's side of the page: what was seen, by name and as a picture. */
export class Stage {
  #state = 'off';
  /** What the service told last; it tells a picture once, when its expression begins. */
  #expression = null;
  #image = null;
  #announcing = null;
  #cameraLost = false;
  #resultAt = 0;
  #sent = 0;
  #answered = 0;
  /** Results so far, and the one whose picture is seen. */
  #results = 0;
  #drawn = 0;

  constructor() {
    setInterval(() => this.#everySecond(), SECOND_MS);
  }

  begin() {
    this.#setState('starting', WAITING.camera);
    this.#resultAt = Infinity;
    this.#sent = this.#answered = 0;
    this.#cameraLost = false;
    write('problem', '');
    write('toggle', 'Stop');
  }

  cameraOpened() {
    if (this.#state === 'starting') write('pause', WAITING.first);
    this.#resultAt = performance.now();
  }

  /** @param {string} [problem] Why, where nobody wished it. */
  end(problem = '') {
    this.#setState('off');
    this.#name(NONE_YET);
    this.#showPicture(null);
    $('overlay').hidden = true;
    for (const id of ['seen', 'rate']) write(id, '');
    write('problem', problem);
    write('toggle', 'Start');
  }

  /** Until the next frame is sent; answers to those before it may still come. */
  lostCamera() {
    this.#cameraLost = true;
    write('problem', CAMERA_PROBLEMS.lost);
    this.#setState('waiting', WAITING.lostCamera);
  }

  /** @param {boolean} hidden Whether the page is out of sight. */
  pause(hidden) {
    if (hidden) this.#setState('paused', WAITING.hidden);
    else this.#resultAt = performance.now();
  }

  frameSent() {
    this.#sent += 1;
    if (this.#cameraLost) write('problem', '');
    this.#cameraLost = false;
  }

  /** @param {Result} result */
  show(result) {
    const { expression, debug, expression_image: image } = result;
    this.#resultAt = performance.now();
    if (result.judged !== false) this.#answered += 1;
    if (!document.hidden && !this.#cameraLost) this.#setState('live');
    void this.#draw(result.frame_with_overlay);
    if (image || expression !== this.#expression) this.#image = image;
    this.#expression = expression;
    this.#showPicture(this.#image);
    this.#name(expression === null ? NOTHING_SEEN : words(expression));
    write('seen', seenWords(debug));
  }

  /**
   * On a canvas: what an `img` has shown stays in the browser's caches, which at 15 a second grow
   * to hundreds of MB.
   *
   * @param {string} jpeg As base64.
   */
  async #draw(jpeg) {
    const number = (this.#results += 1);
    const bytes = Uint8Array.from(atob(jpeg), (character) => character.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes]));
    const overlay = $('overlay');
    // One that was decoded sooner may be newer.
    if (number > this.#drawn && this.#state !== 'off') {
      this.#drawn = number;
      resize(overlay, bitmap.width, bitmap.height);
      overlay.getContext('2d', { alpha: false }).drawImage(bitmap, 0, 0);
      overlay.hidden = false;
    }
    bitmap.close();
  }

  /** @param {string} expression It has no picture any more. */
  removed(expression) {
    if (expression !== this.#expression) return;
    this.#image = null;
    this.#showPicture(null);
  }

  /** @param {string | null} image A JPEG as base64, of the expression now. */
  #showPicture(image) {
    const picture = $('picture');
    picture.hidden = $('caption').hidden = image === null;
    $('no-picture').hidden = image !== null;
    const source = `data:image/jpeg;base64,${image}`;
    if (image === null) picture.removeAttribute('src');
    else if (picture.src !== source) picture.src = source;
    if (image === null) return;
    picture.alt = `Your picture for ${words(this.#expression)}`;
    write('caption', words(this.#expression));
  }

  #name(name) {
    if ($('expression').textContent === name) return;
    $('expression').textContent = name;
    clearTimeout(this.#announcing);
    this.#announcing = setTimeout(() => write('announcer', name === NONE_YET ? '' : name), LASTING_MS);
  }

  /** @param {'off' | 'starting' | 'live' | 'waiting' | 'paused'} state */
  #setState(state, why = '') {
    this.#state = document.body.dataset.state = state;
    write('pause', why);
    $('pause').hidden = why === '';
  }

  #everySecond() {
    const [sent, answered] = [this.#sent, this.#answered];
    this.#sent = this.#answered = 0;
    if (this.#state === 'off') return;
    write('rate', `${counted(sent, 'picture')} sent in the last second, ${answered} judged`);
    const stale = this.#state === 'live' || this.#state === 'starting';
    if (stale && performance.now() - this.#resultAt > STALE_MS) this.#setState('waiting', WAITING.service);
  }
}

/** @param {Result['debug']} debug @returns {string} */
function seenWords({ hands, milliseconds }) {
  const each = hands.map(({ hand, gesture }) => (gesture ? `${hand}: ${words(gesture).toLowerCase()}` : hand));
  const spent = Object.entries(milliseconds).map(([part, taken]) => `${part} ${Math.round(taken)}`);
  return `Hands: ${each.join(', ') || 'none'} · milliseconds: ${spent.join(', ')}`;
}
