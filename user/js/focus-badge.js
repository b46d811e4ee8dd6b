/**
 * The badge of the example lesson, Smodulepart.php: asks for consent before the camera, shows in a
 * corner whether the learner is seen to look at the lesson, and lets them pause and withdraw.
 *
 * Consent is remembered until the tab is closed, for this learner only.
 */
(() => {
  'use strict';

  /** What each state says; what it looks like is in lesson.css. */
  const WORDS = {
    off: 'Camera off',
    starting: 'Starting the camera…',
    waiting: 'Waiting…',
    focused: 'Looking at the lesson',
    away: 'Looking away',
    paused: 'Paused: no pictures are sent',
  };
  const RUNNING = ['starting', 'waiting', 'focused', 'away', 'paused'];

  const element = (name) => document.getElementById(`focus-${name}`);
  const lesson = JSON.parse(element('lesson').textContent);
  const consent = {
    key: `eyelearn-consent ${JSON.stringify(lesson.userId)}`,
    // Where the browser forbids storage, the learner is asked on each page.
    get answer() {
      try {
        return sessionStorage.getItem(this.key);
      } catch {
        return null;
      }
    },
    set answer(value) {
      try {
        sessionStorage.setItem(this.key, value);
      } catch {
        // Asked again on the next page, then.
      }
    },
  };

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
      onTrackingUpdate: ({ is_focused: focused }) => {
        if (state !== 'focused' && state !== 'away' && state !== 'waiting') return;
        tell(null);
        show(focused ? 'focused' : 'away');
      },
      onConnectionChange: (connected) => {
        if (connected) tell(null);
        if (RUNNING.includes(state) && state !== 'paused') show('waiting');
      },
      onError: ({ message, final }) => {
        tell(message);
        if (final) show('off');
        else if (state === 'focused' || state === 'away') show('waiting');
      },
    });

  function show(next) {
    document.getElementById('focus').dataset.state = next;
    element('consent').hidden = next !== 'asking';
    element('badge').hidden = next === 'asking';
    element('start').hidden = next !== 'off';
    element('pause').hidden = !RUNNING.includes(next) || next === 'starting';
    element('withdraw').hidden = !RUNNING.includes(next);
    element('pause').textContent = next === 'paused' ? 'Go on' : 'Pause';
    const words = WORDS[next] ?? '';
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
    consent.answer = 'agreed';
    tell(null);
    if (!webcam) {
      show('off');
      tell('The focus tracking could not be loaded. The lesson works without it.');
      return;
    }
    show('starting');
    const started = await webcam.initialize(lesson.userId, lesson.moduleId, lesson.sectionId);
    // Withdrawn meanwhile, or told why by onError.
    if (state !== 'starting') return;
    show(started ? 'waiting' : 'off');
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

  async function withdraw() {
    consent.answer = 'declined';
    show('off');
    tell(null);
    element('start').focus();
    await webcam.disconnect();
  }

  function decline() {
    consent.answer = 'declined';
    show('off');
    element('start').focus();
  }

  /** The button that was pressed goes away, and the keyboard's place with it. */
  function startByButton() {
    void start();
    if (state === 'starting') element('withdraw').focus();
  }

  element('agree').addEventListener('click', startByButton);
  element('start').addEventListener('click', startByButton);
  element('decline').addEventListener('click', decline);
  element('pause').addEventListener('click', pauseOrGoOn);
  element('withdraw').addEventListener('click', withdraw);

  if (consent.answer === 'agreed') void start();
  else show(consent.answer === 'declined' ? 'off' : 'asking');
})();
