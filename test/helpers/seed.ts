/** The seed of generated cases, the same in every `npm test`. `TEST_SEED` sets another one, or reproduces a failure. */
export const SEED = Number(process.env["TEST_SEED"] ?? 20_260_101);

/** Options of a test with generated cases: `npm run test:explore` repeats it with new seeds. */
export const GENERATED = { tags: ["generated"] };

const RUNS = process.env["TEST_RUNS"];

const LANE = process.env["TEST_LANE"];
/** `npm run test:all`: every case on every Grafana. */
export const FULL = LANE === "full";
/** `npm run test:unit` should finish within a minute. */
const UNIT_CASES = 5;

/**
 * The number of cases of a generated test: half of `usual` in `npm test` and CI, and `full` in `npm run test:all`. `TEST_RUNS`
 * overrides them.
 */
export function runs(usual: number, full = usual): number {
  if (RUNS !== undefined) return Number(RUNS);
  if (FULL) return full;
  return LANE === "unit" ? Math.min(usual, UNIT_CASES) : Math.ceil(usual / 2);
}

/** The distance between the tried places of a test that tries all of them in `npm run test:all`. */
export function every(distance: number): number {
  return FULL ? 1 : distance;
}

/** The milliseconds of one test in a round of `npm run test:explore`, and the end of the last round. */
const SHARE = 15_000;
const END = process.env["TEST_EXPLORE_END"];

/** Starts the time of one test. The result returns whether it is over, which is only possible in `npm run test:explore`. */
export function timeShare(): () => boolean {
  const end = END === undefined ? Infinity : Math.min(Number(END), Date.now() + SHARE);
  return () => Date.now() >= end;
}

/** The numbers of the cases of a test that generates them itself, up to the number from `runs`: at least one. */
export function* rounds(count: number): Generator<number> {
  const isOver = timeShare();
  for (let round = 0; round < count && (round === 0 || !isOver()); round++) yield round;
}

/** Mulberry32: numbers from 0 to 1 that depend only on the seed. */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
