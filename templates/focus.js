/** The focus page: what the client reports, shown to one learner. */

import { AttentionChart } from './attention-chart.js';
import { CALIBRATION, HELP, WHERE, clockTime, hintWords, verdictWords } from './words.js';

const SHOW_EVERY_MS = 1_000;
// Without an answer for this long, the last verdict is no longer about now.
const STALE_MS = 2_500;
// Two seconds to find the dot in the middle, and the one that the service goes by: at the click the
// learner looks at the button.
const LOOK_MS = 3_000;
// Errors that pass by themselves, and leave with the next answer.
const PASSING = new Set(['CAMERA_LOST', 'WEBSOCKET_ERROR', 'SERVER_ERROR']);

const element = (id) => document.getElementById(id);
const show = (id, text) => {
  const target = element(id);
  if (target.textContent !== text) target.textContent = text;
};

const chart = new AttentionChart(element('chart'));

let webcam = null;
let chosenMode = null;
makeClient('');

let running = false;
let updatedAt = 0;
let shownError = null;
let shownAt = 0;
let looking = null;

element('lesson').addEventListener('submit', (event) => {
  event.preventDefault();
  void start(new FormData(event.target));
});
element('dismiss').addEventListener('click', hideError);
element('calibrate').addEventListener('click', startLooking);
setInterval(showEverySecond, SHOW_EVERY_MS);

/** @param {'' | 'browser' | 'server'} mode */
function makeClient(mode) {
  if (mode === chosenMode) return;
  chosenMode = mode;
  webcam = new WebcamWebSocket({
    ...(mode && { mode }),
    controlIn: element('camera-control'),
    onTrackingUpdate: showUpdate,
    onConnectionChange: showConnection,
    onError: showError,
  });
  // For the browser's console: `eyelearn.stats`.
  window.eyelearn = webcam;
}

async function start(form) {
  makeClient(form.get('mode'));
  hideError();
  running = true;
  chart.clear();
  setState('starting', 'Starting …', 'Please allow the camera');
  const [user, module, section] = ['user_id', 'module_id', 'section_id'].map((name) => toId(form.get(name)));
  if (!(await webcam.initialize(user, module, section)) && running) turnedOff();
}

function turnedOff() {
  running = false;
  setState('off', '', '');
  announce('Camera off');
  stopLooking('');
  show('hint', '');
  element('preview').srcObject = null;
  showConnection(false);
}

/** Shows the learner where the middle is, and takes a moment later where they look as the middle. */
function startLooking() {
  if (looking !== null) return;
  looking = setTimeout(() => void calibrate(), LOOK_MS);
  element('middle').hidden = false;
  show('calibrated', CALIBRATION.look);
}

async function calibrate() {
  const words = await webcam.calibrate().then(
    () => CALIBRATION.done,
    (error) => error.message,
  );
  if (running) stopLooking(words);
}

function stopLooking(words) {
  clearTimeout(looking);
  looking = null;
  element('middle').hidden = true;
  show('calibrated', words);
}

/** What is typed as a whole number is sent as one, as platforms do; an empty field is null. */
function toId(text) {
  const trimmed = text.trim();
  if (trimmed === '') return null;
  return /^\d{1,15}$/.test(trimmed) ? Number(trimmed) : trimmed;
}

function showUpdate(update) {
  if (!running) return;
  updatedAt = Date.now();
  // Not for an answer to a frame from before the error.
  if (PASSING.has(shownError) && update.frame_timestamp > shownAt) hideError();
  showPicture();
  setState(
    update.is_focused ? 'focused' : 'away',
    update.is_focused ? 'Focused' : 'Not focused',
    verdictWords(update),
  );
  show('hint', hintWords(update.hint));
  showGaze(update.gaze_vector);
  showFigures(update);
  chart.add(update.attention_score, update.is_focused);
}

function showPicture() {
  const preview = element('preview');
  if (preview.srcObject === webcam.stream) return;
  preview.srcObject = webcam.stream;
  preview.play().catch(() => {}); // Replaced before it played: the next update plays it.
}

/** An arrow from the middle to where the learner looks, in the mirrored picture. */
function showGaze(vector) {
  element('gaze').toggleAttribute('hidden', !vector);
  if (!vector) return;
  const [x, y] = [-vector[0] * 60, -vector[1] * 60].map((value) => Math.max(-40, Math.min(40, value)));
  const line = element('gaze').querySelector('line');
  line.setAttribute('x2', x);
  line.setAttribute('y2', y);
  const dot = element('gaze').querySelector('.dot');
  dot.setAttribute('cx', x);
  dot.setAttribute('cy', y);
}

/**
 * @param {object} update A `tracking_update`; its `eyes` have `{blink_count: number | null,
 *   blinks_per_minute: number | null}`, null while there are too few frames to see blinks.
 */
function showFigures({ metrics, eyes, attention_score: attention }) {
  show('focus_percentage', `${Math.round(metrics.focus_percentage)} %`);
  element('share').value = metrics.focus_percentage;
  show('focused_time', clockTime(metrics.focused_time));
  show('unfocused_time', clockTime(metrics.unfocused_time));
  show('focus_sessions', String(metrics.focus_sessions));
  show('unfocus_sessions', String(metrics.unfocus_sessions));
  const blinks = eyes?.blinks_per_minute ?? null;
  show('blinks', blinks === null ? '–' : String(Math.round(blinks)));
  show('attention', `${Math.round(100 * attention)} %`);
}

function setState(state, title, words) {
  const changed = document.body.dataset.state !== state;
  document.body.dataset.state = state;
  show('state', title);
  show('words', words);
  // While it runs, the client's own control stops it.
  element('start').hidden = running;
  for (const input of element('lesson').querySelectorAll('input, select')) input.disabled = running;
  if (changed && title) announce(`${title}. ${words}`);
}

/** For a screen reader: changes only, never each frame. */
function announce(text) {
  show('announcer', text);
}

function showConnection(connected) {
  const chip = element('connection');
  chip.dataset.connected = String(connected);
  show('connection', connected ? 'Live' : running ? 'Connecting …' : 'Camera off');
  if (connected && document.body.dataset.state === 'starting') show('words', 'The first picture is on its way');
}

function showError({ type, message, final, code, detail }) {
  if (final) turnedOff();
  if (type.startsWith('CONSENT_')) {
    // As the learner wished: nothing to explain, and a way back.
    element('start').focus();
    return;
  }
  shownError = type;
  shownAt = Date.now();
  const { title, steps, waiting } = HELP[type];
  const box = element('error');
  box.querySelector('h2').textContent = title;
  box.querySelector('p').textContent = message;
  box.querySelector('ol').replaceChildren(
    ...(final ? steps : waiting).map((step) => Object.assign(document.createElement('li'), { textContent: step })),
  );
  box.dataset.type = type;
  box.hidden = false;
  if (detail) console.warn('EyeLearn Focus:', type, code ?? '', detail);
}

function hideError() {
  shownError = null;
  element('error').hidden = true;
}

function showEverySecond() {
  if (running && updatedAt && Date.now() - updatedAt > STALE_MS && document.body.dataset.state !== 'starting') {
    setState('waiting', 'Waiting …', webcam.connected ? 'No new picture yet' : 'The connection comes back by itself');
  }
  const { fps, latencyMs, meshMs } = webcam.stats;
  show('where', WHERE[webcam.mode] ?? '–');
  show('mesh', running && meshMs !== null ? `${Math.round(meshMs)} ms` : '–');
  show('fps', running ? fps.toFixed(0) : '–');
  show('latency', running && latencyMs !== null ? `${Math.round(latencyMs)} ms` : '–');
  if (!running) return;
  chart.draw();
  const mean = chart.mean();
  const words = mean === null ? 'nothing seen yet' : `${Math.round(100 * mean)} % on average`;
  element('chart').setAttribute('aria-label', `Attention over the last five minutes: ${words}`);
}
