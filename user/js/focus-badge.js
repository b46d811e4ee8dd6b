/**
 * The badge of the example lesson, Smodulepart.php: shows in a corner whether the learner is seen to
 * look at the lesson, and lets them pause. The client asks for consent, and its control stops the
 * camera.
 */
(() => {
  'use strict';

  /** What each state says; what it looks like is in lesson.css. */
  const WORDS = {
    off: 'Camera off',
    asking: 'Camera off',
    starting: 'Starting the camera…',
    waiting: 'Waiting…',
    focused: 'Looking at the lesson',
    away: 'Looking away',
    paused: 'Paused: nothing is sent',
  };
  const SENDING = ['waiting', 'focused', 'away', 'paused'];

  const element = (name) => document.getElementById(`focus-${name}`);
  const lesson = JSON.parse(element('lesson').textContent);

  let state = 'off';
  let firstToken = lesson.token;

  /** The page's own token once, then a fresh one for each connection: a lesson may outlast it. */
  async function token() {
    if (firstToken) {
      const fresh = firstToken;
      firstToken = null;
      return fresh;
    }
    const query = new URLSearchParams({ module: lesson.moduleId });
    const answer = await fetch(`eyelearn_token.php?${query}`, { credentials: 'same-origin' });
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    return (await answer.json()).token;
  }

  const webcam =
    window.WebcamWebSocket &&
    new window.WebcamWebSocket({
      ...(lesson.token && { token }),
      controlIn: element('control'),
      onTrackingUpdate: ({ is_focused: focused }) => {
        if (state !== 'focused' && state !== 'away' && state !== 'waiting') return;
        tell(null);
        show(focused ? 'focused' : 'away');
      },
      onConnectionChange: (connected) => {
        if (connected) tell(null);
        if (state !== 'off' && state !== 'paused') show('waiting');
      },
      onError: ({ type, message, final }) => {
        const asWished = type.startsWith('CONSENT_');
        tell(asWished ? null : message);
        if (final) show('off');
        if (asWished) element('start').focus();
        else if (state === 'focused' || state === 'away') show('waiting');
      },
    });

  function show(next) {
    document.getElementById('focus').dataset.state = next;
    element('start').hidden = next !== 'off';
    element('pause').hidden = !SENDING.includes(next);
    element('pause').textContent = next === 'paused' ? 'Go on' : 'Pause';
    const words = WORDS[next];
    // Written only when it changes, since a screen reader reads out what is written.
    if (element('words').textContent !== words) element('words').textContent = words;
    state = next;
  }

  /** A problem in a sentence for the learner, or null when it is over. */
  function tell(message) {
    element('problem').hidden = !message;
    if (element('problem').textContent !== (message ?? '')) element('problem').textContent = message ?? '';
  }

  async function start() {
    tell(null);
    if (!webcam) {
      show('off');
      tell('The focus tracking could not be loaded. The lesson works without it.');
      return;
    }
    const { userId, moduleId, sectionId } = lesson;
    show(webcam.consentOf(userId, moduleId) === 'agreed' ? 'starting' : 'asking');
    const started = await webcam.initialize(userId, moduleId, sectionId);
    // Otherwise onError was told why.
    if (started && !SENDING.includes(state)) show('waiting');
  }

  function pauseOrGoOn() {
    if (state === 'paused') {
      show('waiting');
      webcam.startCapture();
    } else {
      webcam.stopCapture();
      show('paused');
    }
  }

  element('start').addEventListener('click', () => void start());
  element('pause').addEventListener('click', pauseOrGoOn);

  // Who said no is not asked again by every page of the lesson.
  if (webcam?.consentOf(lesson.userId, lesson.moduleId) === 'declined') show('off');
  else void start();
})();
