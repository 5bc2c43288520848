import { editedOf, isComparable } from "../ownership/edited.ts";
import { hiddenForm } from "../rollback/forms.ts";
import type { Comparison } from "./live.ts";
import type { Left } from "./plan.ts";
import { address, type LiveObject, type ResourceKind } from "./resource.ts";

/** Where a difference comes from. */
export type Origin = "code" | "grafana" | "both" | "unknown";

const IN_GRAFANA = "changed in Grafana since the last apply";
const UNCERTAIN =
  "may have been changed in Grafana since the last apply: its mark was written by an earlier version of grafana-provision and cannot be compared";

export function originOf(kind: ResourceKind | undefined, comparison: Comparison, { applied }: LiveObject): Origin {
  const { desired, edited, aside, codeUnchanged } = comparison;
  if (!applied || !kind) return "unknown";
  if (aside) return aside;
  if (edited === "unknown") return "unknown";
  // The code of the last apply is unknown, and Grafana has not changed since.
  const unknownCode = applied.pending === true || !isComparable(kind, applied);
  if (edited === "no" && unknownCode) return "code";
  const codes = [applied.codeHash, applied.transition?.former?.codeHash];
  if (codeUnchanged ?? codes.includes(desired.hash)) return "grafana";
  return edited === "yes" ? "both" : "code";
}

/** Why an object that differs is skipped without consent: it has, or may have, changes that are not in the code. */
export function leftAsEdited(comparison: Comparison, live: LiveObject, origin: Origin): Left | undefined {
  const name = address(comparison.desired);
  const uncertain = origin === "unknown" && comparison.edited === "unknown" && live.applied !== undefined;
  const changed = origin === "grafana" || origin === "both" || comparison.otherForm?.loss !== undefined;
  if (!changed && (!uncertain || comparison.aside)) return undefined;
  return {
    reason: "drift",
    message: uncertain
      ? UNCERTAIN
      : origin === "both"
        ? "changed in Grafana and in the code since the last apply"
        : IN_GRAFANA,
    hint: `take the change over into the code, or put the code's state back with --overwrite-drift ${name}`,
    ...(uncertain ? { uncertain } : {}),
  };
}

/** Why an object that the code no longer has is not deleted without consent: changes made in Grafana would be lost. */
export function leftAsEditedOrphan(kind: ResourceKind, object: LiveObject): Left | undefined {
  const { id, applied, touched, complete } = object;
  if (!applied || !touched) return undefined;
  const edited = complete ? editedOf(kind, object, hiddenForm(kind, object, applied.places ?? [])) : "yes";
  if (edited === "no") return undefined;
  const uncertain = edited === "unknown" || !isComparable(kind, applied);
  return {
    reason: "drift",
    message: `is not deleted: it ${uncertain ? UNCERTAIN : `was ${IN_GRAFANA}`}`,
    hint: `take the change over into the code, or delete the object with --overwrite-drift ${address({ kind: kind.name, id })}`,
    ...(uncertain ? { uncertain } : {}),
  };
}
