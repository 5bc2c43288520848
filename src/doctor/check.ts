import type { CheckRequests } from "./check-requests.ts";

/** Something that this tool relies on: what Grafana answers to a few requests. */
export interface Check {
  /** Stable, for scripts: `dry-run-create`. */
  readonly name: string;
  readonly title: string;
  /** What a recorded Grafana 12.4.0 answers. */
  readonly recorded: string;
  /** Sends the requests and describes the answers. */
  run(requests: CheckRequests): Promise<string>;
}

export interface CheckResult {
  readonly name: string;
  readonly title: string;
  readonly recorded: string;
  /** `unchecked`: the credentials lack a permission, or Grafana doesn't serve the API. */
  readonly state: "same" | "different" | "unchecked";
  /** What this Grafana answers, or why it was not checked. */
  readonly found: string;
}
