import type { MuteTiming } from "../kinds/mute-timing.ts";
import { textOf, type JsonObject } from "../util/json.ts";
import { checkResource, reject } from "./invalid.ts";
import { containsTime } from "./time-intervals.ts";

/** The mute timings in a structure, by their names. */
export function timingsIn(value: unknown, found = new Map<string, MuteTiming>()): ReadonlyMap<string, MuteTiming> {
  if (Array.isArray(value)) for (const item of value) timingsIn(item, found);
  else if (typeof value === "object" && value !== null) {
    if (isTiming(value)) found.set(value.name, value);
    else for (const item of Object.values(value)) timingsIn(item, found);
  }
  return found;
}

function isTiming(value: object): value is MuteTiming {
  return "kind" in value && value.kind === "mute-timing" && "time_intervals" in value;
}

/** Returns whether a policy is muted at a time, and by which mute timings. */
export function mutingAt(
  at: Date | string | undefined,
  timings: ReadonlyMap<string, MuteTiming>,
): (route: JsonObject, path: string) => { muted: boolean; mutedBy: string[] } {
  const instant = at === undefined ? undefined : new Date(at).getTime();
  // Without a time zone, the result would depend on the machine.
  if (Number.isNaN(instant) || (typeof at === "string" && !/T.*(?:Z|[+-]\d\d:?\d\d)$/i.test(at)))
    reject("at", `${String(at)} is not a valid time with a time zone`, "Use a form such as 2026-11-30T18:00:00Z.");
  return (route, path) => {
    const contains = (name: string, field: string) => {
      const place = path ? `${path}.${field}` : field;
      const timing = timings.get(name);
      if (!timing)
        reject(place, `the intervals of the mute timing ${name} are unknown`, "Pass it in the option muteTimings.");
      if (instant === undefined)
        reject("at", `the mute timing ${name} of ${place} depends on the time`, "Set the option at.");
      checkResource(timing, `muteTiming ${name}`);
      return timing.time_intervals.some((interval) => containsTime(interval, instant));
    };
    const muting = namesIn(route, "mute_time_intervals").filter((name) => contains(name, "mute_time_intervals"));
    const active = namesIn(route, "active_time_intervals");
    const isActive = active.length === 0 || active.some((name) => contains(name, "active_time_intervals"));
    const mutedBy = [...muting, ...(isActive ? [] : active)];
    return { muted: mutedBy.length > 0, mutedBy };
  };
}

function namesIn(route: JsonObject, field: string): string[] {
  const names = route[field];
  return Array.isArray(names) ? names.map(textOf) : [];
}
