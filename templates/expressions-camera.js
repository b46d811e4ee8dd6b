/** The camera: its frames as JPEGs, and how many of them go. */

import { Backoff } from './expressions-backoff.js';
import { asDataUrl, jpegOf, resize } from './expressions-pictures.js';
import { Refusal } from './expressions-refusal.js';
import { CAMERA_PROBLEMS } from './expressions-words.js';

// The service takes 20 a second unless it is told otherwise. Below the least quality blocks of the
// JPEG blur the eyes.
export const FRAME = { width: 640, height: 480, perSecond: 15, quality: 0.7, leastQuality: 0.4 };

// So much earlier than it is due a frame may go: cameras are not that regular.
const PACE_SLACK_MS = 8;

const CAMERA_RETRY_MS = { first: 1_000, longest: 30_000 };

const SECOND_MS = 1_000;

/**
 * The webcam in a video. It calls back with each of its frames, which browsers do while the page
 * can be seen; so nobody is filmed by a page that nobody looks at.
 */
export class Camera {
  #video;
  #on;
  #canvas = document.createElement('canvas');
  #stream = null;
  /** The opening that counts; another one, or none, where it was closed meanwhile. */
  #opening = null;
  #callback = 0;
  #retryTimer = null;
  #backoff = new Backoff(CAMERA_RETRY_MS);

  /**
   * @param {HTMLVideoElement} video
   * @param {{frame: (now: number) => void, lost: () => void, failed: (refusal: Refusal) => void}} on
   *     lost: it stopped, and is tried until it is back; failed: it may not be used again.
   */
  constructor(video, on) {
    this.#video = video;
    this.#on = on;
  }

  /** @throws {Refusal} */
  async open() {
    if (!window.isSecureContext || !navigator.mediaDevices?.getUserMedia) throw new Refusal(CAMERA_PROBLEMS.insecure);
    this.#opening = {};
    await this.#attach(this.#opening);
  }

  close() {
    this.#opening = null;
    clearTimeout(this.#retryTimer);
    this.#release();
  }

  /** @param {number} quality 0 to 1. @returns {Promise<string | null>} The picture now, as a data URL. */
  async picture(quality) {
    const { videoWidth, videoHeight } = this.#video;
    if (!this.#stream?.active || !videoWidth) return null;
    // Some cameras give more than they were asked for.
    const scale = Math.min(1, FRAME.width / videoWidth, FRAME.height / videoHeight);
    resize(this.#canvas, Math.round(videoWidth * scale), Math.round(videoHeight * scale));
    const context = this.#canvas.getContext('2d', { alpha: false });
    context.drawImage(this.#video, 0, 0, this.#canvas.width, this.#canvas.height);
    return asDataUrl(await jpegOf(this.#canvas, quality));
  }

  async #attach(opening) {
    const stream = await askForCamera();
    if (opening !== this.#opening) {
      for (const track of stream.getTracks()) track.stop();
      return;
    }
    this.#stream = stream;
    for (const track of stream.getVideoTracks()) track.onended = () => this.#lose(opening);
    this.#video.srcObject = stream;
    this.#awaitFrame();
    // Rejects where it was closed meanwhile.
    await this.#video.play().catch(() => {});
  }

  #awaitFrame() {
    this.#callback = this.#video.requestVideoFrameCallback((now) => {
      this.#backoff.reset();
      this.#awaitFrame();
      this.#on.frame(now);
    });
  }

  #lose(opening) {
    this.#release();
    this.#on.lost();
    this.#reopenLater(opening);
  }

  #release() {
    this.#video.cancelVideoFrameCallback(this.#callback);
    for (const track of this.#stream?.getTracks() ?? []) {
      track.onended = null;
      track.stop();
    }
    this.#stream = null;
    this.#video.srcObject = null;
  }

  #reopenLater(opening) {
    this.#retryTimer = setTimeout(async () => {
      try {
        await this.#attach(opening);
      } catch (refusal) {
        if (opening !== this.#opening) return;
        // Some browsers refuse every camera to a hidden page.
        if (refusal.code === 'denied' && !document.hidden) this.#on.failed(refusal);
        else this.#reopenLater(opening);
      }
    }, this.#backoff.next());
  }
}

/** @returns {Promise<MediaStream>} @throws {Refusal} */
async function askForCamera() {
  const video = { width: { ideal: FRAME.width }, height: { ideal: FRAME.height }, facingMode: 'user' };
  try {
    return await navigator.mediaDevices.getUserMedia({ video, audio: false });
  } catch (error) {
    // By name, as the W3C's Media Capture and Streams lists them.
    const problems = {
      NotAllowedError: 'denied',
      SecurityError: 'denied',
      NotFoundError: 'missing',
      OverconstrainedError: 'missing',
    };
    const problem = problems[error.name] ?? 'busy';
    throw new Refusal(CAMERA_PROBLEMS[problem], problem);
  }
}

/** Which frames of a camera go, so that no more than so many a second do. */
export class Pace {
  #due = 0;
  perSecond = FRAME.perSecond;

  /** @param {number} now Milliseconds. */
  takes(now) {
    if (now < this.#due - PACE_SLACK_MS) return false;
    this.#due = Math.max(this.#due + SECOND_MS / this.perSecond, now);
    return true;
  }
}
