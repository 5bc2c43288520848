import { modes, type Mode } from "../../src/sandbox/mode.ts";

/** The mode of the tested Grafana: `TEST_GRAFANA_MODE`, which for a real one must match how it was started. */
export const MODE: Mode = testedMode();

/** Whether folders and dashboards keep marks, and alerting objects are in a ledger. */
export const MARKS = MODE === "unified";

/** Whether it has the Kubernetes-style API, with dry runs and lists with bodies. */
export const KUBERNETES = MODE !== "legacy-api";

/** Whether this is the mode for tests that need no Grafana or have the same result in all modes. */
export const ONCE = MODE === "unified";

function testedMode(): Mode {
  const named = process.env["TEST_GRAFANA_MODE"] || "unified";
  const mode = modes.find((one) => one === named);
  if (mode === undefined) throw new Error(`TEST_GRAFANA_MODE is ${named}; it can be ${modes.join(", ")}`);
  return mode;
}

/** Standard error of a command without the line that runs on older Grafana versions always have. */
export function remarks({ stderr }: { readonly stderr: string }): string {
  return stderr.replace(/^Grafana \S+ is not tested with this version of grafana-provision\.\n/m, "");
}

/** The origin of a difference in a plan: unknown without marks. */
export function origin(marked: "code" | "grafana" | "both"): string {
  return MARKS ? marked : "unknown";
}

/** The reason why a plan skips a change made in Grafana: without marks the change is unknown, so nothing is skipped. */
export const DRIFT = MARKS ? "drift" : undefined;
