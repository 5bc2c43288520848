/** The number of files that wait for a formatter, which runs in another thread. */
const WAITING = 16;

interface WriteQueue {
  /** Starts to write a file. Waits only if many others are not written yet. */
  (write: () => Promise<void>): Promise<void>;
  finished(): Promise<void>;
}

/** Lets a few files wait for the formatter while others are generated. */
export function writeQueue(): WriteQueue {
  const waiting: Promise<void>[] = [];
  const queue = async (write: () => Promise<void>): Promise<void> => {
    const written = write();
    // Its failure is reported when it is awaited.
    written.catch(() => {});
    waiting.push(written);
    if (waiting.length > WAITING) await waiting.shift();
  };
  return Object.assign(queue, { finished: async () => void (await Promise.all(waiting)) });
}
