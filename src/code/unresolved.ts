import { apiName, type Desired, type Reference } from "../engine/model.ts";
import type { Fault } from "../util/errors.ts";
import { countOf } from "../util/plural.ts";

/** A reference by a literal name, as in JSON and YAML files, to an object that no loaded file exports. It may exist in Grafana. */
export interface Unresolved {
  readonly from: Desired;
  readonly reference: Reference;
}

/** A warning for each object that the code lacks, however many files refer to it. */
export function unresolvedFaults(all: readonly Unresolved[]): Fault[] {
  return byTarget(all).map(({ from: { source }, reference: { kind, id, path, hint }, others }) => ({
    level: "warning",
    code: "code-reference-missing",
    ...source,
    path,
    message: `refers to the ${kind} "${id}", which no loaded file exports${others}`,
    hint:
      hint ??
      `If it exists in Grafana, export existing.${apiName(kind)}("${id}") so that it is checked. Otherwise fix the name.`,
  }));
}

/** The same as notes of a plan, for objects that Grafana lacks too. */
export function unresolvedNotes(all: readonly Unresolved[]): string[] {
  return byTarget(all).map(
    ({ from: { source }, reference: { kind, id }, others }) =>
      `${source.file} refers to the ${kind} "${id}", which neither the code nor Grafana has${others}. Export it or fix the name.`,
  );
}

/** The first use of each object, with the number of other files that use it, in words. */
function byTarget(all: readonly Unresolved[]): (Unresolved & { others: string })[] {
  const targets = Map.groupBy(all, ({ reference: { kind, id } }) => `${kind} ${id}`);
  return [...targets.values()].flatMap((uses) => {
    const [first] = uses;
    const others = new Set(uses.map(({ from }) => from.source.file)).size - 1;
    return first
      ? [
          {
            ...first,
            others:
              others > 0 ? ` (${countOf(others, "other file")} also ${others === 1 ? "refers" : "refer"} to it)` : "",
          },
        ]
      : [];
  });
}
