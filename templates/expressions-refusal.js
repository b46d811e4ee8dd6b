/** What could not be done, in a sentence for the learner. */
export class Refusal extends Error {
  /** @param {string} message @param {string} [code] The service's, or `gone` without a connection. */
  constructor(message, code = '') {
    super(message);
    this.code = code;
  }

  /** Whether it is worth a retry. */
  get passes() {
    return ['gone', 'overloaded', 'internal', 'rate_limited'].includes(this.code);
  }
}
