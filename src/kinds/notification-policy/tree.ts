import type { Reference } from "../../engine/model.ts";
import { textOf, type JsonObject } from "../../util/json.ts";
import { namesIn } from "../alerting/route.ts";
import { jsonObject } from "../alerting/rule.ts";
import type { NotificationPolicy, Route } from "./builder.ts";

/** The tree in Grafana's notation, with names in place of objects. */
export function namedTree(policy: NotificationPolicy | Route): JsonObject {
  const {
    kind: _,
    name: _name,
    receiver,
    mute_time_intervals: mute,
    active_time_intervals: active,
    routes,
    ...rest
  } = policy as Route & { kind?: string; name?: string };
  return {
    ...jsonObject(rest),
    ...(receiver ? { receiver: nameOf(receiver) } : {}),
    ...(mute ? { mute_time_intervals: mute.map(nameOf) } : {}),
    ...(active ? { active_time_intervals: active.map(nameOf) } : {}),
    ...(routes ? { routes: routes.map(namedTree) } : {}),
  };
}

function nameOf(target: { readonly name: string } | string): string {
  return typeof target === "string" ? target : target.name;
}

export function policyReferences(policy: NotificationPolicy | Pick<Route, "routes">): Reference[] {
  const existing = existingNames(policy);
  return namesIn(namedTree(policy)).map(({ kind, name, path }) => ({
    kind,
    id: name,
    path,
    existing: existing.has(`${kind}/${name}`),
  }));
}

/** The names of `existing.*` in the tree. */
function existingNames(value: unknown, found = new Set<string>()): Set<string> {
  if (Array.isArray(value)) for (const item of value) existingNames(item, found);
  else if (typeof value === "object" && value !== null) {
    if ("existing" in value && "kind" in value && "name" in value)
      found.add(`${textOf(value.kind)}/${textOf(value.name)}`);
    else for (const item of Object.values(value)) existingNames(item, found);
  }
  return found;
}
