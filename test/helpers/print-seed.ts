import { SEED } from "./seed.ts";

/** Runs before all tests of each project: prints the seed once. */
export function setup(): void {
  if (process.env["TEST_SEED_PRINTED"]) return;
  process.env["TEST_SEED_PRINTED"] = "yes";
  process.stderr.write(`Generated cases: set TEST_SEED=${SEED} to reproduce them.\n`);
}
