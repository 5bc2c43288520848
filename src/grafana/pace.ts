/** Limits how many requests run at once. */
export interface Pace {
  /** Runs an attempt when its turn comes. */
  run<Answer>(attempt: () => Promise<Answer>): Promise<Answer>;
  /** How many attempts may run at once now. */
  readonly limit: number;
}

interface PaceOptions {
  /** The limit at the start, and the highest one. */
  readonly maximum: number;
  /** Whether the error of an attempt says that Grafana gets too many requests, and for how long it wants none, in milliseconds. */
  readonly limited: (error: unknown) => number | undefined;
}

/**
 * Halves the limit when Grafana limits the rate of requests, holds all requests until then, and raises the limit by one after as
 * many successes as it allows at once.
 */
export function createPace({ maximum, limited }: PaceOptions): Pace {
  let [limit, running, successes, started, changed] = [maximum, 0, 0, 0, 0];
  let heldUntil = 0;
  /** Ends the time in which nothing is sent. */
  let hold: NodeJS.Timeout | undefined;
  const waiting: (() => void)[] = [];

  const startNext = (): void => {
    if (hold) return;
    while (running < limit && waiting.length > 0) {
      running++;
      waiting.shift()?.();
    }
  };
  const succeeded = (): void => {
    if (limit === maximum || ++successes < limit) return;
    limit++;
    successes = 0;
  };
  const holdFor = (wait: number): void => {
    const until = performance.now() + wait;
    if (wait === 0 || (hold && until <= heldUntil)) return;
    clearTimeout(hold);
    heldUntil = until;
    hold = setTimeout(() => {
      hold = undefined;
      startNext();
    }, wait);
  };
  const slowDown = (wait: number, number: number): void => {
    holdFor(wait);
    successes = 0;
    // The other requests of the same burst are rejected, too: only the first one counts.
    if (number <= changed) return;
    changed = started;
    limit = Math.max(1, Math.floor(limit / 2));
  };

  return {
    get limit() {
      return limit;
    },
    async run(attempt) {
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        startNext();
      });
      const number = ++started;
      try {
        const answer = await attempt();
        succeeded();
        return answer;
      } catch (error) {
        const wait = limited(error);
        if (wait === undefined) succeeded();
        else slowDown(wait, number);
        throw error;
      } finally {
        running--;
        startNext();
      }
    },
  };
}
