import type { Comparison } from "../engine/comparison.ts";
import { containerKind } from "../engine/container.ts";
import { diff } from "../engine/diff.ts";
import type { Difference } from "../engine/difference.ts";
import { isDrift, type Drift, type DriftReport } from "../engine/drift.ts";
import type { Both } from "../engine/links.ts";
import { differencesOf } from "../engine/live.ts";
import { address, type Desired, type LiveObject } from "../engine/model.ts";
import type { Mapping } from "../engine/mapping.ts";
import type { Kinds, ResourceKind } from "../engine/resource.ts";
import { HIDDEN } from "../secrets/secret.ts";
import { equal, toJson, type JsonObject } from "../util/json.ts";
import type { LeftReason } from "./model.ts";
import type { Target } from "./search.ts";
import { isUnmapped } from "./unmapped.ts";

export interface NotWritten {
  readonly drift: Drift;
  readonly reason: LeftReason;
  /** Absent: the whole object. */
  readonly difference?: Difference;
}

interface Targets {
  readonly targets: readonly Target[];
  readonly left: readonly NotWritten[];
}

interface TargetInput {
  readonly report: Pick<DriftReport, "drift">;
  readonly comparisons: readonly Comparison[];
  readonly kinds: Kinds;
  /** Of the environment that the code is evaluated for. */
  readonly mapping: Mapping | undefined;
  /** Hides the values of known secrets. */
  readonly redacted: (text: string) => string;
  /** The objects from which others take values. */
  readonly links: ReadonlyMap<string, Both>;
}

/** What was edited in Grafana and can be written to the code. */
export function targetsOf({ report, comparisons, kinds, mapping, redacted, links }: TargetInput): Targets {
  const byName = new Map(comparisons.map((one) => [address(one.desired), one]));
  const targets: Target[] = [];
  const left: NotWritten[] = [];
  for (const drift of report.drift.filter(isDrift)) {
    const comparison = byName.get(address(drift));
    const kind = kinds.get(drift.kind);
    const reason = reasonOf(drift);
    if (reason || !kind || !comparison?.live) {
      left.push({ drift, reason: reason ?? "deleted" });
      continue;
    }
    const { desired, live } = comparison;
    const forms = (code: Desired) => formsOf(kind, live, withLinks(kind, live, code, links), mapping);
    const differences = (code: Desired) => rawDifferences(kind, forms(code));
    const own = differences(desired);
    const [observed, form] = formsOf(kind, live, desired, mapping);
    const masked = new Map(differencesOf(kind, observed, form).map((one) => [one.path, one]));
    const edited = pathsOf(drift);
    const wanted: Difference[] = [];
    for (const difference of drift.differences) {
      const { path } = difference;
      const raw = own.find((one) => one.path === path);
      if (!edited.has(path)) left.push({ drift, reason: "code-changed", difference });
      else if (path === "secrets" || (raw && isSecret(raw, masked.get(path), redacted)))
        left.push({ drift, reason: "secret", difference });
      else if (raw) wanted.push(raw);
      else left.push({ drift, reason: "not-verified", difference });
    }
    // One edit of the code can also make another one, so all edits of such an object are left.
    if (mapping && wanted.some(isUnmapped(kind, kind.observed(live), containerKind(kinds).name, mapping))) {
      for (const difference of drift.differences)
        if (wanted.some(({ path }) => path === difference.path)) left.push({ drift, reason: "not-mapped", difference });
      continue;
    }
    if (wanted.length > 0) targets.push({ desired, differences, form: (code) => forms(code)[1], wanted });
  }
  return { targets, left };
}

/** Why nothing of an object can be written. */
function reasonOf({ state, source, inGrafana }: Drift): LeftReason | undefined {
  if (state === "missing" || !source) return "deleted";
  if (state === "possibly-changed") return "origin-unknown";
  if (state === "conflict" && !inGrafana) return "code-changed";
  return state === "lost-mark" && !inGrafana ? "origin-unknown" : undefined;
}

/** The paths that only Grafana changed. */
function pathsOf({ state, differences, inGrafana, conflicts }: Drift): ReadonlySet<string> {
  const edited = state === "changed" ? differences : (inGrafana ?? []);
  return new Set(edited.map(({ path }) => path).filter((path) => !conflicts.includes(path)));
}

/** The code with the values that it takes from other objects. */
function withLinks(kind: ResourceKind, live: LiveObject, code: Desired, links: ReadonlyMap<string, Both>): Desired {
  return kind.links ? { ...code, resource: kind.links.resolved(code, live, links).resource } : code;
}

/** What Grafana has and what the code gives, as in a comparison without Grafana's dry run, with the ids of the code. */
function formsOf(
  kind: ResourceKind,
  live: LiveObject,
  code: Desired,
  mapping: Mapping | undefined,
): [observed: JsonObject, wanted: JsonObject] {
  const resource = kind.sharedParts?.identified?.(code, live, [code]);
  const desired = resource ? { ...code, resource } : code;
  const places = live.applied?.places;
  const observed = kind.observed(live);
  const hidden = places && kind.secrets?.hide ? kind.secrets.hide(observed, places) : observed;
  const back = (form: JsonObject) => (mapping && kind.mapping ? kind.mapping.form(form, mapping.back) : form);
  return [back(kind.secrets?.redactLike(hidden, desired) ?? hidden), back(kind.desired(desired, live))];
}

function rawDifferences(kind: ResourceKind, [observed, wanted]: [JsonObject, JsonObject]): Difference[] {
  return kind.comparison?.differences?.(observed, wanted) ?? diff(observed, wanted);
}

/** Whether a value is hidden in reports, or is the value of a secret. */
function isSecret(raw: Difference, shown: Difference | undefined, redacted: (text: string) => string): boolean {
  const values = JSON.stringify(toJson([raw.before, raw.after]));
  return (
    values.includes(HIDDEN) ||
    redacted(values) !== values ||
    !equal(shown?.before, raw.before) ||
    !equal(shown?.after, raw.after)
  );
}
