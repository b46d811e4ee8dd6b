/**
 * The page of expressions, put together: a camera's pictures out, what they express back, and a
 * picture for each. Start here; each import below is one part of it.
 */

import { Camera, FRAME, Pace } from './expressions-camera.js';
import { Connection } from './expressions-connection.js';
import { $, write } from './expressions-elements.js';
import { Gallery } from './expressions-gallery.js';
import { Stage } from './expressions-stage.js';
import { TOKEN_NEEDED, TOKEN_REFUSED } from './expressions-words.js';

// After a refusal for too many frames, of the rate so far.
const SLOWER = 0.8;

let running = false;
let encoding = false;
let quality = FRAME.quality;
let pace = new Pace();

const stage = new Stage();
const connection = new Connection({ ready, result, refused, lost, tokenNeeded });
const gallery = new Gallery(connection, (expression) => stage.removed(expression));
const camera = new Camera($('preview'), { frame, lost: () => stage.lostCamera(), failed: stop });

function ready(expressions) {
  showConnection('Connected', '');
  gallery.connected(expressions);
}

function lost(sentence) {
  showConnection('Connecting …', sentence);
}

function tokenNeeded(wasRefused) {
  showConnection('Not connected', '');
  write('token-words', wasRefused ? TOKEN_REFUSED : TOKEN_NEEDED);
  $('token-form').hidden = false;
}

function showConnection(chip, trouble) {
  $('connection').dataset.connected = String(connection.isReady);
  write('connection', chip);
  write('trouble', trouble);
}

async function start() {
  running = true;
  quality = FRAME.quality;
  pace = new Pace();
  stage.begin();
  try {
    await camera.open();
    if (running) stage.cameraOpened();
  } catch (refusal) {
    if (running) stop(refusal);
  }
}

/** The camera goes off at once, and nothing that was under way is shown any more. */
function stop({ message = '' } = {}) {
  running = false;
  camera.close();
  gallery.mark(null);
  stage.end(message);
}

/** One of the camera's; one that can't go now is dropped, so the one that goes is the newest. */
async function frame(now) {
  if (!running || document.hidden || encoding || !connection.isFree || !pace.takes(now)) return;
  encoding = true;
  try {
    const picture = await camera.picture(quality);
    if (!picture || !running || !connection.isFree) return;
    connection.sendFrame(picture);
    stage.frameSent();
  } finally {
    encoding = false;
  }
}

function result(told) {
  if (!running) return;
  stage.show(told);
  gallery.mark(told.expression);
}

function refused(refusal) {
  if (refusal.code === 'rate_limited') pace.perSecond = Math.max(1, pace.perSecond * SLOWER);
  else if (refusal.code === 'frame_too_large' && quality > FRAME.leastQuality) quality -= 0.1;
  else if (running && !refusal.passes) stop(refusal);
}

$('toggle').addEventListener('click', () => (running ? stop() : void start()));
$('token-form').addEventListener('submit', (event) => {
  event.preventDefault();
  $('token-form').hidden = true;
  showConnection('Connecting …', '');
  connection.open($('token').value.trim());
});
document.addEventListener('visibilitychange', () => running && stage.pause(document.hidden));
// A file that is dropped beside its slot would take the place of this page.
for (const type of ['dragover', 'drop']) window.addEventListener(type, (event) => event.preventDefault());

connection.open();
