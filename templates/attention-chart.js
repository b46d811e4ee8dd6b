/** A live chart of attention over the last five minutes, one value a second. */

const SPAN_SECONDS = 300;
const MARGIN = { top: 10, right: 8, bottom: 22, left: 50 };
const LEVELS = [0, 50, 100];

export class AttentionChart {
  /** Second since the epoch → {sum, count, focused}: only what was seen, the rest stays a gap. */
  #seconds = new Map();
  #canvas;

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.#canvas = canvas;
    new ResizeObserver(() => this.draw()).observe(canvas);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.draw());
    this.draw();
  }

  clear() {
    this.#seconds.clear();
    this.draw();
  }

  /** @param {number} score 0 to 1 @param {boolean} focused @param {number} now milliseconds */
  add(score, focused, now = Date.now()) {
    const second = Math.floor(now / 1000);
    const entry = this.#seconds.get(second) ?? { sum: 0, count: 0, focused: 0 };
    entry.sum += score;
    entry.count += 1;
    entry.focused += focused ? 1 : 0;
    this.#seconds.set(second, entry);
    for (const old of this.#seconds.keys()) {
      if (old >= second - SPAN_SECONDS) break; // A Map keeps its order: the oldest come first.
      this.#seconds.delete(old);
    }
  }

  /** Mean attention of what is shown, 0 to 1, or null when nothing is. */
  mean() {
    const means = [...this.#seconds.values()].map(({ sum, count }) => sum / count);
    return means.length ? means.reduce((total, value) => total + value, 0) / means.length : null;
  }

  draw(now = Date.now()) {
    const { context, width, height } = this.#prepare();
    const colours = this.#colours();
    const x = (second) =>
      MARGIN.left + (1 - (now / 1000 - second) / SPAN_SECONDS) * (width - MARGIN.left - MARGIN.right);
    const y = (score) => MARGIN.top + (1 - score) * (height - MARGIN.top - MARGIN.bottom);
    this.#drawAxes(context, colours, { x, y, width, height, now });
    context.beginPath();
    context.rect(MARGIN.left, 0, width - MARGIN.left - MARGIN.right, height);
    context.clip();
    for (const run of this.#runs()) drawRun(context, run, colours, { x, y });
  }

  #prepare() {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    const scale = window.devicePixelRatio || 1;
    this.#canvas.width = Math.round(width * scale);
    this.#canvas.height = Math.round(height * scale);
    const context = this.#canvas.getContext('2d');
    context.scale(scale, scale);
    context.font = `12px ${getComputedStyle(this.#canvas).fontFamily}`;
    return { context, width, height };
  }

  #colours() {
    const style = getComputedStyle(this.#canvas);
    const colour = (name) => style.getPropertyValue(`--${name}`).trim();
    return { text: colour('muted'), grid: colour('line'), focused: colour('focused'), away: colour('away') };
  }

  #drawAxes(context, colours, { x, y, width, height, now }) {
    context.strokeStyle = colours.grid;
    context.fillStyle = colours.text;
    context.lineWidth = 1;
    context.textAlign = 'right';
    context.textBaseline = 'middle';
    for (const level of LEVELS) {
      const line = Math.round(y(level / 100)) + 0.5;
      context.beginPath();
      context.moveTo(MARGIN.left, line);
      context.lineTo(width - MARGIN.right, line);
      context.stroke();
      context.fillText(`${level} %`, MARGIN.left - 8, line);
    }
    context.textBaseline = 'bottom';
    for (let minutes = 5; minutes >= 0; minutes -= 1) {
      context.textAlign = minutes === 0 ? 'right' : 'center';
      const words = minutes === 0 ? 'now' : `−${minutes} min`;
      context.fillText(words, x(now / 1000 - 60 * minutes), height - 2);
    }
  }

  /** Seconds that follow each other without a gap, each as [second, score, focused]. */
  #runs() {
    const runs = [];
    let previous = -Infinity;
    for (const [second, { sum, count, focused }] of this.#seconds) {
      if (second - previous > 2) runs.push([]);
      runs.at(-1).push([second, sum / count, focused * 2 >= count]);
      previous = second;
    }
    return runs;
  }
}

/** The line of one run; under it a strip that says focused (full) or away (with gaps). */
function drawRun(context, run, colours, { x, y }) {
  for (const [second, score, focused] of run) {
    // Whole pixels, so that neighbours neither overlap nor leave a seam.
    const left = Math.round(x(second));
    const width = Math.round(x(second + 1)) - left;
    context.fillStyle = focused ? colours.focused : colours.away;
    context.globalAlpha = 0.22;
    context.fillRect(left, y(score), width, y(0) - y(score));
    context.globalAlpha = 1;
    if (focused || second % 2 === 0) context.fillRect(left, y(0) - 3, width, 3);
  }
  context.beginPath();
  for (const [second, score] of run) context.lineTo(x(second + 0.5), y(score));
  context.strokeStyle = colours.text;
  context.lineWidth = 1.75;
  context.lineJoin = 'round';
  context.stroke();
}
