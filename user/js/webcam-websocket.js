/**
 * EyeLearn Focus in a browser: tells the page live whether the learner before its camera looks at the
 * lesson. Where their browser can find the landmarks of their face itself, only these are sent to the
 * service, and else the pictures. A plain script that defines one global class.
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
   * @property {'auto' | 'browser' | 'server'} [mode] Where faces are found. `'browser'`: here, and no
   *     picture is ever sent. `'server'`: there, and pictures are sent. `'auto'`, the default: here
   *     where this browser can, and else there.
   * @property {boolean} [allowPictures] Whether `'auto'` may send pictures; true is the default.
   * @property {number} [batchSeconds] Landmarks are sent once in so many seconds; 1 is the default.
   * @property {'ask' | 'given' | (() => boolean | Promise<boolean>)} [consent] Who asks the learner
   *     for the camera: this client (`'ask'`, the default), the page itself (a function, called
   *     before each start; anything but `true` is a no), or nobody, since the page has asked
   *     already (`'given'`, until it is withdrawn).
   * @property {Partial<ConsentTexts>} [texts] What the learner is asked, in other words or languages.
   * @property {Element | null} [controlIn] Where the page wants the control that withdraws. Default:
   *     the window's corner.
   * @property {(update: object) => void} [onTrackingUpdate] Each `tracking_update` of the service.
   * @property {(connected: boolean) => void} [onConnectionChange] Tracking goes on, or waits.
   * @property {(change: ModeChange) => void} [onModeChange] At each start, and when it changes.
   * @property {(error: WebcamError) => void} [onError]
   *
   * @typedef {object} ConsentTexts
   * @property {string} lang Language of the others, as in HTML's `lang`.
   * @property {string} title
   * @property {string} purpose What the camera is for.
   * @property {string} pictures What becomes of the pictures where they are sent.
   * @property {string} landmarks The same where they are not; `pictures` where only that is given.
   * @property {string} either The same where that depends on the browser; likewise.
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
   * @typedef {object} ModeChange
   * @property {'browser' | 'server'} mode
   * @property {string | null} reason Why the browser does not find the faces, for a developer.
   *
   * @typedef {object} Stats
   * @property {number} fps Frames or samples answered per second, over the last seconds.
   * @property {number | null} latencyMs From sending a frame or a batch to its answer, smoothed.
   * @property {number} quality JPEG quality in use, 0 to 1.
   * @property {number | null} meshMs What one picture takes Face Mesh in this browser, smoothed.
   *
   * @typedef {object} Sample What one picture shows, as `landmark-worker.js` tells it.
   * @property {number} at Milliseconds on this machine's clock.
   * @property {boolean} hidden Whether the page was out of sight.
   * @property {number} width Of the picture, in pixels.
   * @property {number} height
   * @property {number} faces
   * @property {Float32Array} points x, y, z of each landmark; NaN where there is no face.
   * @property {number | null} brightness
   * @property {number} tookMs
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

  const OWN_ADDRESS = document.currentScript?.src;
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

  const CLOSED_BY_PAGE = 'closed by the page';

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

  const MODES = ['auto', 'browser', 'server'];
  const SAMPLES_PER_SECOND = 5;
  // From one sample to half of the silence after which the service ends a session.
  const BATCH_SECONDS = { shortest: 0.2, usual: 1, longest: 30 };
  // The service takes 300, but a school that comes back after an outage should not keep it busy with
  // one learner's minute at a time; and what it takes is of the last ten minutes.
  const MAX_BATCH_SAMPLES = 50;
  const KEPT_MS = 600_000;
  const BATCH_RETRY_MS = 1_000;
  const FINISH_MS = 1_500;
  // This machine was asleep, or its clock was set.
  const CLOCK_JUMP_MS = 1_000;

  const ASSETS_PATH = '/face-mesh';
  const WORKER_NAME = 'landmark-worker.js';
  const WORKER_PATH = `/user/js/${WORKER_NAME}`;
  const FRAME_PATH = '/landmark-frame';
  // Some kilobytes that are cached; what does not come by then is refused without a word.
  const ALIVE_TIMEOUT_MS = 8_000;
  // 5.5 MB over a mobile network, once, and then the models are loaded.
  const READY_TIMEOUT_MS = 90_000;
  // It asks for a picture five times a second.
  const SILENT_MS = 10_000;
  // Of a graphics driver that is restarted, for example.
  const RESTARTS = { most: 3, withinMs: 120_000 };
  // Pictures that tell whether this browser is quick enough; the first ones load what they need.
  // Useless: the service counts nothing over a gap of 2 s.
  const TRIAL = { warmUp: 2, samples: 20, slowMs: 120, uselessMs: 1_900 };
  const VERDICT_KEY = 'eyelearn-face-mesh';
  const QUICK = 'quick';

  /** For a child of ten, and true: docs/privacy.md says the same at length. @type {ConsentTexts} */
  const CONSENT_TEXTS = {
    lang: 'en',
    title: 'May this lesson use your camera?',
    purpose: 'The camera is there to tell whether you look at the lesson.',
    pictures: 'A computer judges each picture at once and then forgets it. No picture is kept, and nobody watches you.',
    landmarks: 'The pictures stay on this computer. It finds some points of your face in them, such as the corners of your eyes, and tells only where those are. Nobody watches you.',
    either: 'If this computer is quick enough, the pictures stay on it, and it tells only where some points of your face are. If not, a computer of the course judges each picture at once and then forgets it. No picture is kept, and nobody watches you.',
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
    BROWSER_UNSUPPORTED:
      'This browser cannot find the points of your face quickly enough, and pictures may not be sent. Try another browser or computer. The lesson works without the camera.',
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
      await loadScript(address, SOCKET_IO_INTEGRITY);
    }
    if (typeof window.io === 'function') return window.io;
    throw new WebcamFailure('WEBSOCKET_ERROR', { detail: `not loaded: ${addresses.join(', ')}` });
  }

  /** Resolves when the script ran, failed or took too long; which of these, what it defines tells. */
  function loadScript(address, integrity = '') {
    return new Promise((resolve) => {
      const script = document.createElement('script');
      Object.assign(script, { src: address, integrity, crossOrigin: 'anonymous' });
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
    #permitted;
    #texts;
    #place;
    #onWithdrawn;
    #key = '';
    #answer = null;
    #takeAway = null;
    #opener = null;

    /**
     * @param {Options & {permitted: 'pictures' | 'landmarks' | 'either'}} options `permitted`: what
     *     may be sent.
     * @param {() => void} onWithdrawn The learner pressed the control.
     */
    constructor({ consent, texts, controlIn, permitted }, onWithdrawn) {
      this.#consent = consent;
      this.#permitted = permitted;
      // Not in two languages: what the page says of pictures stands for all that may be sent.
      const ofPictures = texts?.pictures && { landmarks: texts.pictures, either: texts.pictures };
      this.#texts = { ...CONSENT_TEXTS, ...ofPictures, ...texts };
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
      if (this.#covers(before) || (before === null && this.#consent === 'given')) return true;
      const agreed = await this.#question();
      if (agreed !== null) storeAnswer(this.#key, agreed ? this.#agreement : DECLINED);
      return agreed === true;
    }

    get #agreement() {
      return this.#permitted === 'landmarks' ? AGREED_TO_LANDMARKS : AGREED;
    }

    /** Who agreed to landmarks did not agree to pictures. */
    #covers(answer) {
      return answer === AGREED || answer === this.#agreement;
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
      if (this.#key) storeAnswer(this.#key, DECLINED);
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
      for (const name of ['purpose', this.#permitted, 'numbers', 'freedom']) {
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

  const AGREED = 'agreed';
  const AGREED_TO_LANDMARKS = 'agreed to landmarks';
  const DECLINED = 'declined';

  /** @returns {string | null} One of the above; null also where the browser forbids storage. */
  function storedAnswer(key) {
    try {
      return sessionStorage.getItem(key);
    } catch {
      return null;
    }
  }

  function storeAnswer(key, answer) {
    try {
      sessionStorage.setItem(key, answer);
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

  /** The webcam, on a hidden video, and its pictures: as JPEG through a hidden canvas, or bare. */
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

    /**
     * The newest picture for a Worker, or null when the camera gave none since the last call.
     * @returns {Promise<VideoFrame | ImageBitmap | null>}
     */
    async bareFrame() {
      if (!this.#isFresh()) return null;
      // Taken from the video without a copy; a bitmap costs the page's thread 2 to 4 ms.
      if (typeof VideoFrame === 'function') return new VideoFrame(this.#video);
      return createImageBitmap(this.#video);
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
      this.#holder = hideFromView(document.createElement('div'), 'camera');
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
    #closed = false;
    sessionId = null;
    /** Whether the service takes pictures; it says so at the start. */
    takesPictures = true;

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
      if (this.#closed) throw new WebcamFailure('WEBSOCKET_ERROR', { detail: CLOSED_BY_PAGE });
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
    sendFrame(frame, timestamp) {
      return this.#ask('video_frame', { frame, timestamp });
    }

    /** @returns {Promise<Ack | null>} As for a frame. */
    sendLandmarks(batch) {
      return this.#ask('face_landmarks', batch);
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
      this.#closed = true;
      this.#settle?.(new WebcamFailure('WEBSOCKET_ERROR', { detail: CLOSED_BY_PAGE }));
      this.#socket?.off();
      this.#socket?.disconnect();
      this.#socket = null;
    }

    async #ask(event, payload) {
      try {
        return await this.#socket.timeout(ANSWER_TIMEOUT_MS).emitWithAck(event, payload);
      } catch {
        return null; // Socket.IO rejects for exactly these two reasons.
      }
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
      this.takesPictures = answer.browser_streaming_enabled !== false;
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

  /** This machine's clock: it never goes back, and does not stand still while the machine sleeps. */
  class SampleClock {
    #ahead = 0;

    /** @returns {number} Milliseconds, whole. */
    now() {
      const steady = performance.timeOrigin + performance.now();
      const ahead = Date.now() - steady;
      if (ahead > this.#ahead + CLOCK_JUMP_MS) this.#ahead = ahead;
      return Math.round(steady + this.#ahead);
    }
  }

  const sampleClock = new SampleClock();

  /**
   * Samples on their way: gathered into batches, and kept, in order, until the service has counted
   * them. Plain values; the time is an argument.
   */
  class SampleBatches {
    #gathered = [];
    #closed = [];
    #underWay = false;

    /** @param {Sample} sample */
    add(sample) {
      if (this.#gathered.length > 0 && !areAlike(this.#gathered[0], sample)) this.close();
      this.#gathered.push(sample);
    }

    /** Milliseconds that the first sample has waited for others. */
    gatheringFor(now) {
      return this.#gathered.length > 0 ? now - this.#gathered[0].at : 0;
    }

    /** What is gathered is a batch; while none can be sent, it joins the one before. */
    close() {
      const samples = this.#gathered;
      this.#gathered = [];
      if (samples.length === 0) return;
      const last = this.#closed.at(-1);
      const isFixed = this.#underWay && this.#closed.length === 1;
      const joins =
        last && !isFixed && areAlike(last[0], samples[0]) && last.length + samples.length <= MAX_BATCH_SAMPLES;
      if (joins) last.push(...samples);
      else this.#closed.push(samples);
    }

    /** The oldest batch, without what the service would refuse for its age. */
    next(now) {
      const oldest = now - KEPT_MS;
      while (this.#closed.length > 0) {
        const samples = this.#closed[0].filter(({ at }) => at >= oldest);
        if (samples.length > 0) {
          this.#closed[0] = samples;
          this.#underWay = true;
          return samples;
        }
        this.#closed.shift();
      }
      return null;
    }

    /** @param {boolean} done Whether it is of no use any more to send what `next` gave. */
    answered(done) {
      this.#underWay = false;
      if (done) this.#closed.shift();
    }
  }

  /** Whether two samples fit into one batch. */
  function areAlike(one, other) {
    return ['width', 'height', 'hidden'].every((name) => one[name] === other[name]);
  }

  /** `face_landmarks` of these samples, one at least. */
  function landmarksMessage(samples, now) {
    const { width, height, hidden, points } = samples[0];
    // Little-endian, as every machine that runs a browser is.
    const all = new Float32Array(points.length * samples.length);
    samples.forEach((sample, number) => all.set(sample.points, points.length * number));
    return {
      sent_at: Math.max(now, samples.at(-1).at),
      width,
      height,
      hidden,
      timestamps: samples.map(({ at }) => at),
      face_counts: samples.map(({ faces }) => faces),
      brightness: samples.map(({ brightness }) => brightness),
      points: all.buffer,
    };
  }

  /** Sends samples, one batch at a time, and again until the service has counted them. */
  class SampleSender {
    #link;
    #ownBatchMs;
    #batchMs;
    #nextBatchMs;
    #batches = new SampleBatches();
    #hidden = null;
    #sending = null;
    #closeTimer = null;
    #retryTimer = null;
    #counted = [];
    latencyMs = null;

    /** @param {SessionLink} link @param {number} batchSeconds */
    constructor(link, batchSeconds) {
      this.#link = link;
      this.#nextBatchMs = this.#batchMs = this.#ownBatchMs = 1000 * batchSeconds;
    }

    /** The service asks for less frequent batches while it has too many learners for one a second. */
    obey({ batch_seconds: seconds }) {
      if (seconds === undefined) return;
      const { longest } = BATCH_SECONDS;
      const batchMs = Math.max(this.#ownBatchMs, 1000 * Math.min(seconds, longest));
      if (batchMs === this.#batchMs) return;
      this.#batchMs = batchMs;
      // A whole school is told within a second, and is not to send within one for ever.
      this.#nextBatchMs = this.#ownBatchMs + (this.#batchMs - this.#ownBatchMs) * Math.random();
    }

    /** @param {Sample} sample */
    add(sample) {
      this.#batches.add(sample);
      const waited = this.#batches.gatheringFor(sample.at + 1000 / SAMPLES_PER_SECOND);
      // The first of a page that went out of sight, or came back, is sent at once.
      const changed = this.#hidden !== null && sample.hidden !== this.#hidden;
      this.#hidden = sample.hidden;
      if (changed || waited >= this.#nextBatchMs) this.flush();
      // Where no more samples come. A hidden page's timers are late, hence the look above.
      else this.#closeTimer ??= setTimeout(() => this.flush(), this.#nextBatchMs);
    }

    /** Sends what is gathered. */
    flush() {
      clearTimeout(this.#closeTimer);
      this.#closeTimer = null;
      this.#nextBatchMs = this.#batchMs;
      this.#batches.close();
      this.resume();
    }

    /** The session goes on: what was kept is sent. */
    resume() {
      this.#sending ??= this.#sendAll().finally(() => {
        this.#sending = null;
      });
      return this.#sending;
    }

    /** Sends all there is, and waits for its answers for a moment. */
    async finish() {
      this.flush();
      await Promise.race([this.#sending, pause(FINISH_MS)]);
    }

    close() {
      clearTimeout(this.#closeTimer);
      clearTimeout(this.#retryTimer);
    }

    countedPerSecond(now) {
      const recent = this.#counted.filter(({ at }) => now - at < STATS_WINDOW_MS + this.#batchMs);
      this.#counted = recent;
      const samples = recent.reduce((sum, { count }) => sum + count, 0);
      return (1000 * samples) / (STATS_WINDOW_MS + this.#batchMs);
    }

    async #sendAll() {
      let samples;
      while (this.#link.started && (samples = this.#batches.next(sampleClock.now()))) {
        const sentAt = performance.now();
        const ack = await this.#link.sendLandmarks(landmarksMessage(samples, sampleClock.now()));
        const isCounted = ['processed', 'superseded'].includes(ack?.status);
        // What the service does not understand it won't understand next time.
        this.#batches.answered(isCounted || ack?.reason === 'invalid_payload');
        if (isCounted) this.#note(samples.length, performance.now(), sentAt);
        else if (ack?.reason !== 'invalid_payload') {
          this.#retryLater();
          return;
        }
      }
    }

    #retryLater() {
      clearTimeout(this.#retryTimer);
      this.#retryTimer = setTimeout(() => void this.resume(), BATCH_RETRY_MS);
    }

    #note(count, now, sentAt) {
      this.#counted.push({ at: now, count });
      this.latencyMs = this.latencyMs === null ? now - sentAt : 0.8 * this.latencyMs + 0.2 * (now - sentAt);
    }
  }

  /** Why Face Mesh does not run in this browser. */
  class MeshFailure extends Error {
    /**
     * @param {'unsupported' | 'blocked' | 'error' | 'slow' | 'useless'} kind The first three as
     *     `landmark-worker.js` tells them.
     * @param {string} detail
     */
    constructor(kind, detail) {
      super(detail);
      this.kind = kind;
    }
  }

  /**
   * @typedef {object} FarEnd Where `landmark-worker.js` runs.
   * @property {Worker | MessagePort} port
   * @property {() => void} close
   * @property {boolean} [filmsItself] Whether it has its own camera.
   *
   * @typedef {object} Place What a way needs to know.
   * @property {string} serverUrl
   * @property {{width: number, height: number, frameRate: number}} size
   */

  /**
   * A Worker of the page's origin: the platform's own copy, or ours on our own pages.
   * @type {Way}
   */
  function workerBesideTheScript(_place, refuse) {
    if (!OWN_ADDRESS || new URL(OWN_ADDRESS).origin !== location.origin) {
      throw new MeshFailure('blocked', 'this script is not of the page’s origin');
    }
    return workerAt(new URL(WORKER_NAME, OWN_ADDRESS).href, refuse);
  }

  /**
   * A Worker of the page's origin that begins with one line and loads the rest from the service:
   * where the page's Content-Security-Policy lets it, or there is none.
   * @type {Way}
   */
  function workerOfTheService({ serverUrl }, refuse) {
    const source = `importScripts(${JSON.stringify(new URL(WORKER_PATH, serverUrl).href)});`;
    const address = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
    const end = workerAt(address, refuse);
    return { ...end, close: () => (end.close(), URL.revokeObjectURL(address)) };
  }

  function workerAt(address, refuse) {
    const worker = new Worker(address);
    worker.onerror = (event) => {
      event.preventDefault();
      refuse(`Worker: ${event.message ?? 'not loaded'}`);
    };
    return { port: worker, close: () => worker.terminate() };
  }

  /**
   * A hidden frame of the service's origin, which has the camera and the Worker.
   * @type {Way}
   */
  function frameOfTheService({ serverUrl, size }, refuse) {
    const { origin } = new URL(serverUrl);
    const frame = hideFromView(document.createElement('iframe'), 'frame');
    Object.assign(frame, { src: new URL(FRAME_PATH, serverUrl).href, allow: 'camera', tabIndex: -1 });
    if (frame.featurePolicy?.allowsFeature('camera') === false) {
      throw new MeshFailure('blocked', `Permissions-Policy: no camera for ${origin}`);
    }
    const channel = new MessageChannel();
    const meet = ({ source, data, origin: from }) => {
      if (source !== frame.contentWindow || from !== origin || data?.eyelearn !== 'frame') return;
      source.postMessage({ eyelearn: 'page', size }, origin, [channel.port2]);
    };
    const onViolation = ({ blockedURI, effectiveDirective: directive }) => {
      if (blockedURI.startsWith(origin) && /^(frame|child)-src/.test(directive)) {
        refuse(`Content-Security-Policy: ${directive}`);
      }
    };
    window.addEventListener('message', meet);
    document.addEventListener('securitypolicyviolation', onViolation);
    document.body.append(frame);
    const close = () => {
      window.removeEventListener('message', meet);
      document.removeEventListener('securitypolicyviolation', onViolation);
      channel.port1.close();
      frame.remove();
    };
    return { port: channel.port1, close, filmsItself: true };
  }

  /**
   * The page's own thread and timer: where it allows neither a Worker nor a frame.
   * @type {Way}
   */
  async function pageItself({ serverUrl }) {
    try {
      new Function(''); // Before the camera is on for nothing: Face Mesh needs as much.
    } catch {
      throw new MeshFailure('blocked', 'Content-Security-Policy: no \'unsafe-eval\'');
    }
    const beside = OWN_ADDRESS && new URL(WORKER_NAME, OWN_ADDRESS).href;
    for (const address of [beside, new URL(WORKER_PATH, serverUrl).href]) {
      if (!window.EyeLearnLandmarkServer && address) await loadScript(address);
    }
    const Server = window.EyeLearnLandmarkServer;
    if (!Server) throw new MeshFailure('blocked', `${WORKER_NAME} was not loaded`);
    const channel = new MessageChannel();
    new Server(channel.port2);
    const close = () => {
      channel.port1.postMessage({ type: 'stop' });
      channel.port1.close();
    };
    return { port: channel.port1, close };
  }

  /**
   * In this order.
   * @typedef {(place: Place, refuse: (detail: string) => void) => FarEnd | Promise<FarEnd>} Way
   * @type {Way[]}
   */
  const WAYS = [workerBesideTheScript, workerOfTheService, frameOfTheService, pageItself];

  /** Out of sight, and out of reach of keyboard and screen reader. */
  function hideFromView(element, name) {
    element.setAttribute('aria-hidden', 'true');
    element.dataset.eyelearn = name;
    // Not `display: none`: some browsers then stop decoding the video.
    Object.assign(element.style, {
      position: 'fixed', left: '0', bottom: '0', width: '1px', height: '1px', border: '0',
      overflow: 'hidden', opacity: '0', pointerEvents: 'none',
    });
    return element;
  }

  /** A promise and how it is settled; one that nobody waits for may be rejected. */
  function deferred() {
    const made = {};
    made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
    made.promise.catch(() => {});
    return made;
  }

  /** @throws {MeshFailure} It took longer. */
  async function within(milliseconds, promise, what) {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new MeshFailure('blocked', `${what}: no answer`)), milliseconds);
    });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
  }

  /** Face Mesh at a far end, which is fed with the camera's pictures, unless it films itself. */
  class LandmarkSource {
    #end;
    #camera;
    #handlers;
    #steps = { alive: deferred(), filming: deferred(), ready: deferred() };
    #isFilming = false;
    #isReady = false;
    #feeding = false;
    #closed = false;
    #heardAt = 0;
    #lookedAt = 0;
    #watch = null;

    /**
     * @param {Camera} camera
     * @param {{sample: (sample: Sample) => void, failed: (failure: MeshFailure) => void,
     *     camera?: (failure: WebcamFailure, final: boolean) => void, tick?: () => void}} handlers
     *     `camera`: that of an end that films itself.
     */
    constructor(camera, handlers) {
      this.#camera = camera;
      this.#handlers = handlers;
    }

    /**
     * Resolves when it is there, and loads.
     * @param {Way} way @param {Place} place
     * @throws {MeshFailure}
     */
    async open(way, place) {
      try {
        this.#end = await way(place, (detail) => this.#fail(new MeshFailure('blocked', detail)));
      } catch (error) {
        throw error instanceof MeshFailure ? error : new MeshFailure('blocked', String(error));
      }
      if (this.#closed) this.#end.close();
      this.#end.port.onmessage = ({ data }) => this.#take(data);
      await within(ALIVE_TIMEOUT_MS, this.#steps.alive.promise, way.name);
      this.#end.port.postMessage({ type: 'start', assets: new URL(ASSETS_PATH, place.serverUrl).href });
    }

    /** The camera is on. @throws {WebcamFailure} @throws {MeshFailure} */
    async film() {
      if (this.#end.filmsItself) {
        this.#camera.close();
        await this.#steps.filming.promise;
        this.#isFilming = true;
      } else if (!this.#camera.stream) {
        await this.#camera.open();
      }
    }

    /** Resolves when pictures may come. @throws {MeshFailure} */
    async ready() {
      await within(READY_TIMEOUT_MS, this.#steps.ready.promise, 'Face Mesh');
      this.#isReady = true;
    }

    /** @param {number[]} indices */
    run(indices) {
      this.#end.port.postMessage({ type: 'run', intervalMs: 1000 / SAMPLES_PER_SECOND, indices });
      this.#heardAt = this.#lookedAt = performance.now();
      this.#watch ??= setInterval(() => this.#look(), SILENT_MS / 2);
    }

    pause() {
      clearInterval(this.#watch);
      this.#watch = null;
      this.#end?.port.postMessage({ type: 'run', intervalMs: 0, indices: [] });
    }

    close() {
      if (this.#closed) return;
      this.pause();
      this.#closed = true;
      this.#rejectSteps(new MeshFailure('blocked', 'closed'));
      this.#end?.close();
    }

    #take(message) {
      if (this.#closed) return;
      this.#heardAt = performance.now();
      const { type, about, ...rest } = message;
      if (type === 'tick') this.#tick();
      else if (type === 'sample') this.#handlers.sample({ ...rest, ...about });
      else if (type === 'failed') this.#fail(new MeshFailure(rest.kind, rest.detail));
      else if (type === 'camera') this.#cameraFailed(rest);
      else this.#steps[type]?.resolve();
    }

    #tick() {
      this.#handlers.tick?.();
      if (!this.#end.filmsItself && !this.#feeding) void this.#feed();
    }

    async #feed() {
      this.#feeding = true;
      try {
        const about = { at: sampleClock.now(), hidden: document.hidden };
        const picture = await this.#camera.bareFrame();
        if (!picture) return;
        if (this.#closed) picture.close();
        else this.#end.port.postMessage({ type: 'picture', picture, about }, [picture]);
      } finally {
        this.#feeding = false;
      }
    }

    #cameraFailed({ failure: { type, detail }, final }) {
      const failure = new WebcamFailure(type, { detail });
      if (this.#isFilming) this.#handlers.camera(failure, final);
      else this.#steps.filming.reject(failure);
    }

    #fail(failure) {
      if (this.#closed) return;
      this.#rejectSteps(failure);
      if (this.#isReady) this.#handlers.failed(failure);
    }

    #rejectSteps(failure) {
      for (const step of Object.values(this.#steps)) step.reject(failure);
    }

    /** Whether it still asks for pictures; a machine that slept has not been listening either. */
    #look() {
      const now = performance.now();
      const slept = now - this.#lookedAt > SILENT_MS;
      this.#lookedAt = now;
      if (slept) this.#heardAt = now;
      if (now - this.#heardAt > SILENT_MS) this.#fail(new MeshFailure('error', 'Face Mesh hangs'));
    }
  }

  /** Whether this browser is quick enough, told by the first pictures with a face. */
  class MeshTrial {
    #seen = 0;
    #times = [];

    /** @param {Sample} sample @returns {'quick' | 'slow' | 'useless' | null} null: not known yet. */
    judge({ faces, tookMs }) {
      // Without a face the half of the work is not done.
      if (faces === 0 && tookMs <= TRIAL.slowMs) return null;
      this.#seen += 1;
      if (this.#seen <= TRIAL.warmUp) return null;
      this.#times.push(tookMs);
      if (this.#mostTookOver(TRIAL.uselessMs)) return 'useless';
      if (this.#mostTookOver(TRIAL.slowMs)) return 'slow';
      return this.#times.length >= TRIAL.samples ? QUICK : null;
    }

    #mostTookOver(milliseconds) {
      return this.#times.filter((tookMs) => tookMs > milliseconds).length > TRIAL.samples / 2;
    }
  }

  /** What was found about this browser today, for all pages of this site: 'quick', or why not. */
  function rememberedVerdict() {
    try {
      const { day, verdict } = JSON.parse(localStorage.getItem(VERDICT_KEY)) ?? {};
      return day === new Date().toDateString() ? verdict : null;
    } catch {
      return null; // Forbidden by the browser, or somebody else's: it is tried again, then.
    }
  }

  function rememberVerdict(verdict) {
    try {
      localStorage.setItem(VERDICT_KEY, JSON.stringify({ day: new Date().toDateString(), verdict }));
    } catch {
      // Forbidden by the browser.
    }
  }

  /** The camera's faces as landmarks, found in this browser, in the first way that works. */
  class LandmarkStream {
    mode = 'browser';
    meshMs = null;
    #place;
    #camera;
    #handlers;
    #ways = [...WAYS];
    #tried = [];
    #source = null;
    #indices = null;
    #ready = false;
    #running = false;
    #closed = false;
    #trial;
    #failedAt = [];

    /**
     * @param {Place} place @param {Camera} camera
     * @param {boolean} onTrial Whether it is to be told if this browser is quick enough.
     * @param {{sample: Function, verdict: (verdict: 'quick' | 'slow' | 'useless') => void,
     *     failed: (failure: MeshFailure) => void, camera: Function}} handlers
     */
    constructor(place, camera, onTrial, handlers) {
      this.#place = place;
      this.#camera = camera;
      this.#trial = onTrial ? new MeshTrial() : null;
      this.#handlers = handlers;
    }

    /** The camera is on, and Face Mesh loads. @throws {WebcamFailure} @throws {MeshFailure} */
    async open() {
      while (this.#ways.length > 0) {
        const way = this.#ways[0];
        this.#source = new LandmarkSource(this.#camera, {
          ...this.#handlers,
          sample: (sample) => this.#take(sample),
        });
        try {
          await this.#source.open(way, this.#place);
          await this.#source.film();
          return;
        } catch (failure) {
          this.#giveUpWay(failure);
        }
      }
      throw new MeshFailure('blocked', this.#tried.join('; '));
    }

    /** Samples may come. @throws {WebcamFailure} @throws {MeshFailure} */
    async ready() {
      while (!this.#ready) {
        try {
          await this.#source.ready();
          this.#ready = true;
        } catch (failure) {
          this.#giveUpWay(failure);
          await this.open();
        }
      }
      this.#runOn();
    }

    /**
     * After an error, in the same way, unless there were too many of late.
     * @throws {WebcamFailure} @throws {MeshFailure}
     */
    async restart(failure) {
      const now = performance.now();
      this.#failedAt = [...this.#failedAt.filter((at) => now - at < RESTARTS.withinMs), now];
      if (this.#failedAt.length > RESTARTS.most) throw failure;
      this.#source.close();
      this.#ready = false;
      await this.open();
      await this.ready();
    }

    /** @param {{landmark_indices: number[]}} answer `tracking_started`. */
    started({ landmark_indices: indices }) {
      this.#indices = indices;
      this.#runOn();
    }

    run() {
      this.#running = true;
      this.#runOn();
    }

    pause() {
      this.#running = false;
      if (this.#ready) this.#source.pause();
    }

    close() {
      this.#closed = true;
      this.#source?.close();
    }

    #runOn() {
      if (this.#ready && this.#running && this.#indices) this.#source.run(this.#indices);
    }

    #take(sample) {
      if (!this.#running) return; // It was in Face Mesh when the capture was stopped.
      const { tookMs } = sample;
      this.meshMs = this.meshMs === null ? tookMs : 0.8 * this.meshMs + 0.2 * tookMs;
      this.#handlers.sample(sample);
      const verdict = this.#trial?.judge(sample);
      if (!verdict) return;
      this.#trial = null;
      this.#handlers.verdict(verdict);
    }

    /** @throws what is no matter of the way, but of the camera or of this browser. */
    #giveUpWay(failure) {
      this.#source.close();
      if (this.#closed || !(failure instanceof MeshFailure)) throw failure;
      const way = this.#ways.shift();
      this.#tried.push(`${way.name}: ${failure.message}`);
      if (failure.kind === 'unsupported') throw failure;
    }
  }

  /** The camera's pictures, sent to the service as fast as it wants and answers them. */
  class PictureStream {
    mode = 'server';
    meshMs = null;
    #camera;
    #link;
    #frameRate;
    #pacing;
    #clock = new CaptureClock(() => void this.#capture());
    #running = false;
    #encoding = false;

    /** @param {Camera} camera @param {SessionLink} link @param {{frameRate: number, jpegQuality: number}} options */
    constructor(camera, link, { frameRate, jpegQuality }) {
      this.#camera = camera;
      this.#link = link;
      this.#frameRate = frameRate;
      this.#pacing = new Pacing({ fps: frameRate, quality: jpegQuality });
    }

    /** @throws {WebcamFailure} */
    async open() {
      if (!this.#camera.stream) await this.#camera.open();
    }

    async ready() {}

    get fps() {
      return this.#pacing.answeredPerSecond(performance.now());
    }

    get latencyMs() {
      return this.#pacing.latencyMs;
    }

    get quality() {
      return this.#pacing.quality;
    }

    /** @param {object} answer `tracking_started`. */
    started(answer) {
      this.#pacing.obey(answer, this.#frameRate);
      this.#keepRate();
    }

    /** @param {object} update `tracking_update`. */
    updated({ max_fps: maxFps }) {
      if (!(maxFps > 0)) return;
      this.#pacing.obeyRate(maxFps, this.#frameRate);
      this.#keepRate();
    }

    /** Pictures are of use again in so many milliseconds. */
    wait(milliseconds) {
      this.#pacing.wait(milliseconds, performance.now());
    }

    run() {
      this.#running = true;
      this.#keepRate();
    }

    pause() {
      this.#running = false;
      this.#clock.stop();
    }

    close() {
      this.pause();
    }

    #keepRate() {
      if (this.#running) this.#clock.run(this.#pacing.fps);
    }

    async #capture() {
      const pacing = this.#pacing;
      if (!this.#maySend || this.#encoding || !pacing.isFree(performance.now())) return;
      this.#encoding = true;
      try {
        const timestamp = Date.now();
        const picture = await this.#camera.picture(pacing.quality, pacing.shrink);
        if (!picture || !this.#maySend) return;
        if (picture.size > pacing.maxBytes) pacing.tooLarge();
        else void this.#send(await picture.arrayBuffer(), timestamp);
      } finally {
        this.#encoding = false;
      }
    }

    get #maySend() {
      return this.#running && this.#link.started && this.#link.takesPictures;
    }

    async #send(frame, timestamp) {
      const pacing = this.#pacing;
      const sentAt = performance.now();
      pacing.unanswered += 1;
      const ack = await this.#link.sendFrame(frame, timestamp);
      pacing.unanswered -= 1;
      const now = performance.now();
      pacing.answered(ack, now - sentAt, now);
      this.#keepRate();
    }
  }

  /** One learner's camera and session. Every method may be called at any time, and repeatedly. */
  class WebcamWebSocket {
    #options;
    #consent;
    #camera = null;
    #link = null;
    #sender = null;
    #stream = null;
    #answer = null;
    #mode = null;
    #meshFailed = false;
    #reason = null;
    #ids = null;
    #starting = null;
    #stopping = null;
    #ends = 0;
    #capturing = false;
    #connected = false;
    #leftSession = null;
    #onVisibility = () => this.#visibilityChanged();
    #onPageHide = () => this.#leave();
    #onPageShow = (event) => this.#comeBack(event);

    /** @param {Options} options @throws {TypeError} An option that can't be. */
    constructor(options = {}) {
      this.#options = {
        serverUrl: options.serverUrl || discoverServerUrl(),
        frameRate: options.frameRate ?? 15,
        jpegQuality: options.jpegQuality ?? 0.7,
        videoWidth: options.videoWidth ?? 640,
        videoHeight: options.videoHeight ?? 480,
        ...modeOptions(options),
        token: options.token,
        onTrackingUpdate: options.onTrackingUpdate ?? (() => {}),
        onConnectionChange: options.onConnectionChange ?? (() => {}),
        onModeChange: options.onModeChange ?? (() => {}),
        onError: options.onError ?? ((error) => console.error('EyeLearn Focus:', error)),
      };
      const permitted = this.#permitted;
      this.#consent = new Consent({ ...options, permitted }, () => this.withdrawConsent());
    }

    get serverUrl() {
      return this.#options.serverUrl;
    }

    /** Whether the service tracks now. */
    get connected() {
      return this.#connected;
    }

    /** Where faces are found now. @returns {'browser' | 'server' | null} null where none are. */
    get mode() {
      return this.#mode;
    }

    /** @returns {string | null} */
    get sessionId() {
      return this.#link?.sessionId ?? null;
    }

    /**
     * The camera's stream while it is on, for a page that shows it: `video.srcObject`. null also
     * where a hidden frame has the camera: docs/embedding.md.
     */
    get stream() {
      return this.#camera?.stream ?? null;
    }

    /** @returns {Stats} */
    get stats() {
      const { fps, latencyMs, quality, meshMs } = this.#stream ?? {};
      const samples = this.#sender?.countedPerSecond(performance.now());
      const inBrowser = this.#stream?.mode === 'browser';
      return {
        fps: (inBrowser ? samples : fps) ?? 0,
        latencyMs: (inBrowser ? this.#sender.latencyMs : latencyMs) ?? null,
        quality: quality ?? this.#options.jpegQuality,
        meshMs: meshMs ?? null,
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
     *     not be had, or this browser can't do without pictures that may not be sent: `onError` was
     *     told why, the camera is off, and nothing is left in the page.
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
      const answer = storedAnswer(consentKey(userId, moduleId));
      return answer === AGREED_TO_LANDMARKS ? AGREED : answer;
    }

    /**
     * What the control does: the camera goes off at once, the session is stopped and saved, and the
     * learner is asked again before the next one.
     */
    withdrawConsent() {
      this.#consent.withdraw();
      if (this.#link) this.#giveUp(new WebcamFailure('CONSENT_WITHDRAWN'));
    }

    /** Captures, again after `stopCapture`. */
    startCapture() {
      if (!this.#camera || !this.#link) return;
      this.#capturing = true;
      this.#stream?.run();
    }

    /** Captures nothing until `startCapture`; the camera stays on, and the time does not count. */
    stopCapture() {
      this.#capturing = false;
      this.#stream?.pause();
      this.#sender?.flush();
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
      await this.#sender.finish();
      if (!this.#link) throw new CalibrationError('not_tracking');
      return this.#link.calibrate();
    }

    /** Ends the session, switches the camera off, and removes all that this added to the page. */
    async disconnect() {
      this.#ends += 1;
      this.#leftSession = null;
      window.removeEventListener('pageshow', this.#onPageShow);
      const [link, sender] = [this.#link, this.#sender];
      this.#releaseCamera();
      if (!link) return this.#stopping;
      this.#link = null;
      this.#starting = null;
      this.#stopping = this.#stop(link, sender).finally(() => {
        this.#stopping = null;
        this.#setConnected(false);
      });
      return this.#stopping;
    }

    async #stop(link, sender) {
      if (link.started) await sender.finish();
      sender.close();
      await link.stop();
    }

    /**
     * @param {{id: string | null} | null} [left] The session that goes on, consented to already.
     * @returns {Promise<boolean>}
     */
    #begin(left = null) {
      const camera = new Camera(
        this.#size,
        (detail) => this.#fail(new WebcamFailure('CAMERA_LOST', { detail })),
        (failure) => this.#giveUp(failure),
      );
      const link = new SessionLink(this.#options, this.#ids, {
        started: (answer) => this.#onStarted(answer),
        interrupted: () => this.#setConnected(false),
        update: (update) => this.#onUpdate(update),
        busy: (milliseconds) => this.#stream?.wait?.(milliseconds),
        failed: (failure) => this.#fail(failure),
        refused: (failure) => this.#giveUp(failure),
      });
      link.sessionId = left?.id ?? null;
      this.#capturing = true;
      this.#meshFailed = false;
      this.#reason = null;
      this.#camera = camera;
      this.#link = link;
      this.#sender = new SampleSender(link, this.#options.batchSeconds);
      return this.#open(link, left !== null);
    }

    get #size() {
      const { frameRate, videoWidth, videoHeight } = this.#options;
      return { width: videoWidth, height: videoHeight, frameRate };
    }

    async #open(link, agreed) {
      try {
        if (!agreed && !(await this.#consent.ask(this.#ids))) throw new WebcamFailure('CONSENT_DECLINED');
        if (link !== this.#link) return false;
        await this.#openStream(link, this.#firstStream(link));
        if (link !== this.#link) return false;
        this.#consent.showControl();
        this.#listen();
        await Promise.all([link.open(), this.#makeReady(link)]);
        return link === this.#link;
      } catch (error) {
        if (link !== this.#link) return false; // Disconnected meanwhile: nobody waits for this.
        this.#link = this.#starting = null;
        this.#releaseCamera();
        this.#sender.close();
        link.close();
        this.#fail(error, true);
        return false;
      }
    }

    /** What may be sent, which the learner is asked for. */
    get #permitted() {
      const { mode, allowPictures } = this.#options;
      if (mode === 'server') return 'pictures';
      return mode === 'browser' || !allowPictures ? 'landmarks' : 'either';
    }

    /** @throws {WebcamFailure} It is known that there is none. */
    #firstStream(link) {
      const { mode } = this.#options;
      const verdict = mode === 'auto' ? rememberedVerdict() : null;
      const isUnfit = verdict !== null && verdict !== QUICK;
      if (mode !== 'server' && !isUnfit) return this.#landmarkStream();
      if (isUnfit && this.#permitted === 'landmarks') throw unsupported(verdict);
      if (isUnfit) this.#reason = `${verdict}, as found earlier today`;
      return new PictureStream(this.#camera, link, this.#options);
    }

    #landmarkStream() {
      const place = { serverUrl: this.#options.serverUrl, size: this.#size };
      const onTrial = rememberedVerdict() !== QUICK;
      const stream = new LandmarkStream(place, this.#camera, onTrial, {
        sample: (sample) => this.#sender?.add(sample),
        verdict: (verdict) => stream === this.#stream && this.#judgeBrowser(verdict),
        failed: (failure) => stream === this.#stream && void this.#onMeshFailure(stream, failure),
        camera: (failure, final) => {
          if (final) this.#giveUp(failure);
          else this.#fail(failure);
        },
      });
      return stream;
    }

    /** The camera is on. @throws {WebcamFailure} */
    async #openStream(link, stream) {
      this.#stream = stream;
      try {
        await stream.open();
      } catch (failure) {
        if (!(failure instanceof MeshFailure) || link !== this.#link) throw failure;
        await this.#openStream(link, this.#picturesInstead(link, failure));
      }
    }

    /** What is captured may be sent. @throws {WebcamFailure} */
    async #makeReady(link) {
      const stream = this.#stream;
      try {
        await stream.ready();
      } catch (failure) {
        if (!(failure instanceof MeshFailure) || link !== this.#link) throw failure;
        await this.#openStream(link, this.#picturesInstead(link, failure));
      }
      if (link !== this.#link) return;
      const { mode } = this.#stream;
      // Whether the service takes pictures, it tells at the start.
      if (mode === 'browser' || link.started) this.#setMode(mode);
      this.#runStream();
    }

    /** @returns {PictureStream} @throws {WebcamFailure} No pictures may be sent. */
    #picturesInstead(link, failure) {
      this.#meshFailed = true;
      this.#stream.close();
      if (this.#options.mode === 'auto' && failure.kind !== 'blocked') rememberVerdict(failure.kind);
      if (!this.#picturesMayBeSent(link)) throw unsupported(failure.message);
      this.#reason = `${failure.kind}: ${failure.message}`;
      return new PictureStream(this.#camera, link, this.#options);
    }

    #picturesMayBeSent(link) {
      return this.#permitted !== 'landmarks' && link.takesPictures;
    }

    /** From landmarks to pictures, or the other way, while a session runs. */
    async #changeStream(link, choose) {
      try {
        const stream = choose();
        // What was seen before has to be counted before what is seen from now on.
        await this.#sender.finish();
        if (link !== this.#link) return;
        await this.#openStream(link, stream);
        if (link === this.#link) await this.#makeReady(link);
      } catch (error) {
        if (link === this.#link) this.#giveUp(error);
      }
    }

    /** @param {'quick' | 'slow' | 'useless'} verdict */
    #judgeBrowser(verdict) {
      const { mode } = this.#options;
      const link = this.#link;
      if (mode === 'auto') rememberVerdict(verdict);
      // Slow is better than nothing where the page wants no pictures, or the service takes none.
      const isWanted = mode === 'browser' || (this.#permitted === 'either' && !link.takesPictures);
      if (verdict === QUICK || (verdict === 'slow' && isWanted)) return;
      const limit = verdict === 'slow' ? TRIAL.slowMs : TRIAL.uselessMs;
      const failure = new MeshFailure(verdict, `over ${limit} ms for a picture`);
      void this.#changeStream(link, () => this.#picturesInstead(link, failure));
    }

    async #onMeshFailure(stream, failure) {
      const link = this.#link;
      if (this.#picturesMayBeSent(link)) {
        await this.#changeStream(link, () => this.#picturesInstead(link, failure));
        return;
      }
      try {
        await stream.restart(failure);
      } catch (error) {
        if (link !== this.#link) return;
        this.#giveUp(error instanceof MeshFailure ? unsupported(error.message) : error);
      }
    }

    #onStarted(answer) {
      this.#answer = answer;
      const link = this.#link;
      if (this.#stream.mode === 'server' && !link.takesPictures) {
        this.#withoutPictures(link);
        return;
      }
      if (this.#stream.mode === 'server') this.#setMode('server');
      this.#sender.obey(answer);
      this.#setConnected(true);
      void this.#goOn(link);
    }

    /** With what was kept, before what is seen from now on. */
    async #goOn(link) {
      await this.#sender.finish();
      if (link === this.#link && link.started) this.#runStream();
    }

    /** The service takes no pictures, and this was about to send some. */
    #withoutPictures(link) {
      this.#stream.close();
      if (this.#options.mode === 'server') {
        this.#giveUp(new WebcamFailure('SERVER_ERROR', { code: 'streaming_disabled' }));
      } else if (this.#meshFailed) {
        this.#giveUp(unsupported('the service takes no pictures'));
      } else {
        this.#setConnected(true);
        void this.#changeStream(link, () => this.#landmarkStream());
      }
    }

    /** What runs already goes on. */
    #runStream() {
      if (!this.#answer || !this.#stream) return;
      this.#stream.started(this.#answer);
      this.#tellVisibility();
      if (this.#capturing) this.#stream.run();
    }

    #onUpdate(update) {
      this.#stream?.updated?.(update);
      this.#sender.obey(update);
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
      this.#stream?.close();
      this.#camera?.close();
      this.#camera = this.#stream = this.#answer = this.#mode = null;
    }

    #visibilityChanged() {
      this.#sender?.flush();
      this.#tellVisibility();
    }

    /** Of pictures; landmarks say it of each batch. */
    #tellVisibility() {
      if (this.#stream?.mode === 'server') this.#link?.send('page_visibility', { hidden: document.hidden });
    }

    #setMode(mode) {
      if (mode === this.#mode) return;
      this.#mode = mode;
      this.#tell('onModeChange', { mode, reason: mode === 'server' ? this.#reason : null });
    }

    #setConnected(connected) {
      if (connected === this.#connected) return;
      this.#connected = connected;
      this.#tell('onConnectionChange', connected);
    }

    /** The page is left: the camera goes off, and the service closes the session when it sees so. */
    #leave() {
      this.#leftSession = { id: this.sessionId };
      const [link, sender] = [this.#link, this.#sender];
      this.#releaseCamera();
      this.#link = this.#starting = null;
      sender?.close();
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

  /** @throws {TypeError} */
  function modeOptions({ mode = 'auto', allowPictures = true, batchSeconds = BATCH_SECONDS.usual }) {
    if (!MODES.includes(mode)) throw new TypeError(`mode: one of ${MODES.join(', ')}, not ${mode}`);
    if (mode === 'server' && !allowPictures) throw new TypeError('mode: server sends pictures, and allowPictures is false');
    const { shortest, longest } = BATCH_SECONDS;
    if (!(batchSeconds >= shortest && batchSeconds <= longest)) {
      throw new TypeError(`batchSeconds: a number from ${shortest} to ${longest}, not ${batchSeconds}`);
    }
    return { mode, allowPictures: Boolean(allowPictures), batchSeconds };
  }

  const unsupported = (detail) => new WebcamFailure('BROWSER_UNSUPPORTED', { detail });

  /**
   * What the service's page for hidden frames does: it films, finds landmarks, and tells them to the
   * page around it, which only those may be whom the service allows.
   */
  function serveFrame() {
    window.addEventListener('message', ({ source, data, ports: [port] }) => {
      if (source !== window.parent || data?.eyelearn !== 'page' || !port) return;
      new FrameServer(port, data.size);
    });
    // Nothing that anybody may not know; who answers is told by the browser.
    window.parent.postMessage({ eyelearn: 'frame' }, '*');
  }

  /** Speaks to the page as `landmark-worker.js` does, and of the camera as well. */
  class FrameServer {
    #port;
    #camera;
    #source;

    constructor(port, size) {
      this.#port = port;
      this.#camera = new Camera(
        size,
        (detail) => this.#tellCamera(new WebcamFailure('CAMERA_LOST', { detail }), false),
        (failure) => this.#tellCamera(failure, true),
      );
      this.#source = new LandmarkSource(this.#camera, {
        sample: (sample) => this.#tell({ type: 'sample', ...sample }, [sample.points.buffer]),
        failed: (failure) => this.#tellFailure(failure),
        tick: () => this.#tell({ type: 'tick' }),
      });
      port.onmessage = ({ data }) => void this.#take(data);
      this.#tell({ type: 'alive' });
    }

    async #take({ type, intervalMs, indices }) {
      if (type === 'start') await this.#start();
      else if (type === 'run' && intervalMs > 0) this.#source.run(indices);
      else if (type === 'run') this.#source.pause();
    }

    async #start() {
      try {
        await this.#source.open(workerBesideTheScript, { serverUrl: location.origin });
        await this.#source.film();
        this.#tell({ type: 'filming' });
        await this.#source.ready();
        this.#tell({ type: 'ready' });
      } catch (failure) {
        if (failure instanceof MeshFailure) this.#tellFailure(failure);
        else this.#tellCamera(failure, true);
      }
    }

    #tellFailure({ kind, message: detail }) {
      this.#tell({ type: 'failed', kind, detail });
    }

    #tellCamera({ type, detail }, final) {
      this.#tell({ type: 'camera', failure: { type, detail }, final });
    }

    #tell(message, transferred = []) {
      this.#port.postMessage(message, transferred);
    }
  }

  WebcamWebSocket.serveFrame = serveFrame;
  window.WebcamWebSocket = WebcamWebSocket;
})();
