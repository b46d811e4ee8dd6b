/**
 * EyeLearn Focus in a browser: sends the learner's webcam to the service, and tells the page live
 * whether they look at the lesson. A plain script that defines one global class.
 *
 *     const webcam = new WebcamWebSocket({ onTrackingUpdate: (update) => show(update) });
 *     await webcam.initialize(userId, moduleId, sectionId);
 *     …
 *     await webcam.disconnect();
 *
 * Needs the Socket.IO client 4.8 as `window.io`, and loads version 4.8.4 itself where it is missing.
 * Frames are sent as the camera sees them, never mirrored; nothing is recorded. The learner is asked
 * before the browser asks, and takes it back by a control that is there while the camera is on.
 * How to embed it: docs/embedding.md.
 */
(() => {
  'use strict';

  /**
   * @typedef {number | string} Id
   *
   * @typedef {object} Options
   * @property {string} [serverUrl] Origin of the service. Default: see `discoverServerUrl`.
   * @property {number} [frameRate] Frames per second at most; fewer when answers come late.
   * @property {number} [jpegQuality] JPEG quality at most, 0 to 1; less when answers come late.
   * @property {number} [videoWidth] Pixels asked of the camera.
   * @property {number} [videoHeight] Pixels asked of the camera.
   * @property {string | (() => string | Promise<string>)} [token] Asked before each connection.
   * @property {'ask' | 'given' | (() => boolean | Promise<boolean>)} [consent] Who asks the learner
   *     for the camera: this client (`'ask'`, the default), the page itself (a function, called
   *     before each start; anything but `true` is a no), or nobody, since the page has asked
   *     already (`'given'`, until it is withdrawn).
   * @property {Partial<ConsentTexts>} [texts] What the learner is asked, in other words or languages.
   * @property {Element | null} [controlIn] Where the page wants the control that withdraws. Default:
   *     the window's corner.
   * @property {(update: object) => void} [onTrackingUpdate] Each `tracking_update` of the service.
   * @property {(connected: boolean) => void} [onConnectionChange] Tracking goes on, or waits.
   * @property {(error: WebcamError) => void} [onError]
   *
   * @typedef {object} ConsentTexts
   * @property {string} lang Language of the others, as in HTML's `lang`.
   * @property {string} title
   * @property {string} purpose What the camera is for.
   * @property {string} pictures What becomes of the pictures.
   * @property {string} numbers Who sees the numbers.
   * @property {string} freedom That one may say no, and stop.
   * @property {string} agree
   * @property {string} decline
   * @property {string} on What the control says while the camera is on.
   * @property {string} withdraw
   *
   * @typedef {object} WebcamError
   * @property {string} type One of the keys of `MESSAGES`.
   * @property {string} message What a learner is told.
   * @property {boolean} final Tracking has ended and the camera is off; `initialize` begins again.
   *     Otherwise it is tried again without the page's doing.
   * @property {string} [code] What the service called it.
   * @property {string} [detail] What the browser or the service said, for a developer.
   *
   * @typedef {object} Stats
   * @property {number} fps Frames answered per second, over the last two seconds.
   * @property {number | null} latencyMs From sending a frame to its answer, smoothed.
   * @property {number} quality JPEG quality in use, 0 to 1.
   *
   * @typedef {object} Calibration
   * @property {number} samples Pictures of the last second that it was taken from.
   * @property {{yaw: number, pitch: number}} baseline Where the learner looks when they look at the
   *     middle of the screen; degrees from straight at the camera, + to their own left, + up.
   *
   * @typedef {object} Ack
   * @property {'processed' | 'superseded' | 'rate_limited' | 'rejected'} status
   * @property {string | null} [reason]
   */

  const SOCKET_IO_VERSION = '4.8.4';
  // Of socket.io-client's dist/socket.io.min.js in exactly this version.
  const SOCKET_IO_INTEGRITY =
    'sha384-fBrXvbDtHoeKWJ/hcA6M+YGueiDW+h45I7V6F2kD1S8bOkrF9rZYPLVkCR6BLR/1';
  const SOCKET_IO_CDN = `https://cdn.jsdelivr.net/npm/socket.io-client@${SOCKET_IO_VERSION}/dist/socket.io.min.js`;

  const DEFAULT_PORT = 5000;

  // A service on a small machine answers within one second; a mobile network may need some more.
  const START_TIMEOUT_MS = 15_000;
  // Half of that at most, so that both ways to connect are tried within it.
  const CONNECT_TIMEOUT_MS = 6_000;
  // The platform's own server gives it; the service waits for it a little longer.
  const TOKEN_TIMEOUT_MS = 6_000;
  const STOP_TIMEOUT_MS = 1_500;
  // Answered without a wait for any picture; the rest is for a mobile network, and someone waits.
  const CALIBRATE_TIMEOUT_MS = 5_000;
  const RETRY_MS = { first: 500, longest: 10_000, jitter: 0.5 };
  // A class that was turned away together does not come back together: up to so much later.
  const BUSY_JITTER = 0.5;

  const MAX_UNANSWERED_FRAMES = 2;
  // A lost answer must not block for ever; the service replaces a hanging worker within 7 s.
  const ANSWER_TIMEOUT_MS = 8_000;
  // Above the service's p95 of 200 ms; a distant network is told apart by twice its own best.
  const LATE_ANSWER_MS = 250;
  const LATE_FACTOR = 2;
  // The best latency is forgotten by 1 % per answer, so that a changed network is learnt.
  const BEST_LATENCY_DRIFT = 1.01;
  // Additive increase, multiplicative decrease, as TCP does it, at most once in this time.
  const PACE_STEP_MS = 1_000;
  const RATE_DECREASE = 0.7;
  const RATE_INCREASE_FPS = 1;
  // Two a second still lie within the two seconds that the service takes between observations.
  const MIN_FPS = 2;
  const QUALITY_STEP = 0.05;
  // Below this, blocks of the JPEG blur the iris.
  const MIN_QUALITY = 0.4;
  const SHRINK_STEP = 0.8;
  const STATS_WINDOW_MS = 2_000;

  // A camera that was just plugged in takes a moment until it opens.
  const CAMERA_PLUGGED_MS = 1_500;
  // Another program's release of the camera, or a driver's restart, is no event in the browser.
  const CAMERA_RETRY_MS = { first: 1_000, longest: 30_000 };
  const CAMERA_SILENT_MS = 5_000;

  /** For a child of ten, and true: docs/privacy.md says the same at length. @type {ConsentTexts} */
  const CONSENT_TEXTS = {
    lang: 'en',
    title: 'May this lesson use your camera?',
    purpose: 'The camera is there to tell whether you look at the lesson.',
    pictures: 'A computer judges each picture at once and then forgets it. No picture is kept, and nobody watches you.',
    numbers: 'You and your teachers see numbers only, such as how long you looked at the lesson.',
    freedom: 'You may say no: the lesson works without the camera. If you say yes, you can stop whenever you like.',
    agree: 'Use my camera',
    decline: 'No, thank you',
    on: 'Camera on',
    withdraw: 'Stop the camera',
  };

  const MESSAGES = {
    CONSENT_DECLINED: 'The camera stays off, as you wish. The lesson works without it.',
    CONSENT_WITHDRAWN: 'The camera is off, as you wish. The lesson works without it.',
    CAMERA_PERMISSION_DENIED:
      'This page may not use your camera. Allow the camera in your browser’s address bar, then start again.',
    NO_CAMERA: 'No camera was found. Connect a camera, then start again.',
    CAMERA_IN_USE:
      'Your camera is used by another program. Close that program, then start again.',
    INSECURE_CONTEXT:
      'Your browser gives the camera to secure pages only. Open this page with an address that begins with https.',
    CAMERA_LOST: 'Your camera stopped. Tracking goes on by itself once it is back.',
    WEBSOCKET_ERROR: 'The focus service cannot be reached. Check your internet connection.',
    SERVER_ERROR: 'The focus service reports a problem.',
  };

  const SERVER_MESSAGES = {
    unauthorized: 'The focus service does not accept your sign-in. Reload the page or sign in again.',
    forbidden: 'The focus service does not accept your sign-in for this lesson.',
    rate_limited: 'You have too many lessons open. Close the other windows, then start again.',
    overloaded: 'The focus service is busy at the moment.',
    streaming_disabled: 'The focus service takes no camera pictures at the moment.',
    frame_too_large: 'The camera picture is too large for the focus service.',
    undecodable_frame: 'The focus service could not read the camera picture.',
    invalid_payload: 'The focus service did not understand this page. Please tell your teacher.',
    internal: 'Something went wrong in the focus service.',
  };

  const CALIBRATION_MESSAGES = {
    not_tracking: 'The focus service does not see your camera at the moment. Try again when it does.',
    invalid_payload: 'No face was seen looking this way. Look at your screen and try again.',
    timeout: 'The focus service did not answer. Try again in a moment.',
  };

  // What helps, where waiting helps: when it is over, and when it goes on.
  const START_AGAIN = 'Start again in a moment.';
  const GOES_ON = 'It is tried again by itself.';
  const PASSING = ['WEBSOCKET_ERROR', 'SERVER_ERROR', 'overloaded', 'streaming_disabled', 'internal'];
  // What the service goes on saying: it takes no pictures, or not this learner's in this lesson.
  const FINAL_CODES = ['streaming_disabled', 'forbidden'];

  /** A failure that a learner is told about. */
  class WebcamFailure extends Error {
    constructor(type, { code, detail } = {}) {
      super(SERVER_MESSAGES[code] ?? MESSAGES[type]);
      this.type = type;
      this.code = code;
      this.detail = detail;
    }

    /** @returns {WebcamError} */
    toError(final) {
      const { type, code, detail } = this;
      const passes = PASSING.includes(code in SERVER_MESSAGES ? code : type);
      const message = passes ? `${this.message} ${final ? START_AGAIN : GOES_ON}` : this.message;
      return { type, message, final, ...(code && { code }), ...(detail && { detail }) };
    }
  }

  /** Why the middle of the screen could not be set; tracking goes on as it was. */
  class CalibrationError extends Error {
    /** @param {string} code The service's, or `timeout`. */
    constructor(code) {
      super(CALIBRATION_MESSAGES[code] ?? SERVER_MESSAGES[code] ?? MESSAGES.SERVER_ERROR);
      this.name = 'CalibrationError';
      this.code = code;
    }
  }

  /**
   * Where the service is: the page's word first, then our service when it served this script (it
   * then sets the variable, in a line before this file's first), then port 5000 on localhost, then
   * the page's own origin.
   */
  function discoverServerUrl() {
    const meta = document.querySelector('meta[name="eyelearn-server"]');
    return meta?.content || window.EYELEARN_SERVER_URL || localService() || location.origin;
  }

  function localService() {
    const local = ['localhost', '127.0.0.1', '[::1]'].includes(location.hostname);
    return local ? `http://${location.hostname}:${DEFAULT_PORT}` : null;
  }

  /** `window.io`, loaded from the service or else from the CDN where the page has none. */
  async function socketIo(serverUrl) {
    const addresses = [new URL('/socket.io.min.js', serverUrl).href, SOCKET_IO_CDN];
    for (const address of addresses) {
      if (typeof window.io === 'function') break;
      await loadScript(address);
    }
    if (typeof window.io === 'function') return window.io;
    throw new WebcamFailure('WEBSOCKET_ERROR', { detail: `not loaded: ${addresses.join(', ')}` });
  }

  /** Resolves when the script ran, failed or took too long; which of these, `window.io` tells. */
  function loadScript(address) {
    return new Promise((resolve) => {
      const script = document.createElement('script');
      Object.assign(script, { src: address, integrity: SOCKET_IO_INTEGRITY, crossOrigin: 'anonymous' });
      const done = () => {
        clearTimeout(timer);
        script.remove();
        resolve();
      };
      const timer = setTimeout(done, START_TIMEOUT_MS);
      script.onload = script.onerror = done;
      document.head.append(script);
    });
  }

  // Texts have a contrast of 4.5 : 1 or more, edges of 3 : 1 (WCAG 2.2, 1.4.3 and 1.4.11). Both
  // answers look alike: neither is pressed on a learner.
  const CONSENT_STYLES = `
    :host { all: initial !important; display: contents !important; }
    .box {
      --card: #ffffff; --text: #17211f; --muted: #4a5753; --line: #7a8783; --soft: #eef3f1;
      --accent: #0f6e64; --live: #c22a20;
      box-sizing: border-box; margin: 0; border: 1px solid var(--line); padding: 0; overflow: auto;
      background: var(--card); color: var(--text); color-scheme: light;
      font: 400 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; text-align: start;
    }
    .corner {
      position: fixed; inset: auto 16px 16px auto; z-index: 2147483647;
      width: auto; height: auto; max-height: calc(100vh - 32px);
      box-shadow: 0 6px 28px rgb(0 0 0 / 24%);
    }
    .question { width: min(26rem, calc(100vw - 32px)); padding: 20px; border-radius: 16px; animation: rise 0.2s ease-out; }
    h2 { margin: 0 0 8px; font-size: 1.1875rem; line-height: 1.3; font-weight: 650; }
    p { margin: 0 0 8px; color: var(--muted); }
    .purpose { color: var(--text); }
    .answers {
      display: grid; grid-template-columns: 1fr 1fr; gap: 10px;
      position: sticky; bottom: -20px; margin: 8px 0 -20px; padding: 8px 0 20px; background: var(--card);
    }
    button {
      box-sizing: border-box; min-height: 44px; margin: 0; padding: 6px 12px;
      border: 1px solid var(--accent); border-radius: 10px; background: var(--soft); color: var(--accent);
      font: inherit; font-weight: 600; line-height: 1.25; cursor: pointer;
    }
    button:hover { text-decoration: underline; }
    :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
    .control {
      display: flex; align-items: center; justify-content: space-between; gap: 14px;
      padding: 0 0 0 12px; border-radius: 10px;
    }
    .control.corner { padding: 8px 8px 8px 16px; border-radius: 14px; }
    .on { display: flex; align-items: center; gap: 8px; white-space: nowrap; }
    .on::before { content: ""; width: 10px; height: 10px; border: 5px solid var(--live); border-radius: 50%; box-sizing: border-box; }
    @keyframes rise { from { opacity: 0; transform: translateY(12px); } }
    @media (prefers-color-scheme: dark) {
      .box {
        --card: #18211e; --text: #e9efec; --muted: #b4c2bd; --line: #75837e; --soft: #22302c;
        --accent: #5fd0bd; --live: #ff7a70;
        color-scheme: dark;
      }
    }
    @media (max-width: 480px) {
      .corner { inset: auto 8px 8px; }
      .question { width: auto; }
      .control.corner { inset: auto 8px 8px auto; }
    }
    @media (prefers-reduced-motion: reduce) { .question { animation: none; } }
  `;

  /**
   * Puts a box of ours into the page, where neither's styles reach the other's.
   *
   * @param {string} name @param {HTMLElement} box
   * @param {Element | null} [place] Default: the window's corner, over all that the page has.
   * @returns {() => void} Takes it away.
   */
  function putIntoPage(name, box, place = null) {
    const host = document.createElement('eyelearn-consent');
    host.dataset.eyelearn = name;
    const root = host.attachShadow({ mode: 'open' });
    addStyles(root);
    root.append(box);
    (place ?? document.body).append(host);
    if (place) return () => host.remove();
    box.classList.add('corner');
    // What became full screen later would lie over it.
    const raise = () => {
      if (!box.showPopover) return; // Old browsers have the z-index alone.
      box.popover = 'manual';
      box.hidePopover();
      box.showPopover();
    };
    raise();
    document.addEventListener('fullscreenchange', raise);
    return () => {
      document.removeEventListener('fullscreenchange', raise);
      host.remove();
    };
  }

  /** Not as an attribute or element, which a page's Content-Security-Policy may refuse. */
  function addStyles(root) {
    if ('adoptedStyleSheets' in root) {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(CONSENT_STYLES);
      root.adoptedStyleSheets = [sheet];
    } else {
      root.append(newElement('style', CONSENT_STYLES)); // Safari before 16.4
    }
  }

  /** @returns {HTMLElement} */
  function newElement(name, textContent = '', className = '') {
    return Object.assign(document.createElement(name), { textContent, className });
  }

  /**
   * The learner's answer to the question for the camera: asked, remembered until the tab is closed,
   * and taken back by a control.
   */
  class Consent {
    #consent;
    #texts;
    #place;
    #onWithdrawn;
    #key = '';
    #answer = null;
    #takeAway = null;
    #opener = null;

    /** @param {Options} options @param {() => void} onWithdrawn The learner pressed the control. */
    constructor({ consent, texts, controlIn }, onWithdrawn) {
      this.#consent = consent;
      this.#texts = { ...CONSENT_TEXTS, ...texts };
      this.#place = controlIn ?? null;
      this.#onWithdrawn = onWithdrawn;
    }

    /**
     * Asks, where this learner has not agreed to this module's camera in this tab already.
     *
     * @param {{user_id: Id, module_id: Id}} ids
     * @returns {Promise<boolean>} false also where `close` came first.
     * @throws {WebcamFailure} The page's own function failed.
     */
    async ask(ids) {
      this.#opener = null;
      if (typeof this.#consent === 'function') return this.#askPage();
      this.#key = consentKey(ids.user_id, ids.module_id);
      const before = storedAnswer(this.#key);
      // What the page was told before does not hold any more once the learner took it back here.
      if (before === 'agreed' || (before === null && this.#consent === 'given')) return true;
      const agreed = await this.#question();
      if (agreed !== null) storeAnswer(this.#key, agreed);
      return agreed === true;
    }

    async #askPage() {
      try {
        return (await this.#consent()) === true;
      } catch (error) {
        throw new WebcamFailure('CONSENT_DECLINED', { detail: `consent: ${error}` });
      }
    }

    /** The learner took it back: the next start asks again. */
    withdraw() {
      if (this.#key) storeAnswer(this.#key, false);
    }

    /** The control by which the learner stops the camera; there until `close`. */
    showControl() {
      this.close();
      const box = newElement('div', '', 'box control');
      box.lang = this.#texts.lang;
      box.tabIndex = -1;
      box.setAttribute('role', 'group');
      box.setAttribute('aria-label', this.#texts.on);
      const withdraw = this.#button('withdraw', () => this.#onWithdrawn());
      box.append(newElement('span', this.#texts.on, 'on'), withdraw);
      this.#takeAway = putIntoPage('control', box, this.#place);
      // Where the question was and the keyboard's place with it; not on the button, which the next
      // press of the space bar would press.
      if (this.#opener && document.activeElement === document.body) box.focus({ preventScroll: true });
      this.#opener = null;
    }

    /** Takes away what is shown; a question is left without an answer. */
    close() {
      this.#answer?.(null);
      this.#takeAway?.();
      this.#takeAway = null;
    }

    /** @returns {Promise<boolean | null>} null where `close` came first. */
    #question() {
      this.close();
      const box = this.#questionBox();
      this.#opener = document.activeElement;
      this.#takeAway = putIntoPage('question', box);
      box.focus({ preventScroll: true });
      return new Promise((resolve) => {
        this.#answer = (agreed) => {
          this.#answer = null;
          this.close();
          this.#opener?.focus?.({ preventScroll: true });
          resolve(agreed);
        };
      });
    }

    #questionBox() {
      const box = newElement('div', '', 'box question');
      box.lang = this.#texts.lang;
      box.tabIndex = -1;
      box.setAttribute('role', 'dialog');
      box.setAttribute('aria-labelledby', 'title');
      box.setAttribute('aria-describedby', 'words');
      box.addEventListener('keydown', ({ key }) => {
        if (key === 'Escape') this.#answer?.(false);
      });
      const title = Object.assign(newElement('h2', this.#texts.title), { id: 'title' });
      const words = Object.assign(newElement('div'), { id: 'words' });
      for (const name of ['purpose', 'pictures', 'numbers', 'freedom']) {
        words.append(newElement('p', this.#texts[name], name));
      }
      const answers = newElement('div', '', 'answers');
      answers.append(
        this.#button('decline', () => this.#answer?.(false)),
        this.#button('agree', () => this.#answer?.(true)),
      );
      box.append(title, words, answers);
      return box;
    }

    #button(name, onClick) {
      const button = Object.assign(newElement('button', this.#texts[name]), { type: 'button' });
      button.addEventListener('click', onClick);
      return button;
    }
  }

  const consentKey = (userId, moduleId) => `eyelearn-consent ${JSON.stringify([userId, moduleId])}`;

  /** @returns {'agreed' | 'declined' | null} null also where the browser forbids storage. */
  function storedAnswer(key) {
    try {
      return sessionStorage.getItem(key);
    } catch {
      return null;
    }
  }

  function storeAnswer(key, agreed) {
    try {
      sessionStorage.setItem(key, agreed ? 'agreed' : 'declined');
    } catch {
      // Forbidden by the browser: asked again at the next start, then.
    }
  }

  const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

  /**
   * Calls back at a rate, in a hidden tab too: there a page's own timers fall to one a second, a
   * Worker's do not. Where the page's Content-Security-Policy forbids the Worker, the page's timer
   * does its best.
   */
  class CaptureClock {
    #onTick;
    #worker = null;
    #timer = null;
    #intervalMs = 0;

    constructor(onTick) {
      this.#onTick = onTick;
    }

    /** Starts, or changes the rate. */
    run(fps) {
      const intervalMs = Math.round(1000 / fps);
      if (intervalMs === this.#intervalMs) return;
      this.#intervalMs = intervalMs;
      if (this.#timer === null) this.#worker ??= this.#startWorker();
      if (this.#worker) this.#worker.postMessage(intervalMs);
      else this.#usePageTimer();
    }

    stop() {
      this.#worker?.terminate();
      clearInterval(this.#timer);
      this.#worker = this.#timer = null;
      this.#intervalMs = 0;
    }

    #startWorker() {
      const source = `let timer;
        onmessage = ({ data }) => {
          clearInterval(timer);
          timer = setInterval(() => postMessage(0), data);
        };`;
      const address = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
      try {
        const worker = new Worker(address);
        worker.onmessage = () => this.#onTick();
        worker.onerror = () => this.#replaceWorker();
        return worker;
      } catch {
        return null; // Some browsers throw here for what others tell by `onerror`.
      } finally {
        URL.revokeObjectURL(address);
      }
    }

    #replaceWorker() {
      if (!this.#worker) return;
      this.#worker.terminate();
      this.#worker = null;
      this.#usePageTimer();
    }

    #usePageTimer() {
      clearInterval(this.#timer);
      this.#timer = setInterval(() => this.#onTick(), this.#intervalMs);
    }
  }

  /**
   * How fast and how finely frames are sent: additive increase while answers come fast,
   * multiplicative decrease when they come late. Plain values; the time is an argument.
   */
  class Pacing {
    #limits;
    #ownFps;
    #changedAt = -Infinity;
    #bestLatencyMs = Infinity;
    #answeredAt = [];
    #waitsUntil = -Infinity;
    unanswered = 0;
    latencyMs = null;

    /** @param {{fps: number, quality: number}} limits */
    constructor(limits) {
      this.#limits = { ...limits };
      this.#ownFps = limits.fps;
      this.quality = limits.quality;
      this.shrink = 1;
      this.maxBytes = Infinity;
    }

    /** What the service takes at most, as `tracking_started` says. */
    obey({ max_fps: maxFps, max_frame_kb: maxFrameKb }, wantedFps) {
      this.obeyRate(maxFps, wantedFps);
      this.maxBytes = (maxFrameKb ?? Infinity) * 1024;
      this.#waitsUntil = -Infinity;
    }

    /** The service changes its rate by load and by how steady the learner is; at once, both ways. */
    obeyRate(maxFps, wantedFps) {
      this.#limits.fps = Math.min(wantedFps, maxFps ?? Infinity);
    }

    get fps() {
      return Math.min(this.#ownFps, this.#limits.fps);
    }

    /** The service has no place for this learner yet. */
    wait(milliseconds, now) {
      this.#waitsUntil = now + milliseconds * (1 + BUSY_JITTER * Math.random());
    }

    /** Whether a frame may go now, or has to wait for an answer or for a place. */
    isFree(now) {
      return now >= this.#waitsUntil && this.unanswered < MAX_UNANSWERED_FRAMES;
    }

    /** @param {Ack | null} ack null when no answer came in time. */
    answered(ack, latencyMs, now) {
      if (ack?.status === 'processed') {
        this.latencyMs = this.latencyMs === null ? latencyMs : 0.8 * this.latencyMs + 0.2 * latencyMs;
        this.#answeredAt.push(now);
        this.#adapt(this.#isLate(latencyMs), now);
      } else if (ack?.status === 'rate_limited') {
        this.#slowDown(now);
      } else if (ack?.reason === 'frame_too_large') {
        this.tooLarge();
      } else if (ack?.status !== 'rejected') {
        this.#adapt(true, now);
      }
    }

    /** A picture came out larger than the service takes: coarser first, then smaller. */
    tooLarge() {
      if (this.quality > MIN_QUALITY) this.quality = Math.max(MIN_QUALITY, this.quality - 0.1);
      else this.shrink *= SHRINK_STEP;
      this.#limits.quality = this.quality;
    }

    answeredPerSecond(now) {
      this.#answeredAt = this.#answeredAt.filter((time) => now - time < STATS_WINDOW_MS);
      return (this.#answeredAt.length * 1000) / STATS_WINDOW_MS;
    }

    #isLate(latencyMs) {
      this.#bestLatencyMs = Math.min(latencyMs, this.#bestLatencyMs * BEST_LATENCY_DRIFT);
      return latencyMs > Math.max(LATE_ANSWER_MS, LATE_FACTOR * this.#bestLatencyMs);
    }

    #adapt(late, now) {
      if (now - this.#changedAt < PACE_STEP_MS) return;
      if (late) {
        this.quality = Math.max(MIN_QUALITY, this.quality - QUALITY_STEP);
        this.#slowDown(now);
        return;
      }
      this.#changedAt = now;
      if (this.#ownFps <= this.#limits.fps) this.#ownFps += RATE_INCREASE_FPS;
      this.quality = Math.min(this.#limits.quality, this.quality + QUALITY_STEP);
    }

    #slowDown(now) {
      if (now - this.#changedAt < PACE_STEP_MS) return;
      this.#changedAt = now;
      this.#ownFps = Math.max(MIN_FPS, this.fps * RATE_DECREASE);
    }
  }

  /** The webcam, on a hidden video, and its pictures as JPEG through a hidden canvas. */
  class Camera {
    #size;
    #onLost;
    #onRefused;
    #holder = null;
    #video = null;
    #canvas = null;
    #stream = null;
    #lastFrame = -1;
    #lastFrameAt = 0;
    #open = false;
    #toldLost = false;
    #reopening = false;
    #retryTimer = null;
    #retryMs = CAMERA_RETRY_MS.first;
    #onDeviceChange = () => this.#devicesChanged();

    /**
     * @param {{width: number, height: number, frameRate: number}} size
     * @param {(detail: string) => void} onLost Once per outage; the camera is tried until it is back.
     * @param {(failure: WebcamFailure) => void} onRefused It is lost, and may not be used again.
     */
    constructor(size, onLost, onRefused) {
      this.#size = size;
      this.#onLost = onLost;
      this.#onRefused = onRefused;
    }

    get stream() {
      return this.#stream;
    }

    /** @throws {WebcamFailure} */
    async open() {
      if (!window.isSecureContext || !navigator.mediaDevices?.getUserMedia) {
        throw new WebcamFailure('INSECURE_CONTEXT');
      }
      this.#open = true;
      navigator.mediaDevices.addEventListener('devicechange', this.#onDeviceChange);
      await this.#attach();
    }

    close() {
      this.#open = false;
      navigator.mediaDevices?.removeEventListener('devicechange', this.#onDeviceChange);
      clearTimeout(this.#retryTimer);
      this.#release();
      this.#holder?.remove();
      this.#holder = this.#video = this.#canvas = null;
    }

    /**
     * The newest picture, or null when the camera gave none since the last call.
     * @returns {Promise<Blob | null>}
     */
    async picture(quality, shrink) {
      if (!this.#isFresh()) return null;
      const { videoWidth, videoHeight } = this.#video;
      this.#canvas.width = Math.round(videoWidth * shrink);
      this.#canvas.height = Math.round(videoHeight * shrink);
      const context = this.#canvas.getContext('2d', { alpha: false });
      context.drawImage(this.#video, 0, 0, this.#canvas.width, this.#canvas.height);
      return new Promise((resolve) => this.#canvas.toBlob(resolve, 'image/jpeg', quality));
    }

    #isFresh() {
      if (!this.#stream?.active || !this.#video?.videoWidth) return false;
      const now = performance.now();
      // `currentTime` runs on between a stream's frames, so it is the second choice.
      const frame = this.#video.getVideoPlaybackQuality?.().totalVideoFrames || this.#video.currentTime;
      if (frame !== this.#lastFrame) {
        this.#lastFrame = frame;
        this.#lastFrameAt = now;
        this.#toldLost = false;
        this.#retryMs = CAMERA_RETRY_MS.first;
        return true;
      }
      if (now - this.#lastFrameAt > CAMERA_SILENT_MS) this.#tellLost('no new pictures');
      return false;
    }

    async #attach() {
      const stream = await this.#ask();
      if (!this.#open) {
        for (const track of stream.getTracks()) track.stop();
        return;
      }
      this.#stream = stream;
      this.#lastFrameAt = performance.now();
      for (const track of stream.getVideoTracks()) track.onended = () => this.#lose(stream);
      this.#ensureElements();
      this.#video.srcObject = stream;
      await this.#video.play().catch((error) => {
        // Closed or replaced while it began to play: the caller has gone on already.
        if (error.name !== 'AbortError') throw cameraFailure(error);
      });
    }

    async #ask() {
      const { width, height, frameRate } = this.#size;
      const video = {
        width: { ideal: width },
        height: { ideal: height },
        frameRate: { ideal: frameRate },
        facingMode: 'user',
      };
      try {
        return await navigator.mediaDevices.getUserMedia({ video, audio: false });
      } catch (error) {
        throw cameraFailure(error);
      }
    }

    #ensureElements() {
      if (this.#holder) return;
      this.#video = document.createElement('video');
      Object.assign(this.#video, { muted: true, playsInline: true, autoplay: true });
      this.#canvas = document.createElement('canvas');
      this.#holder = document.createElement('div');
      this.#holder.setAttribute('aria-hidden', 'true');
      this.#holder.dataset.eyelearn = 'camera';
      // Not `display: none`: some browsers then stop decoding the video.
      Object.assign(this.#holder.style, {
        position: 'fixed', left: '0', bottom: '0', width: '1px', height: '1px',
        overflow: 'hidden', opacity: '0', pointerEvents: 'none',
      });
      this.#holder.append(this.#video, this.#canvas);
      document.body.append(this.#holder);
    }

    #lose(stream) {
      if (stream !== this.#stream) return;
      this.#release();
      this.#tellLost('the camera ended');
      this.#reopenLater();
    }

    #tellLost(detail) {
      if (this.#toldLost) return;
      this.#toldLost = true;
      this.#onLost(detail);
    }

    #release() {
      for (const track of this.#stream?.getTracks() ?? []) {
        track.onended = null;
        track.stop();
      }
      this.#stream = null;
      if (this.#video) this.#video.srcObject = null;
    }

    #devicesChanged() {
      if (this.#stream) return;
      this.#retryMs = CAMERA_RETRY_MS.first;
      this.#reopenIn(CAMERA_PLUGGED_MS);
    }

    #reopenLater() {
      this.#reopenIn(this.#retryMs);
      this.#retryMs = Math.min(2 * this.#retryMs, CAMERA_RETRY_MS.longest);
    }

    #reopenIn(milliseconds) {
      clearTimeout(this.#retryTimer);
      this.#retryTimer = setTimeout(() => void this.#reopen(), milliseconds);
    }

    async #reopen() {
      if (!this.#open || this.#stream || this.#reopening) return;
      this.#reopening = true;
      try {
        await this.#attach();
      } catch (error) {
        this.#release();
        this.#notReopened(error);
      } finally {
        this.#reopening = false;
      }
    }

    #notReopened(failure) {
      if (!this.#open) return;
      // Some browsers refuse every camera to a hidden page.
      if (failure.type === 'CAMERA_PERMISSION_DENIED' && !document.hidden) {
        this.#onRefused(failure);
        return;
      }
      this.#reopenLater();
    }
  }

  /** getUserMedia's errors by name, as the W3C's Media Capture and Streams lists them. */
  function cameraFailure(error) {
    const types = {
      NotAllowedError: 'CAMERA_PERMISSION_DENIED',
      SecurityError: 'CAMERA_PERMISSION_DENIED',
      NotFoundError: 'NO_CAMERA',
      OverconstrainedError: 'NO_CAMERA',
      NotReadableError: 'CAMERA_IN_USE',
      AbortError: 'CAMERA_IN_USE',
    };
    const type = types[error.name] ?? 'CAMERA_IN_USE';
    return new WebcamFailure(type, { detail: `${error.name}: ${error.message}` });
  }

  /**
   * The connection to the service and the session on it. Reconnects for ever, and resumes the
   * session each time.
   */
  class SessionLink {
    #options;
    #ids;
    #handlers;
    #socket = null;
    #retryTimer = null;
    #failures = 0;
    #connections = 0;
    #token = null;
    #tokenProblem = null;
    #refusedToken = null;
    #refusals = 0;
    #started = false;
    #toldUnreachable = false;
    #toldBusy = false;
    #settle = null;
    #calibration = null;
    sessionId = null;

    /**
     * @param {{serverUrl: string, token: Options['token']}} options
     * @param {{user_id: Id, module_id: Id, section_id: Id | null}} ids
     * @param {{started: Function, interrupted: Function, update: Function, busy: Function,
     *     failed: Function, refused: Function}} handlers `busy`: frames are of use in so many
     *     milliseconds; `failed`: it is tried again; `refused`: that is of no use.
     */
    constructor(options, ids, handlers) {
      this.#options = options;
      this.#ids = ids;
      this.#handlers = handlers;
    }

    get started() {
      return this.#started;
    }

    /**
     * Resolves once the service tracks.
     * @throws {WebcamFailure} when it refuses, or does not answer in time.
     */
    async open() {
      const io = await socketIo(this.#options.serverUrl);
      return new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => this.#settle?.(new WebcamFailure('WEBSOCKET_ERROR', { detail: 'no answer in time' })),
          START_TIMEOUT_MS,
        );
        this.#settle = (failure) => {
          clearTimeout(timer);
          this.#settle = null;
          if (failure) reject(failure);
          else resolve();
        };
        this.#connect(io);
      });
    }

    send(event, payload) {
      if (this.#started) this.#socket.emit(event, payload);
    }

    /** @returns {Promise<Ack | null>} null when no answer came in time or the connection broke. */
    async sendFrame(frame, timestamp) {
      try {
        return await this.#socket
          .timeout(ANSWER_TIMEOUT_MS)
          .emitWithAck('video_frame', { frame, timestamp });
      } catch {
        return null; // Socket.IO rejects for exactly these two reasons.
      }
    }

    /**
     * A call while another one waits for its answer shares that answer.
     *
     * @returns {Promise<Calibration>}
     * @throws {CalibrationError}
     */
    calibrate() {
      this.#calibration ??= this.#calibrate().finally(() => {
        this.#calibration = null;
      });
      return this.#calibration;
    }

    /** Ends the session, waiting a moment for the service's word. */
    async stop() {
      if (this.#started) {
        await Promise.race([this.#stopped(), pause(STOP_TIMEOUT_MS)]);
      }
      this.close();
    }

    /** Leaves the session to be resumed. */
    close() {
      clearTimeout(this.#retryTimer);
      this.#started = false;
      this.#settle?.(new WebcamFailure('WEBSOCKET_ERROR', { detail: 'closed by the page' }));
      this.#socket?.off();
      this.#socket?.disconnect();
      this.#socket = null;
    }

    async #calibrate() {
      if (!this.#started) throw new CalibrationError('not_tracking');
      const answer = await this.#socket
        .timeout(CALIBRATE_TIMEOUT_MS)
        .emitWithAck('calibrate', {})
        .catch(() => null); // No answer in time, or the connection broke.
      if (answer?.status === 'processed') return { samples: answer.samples, baseline: answer.baseline };
      throw new CalibrationError(answer?.reason ?? (this.#started ? 'timeout' : 'not_tracking'));
    }

    #stopped() {
      return new Promise((resolve) => {
        this.#socket.once('tracking_stopped', resolve);
        this.#socket.once('disconnect', resolve);
        // What is still answered is about frames from before.
        for (const event of ['tracking_update', 'error']) this.#socket.off(event);
        this.#socket.emit('stop_tracking', {});
      });
    }

    #connect(io) {
      this.#socket = io(this.#options.serverUrl, {
        transports: ['websocket', 'polling'],
        tryAllTransports: true,
        timeout: CONNECT_TIMEOUT_MS,
        forceNew: true,
        reconnectionDelay: RETRY_MS.first,
        reconnectionDelayMax: RETRY_MS.longest,
        randomizationFactor: RETRY_MS.jitter,
        auth: (give) => void this.#auth(give),
      });
      const on = {
        connect: () => this.#start(),
        connect_error: (error) => this.#refused(error),
        disconnect: (reason) => this.#interrupted(reason),
        tracking_started: (answer) => this.#onStarted(answer),
        tracking_update: (update) => this.#onUpdate(update),
        error: (error) => this.#onError(error),
      };
      for (const [event, handler] of Object.entries(on)) this.#socket.on(event, handler);
    }

    async #auth(give) {
      this.#connections += 1;
      const connection = this.#connections;
      let token = null;
      let problem = null;
      try {
        token = await this.#askForToken();
      } catch (error) {
        problem = `token: ${error}`; // Told if the service refuses to go on without.
      }
      if (connection !== this.#connections) return; // Lost meanwhile: the next one asks for itself.
      this.#token = token;
      this.#tokenProblem = problem;
      give(token ? { token } : {});
    }

    /** @throws whatever the page's function does, or that it takes too long. */
    async #askForToken() {
      const { token } = this.#options;
      if (typeof token !== 'function') return token ?? null;
      const late = pause(TOKEN_TIMEOUT_MS).then(() => {
        throw new Error('it did not come in time');
      });
      return (await Promise.race([token(), late])) ?? null;
    }

    #start() {
      this.#socket.emit('start_tracking', {
        ...this.#ids,
        ...(this.sessionId && { session_id: this.sessionId }),
      });
    }

    #onStarted(answer) {
      this.sessionId = answer.session_id ?? null;
      this.#started = true;
      this.#failures = 0;
      this.#refusals = 0;
      this.#toldUnreachable = false;
      this.#handlers.started(answer);
      this.#settle?.(null);
    }

    #onUpdate(update) {
      this.#toldBusy = false;
      this.#handlers.update(update);
    }

    #interrupted(reason) {
      if (this.#started) this.#handlers.interrupted();
      this.#started = false;
      // Socket.IO itself reconnects except where the service closed on purpose.
      if (reason === 'io server disconnect') this.#later(() => this.#socket.connect());
    }

    /** The service cannot be reached, or it answered and refused (`error.data` holds its code). */
    #refused(error) {
      const code = error.data?.code;
      if (code === 'unauthorized') {
        this.#unauthorized(error.data.message);
        return;
      }
      // Some proxies accept a WebSocket and pass nothing on: the next attempt begins with the other.
      if (!code) this.#socket.io.opts.transports.reverse();
      if (!this.#socket.active) this.#later(() => this.#socket.connect());
      const failure = code
        ? new WebcamFailure('SERVER_ERROR', { code, detail: error.data.message })
        : new WebcamFailure('WEBSOCKET_ERROR', { detail: error.message });
      if (FINAL_CODES.includes(code)) {
        this.#end(failure);
        return;
      }
      // Until the first session, what cannot be reached is tried again until the time is up.
      if (this.#settle ? !code : this.#toldUnreachable) return;
      this.#toldUnreachable = true;
      if (this.#settle) this.#settle(failure);
      else this.#handlers.failed(failure);
    }

    /**
     * The token was refused: another is asked for. The same one twice is of no use a third time;
     * different ones are tried for ever, but for the first session, for which a learner waits.
     */
    #unauthorized(message) {
      const detail = this.#tokenProblem ?? message;
      const failure = new WebcamFailure('SERVER_ERROR', { code: 'unauthorized', detail });
      const same = this.#tokenProblem === null && this.#token === this.#refusedToken;
      this.#refusedToken = this.#token;
      this.#refusals += 1;
      if (this.#refusals > 1 && (same || this.#settle)) {
        this.#end(failure);
        return;
      }
      if (this.#refusals === 2) this.#handlers.failed(failure);
      this.#later(() => this.#socket.connect());
    }

    #end(failure) {
      if (this.#settle) this.#settle(failure);
      else this.#handlers.refused(failure);
    }

    #onError({ code, message, event, retry_after_seconds: retryAfter } = {}) {
      // Frames are slowed down by their acknowledgements.
      if (code === 'rate_limited' && event !== 'start_tracking') return;
      if (code === 'not_tracking') {
        if (this.#started) this.#restart();
        return;
      }
      if (event === 'calibrate') return; // Who called it is told, by the acknowledgement.
      if (code === 'unauthorized') {
        // The session is over, and this connection's token has expired.
        this.#socket.disconnect();
        this.#unauthorized(message);
        return;
      }
      const failure = new WebcamFailure('SERVER_ERROR', { code, detail: message });
      if (code === 'overloaded' && retryAfter > 0) this.#busy(failure, retryAfter * 1000);
      else if (this.#settle || FINAL_CODES.includes(code)) this.#end(failure);
      else {
        this.#handlers.failed(failure);
        if (!this.#started) this.#later(() => this.#start());
      }
    }

    /** There is no place for this learner's pictures yet: told once, until one is judged. */
    #busy(failure, milliseconds) {
      this.#handlers.busy(milliseconds);
      if (!this.#toldBusy) this.#handlers.failed(failure);
      this.#toldBusy = true;
    }

    /** The service forgot the session, after a long pause for example: start it again. */
    #restart() {
      this.#started = false;
      this.#handlers.interrupted();
      this.#start();
    }

    #later(action) {
      const longest = Math.min(RETRY_MS.longest, RETRY_MS.first * 2 ** this.#failures);
      this.#failures += 1;
      clearTimeout(this.#retryTimer);
      const jitter = 1 + RETRY_MS.jitter * (2 * Math.random() - 1);
      this.#retryTimer = setTimeout(() => this.#socket && action(), longest * jitter);
    }
  }

  /** One learner's camera and session. Every method may be called at any time, and repeatedly. */
  class WebcamWebSocket {
    #options;
    #consent;
    #camera = null;
    #link = null;
    #pacing = null;
    #clock = null;
    #ids = null;
    #starting = null;
    #stopping = null;
    #ends = 0;
    #capturing = false;
    #encoding = false;
    #connected = false;
    #leftSession = null;
    #onVisibility = () => this.#tellVisibility();
    #onPageHide = () => this.#leave();
    #onPageShow = (event) => this.#comeBack(event);

    /** @param {Options} options */
    constructor(options = {}) {
      this.#options = {
        serverUrl: options.serverUrl || discoverServerUrl(),
        frameRate: options.frameRate ?? 15,
        jpegQuality: options.jpegQuality ?? 0.7,
        videoWidth: options.videoWidth ?? 640,
        videoHeight: options.videoHeight ?? 480,
        token: options.token,
        onTrackingUpdate: options.onTrackingUpdate ?? (() => {}),
        onConnectionChange: options.onConnectionChange ?? (() => {}),
        onError: options.onError ?? ((error) => console.error('EyeLearn Focus:', error)),
      };
      this.#consent = new Consent(options, () => this.withdrawConsent());
    }

    get serverUrl() {
      return this.#options.serverUrl;
    }

    /** Whether the service tracks now. */
    get connected() {
      return this.#connected;
    }

    /** @returns {string | null} */
    get sessionId() {
      return this.#link?.sessionId ?? null;
    }

    /** The camera's stream while it is on, for a page that shows it: `video.srcObject`. */
    get stream() {
      return this.#camera?.stream ?? null;
    }

    /** @returns {Stats} */
    get stats() {
      return {
        fps: this.#pacing?.answeredPerSecond(performance.now()) ?? 0,
        latencyMs: this.#pacing?.latencyMs ?? null,
        quality: this.#pacing?.quality ?? this.#options.jpegQuality,
      };
    }

    /**
     * Asks the learner, switches the camera on, starts a session and the capture. The browser asks
     * for the camera, too, so call it from a click.
     *
     * A second call with the same ids joins the first; with others, it ends that session first.
     *
     * @param {Id} userId @param {Id} moduleId @param {Id | null} [sectionId]
     * @returns {Promise<boolean>} false when the learner said no, or the camera or the service could
     *     not be had: `onError` was told why, the camera is off, and nothing is left in the page.
     */
    async initialize(userId, moduleId, sectionId = null) {
      const ids = { user_id: userId, module_id: moduleId, section_id: sectionId };
      if (this.#starting) {
        if (JSON.stringify(ids) === JSON.stringify(this.#ids)) return this.#starting;
        void this.disconnect();
      }
      const ends = this.#ends;
      if (this.#stopping) await this.#stopping;
      if (ends !== this.#ends) return false; // Disconnected while it waited.
      if (this.#starting) return this.initialize(userId, moduleId, sectionId);
      this.#ids = ids;
      this.#starting = this.#begin();
      return this.#starting;
    }

    /**
     * What this learner answered in this tab when this client asked for this module's camera: a page
     * need not ask again by itself who said no.
     *
     * @param {Id} userId @param {Id} moduleId
     * @returns {'agreed' | 'declined' | null}
     */
    consentOf(userId, moduleId) {
      return storedAnswer(consentKey(userId, moduleId));
    }

    /**
     * What the control does: the camera goes off at once, the session is stopped and saved, and the
     * learner is asked again before the next one.
     */
    withdrawConsent() {
      this.#consent.withdraw();
      if (this.#link) this.#giveUp(new WebcamFailure('CONSENT_WITHDRAWN'));
    }

    /** Sends frames, again after `stopCapture`. */
    startCapture() {
      if (!this.#camera || !this.#link) return;
      this.#capturing = true;
      this.#clock.run(this.#pacing.fps);
    }

    /** Sends no frames until `startCapture`; the camera stays on, and the time does not count. */
    stopCapture() {
      this.#capturing = false;
      this.#clock?.stop();
    }

    /**
     * From now on, where the learner has been looking for the last second counts as the middle of
     * their screen. A call while another one waits for its answer shares that answer.
     *
     * @returns {Promise<Calibration>}
     * @throws {CalibrationError} Its `message` is for the learner; its `code` is `not_tracking` where
     *     no session runs or the connection is lost, `timeout`, or the service's: `invalid_payload`
     *     where no face was seen, or one turned far away. `onError` is not told, tracking goes on.
     */
    async calibrate() {
      if (!this.#link) throw new CalibrationError('not_tracking');
      return this.#link.calibrate();
    }

    /** Ends the session, switches the camera off, and removes all that this added to the page. */
    async disconnect() {
      this.#ends += 1;
      this.#leftSession = null;
      window.removeEventListener('pageshow', this.#onPageShow);
      const link = this.#link;
      this.#releaseCamera();
      if (!link) return this.#stopping;
      this.#link = null;
      this.#starting = null;
      this.#stopping = link.stop().finally(() => {
        this.#stopping = null;
        this.#setConnected(false);
      });
      return this.#stopping;
    }

    /**
     * @param {{id: string | null} | null} [left] The session that goes on, consented to already.
     * @returns {Promise<boolean>}
     */
    #begin(left = null) {
      const { frameRate, jpegQuality, videoWidth, videoHeight } = this.#options;
      const size = { width: videoWidth, height: videoHeight, frameRate };
      this.#pacing = new Pacing({ fps: frameRate, quality: jpegQuality });
      this.#clock = new CaptureClock(() => this.#capture());
      const camera = new Camera(
        size,
        (detail) => this.#fail(new WebcamFailure('CAMERA_LOST', { detail })),
        (failure) => this.#giveUp(failure),
      );
      const link = new SessionLink(this.#options, this.#ids, {
        started: (answer) => this.#onStarted(answer),
        interrupted: () => this.#setConnected(false),
        update: (update) => this.#onUpdate(update),
        busy: (milliseconds) => this.#pacing.wait(milliseconds, performance.now()),
        failed: (failure) => this.#fail(failure),
        refused: (failure) => this.#giveUp(failure),
      });
      link.sessionId = left?.id ?? null;
      this.#capturing = true;
      this.#camera = camera;
      this.#link = link;
      return this.#open(camera, link, left !== null);
    }

    async #open(camera, link, agreed) {
      try {
        if (!agreed && !(await this.#consent.ask(this.#ids))) throw new WebcamFailure('CONSENT_DECLINED');
        if (link !== this.#link) return false;
        await camera.open();
        if (link !== this.#link) return false;
        this.#consent.showControl();
        this.#listen();
        await link.open();
        return link === this.#link;
      } catch (error) {
        if (link !== this.#link) return false; // Disconnected meanwhile: nobody waits for this.
        this.#link = this.#starting = null;
        this.#releaseCamera();
        link.close();
        this.#fail(error, true);
        return false;
      }
    }

    #onStarted(answer) {
      this.#pacing.obey(answer, this.#options.frameRate);
      this.#tellVisibility();
      this.#setConnected(true);
      if (this.#capturing) this.startCapture();
    }

    #onUpdate(update) {
      if (update.max_fps > 0) {
        this.#pacing.obeyRate(update.max_fps, this.#options.frameRate);
        if (this.#capturing) this.#clock.run(this.#pacing.fps);
      }
      this.#tell('onTrackingUpdate', update);
    }

    #listen() {
      document.addEventListener('visibilitychange', this.#onVisibility);
      window.addEventListener('pagehide', this.#onPageHide);
    }

    #releaseCamera() {
      this.#consent.close();
      this.stopCapture();
      document.removeEventListener('visibilitychange', this.#onVisibility);
      window.removeEventListener('pagehide', this.#onPageHide);
      this.#camera?.close();
      this.#camera = null;
    }

    async #capture() {
      const pacing = this.#pacing;
      const link = this.#link;
      if (!link?.started || !this.#capturing || this.#encoding) return;
      if (!pacing.isFree(performance.now())) return;
      this.#encoding = true;
      try {
        const timestamp = Date.now();
        const picture = await this.#camera.picture(pacing.quality, pacing.shrink);
        if (!picture || !link.started) return;
        if (picture.size > pacing.maxBytes) pacing.tooLarge();
        else void this.#sendFrame(await picture.arrayBuffer(), timestamp, pacing, link);
      } finally {
        this.#encoding = false;
      }
    }

    async #sendFrame(frame, timestamp, pacing, link) {
      const sentAt = performance.now();
      pacing.unanswered += 1;
      const ack = await link.sendFrame(frame, timestamp);
      pacing.unanswered -= 1;
      const now = performance.now();
      pacing.answered(ack, now - sentAt, now);
      if (this.#capturing && pacing === this.#pacing) this.#clock.run(pacing.fps);
    }

    #tellVisibility() {
      this.#link?.send('page_visibility', { hidden: document.hidden });
    }

    #setConnected(connected) {
      if (connected === this.#connected) return;
      this.#connected = connected;
      this.#tell('onConnectionChange', connected);
    }

    /** The page is left: the camera goes off, and the service closes the session when it sees so. */
    #leave() {
      this.#leftSession = { id: this.sessionId };
      const link = this.#link;
      this.#link = this.#starting = null;
      this.#releaseCamera();
      link?.close();
      this.#setConnected(false);
      window.addEventListener('pageshow', this.#onPageShow);
    }

    /** The page comes back from the browser's back-forward cache: its session goes on. */
    #comeBack({ persisted }) {
      window.removeEventListener('pageshow', this.#onPageShow);
      if (persisted && this.#leftSession) this.#starting = this.#begin(this.#leftSession);
      this.#leftSession = null;
    }

    /** Ends a session that can't go on. */
    #giveUp(failure) {
      void this.disconnect();
      this.#setConnected(false);
      this.#fail(failure, true);
    }

    #fail(error, final = false) {
      const failure =
        error instanceof WebcamFailure ? error : new WebcamFailure('SERVER_ERROR', { detail: String(error) });
      this.#tell('onError', failure.toError(final));
    }

    /** A fault in the page's own callback is shown in its console, and stops nothing here. */
    #tell(callback, value) {
      try {
        this.#options[callback](value);
      } catch (error) {
        reportError(error);
      }
    }
  }

  window.WebcamWebSocket = WebcamWebSocket;
})();
