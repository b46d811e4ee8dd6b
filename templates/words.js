/** What the page says, in words a learner understands. Left and right are the learner's own. */

const AWAY = {
  centered: 'Coming back to the lesson',
  looking_left: 'Looking to your left',
  looking_right: 'Looking to your right',
  looking_up: 'Looking up',
  looking_down: 'Looking down',
  face_turned: 'Your head is turned away',
  eyes_closed: 'Your eyes are closed',
  distracted: 'Your head is tilted far to the side',
  no_face: 'No face in view',
  multiple_faces: 'More than one person in view',
  page_hidden: 'The lesson is in the background',
};

/** Somebody is there; the hint says what to do about it. */
const HARDLY_SEEN = 'Your face can hardly be seen';

const HINTS = {
  more_light: 'A little more light on your face helps.',
  come_closer: 'Come a little closer to the camera.',
  center_your_face: 'Move so that your face is in the middle of the picture.',
};

/** @returns {string} What the learner does now, as one line. */
export function verdictWords({ is_focused: focused, gaze_direction: direction, hint }) {
  if (focused) return 'You are looking at the lesson';
  if (direction === 'no_face' && hint) return HARDLY_SEEN;
  return AWAY[direction] ?? 'Looking away';
}

export function hintWords(hint) {
  return HINTS[hint] ?? '';
}

/** While the learner looks at the middle of their screen, and after it. */
export const CALIBRATION = {
  look: 'Look at the dot …',
  done: 'From now on this counts as the middle.',
};

/** Where faces are found, by the client's mode. */
export const WHERE = { browser: 'in this browser', server: 'by the service' };

/**
 * What to do about an error of the client, by its type: a title, the steps once tracking has ended,
 * and where it can go on by itself, the steps while it does.
 */
export const HELP = {
  CAMERA_PERMISSION_DENIED: {
    title: 'The camera is not allowed',
    steps: [
      'Click the camera or lock sign in the address bar of your browser.',
      'Allow the camera for this page.',
      'Press “Start” again.',
    ],
  },
  NO_CAMERA: {
    title: 'No camera found',
    steps: ['Connect a camera, or switch on the one in your computer.', 'Press “Start” again.'],
  },
  CAMERA_IN_USE: {
    title: 'The camera is busy',
    steps: ['Close other programs and tabs that use the camera.', 'Press “Start” again.'],
  },
  INSECURE_CONTEXT: {
    title: 'This page is not secure',
    steps: ['Open this page with an address that begins with https://, or on this computer as localhost.'],
  },
  CAMERA_LOST: {
    title: 'The camera stopped',
    waiting: ['Check its cable and that its cover is open.', 'Close other programs that use the camera.'],
  },
  BROWSER_UNSUPPORTED: {
    title: 'This browser cannot do it',
    steps: [
      'Try another browser, such as a new Chrome, Edge or Firefox.',
      'Close other tabs and programs that use the graphics card.',
    ],
  },
  WEBSOCKET_ERROR: {
    title: 'No connection to the focus service',
    steps: ['Check your internet connection.', 'Press “Start” again.'],
    waiting: ['Check your internet connection.'],
  },
  SERVER_ERROR: {
    title: 'The focus service reports a problem',
    steps: ['Wait a moment, then press “Start” again.', 'If it stays, tell your teacher what is written here.'],
    waiting: ['If it stays, tell your teacher what is written here.'],
  },
};

/** 75 → "1:15", 3675 → "1:01:15". */
export function clockTime(seconds) {
  const whole = Math.floor(seconds);
  const parts = [Math.floor(whole / 60) % 60, whole % 60].map((part) => String(part).padStart(2, '0'));
  const hours = Math.floor(whole / 3600);
  return hours > 0 ? `${hours}:${parts.join(':')}` : `${Number(parts[0])}:${parts[1]}`;
}
