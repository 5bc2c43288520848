import { equal, isObject, type Json, type JsonObject } from "../../../util/json.ts";
import type { Part } from "../../../import/sdk/values.ts";

/** The forms of one object, for a correction of its code. */
interface Forms {
  /** What the code sets now. */
  readonly wanted: Part;
  /** The canonical form of the live object, and of what the code builds. */
  readonly goal: Part;
  readonly got: Part;
  /** The live object as Grafana stores it. */
  readonly raw: Part;
  /** The defaults of Grafana, which equal their absence. */
  readonly defaults?: Part;
}

/**
 * What the code has to set so that the canonical forms become equal: where they differ, the value that is stored in
 * Grafana, or nothing (undefined) where a builder sets what Grafana doesn't have.
 */
export function corrected({ wanted, goal, got, raw, defaults }: Forms): Part {
  if (equal(goal, got)) return wanted;
  const isAdded = goal === undefined && isObject(got) && Object.keys(got).length > 0;
  if (isObject(got) && (isObject(goal) || isAdded)) {
    const result: Record<string, Part> = { ...(isObject(wanted) ? wanted : {}) };
    for (const key of new Set([...Object.keys(goal ?? {}), ...Object.keys(got)])) {
      const own = (part: Part): Part => (isObject(part) && Object.hasOwn(part, key) ? part[key] : undefined);
      if (equal(own(goal), own(got))) continue;
      result[key] = corrected({
        wanted: own(wanted),
        goal: own(goal),
        got: own(got),
        raw: own(raw),
        defaults: own(defaults),
      });
    }
    return result as JsonObject;
  }
  if (Array.isArray(goal) && Array.isArray(got) && goal.length === got.length) {
    return goal.map((item, index): Json => {
      const own = (part: Part): Part => (Array.isArray(part) ? part[index] : undefined);
      return corrected({ wanted: own(wanted), goal: item, got: got[index], raw: own(raw) }) ?? null;
    });
  }
  const stored = raw ?? undefined;
  const [first, second] = goal === undefined ? [stored ?? defaults, undefined] : [goal, stored ?? goal];
  return equal(wanted, first) ? second : first;
}
