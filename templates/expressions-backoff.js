/** How long to wait before the next attempt: by chance between nothing and a limit that doubles. */
export class Backoff {
  #limits;
  #failures = 0;

  /** @param {{first: number, longest: number}} limits Milliseconds. */
  constructor(limits) {
    this.#limits = limits;
  }

  /** @returns {number} Milliseconds. Each call counts as one more failure. */
  next() {
    const { first, longest } = this.#limits;
    const limit = Math.min(longest, first * 2 ** this.#failures);
    this.#failures += 1;
    return limit * Math.random();
  }

  reset() {
    this.#failures = 0;
  }
}
