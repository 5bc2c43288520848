import { SEED } from "./seed.ts";

/** Runs before all tests, for each project: says once how the generated cases are drawn. */
export function setup(): void {
  if (process.env["TEST_SEED_PRINTED"]) return;
  process.env["TEST_SEED_PRINTED"] = "yes";
  process.stderr.write(`Generated cases: TEST_SEED=${SEED} draws the same ones.\n`);
}
