import { type Json, type JsonObject, textOf } from "../../util/json.ts";
import { canonicalDuration } from "../../util/duration.ts";
import { matchersOf } from "./matchers.ts";
import { objectsOf } from "./rule.ts";

const DURATIONS = ["group_wait", "group_interval", "repeat_interval"] as const;
const LISTS = ["group_by", "mute_time_intervals", "active_time_intervals"] as const;

/**
 * The canonical form of a route and its child routes: matchers sorted as Grafana returns them, durations in its notation, and
 * `continue` only if it is true. `match`, `match_re` and `matchers`, which Grafana still accepts, become `object_matchers`.
 */
export function canonicalRoute(route: JsonObject): JsonObject {
  const form: JsonObject = {};
  if (route["receiver"]) form["receiver"] = route["receiver"];
  const matchers = matchersOf(route);
  if (matchers.length > 0) form["object_matchers"] = matchers.toSorted(byText);
  for (const field of LISTS) {
    const list = route[field];
    if (Array.isArray(list) && list.length > 0) form[field] = list;
  }
  for (const field of DURATIONS) {
    const value = route[field];
    if (typeof value === "string" && value !== "") form[field] = canonicalDuration(value);
  }
  if (route["continue"] === true) form["continue"] = true;
  const routes = objectsOf(route["routes"]);
  if (routes.length > 0) form["routes"] = routes.map(canonicalRoute);
  return form;
}

function byText(a: Json, b: Json): number {
  const [x, y] = [JSON.stringify(a), JSON.stringify(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

/** All names that a route and its child routes refer to, with their paths. */
export function namesIn(
  route: JsonObject,
  path = "",
): { kind: "contact-point" | "mute-timing"; name: string; path: string }[] {
  const at = (field: string) => (path ? `${path}.${field}` : field);
  const receiver =
    typeof route["receiver"] === "string" && route["receiver"]
      ? [{ kind: "contact-point" as const, name: route["receiver"], path: at("receiver") }]
      : [];
  const timings = ["mute_time_intervals", "active_time_intervals"].flatMap((field) => {
    const names = route[field];
    return (Array.isArray(names) ? names : []).map((name, index) => ({
      kind: "mute-timing" as const,
      name: textOf(name),
      path: `${at(field)}[${index}]`,
    }));
  });
  const below = objectsOf(route["routes"]).flatMap((child, index) => namesIn(child, `${at("routes")}[${index}]`));
  return [...receiver, ...timings, ...below];
}
