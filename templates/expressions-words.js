/** What the page of expressions says, in words a learner understands. */

/** The expressions in words. Left and right are the learner's own. */
const NAMES = {
  eyes_open: 'Eyes open',
  eyes_closed: 'Eyes closed',
  looking_left: 'Looking left',
  looking_right: 'Looking right',
  looking_center: 'Looking straight ahead',
  smiling: 'Smiling',
  shocked: 'Shocked',
  eyes_closed_smiling: 'Eyes closed, smiling',
  eyes_open_smiling: 'Eyes open, smiling',
  looking_left_smiling: 'Looking left, smiling',
  looking_right_smiling: 'Looking right, smiling',
  looking_center_smiling: 'Looking straight ahead, smiling',
  eyes_closed_neutral: 'Eyes closed, neutral',
  thumbs_up: 'Thumbs up',
  thumbs_down: 'Thumbs down',
  open_hand: 'Open hand',
  fist: 'Fist',
  pointing: 'Pointing',
  one_finger_raised: 'One finger raised',
  one_finger_middle: 'Middle finger raised',
  one_finger_ring: 'Ring finger raised',
  one_finger_pinky: 'Little finger raised',
  one_hand_raised: 'One hand raised',
  both_hands_raised: 'Both hands raised',
  hand_touching_head: 'Hand touching the head',
  both_hands_thumbs_up: 'Both thumbs up',
  both_hands_fists: 'Both fists',
};

export const NOTHING_SEEN = 'No face and no hand in view';
export const NONE_YET = 'No expression yet';

export const WAITING = {
  camera: 'Starting the camera …',
  first: 'The first picture is on its way …',
  service: 'Waiting for the service …',
  lostCamera: 'Waiting for your camera …',
  hidden: 'Paused while this page is out of sight',
};
export const CAMERA_PROBLEMS = {
  denied: 'This page may not use your camera. Allow the camera in your browser’s address bar, then press “Start” again.',
  missing: 'No camera was found. Connect a camera, then press “Start” again.',
  busy: 'Your camera is used by another program. Close that program, then press “Start” again.',
  insecure:
    'Your browser gives the camera to secure pages only. Open this page with an address that begins with https.',
  lost: 'Your camera stopped. It goes on by itself once it is back.',
};
export const NO_CONNECTION = 'There is no connection to the service. It is tried again and again by itself.';
export const TOKEN_NEEDED = 'This service asks for a token. Your platform gives you one.';
export const TOKEN_REFUSED = 'The service did not accept this token. Ask your platform for another one.';
export const BUSY = 'The service is busy; this is tried again.';
export const UNREADABLE = 'This picture can’t be read; it may be damaged.';
export const NO_PICTURE = 'This file is no JPEG, PNG or WebP.';

const MEGABYTE = 1024 * 1024;

/** @param {string} expression @returns {string} */
export const words = (expression) => NAMES[expression] ?? expression.replaceAll('_', ' ');
/** @param {number} bytes @returns {string} */
export const inMegabytes = (bytes) => `${Math.ceil(bytes / MEGABYTE)} MB`;
/** @param {number} number @param {string} noun @returns {string} */
export const counted = (number, noun) => `${number} ${noun}${number === 1 ? '' : 's'}`;
