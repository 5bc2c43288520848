import { isObject, type JsonObject } from "../json.ts";
import { GoObject } from "./go-object.ts";
import { provenanceFrom, type Provenance } from "./provenance.ts";
import { defaultRoute, readRoute, routeForm, type Route } from "./route.ts";
import { readTimeIntervals, timeIntervalForm, type TimeInterval } from "./time-interval.ts";

/** An integration of a contact point, without its secrets. */
export interface Integration {
  uid: string;
  type: string;
  disableResolveMessage: boolean;
  settings: JsonObject;
  provenance: Provenance;
}

/** A contact point: all integrations with the same name. */
export interface Receiver {
  name: string;
  integrations: Integration[];
}

export interface MuteTiming {
  name: string;
  timeIntervals: TimeInterval[];
  provenance: Provenance;
}

export interface Template {
  name: string;
  content: string;
  provenance: Provenance;
}

/** The document in which Grafana stores receivers, mute timings, templates and the policy tree. */
export interface NotificationDocument {
  receivers: Receiver[];
  muteTimings: MuteTiming[];
  templates: Template[];
  route: Route;
  routeProvenance: Provenance;
  /** Named trees, by name. */
  managedRoutes: Map<string, Route>;
}

/** The default receiver of a new Grafana, which sends no notifications. */
export const emptyReceiver = "empty";

/** The document of a new Grafana. */
export function defaultDocument(): NotificationDocument {
  return {
    receivers: [{ name: emptyReceiver, integrations: [] }],
    muteTimings: [],
    templates: [],
    route: defaultRoute(),
    routeProvenance: "",
    managedRoutes: new Map(),
  };
}

/** The document in the form of its file. */
export function documentFile(document: NotificationDocument): JsonObject {
  const { receivers, muteTimings, templates, route, routeProvenance, managedRoutes } = document;
  return {
    receivers: receivers.map(({ name, integrations }) => ({
      name,
      integrations: integrations.map((item) => ({ ...item })),
    })),
    muteTimings: muteTimings.map(({ name, timeIntervals, provenance }) => ({
      name,
      timeIntervals: timeIntervals.map(timeIntervalForm),
      provenance,
    })),
    templates: templates.map((template) => ({ ...template })),
    route: routeForm(route),
    routeProvenance,
    managedRoutes: Object.fromEntries([...managedRoutes].map(([name, tree]) => [name, routeForm(tree)])),
  };
}

/** Parses the document's file. */
export function documentFromFile(value: JsonObject): NotificationDocument {
  const file = new GoObject(value);
  return {
    receivers: (file.objects("receivers") ?? []).map((receiver) => ({
      name: receiver.text("name"),
      integrations: (receiver.objects("integrations") ?? []).map(readIntegration),
    })),
    muteTimings: (file.objects("muteTimings") ?? []).map((timing) => ({
      name: timing.text("name"),
      timeIntervals: readTimeIntervals(timing, "timeIntervals"),
      provenance: provenanceFrom(timing.raw("provenance")),
    })),
    templates: (file.objects("templates") ?? []).map((template) => ({
      name: template.text("name"),
      content: template.text("content"),
      provenance: provenanceFrom(template.raw("provenance")),
    })),
    route: readRoute(file.object("route") ?? new GoObject({})),
    routeProvenance: provenanceFrom(file.raw("routeProvenance")),
    managedRoutes: new Map(
      Object.entries(managedRoutesIn(file)).map(([name, tree]) => [name, readRoute(new GoObject(tree))]),
    ),
  };
}

/** Absent in files of older versions. */
function managedRoutesIn(file: GoObject): Record<string, JsonObject> {
  const trees = file.raw("managedRoutes");
  return isObject(trees)
    ? (Object.fromEntries(Object.entries(trees).filter(([, tree]) => isObject(tree))) as Record<string, JsonObject>)
    : {};
}

/** The default tree and the named ones. */
export function allTrees({ route, managedRoutes }: NotificationDocument): Route[] {
  return [route, ...managedRoutes.values()];
}

function readIntegration(integration: GoObject): Integration {
  const settings = integration.raw("settings");
  return {
    uid: integration.text("uid"),
    type: integration.text("type"),
    disableResolveMessage: integration.flag("disableResolveMessage"),
    settings: isObject(settings) ? settings : {},
    provenance: provenanceFrom(integration.raw("provenance")),
  };
}
