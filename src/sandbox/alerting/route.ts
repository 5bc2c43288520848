import type { JsonObject } from "../json.ts";
import type { Strings } from "../k8s/metadata.ts";
import { Fingerprint } from "./fingerprint.ts";
import { goObject, GoObject } from "./go-object.ts";
import { isGoRegexp } from "./go-regexp.ts";
import { objectMatcherForm, readObjectMatchers, readTextMatchers, textMatcherForm, type Matcher } from "./matcher.ts";
import { durationForm, listForm } from "./notification-settings.ts";
import { shownProvenance } from "./provenance.ts";
import { badRequestData } from "./public-error.ts";

/** A notification policy with its children. */
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
  /** As sent by the client. Grafana keeps it for child policies and shows its own at the root. */
  provenance: string;
}

/** The policy tree of a new Grafana. */
export function defaultRoute(): Route {
  return readRoute(new GoObject({ receiver: "empty", group_by: ["grafana_folder", "alertname"] }));
}

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

/** A policy tree in the API's form, without empty and false fields. */
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

/** Checks that do not depend on other objects: fields of the root, groupings, intervals of zero. */
export function validateRoot(root: Route): void {
  const matchers = [root.matchers, root.objectMatchers, Object.keys(root.match), Object.keys(root.matchRe)];
  const notForRoot = [...matchers, root.muteTimeIntervals, root.activeTimeIntervals];
  // Grafana accepts `continue` at the root and then can't read its own configuration.
  if (root.receiver === "" || root.continue || notForRoot.some((list) => list.length > 0)) throw badRequestData();
  for (const route of allRoutes(root)) validateEach(route);
}

/** Whether the tree contains null, which crashes Grafana if the rest is valid. */
export function hasNullRoute(root: GoObject): boolean {
  const children = root.list("routes") ?? [];
  return children.some((child) => child === null || hasNullRoute(goObject(child)));
}

/** All policies of a tree, parents before children. */
export function allRoutes(root: Route): Route[] {
  return [root, ...root.routes.flatMap(allRoutes)];
}

/** The version of a tree: equal trees have the same one. */
export function routeVersion(route: Route): string {
  return new Fingerprint().text(JSON.stringify(routeForm({ ...route, provenance: "" }))).toString();
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

/** Grafana also accepts empty expressions and any label, and then can't read its own configuration. */
function readRegexps(route: GoObject): Strings {
  const regexps = route.strings("match_re") ?? {};
  for (const [label, source] of Object.entries(regexps)) {
    const valid = source !== "" && /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label) && isGoRegexp(source);
    if (!valid) throw badRequestData();
  }
  return regexps;
}
