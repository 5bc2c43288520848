// Runs the generated tests repeatedly with random seeds: `npm run test:explore`.
import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Counts of vitest's JSON reporter. */
interface Counts {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
}

const NONE: Counts = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0 };
const { TEST_EXPLORE_SECONDS: seconds = "120", TEST_EXPLORE_RESULTS: results } = process.env;
const end = Date.now() + Number(seconds) * 1000;
const files = globSync("test/**/*.test.ts").filter((file) => /\bGENERATED\b/.test(readFileSync(file, "utf8")));

const folder = await mkdtemp(join(tmpdir(), "grafana-provision-explore-"));
const failing: number[] = [];
let total = NONE;
for (let round = 0; round === 0 || Date.now() < end; round++) {
  const seed = randomInt(1_000_000_000);
  const counts = await run(seed);
  if (counts.numFailedTests > 0) failing.push(seed);
  total = {
    numPassedTests: total.numPassedTests + counts.numPassedTests,
    numFailedTests: total.numFailedTests + counts.numFailedTests,
    // Pending tests are those that are not generated. They run in `npm test`.
    numPendingTests: 0,
  };
}
await rm(folder, { recursive: true, force: true });
if (results !== undefined) writeFileSync(results, JSON.stringify(total));

for (const seed of failing)
  process.stdout.write(`To reproduce a failure above, run: TEST_SEED=${seed} npm test -- FILE\n`);
process.stdout.write(`explored: ${total.numPassedTests} passed, ${total.numFailedTests} failed\n`);
process.exitCode = failing.length > 0 ? 1 : 0;

/** Runs all generated tests once. Each stops after its share of the time. */
async function run(seed: number): Promise<Counts> {
  const output = join(folder, "results.json");
  writeFileSync(output, "");
  const reporters = ["--reporter=default", "--hideSkippedTests", "--reporter=json", `--outputFile.json=${output}`];
  const order = ["--sequence.shuffle.files", `--sequence.seed=${seed}`];
  const args = ["run", "--project", "unified", "--tags-filter", "generated", ...order, ...reporters, ...files];
  const child = spawn("vitest", args, {
    env: { ...process.env, TEST_SEED: String(seed), TEST_EXPLORE_END: String(end) },
    stdio: "inherit",
  });
  const [code] = (await once(child, "exit")) as [number | null];
  const counts = countsIn(readFileSync(output, "utf8"));
  // A file that fails to load has no failed tests, so count it as one.
  return code === 0 || counts.numFailedTests > 0 ? counts : { ...counts, numFailedTests: 1 };
}

function countsIn(text: string): Counts {
  try {
    return JSON.parse(text) as Counts;
  } catch {
    return NONE;
  }
}
