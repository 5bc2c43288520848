import type { ForeignFacet, ForeignResult } from "../../engine/foreign.ts";
import { isObject, textOf, type Json, type JsonObject } from "../../util/json.ts";
import { matcherTexts } from "../alerting/matcher-texts.ts";
import { objectsOf } from "../alerting/rule.ts";
import { DEFAULT_TREE } from "../alerting/routing-tree.ts";
import { existing } from "../existing.ts";
import { ID } from "./live.ts";

export const foreign: ForeignFacet = {
  provisioned: {
    property: "policies",
    read: (entry, context) => treeOf(context.interpolated(entry) as JsonObject),
  },
  manifests: [
    { group: "grizzly.grafana.com", kind: "AlertNotificationPolicy", read: ({ spec }) => treeOf(spec) },
    {
      group: "notifications.alerting.grafana.app",
      kind: "RoutingTree",
      read({ name, spec: { defaults, routes } }) {
        const own = name === DEFAULT_TREE ? {} : { name };
        return treeOf({ ...(isObject(defaults) ? defaults : {}), routes: routes ?? [] }, own);
      },
    },
  ],
  terraform: {
    grafana_notification_policy: () => ID,
    grafana_apps_notifications_routingtree: (attribute) => {
      const name = attribute("metadata.uid");
      return name === DEFAULT_TREE ? ID : name;
    },
  },
};

function treeOf(tree: JsonObject, more: JsonObject = {}): ForeignResult {
  const found = routeOf(tree);
  if ("problem" in found) return { left: found.problem };
  const { object_matchers: _, continue: _continue, ...root } = found.route;
  return { value: { kind: "notification-policy", ...more, ...root } };
}

const DURATIONS = ["group_wait", "group_interval", "repeat_interval"] as const;
const TIMINGS = ["mute_time_intervals", "active_time_intervals"] as const;

interface Problem {
  /** A sentence without its subject. */
  readonly problem: string;
}

function routeOf(route: JsonObject): { readonly route: Readonly<Record<string, unknown>> } | Problem {
  const matchers = matchersIn(route);
  if ("problem" in matchers) return matchers;
  const below: object[] = [];
  for (const one of objectsOf(route["routes"])) {
    const found = routeOf(one);
    if ("problem" in found) return found;
    below.push(found.route);
  }
  const result: Record<string, unknown> = {};
  const receiver = textOf(route["receiver"]);
  if (receiver !== "") result["receiver"] = existing.contactPoint(receiver);
  if (matchers.all.length > 0) result["object_matchers"] = matchers.all;
  if (route["continue"] === true || route["continue"] === "true") result["continue"] = true;
  const groups = texts(route["group_by"]);
  if (groups.length > 0) result["group_by"] = groups;
  for (const key of DURATIONS) if (textOf(route[key]) !== "") result[key] = textOf(route[key]);
  for (const key of TIMINGS) {
    const names = texts(route[key]);
    if (names.length > 0) result[key] = names.map((name) => existing.muteTiming(name));
  }
  if (below.length > 0) result["routes"] = below;
  return { route: result };
}

/** The matchers in the notations of Grafana's files, its exports and its newer API. */
function matchersIn(route: JsonObject): { readonly all: readonly unknown[] } | Problem {
  const all: unknown[] = [];
  const lists = [route["object_matchers"], route["matchers"]].flatMap((list) => (Array.isArray(list) ? list : []));
  for (const one of lists) {
    if (Array.isArray(one)) all.push(one.map(textOf));
    else if (isObject(one)) all.push([textOf(one["label"]), textOf(one["type"]) || "=", textOf(one["value"])]);
    else {
      const found = matcherTexts(textOf(one));
      if (!found) return { problem: `it has a matcher that can't be parsed: ${textOf(one)}` };
      all.push(...found);
    }
  }
  for (const [key, operator] of [
    ["match", "="],
    ["match_re", "=~"],
  ] as const)
    for (const [label, value] of Object.entries(isObject(route[key]) ? route[key] : {}))
      all.push([label, operator, textOf(value)]);
  return { all };
}

function texts(value: Json | undefined): string[] {
  return (Array.isArray(value) ? value : []).map(textOf).filter((text) => text !== "");
}
