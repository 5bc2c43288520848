import { isObject, type JsonObject } from "../json.ts";
import { GoObject } from "./go-object.ts";
import { provenanceFrom, type Provenance } from "./provenance.ts";
import { defaultRoute, readRoute, routeForm, type Route } from "./route.ts";
import { readTimeIntervals, timeIntervalForm, type TimeInterval } from "./time-interval.ts";

/** One way of notifying, without its secrets. */
export interface Integration {
  uid: string;
  type: string;
  disableResolveMessage: boolean;
  settings: JsonObject;
  provenance: Provenance;
}

/** A contact point: every integration of one name. */
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

/** What Grafana keeps in one document: receivers, mute timings, templates and the tree of policies. */
export interface NotificationDocument {
  receivers: Receiver[];
  muteTimings: MuteTiming[];
  templates: Template[];
  route: Route;
  routeProvenance: Provenance;
}

/** The receiver of an untouched Grafana; it notifies nobody. */
export const emptyReceiver = "empty";

/** The document of an untouched Grafana. */
export function defaultDocument(): NotificationDocument {
  return {
    receivers: [{ name: emptyReceiver, integrations: [] }],
    muteTimings: [],
    templates: [],
    route: defaultRoute(),
    routeProvenance: "",
  };
}

/** The document as its file holds it. */
export function documentFile(document: NotificationDocument): JsonObject {
  const { receivers, muteTimings, templates, route, routeProvenance } = document;
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
  };
}

/** Reads the document's file. */
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
  };
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
