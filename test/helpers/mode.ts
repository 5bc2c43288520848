import { modes, type Mode } from "../../src/sandbox/mode.ts";

/** Which Grafana tests run against: `TEST_GRAFANA_MODE`, which for a real one says what it was started as. */
export const MODE: Mode = testedMode();

/** Whether its folders and dashboards keep marks of ownership, and alerting objects stand in a ledger. */
export const MARKS = MODE === "unified";

/** Whether it has the Kubernetes-style API, which dry-runs and gives bodies in lists. */
export const KUBERNETES = MODE !== "legacy-api";

/** Whether this is the mode in which tests run that are the same for every Grafana, or reach none. */
export const ONCE = MODE === "unified";

function testedMode(): Mode {
  const named = process.env["TEST_GRAFANA_MODE"] || "unified";
  const mode = modes.find((one) => one === named);
  if (mode === undefined) throw new Error(`TEST_GRAFANA_MODE is ${named}; it can be ${modes.join(", ")}`);
  return mode;
}

/** What a command says on standard error, but for the line that every run against an older Grafana has. */
export function remarks({ stderr }: { readonly stderr: string }): string {
  return stderr.replace(/^Grafana \S+ is not tested with this version of grafana-provision\.\n/m, "");
}

/** Where a plan says that a difference comes from: nobody can tell where there is no mark. */
export function origin(marked: "code" | "grafana" | "both"): string {
  return MARKS ? marked : "unknown";
}

/** Why a plan leaves what somebody changed in Grafana: where nobody can tell that somebody did, it is not left. */
export const DRIFT = MARKS ? "drift" : undefined;
