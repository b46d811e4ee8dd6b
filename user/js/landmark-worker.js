/**
 * Finds the landmarks of a face in the learner's own browser: pictures come in, some points go out.
 * A classic Worker, which `webcam-websocket.js` starts and feeds; nothing here speaks to anybody but
 * that script, but for the files of Face Mesh, which are loaded once.
 *
 * Face Mesh needs 'unsafe-eval' in the Content-Security-Policy under which this runs, so the Worker's
 * own answer carries it, and the page's need not: docs/embedding.md has the header.
 *
 * @typedef {object} Start
 * @property {'start'} type
 * @property {string} assets Where the files of Face Mesh are: `<assets>/<key>/<name>`.
 *
 * @typedef {object} Run
 * @property {'run'} type
 * @property {number} intervalMs Between two ticks; 0: none.
 * @property {number[]} indices Which of the mesh's points are told, in this order.
 *
 * @typedef {object} Picture
 * @property {'picture'} type
 * @property {ImageBitmap | VideoFrame} picture
 * @property {object} [about] Given back with what the picture shows.
 *
 * @typedef {object} Sample What one picture shows.
 * @property {'sample'} type
 * @property {number} width Of the picture, in pixels.
 * @property {number} height
 * @property {number} faces How many there are, 2 at most.
 * @property {Float32Array} points x, y, z of each index, of the largest face, normalised as MediaPipe
 *     does; NaN where there is none.
 * @property {number | null} brightness Mean luma around these points, 0 to 255.
 * @property {number} tookMs From the picture's arrival.
 * @property {object} [about]
 *
 * Besides samples it tells `{type: 'alive'}` when it has begun, `{type: 'ready'}` when pictures may
 * come, `{type: 'tick'}` when it wants one, and `{type: 'failed', kind, detail}` when it can't go on:
 * kind `unsupported`, the browser can't; `blocked`, a file did not come or may not run; `error`.
 */
(() => {
  'use strict';

  // Of npm's @mediapipe/face_mesh 0.4.1633559619: no later one works (it aborts on the first frame).
  const FILES = {
    'face_mesh.js': 'sha384-nKiz5QrpRlMQLw5nrZcprT7N9vmmAcIgV8TuGuep4x91V4JIPsXa+D44Wxj0guoa',
    'face_mesh.binarypb': 'sha384-sNmIZds5ZzO/zzldn8fl0aoGI8HfK1XfnwO+kIkBGAx1wYP1gwBmlHVXnfgzA1Ak',
    'face_mesh_solution_packed_assets_loader.js': 'sha384-stIOx4VF7DRhpktwMIX84QXK/EAgNctij2hPabqvHZyxdRbD3aiZHNC6e4ZIM6AP',
    'face_mesh_solution_packed_assets.data': 'sha384-FDX/u75SOmYaS2PeJRJaiijhWQtggBakJiHh5NvOi9oy94vH59UrIyi8Cy9KPZn9',
    'face_mesh_solution_simd_wasm_bin.js': 'sha384-ScZQXVkevYrkPQ8hqU+uoOlgiz0zf1Ro4KuSsqfJowg0LJpDNsS7Qquupo6AW1rn',
    'face_mesh_solution_simd_wasm_bin.wasm': 'sha384-aHIINlbByxOT1uLPTM2jRKjfSRXkIRKLgKmtXXOC00PiZPULSGld6/qR8n8qp8bu',
  };
  const KEY_LENGTH = 16;

  // The second is somebody else, of whom the service is told only that they are there.
  const MAX_FACES = 2;
  // What the server's own Face Mesh is asked for.
  const MIN_CONFIDENCE = 0.5;
  const WARM_UP_SIZE = { width: 640, height: 480 };
  // A module of one function that needs SIMD: i32.const 0, i8x16.splat, drop.
  const SIMD_MODULE = [
    0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 9, 1, 7, 0, 0x41, 0, 0xfd, 0x0f,
    0x1a, 0x0b,
  ];
  // Pixels each way of a face that tell its brightness, and Rec. 601's weights for luma.
  const LUMA_SIDE = 32;
  const LUMA_WEIGHTS = [0.299, 0.587, 0.114];

  /** Why this can't go on. */
  class Failure extends Error {
    /** @param {'unsupported' | 'blocked' | 'error'} kind @param {string} detail */
    constructor(kind, detail) {
      super(detail);
      this.kind = kind;
    }
  }

  /** An address names its content: the file's SHA-384, as far as it goes, in base64url. */
  function addressOf(assets, name) {
    const digest = FILES[name].slice('sha384-'.length);
    const key = digest.slice(0, KEY_LENGTH).replaceAll('+', '-').replaceAll('/', '_');
    return `${assets}/${key}/${name}`;
  }

  /** @returns {Promise<string>} A blob: address of the file. @throws {Failure} */
  async function load(assets, name) {
    const options = { integrity: FILES[name], credentials: 'omit' };
    const answer = await fetch(addressOf(assets, name), options).catch((error) => {
      throw new Failure('blocked', `${name}: ${error.message}`);
    });
    if (!answer.ok) throw new Failure('blocked', `${name}: HTTP ${answer.status}`);
    return URL.createObjectURL(await answer.blob());
  }

  /** All files, by name. */
  async function loadAll(assets) {
    const names = Object.keys(FILES);
    const addresses = await Promise.all(names.map((name) => load(assets, name)));
    return new Map(names.map((name, number) => [name, addresses[number]]));
  }

  /** The little of a page that Face Mesh asks of its own. @param {(reason: string) => void} onLost */
  function pretendToBeAPage(onLost) {
    const canvas = () => {
      const made = new OffscreenCanvas(1, 1);
      made.addEventListener('webglcontextlost', () => onLost('WebGL context lost'));
      return made;
    };
    self.window = self;
    self.document = {
      createElement: (name) => (name === 'canvas' ? canvas() : new PretendedScript()),
      body: { appendChild: (script) => script.run() },
    };
  }

  class PretendedScript extends EventTarget {
    #address = '';

    setAttribute(name, value) {
      if (name === 'src') this.#address = value;
    }

    run() {
      importScripts(this.#address);
      this.dispatchEvent(new Event('load'));
    }
  }

  /** Face Mesh with irises. */
  class FaceMeshRunner {
    #mesh = null;
    #found = null;
    // Lost with Face Mesh's own context, which nobody sees on a page, and without which it sees no face.
    #witness = null;

    /** @throws {Failure} */
    async open(assets, onLost) {
      this.#witness = openWebgl();
      const files = await loadAll(assets);
      if (typeof document === 'undefined') pretendToBeAPage(onLost);
      await runScript(files.get('face_mesh.js')).catch((error) => {
        throw new Failure('blocked', `face_mesh.js may not run here: ${error.message}`);
      });
      this.#mesh = new self.FaceMesh({ locateFile: (name) => files.get(name) ?? name });
      this.#mesh.setOptions({
        maxNumFaces: MAX_FACES,
        refineLandmarks: true,
        minDetectionConfidence: MIN_CONFIDENCE,
        minTrackingConfidence: MIN_CONFIDENCE,
      });
      this.#mesh.onResults(({ multiFaceLandmarks }) => {
        this.#found = multiFaceLandmarks ?? [];
      });
      await this.#warmUp();
      for (const address of files.values()) URL.revokeObjectURL(address);
    }

    /** The first picture loads the models, which takes seconds. */
    async #warmUp() {
      const { width, height } = WARM_UP_SIZE;
      const blank = new OffscreenCanvas(width, height);
      blank.getContext('2d').fillRect(0, 0, width, height);
      const bitmap = blank.transferToImageBitmap();
      await this.find(bitmap);
      bitmap.close();
    }

    /** @returns {Promise<{x: number, y: number, z: number}[][]>} The 478 points of each face. */
    async find(bitmap) {
      this.#found = null;
      await this.#mesh.send({ image: bitmap });
      if (this.#witness.isContextLost()) throw new Error('WebGL context lost');
      if (this.#found === null) throw new Error('Face Mesh gave no answer');
      return this.#found;
    }

    close() {
      void this.#mesh?.close();
    }
  }

  /** @returns {WebGL2RenderingContext} @throws {Failure} */
  function openWebgl() {
    if (typeof WebAssembly !== 'object') throw new Failure('unsupported', 'no WebAssembly');
    if (!WebAssembly.validate(new Uint8Array(SIMD_MODULE))) throw new Failure('unsupported', 'no WebAssembly SIMD');
    if (typeof OffscreenCanvas !== 'function') throw new Failure('unsupported', 'no OffscreenCanvas');
    const context = new OffscreenCanvas(1, 1).getContext('webgl2');
    if (!context) throw new Failure('unsupported', 'no WebGL 2');
    return context;
  }

  async function runScript(address) {
    if (typeof importScripts === 'function') {
      importScripts(address);
      return;
    }
    await new Promise((resolve, reject) => {
      const script = Object.assign(document.createElement('script'), { src: address });
      script.onload = resolve;
      script.onerror = () => reject(new Error('refused'));
      document.head.append(script);
      script.remove();
    });
  }

  /** Of a VideoFrame, too, which costs the page's thread nothing to take from its video. */
  async function toBitmap(picture) {
    if (picture instanceof ImageBitmap) return picture;
    try {
      return await createImageBitmap(picture);
    } finally {
      picture.close();
    }
  }

  /** The box around points, in shares of the picture and within it. */
  function boxOf(points) {
    const within = (share) => Math.max(0, Math.min(share, 1));
    const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)];
    const [left, top] = [within(Math.min(...xs)), within(Math.min(...ys))];
    const [right, bottom] = [within(Math.max(...xs)), within(Math.max(...ys))];
    return { left, top, width: right - left, height: bottom - top };
  }

  /** The largest face: whose picture takes most of the camera's is the nearest. */
  function nearestOf(faces) {
    const size = (face) => {
      const { width, height } = boxOf(face);
      return width * height;
    };
    return faces.reduce((one, other) => (size(other) > size(one) ? other : one));
  }

  /** How bright a face is in its picture. */
  class Photometer {
    #context = new OffscreenCanvas(LUMA_SIDE, LUMA_SIDE).getContext('2d', { willReadFrequently: true });

    /** @returns {number | null} Mean luma, 0 to 255; null where the points lie outside the picture. */
    luma(bitmap, points) {
      const { left, top, width, height } = boxOf(points);
      const [columns, rows] = [width * bitmap.width, height * bitmap.height];
      if (columns < 1 || rows < 1) return null;
      const from = [left * bitmap.width, top * bitmap.height, columns, rows];
      this.#context.drawImage(bitmap, ...from, 0, 0, LUMA_SIDE, LUMA_SIDE);
      const { data } = this.#context.getImageData(0, 0, LUMA_SIDE, LUMA_SIDE);
      let sum = 0;
      for (let at = 0; at < data.length; at += 4) {
        sum += LUMA_WEIGHTS.reduce((luma, weight, colour) => luma + weight * data[at + colour], 0);
      }
      return Math.round(sum / LUMA_SIDE ** 2);
    }
  }

  /** Asks for pictures at a rate, and never for one more while one is being judged. */
  class Clock {
    #onTick;
    #timer = null;
    #busy = false;
    #due = false;

    constructor(onTick) {
      this.#onTick = onTick;
    }

    run(intervalMs) {
      clearInterval(this.#timer);
      this.#timer = intervalMs > 0 ? setInterval(() => this.#tick(), intervalMs) : null;
      this.#due = false;
    }

    /** A picture has come. */
    begin() {
      this.#busy = true;
    }

    /** It has been judged. */
    end() {
      this.#busy = false;
      if (this.#due && this.#timer !== null) this.#tick();
    }

    #tick() {
      this.#due = this.#busy;
      if (!this.#busy) this.#onTick();
    }
  }

  /** Serves whoever is at the other end of a Worker, or of a message port. */
  class LandmarkServer {
    #port;
    #runner = new FaceMeshRunner();
    #photometer = null;
    #clock = new Clock(() => this.#tell({ type: 'tick' }));
    #indices = [];
    #failed = false;

    constructor(port) {
      this.#port = port;
      port.onmessage = ({ data }) => void this.#take(data);
      this.#tell({ type: 'alive' });
    }

    async #take(message) {
      try {
        if (message.type === 'start') await this.#start(message);
        else if (message.type === 'run') this.#run(message);
        else if (message.type === 'picture') await this.#judge(message);
        else if (message.type === 'stop') this.#stop();
      } catch (error) {
        this.#fail(error.kind ?? 'error', `${error?.message ?? error}`);
      }
    }

    async #start({ assets }) {
      await this.#runner.open(assets, (detail) => this.#fail('error', detail));
      this.#photometer = new Photometer();
      this.#tell({ type: 'ready' });
    }

    #run({ intervalMs, indices }) {
      this.#indices = indices;
      this.#clock.run(intervalMs);
    }

    async #judge({ picture, about }) {
      const began = performance.now();
      this.#clock.begin();
      const bitmap = await toBitmap(picture);
      try {
        const faces = await this.#runner.find(bitmap);
        const told = { type: 'sample', ...this.#describe(bitmap, faces), about };
        this.#tell({ ...told, tookMs: performance.now() - began }, [told.points.buffer]);
      } finally {
        bitmap.close();
        this.#clock.end();
      }
    }

    /** @returns {Omit<Sample, 'type' | 'tookMs'>} */
    #describe(bitmap, faces) {
      const { width, height } = bitmap;
      const points = new Float32Array(3 * this.#indices.length).fill(NaN);
      if (faces.length === 0) return { width, height, faces: 0, points, brightness: null };
      const face = nearestOf(faces);
      const told = this.#indices.map((index) => face[index]);
      told.forEach(({ x, y, z }, number) => points.set([x, y, z], 3 * number));
      const brightness = this.#photometer.luma(bitmap, told);
      return { width, height, faces: faces.length, points, brightness };
    }

    #stop() {
      this.#clock.run(0);
      this.#runner.close();
    }

    #fail(kind, detail) {
      if (this.#failed) return;
      this.#failed = true;
      this.#clock.run(0);
      this.#tell({ type: 'failed', kind, detail });
    }

    #tell(message, transferred = []) {
      this.#port.postMessage(message, transferred);
    }
  }

  if (typeof importScripts === 'function') new LandmarkServer(self);
  else window.EyeLearnLandmarkServer = LandmarkServer;
})();
