/** Runs tasks with the same key in sequence and tasks with different keys concurrently. */
export class KeyedMutex {
  readonly #tails = new Map<string, Promise<void>>();

  async run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key);
    const { promise: after, resolve } = Promise.withResolvers<void>();
    this.#tails.set(key, after);
    try {
      await before;
      return await task();
    } finally {
      if (this.#tails.get(key) === after) this.#tails.delete(key);
      resolve();
    }
  }
}

/** Runs any number of shared tasks, or one exclusive task, in order of arrival, so that neither kind starves. */
export class SharedLock {
  #shared = 0;
  #exclusive = false;
  readonly #queue: { exclusive: boolean; enter: () => void }[] = [];

  /** Runs concurrently with other shared tasks. */
  async shared<T>(task: () => Promise<T>): Promise<T> {
    await this.#enter(false);
    try {
      return await task();
    } finally {
      this.#shared -= 1;
      this.#next();
    }
  }

  async exclusive<T>(task: () => Promise<T>): Promise<T> {
    await this.#enter(true);
    try {
      return await task();
    } finally {
      this.#exclusive = false;
      this.#next();
    }
  }

  async #enter(exclusive: boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#queue.push({ exclusive, enter: resolve });
    this.#next();
    await promise;
  }

  #next(): void {
    for (let first = this.#queue[0]; first !== undefined; first = this.#queue[0]) {
      if (this.#exclusive || (first.exclusive && this.#shared > 0)) return;
      this.#queue.shift();
      if (first.exclusive) this.#exclusive = true;
      else this.#shared += 1;
      first.enter();
    }
  }
}
