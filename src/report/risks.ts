import type { Kinds } from "../engine/resource.ts";
import type { Change, Plan } from "../engine/change.ts";
import { address } from "../engine/model.ts";
import type { RisksFacet } from "../engine/view.ts";

/** Something in a plan that a reviewer should look at first. */
export interface Risk {
  /** What it is of: `rule-group/toolboxai/critical`. */
  readonly address: string;
  /** `loss`: something goes that does not come back by itself. `change`: notifications or alerts behave in another way. */
  readonly level: "loss" | "change";
  /** A sentence without the object's name; names in it are other people's text. */
  readonly text: string;
}

/** What of a plan is at risk, losses first. What is left as it is risks nothing. Pure. */
export function risksOf({ changes }: Plan, kinds: Kinds): Risk[] {
  const done = changes.filter(({ left }) => !left);
  const added = new Set(
    done.flatMap(({ differences }) => differences.flatMap(({ type, path }) => (type === "added" ? [path] : []))),
  );
  const all = done.flatMap((change) => risksOfChange(change, kinds.get(change.kind)?.view?.risks, added));
  return [...all.filter(({ level }) => level === "loss"), ...all.filter(({ level }) => level === "change")];
}

function risksOfChange(change: Change, risks: RisksFacet = {}, added: ReadonlySet<string>): Risk[] {
  const name = address(change);
  const risk = (level: Risk["level"], text: string): Risk => ({ address: name, level, text });
  const found: Risk[] = [];
  if (change.action === "delete") found.push(risk("loss", risks.deletion ?? "is deleted"));
  if (change.action === "adopt") found.push(risk("change", "is not this project's yet, and is taken over"));
  if (change.origin === "grafana" || change.origin === "both") {
    const by = change.updatedBy ? ` by ${change.updatedByName ?? change.updatedBy}` : "";
    const verb = change.action === "delete" ? "deletes" : "overwrites";
    found.push(risk("loss", `${verb} what was changed in Grafana${by}`));
  }
  if (change.loss) found.push(risk("loss", change.loss));
  if (change.action === "create" || change.action === "delete") return found;
  if (risks.update !== undefined && change.differences.length > 0) found.push(risk("change", risks.update));
  for (const difference of change.differences) {
    const one = risks.ofDifference?.(difference, added);
    if (one) found.push(risk(one.lost ? "loss" : "change", one.text));
  }
  return found;
}
