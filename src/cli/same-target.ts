import { EXIT, ProvisionError } from "../util/errors.ts";
import type { Session } from "./session.ts";

/** What a run or a plan was made with. */
export interface MadeWith {
  readonly project: string;
  readonly owner: string;
  readonly target: {
    readonly type: "grafana" | "sandbox";
    /** Without credentials; `sandbox` for an embedded one, which has another address each time. */
    readonly url: string;
    readonly version: string;
    readonly namespace: string;
  };
}

/** What a session works with. */
export function madeWith({ project, context: { grafana, owner }, target }: Session): MadeWith {
  const url = target.type === "sandbox" ? "sandbox" : grafana.client.url;
  const { version, organisation } = grafana;
  return { project, owner, target: { type: target.type, url, version, namespace: organisation } };
}

/** Whether a session works on what something was made with. */
export function isSame(was: MadeWith, session: Session): boolean {
  return differences(was, session).length === 0;
}

/** Throws (exit 7), naming the first difference. `what`: "The run 2026-…". */
export function mustBeSame(what: string, was: MadeWith, session: Session): void {
  const [other] = differences(was, session);
  if (!other) return;
  throw new ProvisionError(
    `${what} was made with the ${other.what} ${other.was}, and this is the ${other.what} ${other.now}`,
    {
      exitCode: EXIT.conflict,
      hint: "Work on the one that it was made with (--env, --url, GRAFANA_URL, GRAFANA_ORG_ID), or name another one.",
    },
  );
}

function differences(was: MadeWith, session: Session): { what: string; was: string; now: string }[] {
  const now = madeWith(session);
  return [
    { what: "project", was: was.project, now: now.project },
    { what: "owner", was: was.owner, now: now.owner },
    { what: "Grafana", was: was.target.url, now: now.target.url },
    { what: "organisation", was: was.target.namespace, now: now.target.namespace },
  ].filter((one) => one.was !== one.now);
}
