import type { JsonObject } from "../json.ts";
import type { Strings } from "../k8s/metadata.ts";
import { goObject, GoObject } from "./go-object.ts";
import { isGoRegexp } from "./go-regexp.ts";
import { objectMatcherForm, readObjectMatchers, readTextMatchers, textMatcherForm, type Matcher } from "./matcher.ts";
import { durationForm, listForm } from "./notification-settings.ts";
import { shownProvenance } from "./provenance.ts";
import { badRequestData } from "./public-error.ts";

/** A notification policy and those below it. */
export interface Route {
  receiver: string;
  groupBy: string[];
  match: Strings;
  matchRe: Strings;
  matchers: Matcher[];
  objectMatchers: Matcher[];
  muteTimeIntervals: string[];
  activeTimeIntervals: string[];
  continue: boolean;
  routes: Route[];
  groupWait: number | undefined;
  groupInterval: number | undefined;
  repeatInterval: number | undefined;
  /** What a client wrote there; Grafana keeps it below the root, and shows its own at the root. */
  provenance: string;
}

/** The tree of an untouched Grafana. */
export function defaultRoute(): Route {
  return readRoute(new GoObject({ receiver: "empty", group_by: ["grafana_folder", "alertname"] }));
}

/** Reads a tree. */
export function readRoute(route: GoObject): Route {
  return {
    receiver: route.text("receiver"),
    groupBy: route.texts("group_by") ?? [],
    match: route.strings("match") ?? {},
    matchRe: readRegexps(route),
    matchers: readTextMatchers(route),
    objectMatchers: readObjectMatchers(route),
    muteTimeIntervals: route.texts("mute_time_intervals") ?? [],
    activeTimeIntervals: route.texts("active_time_intervals") ?? [],
    continue: route.flag("continue"),
    routes: readChildren(route),
    groupWait: route.optionalDuration("group_wait"),
    groupInterval: route.optionalDuration("group_interval"),
    repeatInterval: route.optionalDuration("repeat_interval"),
    provenance: route.text("provenance"),
  };
}

/** A tree as Grafana shows it: without what is empty or false. */
export function routeForm(route: Route): JsonObject {
  return {
    ...(route.receiver === "" ? {} : { receiver: route.receiver }),
    ...listForm("group_by", route.groupBy),
    ...(Object.keys(route.match).length === 0 ? {} : { match: route.match }),
    ...(Object.keys(route.matchRe).length === 0 ? {} : { match_re: route.matchRe }),
    ...(route.matchers.length === 0 ? {} : { matchers: route.matchers.map(textMatcherForm) }),
    ...(route.objectMatchers.length === 0 ? {} : { object_matchers: route.objectMatchers.map(objectMatcherForm) }),
    ...listForm("mute_time_intervals", route.muteTimeIntervals),
    ...listForm("active_time_intervals", route.activeTimeIntervals),
    ...(route.continue ? { continue: true } : {}),
    ...(route.routes.length === 0 ? {} : { routes: route.routes.map(routeForm) }),
    ...durationForm("group_wait", route.groupWait),
    ...durationForm("group_interval", route.groupInterval),
    ...durationForm("repeat_interval", route.repeatInterval),
    ...shownProvenance(route.provenance),
  };
}

/** The checks that need no other object: what the root must and must not have, groupings, intervals of zero. */
export function validateRoot(root: Route): void {
  const matchers = [root.matchers, root.objectMatchers, Object.keys(root.match), Object.keys(root.matchRe)];
  const notForRoot = [...matchers, root.muteTimeIntervals, root.activeTimeIntervals];
  // Grafana takes `continue` at the root, and from then on can't read its own configuration any more.
  if (root.receiver === "" || root.continue || notForRoot.some((list) => list.length > 0)) throw badRequestData();
  for (const route of allRoutes(root)) validateEach(route);
}

/** Whether null stands for a policy somewhere, at which Grafana crashes once everything else is sound. */
export function hasNullRoute(root: GoObject): boolean {
  const children = root.list("routes") ?? [];
  return children.some((child) => child === null || hasNullRoute(goObject(child)));
}

/** A tree's policies, each before those below it. */
export function allRoutes(root: Route): Route[] {
  return [root, ...root.routes.flatMap(allRoutes)];
}

function validateEach(route: Route): void {
  const labels = route.groupBy.filter((label) => label !== "...");
  const duplicate = new Set(labels).size < labels.length;
  const wildcard = labels.length > 0 && labels.length < route.groupBy.length;
  if (duplicate || wildcard || route.groupInterval === 0 || route.repeatInterval === 0) throw badRequestData();
}

function readChildren(route: GoObject): Route[] {
  const children = (route.list("routes") ?? []).filter((child) => child !== null);
  return children.map((child) => readRoute(goObject(child)));
}

/** Grafana also takes an empty one and any label, and from then on can't read its own configuration any more. */
function readRegexps(route: GoObject): Strings {
  const regexps = route.strings("match_re") ?? {};
  for (const [label, source] of Object.entries(regexps)) {
    const valid = source !== "" && /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label) && isGoRegexp(source);
    if (!valid) throw badRequestData();
  }
  return regexps;
}
