import { EXIT, ProvisionError } from "../util/errors.ts";
import type { Session } from "./session.ts";

/** The project and the Grafana that a recorded run or a saved plan belongs to. */
export interface TargetRecord {
  readonly project: string;
  readonly owner: string;
  readonly target: {
    readonly type: "grafana" | "sandbox";
    /** Without credentials; `sandbox` for the embedded one, whose port changes. */
    readonly url: string;
    readonly version: string;
    readonly namespace: string;
  };
}

export function targetRecord({ project, context: { grafana, owner }, target }: Session): TargetRecord {
  const url = target.type === "sandbox" ? "sandbox" : grafana.client.url;
  const { version, organization } = grafana;
  return { project, owner, target: { type: target.type, url, version, namespace: organization } };
}

/** Whether a recorded run or saved plan belongs to the project and the Grafana of a session. */
export function isSameTarget(was: TargetRecord, session: Session): boolean {
  return differences(was, session).length === 0;
}

/** Throws (exit 7) if a run or plan belongs to another project or Grafana. `what`: "The run 2026-…". */
export function mustBeSameTarget(what: string, was: TargetRecord, session: Session): void {
  const [other] = differences(was, session);
  if (!other) return;
  throw new ProvisionError(
    `${what} belongs to the ${other.what} ${other.was}, but this command works on the ${other.what} ${other.now}`,
    {
      code: "target-mismatch",
      exitCode: EXIT.conflict,
      hint: `Select the same ${other.what} (--config, --env, --url, GRAFANA_URL, GRAFANA_ORG_ID), or name another run or plan.`,
    },
  );
}

function differences(was: TargetRecord, session: Session): { what: string; was: string; now: string }[] {
  const now = targetRecord(session);
  return [
    { what: "project", was: was.project, now: now.project },
    { what: "owner", was: was.owner, now: now.owner },
    { what: "Grafana", was: was.target.url, now: now.target.url },
    { what: "organization", was: was.target.namespace, now: now.target.namespace },
  ].filter((one) => one.was !== one.now);
}
