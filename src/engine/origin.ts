import type { Origin, Change, Left } from "./change.ts";
import { editedOf, isComparable } from "../ownership/edited.ts";
import { hiddenForm } from "../rollback/forms.ts";
import type { Comparison } from "./comparison.ts";
import { lossHint, lossReason, lossText } from "./loss.ts";
import { address, type LiveObject } from "./model.ts";
import type { OtherForm } from "./facets.ts";
import type { ResourceKind } from "./resource.ts";
import { isNamed, type Selection } from "./selection.ts";

const IN_GRAFANA = "changed in Grafana since the last apply";
const UNCERTAIN =
  "may have been changed in Grafana since the last apply: its mark was written by an earlier version of grafana-provision and cannot be compared";

export function originOf(kind: ResourceKind | undefined, comparison: Comparison, live: LiveObject): Origin {
  const { desired, edited, aside, codeUnchanged } = comparison;
  const { applied } = live;
  if (!applied || !kind) return "unknown";
  if (aside) return aside;
  if (edited === "unknown") return "unknown";
  // The code of the last apply is unknown, or an interrupted run left a temporary title; the object has not changed in Grafana.
  const unknownCode =
    applied.pending === true || !isComparable(kind, applied) || kind.writing?.uniqueTitles?.isTemporary(live) === true;
  if (edited === "no" && unknownCode) return "code";
  const codes = [applied.codeHash, applied.transition?.former?.codeHash];
  if (codeUnchanged ?? codes.includes(desired.hash)) return "grafana";
  return edited === "yes" ? "both" : "code";
}

/** Why an object that differs is skipped without consent: it has, or may have, changes that are not in the code. */
export function leftAsEdited(comparison: Comparison, live: LiveObject, origin: Origin): Left | undefined {
  const name = address(comparison.desired);
  const uncertain = origin === "unknown" && comparison.edited === "unknown" && live.applied !== undefined;
  const lossy = comparison.otherForm?.lost && comparison.otherForm;
  const changed = origin === "grafana" || origin === "both" || lossy;
  if (!changed && (!uncertain || comparison.aside)) return undefined;
  const since = uncertain
    ? UNCERTAIN
    : origin === "both"
      ? "changed in Grafana and in the code since the last apply"
      : IN_GRAFANA;
  return {
    reason: "drift",
    message: lossy ? `${since}, and ${lossReason(lossy)}` : since,
    hint: lossy
      ? lossHint("overwrite", name)
      : `add the change to the code, or restore the code's state with --overwrite-drift ${name}`,
    ...(uncertain ? { uncertain } : {}),
  };
}

/** Whether an object was, or may have been, changed in Grafana since the last apply; undefined: it was not. */
export function changeIn(kind: ResourceKind, object: LiveObject): "grafana" | "unknown" | undefined {
  const { applied, touched, complete } = object;
  if (!applied || !touched) return undefined;
  const edited = complete ? editedOf(kind, object, hiddenForm(kind, object, applied.places ?? [])) : "yes";
  if (edited === "no") return undefined;
  return edited === "unknown" || !isComparable(kind, applied) ? "unknown" : "grafana";
}

/** An object that was not written since the last apply has the code's form. */
function otherFormOf(kind: ResourceKind, object: LiveObject): OtherForm | undefined {
  return object.complete && object.touched ? kind.comparison?.otherForm?.(object) : undefined;
}

/** The content that a deletion loses and that is not in the code. */
export function deletionLosses(kind: ResourceKind, object: LiveObject): Pick<Change, "origin" | "loss"> {
  const origin = changeIn(kind, object);
  const loss = lossText(otherFormOf(kind, object), "delete");
  return { ...(origin ? { origin } : {}), ...(loss ? { loss } : {}) };
}

/** Why an object is not deleted without consent: changes made in Grafana would be lost. */
export function leftFromDeletion(kind: ResourceKind, object: LiveObject, consent: Selection): Left | undefined {
  // An interrupted deletion left it so, or a user reset it: nothing is lost.
  if (kind.deletion?.isDone?.(object) === true) return undefined;
  const name = address({ kind: kind.name, id: object.id });
  const origin = changeIn(kind, object);
  const other = otherFormOf(kind, object);
  if (isNamed(consent, name) || (!origin && !other?.lost)) return undefined;
  const uncertain = origin === "unknown";
  const changed = origin && (uncertain ? UNCERTAIN : `was ${IN_GRAFANA}`);
  const reasons = [changed, other?.lost && lossReason(other)].filter(Boolean).join(", and ");
  return {
    reason: "drift",
    message: `is not deleted: it ${reasons}`,
    hint: other?.lost
      ? lossHint("delete", name)
      : `add the change to the code, or delete the object with --overwrite-drift ${name}`,
    ...(uncertain ? { uncertain } : {}),
  };
}
