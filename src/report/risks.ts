import type { Kinds } from "../engine/resource.ts";
import type { Change, Plan } from "../engine/change.ts";
import { address } from "../engine/model.ts";
import type { RisksFacet } from "../engine/view.ts";

/** A part of a plan that a reviewer should look at first. */
export interface Risk {
  /** The object: `rule-group/toolboxai/critical`. */
  readonly address: string;
  /** `loss`: data is lost for good. `change`: notifications or alerts behave differently. */
  readonly level: "loss" | "change";
  /** A sentence whose subject is the object. Names in it are untrusted text. */
  readonly text: string;
}

/** Finds the risks of a plan, losses first. Changes that are not applied have no risks. Pure. */
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
  if (change.action === "delete") {
    const { deletion = "is deleted" } = risks;
    found.push(risk("loss", typeof deletion === "string" ? deletion : deletion(change.id)));
  }
  if (change.action === "adopt") found.push(risk("change", "is adopted: this project did not create it"));
  if (change.origin === "grafana" || change.origin === "both") {
    const by = change.updatedBy ? ` by ${change.updatedByName ?? change.updatedBy}` : "";
    const verb = change.action === "delete" ? "deletes" : "overwrites";
    found.push(risk("loss", `${verb} changes made in Grafana${by}`));
  }
  if (change.loss) found.push(risk("loss", change.loss));
  if (change.revokes) found.push(risk("change", change.revokes));
  if (change.action === "create" || change.action === "delete") return found;
  if (risks.update !== undefined && change.differences.length > 0) found.push(risk("change", risks.update));
  for (const difference of change.differences) {
    const one = risks.ofDifference?.(difference, added);
    if (one) found.push(risk(one.lost ? "loss" : "change", one.text));
  }
  return found;
}
