/** Numbers that only grow, also from one start to the next: resource versions and internal ids. */
export class VersionClock {
  #last = 0;

  /** The newest number. */
  get last(): number {
    this.#last ||= Date.now() * 1000;
    return this.#last;
  }

  /** Makes every later number greater than one found in a file, should the system's clock have been set back. */
  observe(stored: number): void {
    this.#last = Math.max(this.#last, stored);
  }

  next(): number {
    // Microseconds, as Grafana's own.
    this.#last = Math.max(this.#last + 1, Date.now() * 1000);
    return this.#last;
  }
}
