/** The way to the service: a WebSocket, the token, frames, and requests one at a time. */

import { Backoff } from './expressions-backoff.js';
import { Refusal } from './expressions-refusal.js';
import { NO_CONNECTION } from './expressions-words.js';

/**
 * @typedef {object} Result What is told of one frame (`detection_result`).
 * @property {string | null} expression Null where neither a face nor a hand is seen.
 * @property {{hands: {hand: string, gesture: string | null}[],
 *     milliseconds: Record<string, number>}} debug
 * @property {string} frame_with_overlay A JPEG as base64.
 * @property {string | null} expression_image A JPEG as base64, where the expression has just begun
 *     and has a picture.
 * @property {boolean} [judged] False where it repeats the last one, since a newer frame overtook this.
 */

const FRAMES_IN_FLIGHT = 2;

const RETRY_MS = { first: 500, longest: 30_000 };
const OPEN_TIMEOUT_MS = 10_000;
const FRAME_TIMEOUT_MS = 10_000;
// 2.7 MB of base64 over a slow line.
const REQUEST_TIMEOUT_MS = 60_000;
// A line that is dead tells nobody: after so long without a word it is asked.
const SILENCE_MS = 20_000;
const WATCH_EVERY_MS = 1_000;

// Of raw WebSockets' close frames, as the service sends them.
const CLOSED_UNAUTHORIZED = 4401;
const CLOSED_TAKEN = 4409;

/**
 * The WebSocket, opened again and again as long as the page is there.
 *
 * Requests go one at a time, and frames meanwhile. Of the service's `error` only one to an upload
 * says what it is about; other requests are not refused while there are frames.
 */
export class Connection {
  #on;
  #socket = null;
  #openTimer = null;
  #retryTimer = null;
  #backoff = new Backoff(RETRY_MS);
  #sessionId = randomId();
  #token = '';
  #ready = false;
  #heardAt = 0;
  /** @type {number[]} When each frame was sent that has no answer yet. */
  #frames = [];
  #queue = [];
  #asked = null;

  /**
   * @param {{ready: (expressions: string[]) => void, result: (result: Result) => void,
   *     refused: (refusal: Refusal) => void, lost: (sentence: string) => void,
   *     tokenNeeded: (refused: boolean) => void}} on
   *     refused: it would not judge a frame; lost: another attempt follows; tokenNeeded: none does.
   */
  constructor(on) {
    this.#on = on;
    setInterval(() => this.#watch(), WATCH_EVERY_MS);
    window.addEventListener('online', () => this.#retryTimer !== null && this.open());
  }

  get isReady() {
    return this.#ready;
  }

  /** Whether a frame may go now. */
  get isFree() {
    return this.#ready && this.#frames.length < FRAMES_IN_FLIGHT;
  }

  /** @param {string} [token] The one that is shown from now on. */
  open(token = this.#token) {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = null;
    this.#token = token;
    const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/ws/${this.#sessionId}`);
    this.#socket = socket;
    this.#openTimer = setTimeout(() => this.#drop(), OPEN_TIMEOUT_MS);
    socket.onopen = () => void this.#greet();
    socket.onmessage = ({ data }) => this.#take(JSON.parse(data));
    socket.onclose = ({ code }) => this.#drop(code);
  }

  /** @param {string} picture A JPEG as a data URL. */
  sendFrame(picture) {
    this.#frames.push(performance.now());
    this.#send({ type: 'frame', data: picture });
  }

  /**
   * @param {object} message
   * @param {string} answer The type of its answer.
   * @returns {Promise<object>} The answer. @throws {Refusal}
   */
  request(message, answer) {
    return new Promise((resolve, reject) => {
      if (this.#socket?.readyState !== WebSocket.OPEN) reject(new Refusal(NO_CONNECTION, 'gone'));
      else this.#queue.push({ message, answer, resolve, reject });
      this.#askNext();
    });
  }

  /** The token goes in a message: an address would be written into logs on the way. */
  async #greet() {
    clearTimeout(this.#openTimer);
    const socket = this.#socket;
    this.#heardAt = performance.now();
    if (this.#token) this.#send({ type: 'auth', token: this.#token });
    try {
      const { expressions } = await this.request({ type: 'get_expressions' }, 'expressions');
      this.#ready = true;
      this.#backoff.reset();
      this.#on.ready(expressions);
    } catch (refusal) {
      // Some refusals close the socket, which tells why by its code.
      if (socket === this.#socket && refusal.passes) this.#drop(undefined, refusal.message);
    }
  }

  #take(message) {
    this.#heardAt = performance.now();
    if (this.#isAnswer(message)) this.#answered(message);
    else if (message.type === 'detection_result') {
      this.#frames.shift();
      this.#on.result(message);
    } else if (message.type === 'error') {
      this.#frames.shift();
      this.#on.refused(new Refusal(message.message, message.code));
    }
  }

  /** Whether it answers the request that is under way, and no frame. */
  #isAnswer({ type, expression_type: uploaded }) {
    if (!this.#asked) return false;
    return type === this.#asked.answer || (type === 'error' && (uploaded !== undefined || this.#frames.length === 0));
  }

  #answered(message) {
    const { resolve, reject } = this.#asked;
    this.#asked = null;
    if (message.type === 'error') reject(new Refusal(message.message, message.code));
    else resolve(message);
    this.#askNext();
  }

  #askNext() {
    if (this.#asked || this.#queue.length === 0) return;
    this.#asked = { ...this.#queue.shift(), since: performance.now() };
    this.#send(this.#asked.message);
  }

  #send(message) {
    this.#socket.send(JSON.stringify(message));
  }

  /**
   * What is never answered came over a line that is dead. Frames may stand behind an upload that
   * takes long; so meanwhile only the upload counts, and they have their time from its answer on.
   */
  #watch() {
    const now = performance.now();
    const late = this.#asked
      ? this.#asked.since < now - REQUEST_TIMEOUT_MS
      : Math.max(this.#frames[0], this.#heardAt) < now - FRAME_TIMEOUT_MS;
    if (late) this.#drop();
    else if (this.#ready && !this.#asked && this.#heardAt < now - SILENCE_MS) {
      this.request({ type: 'ping', timestamp: Date.now() }, 'pong').catch(() => {});
    }
  }

  #drop(code, sentence = NO_CONNECTION) {
    clearTimeout(this.#openTimer);
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close();
    this.#socket = null;
    this.#ready = false;
    this.#frames = [];
    const unanswered = [this.#asked, ...this.#queue];
    this.#asked = null;
    this.#queue = [];
    for (const request of unanswered) request?.reject(new Refusal(sentence, 'gone'));
    if (code === CLOSED_UNAUTHORIZED) {
      this.#on.tokenNeeded(this.#token !== '');
      return;
    }
    const taken = code === CLOSED_TAKEN;
    if (taken) this.#sessionId = randomId();
    this.#on.lost(taken ? '' : sentence);
    this.#retryTimer = setTimeout(() => this.open(), this.#backoff.next());
  }
}

/** @returns {string} 128 bits by chance; `crypto.randomUUID` is there on secure pages only. */
function randomId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
