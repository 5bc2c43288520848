/** A point that several runs reach before one of them continues. */
export interface Meeting<Value, Decision> {
  /** Waits for the others, and returns what was decided for all. Throws if the decision did. */
  arrive(name: string, value: Value): Promise<Decision>;
  /** The run ended, or will not arrive. */
  leave(name: string): void;
}

/** `decide` is called once, with the values of all runs that have arrived, when each has arrived or left. */
export function meeting<Value, Decision>(
  names: Iterable<string>,
  decide: (arrived: ReadonlyMap<string, Value>) => Promise<Decision>,
): Meeting<Value, Decision> {
  const missing = new Set(names);
  const arrived = new Map<string, Value>();
  const decision = Promise.withResolvers<Decision>();
  // If every run has left, no caller handles the error.
  decision.promise.catch(() => {});
  const decideIfComplete = () => {
    if (missing.size === 0 && arrived.size > 0) decide(arrived).then(decision.resolve, decision.reject);
  };
  return {
    arrive(name, value) {
      if (missing.delete(name)) {
        arrived.set(name, value);
        decideIfComplete();
      }
      return decision.promise;
    },
    leave(name) {
      if (missing.delete(name)) decideIfComplete();
    },
  };
}
