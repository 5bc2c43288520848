import { test } from "vitest";
import { modes, type Mode } from "../../src/sandbox/mode.ts";

/** Which Grafana tests run against: `TEST_GRAFANA_MODE`, which for a real one says what it was started as. */
export const MODE: Mode = testedMode();

/** Whether its folders and dashboards keep marks of ownership, and alerting objects stand in a ledger. */
export const MARKS = MODE === "unified";

/** Whether it has the Kubernetes-style API, which dry-runs and gives bodies in lists. */
export const KUBERNETES = MODE !== "legacy-api";

function testedMode(): Mode {
  const named = process.env["TEST_GRAFANA_MODE"] || "unified";
  const mode = modes.find((one) => one === named);
  if (mode === undefined) throw new Error(`TEST_GRAFANA_MODE is ${named}; it can be ${modes.join(", ")}`);
  return mode;
}

/** `test` where it can mean something; elsewhere a skipped one, whose name says why. */
export function testIf(possible: boolean, why: string) {
  return (name: string, body: () => Promise<void>): void => {
    if (possible) test(name, body);
    else test.skip(`${name} [not on ${MODE}: ${why}]`);
  };
}

/** Of marks, and of what only they can tell: who changed what, and what may be deleted. */
export const testWithMarks = testIf(MARKS, "it keeps no marks");
