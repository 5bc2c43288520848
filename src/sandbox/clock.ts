/** Increasing numbers for resource versions and internal ids, also across restarts. */
export class VersionClock {
  #last = 0;

  /** The last number. */
  get last(): number {
    this.#last ||= Date.now() * 1000;
    return this.#last;
  }

  /** Makes later numbers greater than a stored one, in case the system clock was set back. */
  observe(stored: number): void {
    this.#last = Math.max(this.#last, stored);
  }

  next(): number {
    // Grafana uses microseconds too.
    this.#last = Math.max(this.#last + 1, Date.now() * 1000);
    return this.#last;
  }
}
