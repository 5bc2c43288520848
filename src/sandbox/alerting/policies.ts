import type { Routes } from "../context.ts";
import { reply } from "../http.ts";
import type { JsonObject } from "../json.ts";
import type { Alerting } from "./alerting.ts";
import { readStruct } from "./body.ts";
import { emptyReceiver, type NotificationDocument } from "./notification-document.ts";
import type { NotificationReferences } from "./notification-settings.ts";
import { provenanceOf, checkProvenance, shownProvenance } from "./provenance.ts";
import { publicError, serverError } from "./public-error.ts";
import { allRoutes, defaultRoute, hasNullRoute, readRoute, routeForm, validateRoot, type Route } from "./route.ts";

const policiesPath = "/api/v1/provisioning/policies";

export function policyRoutes(alerting: Alerting): Routes {
  const { notifications } = alerting;
  return (app) => {
    app.get(policiesPath, () => reply(200, rootForm(notifications.document)));
    app.put(policiesPath, async (c) => {
      const body = await readStruct(c);
      const route = readRoute(body);
      validateRoot(route);
      if (hasNullRoute(body)) throw serverError();
      const provenance = provenanceOf(c);
      await alerting.write(async () => {
        const draft = notifications.draft();
        checkProvenance(draft.document.routeProvenance, provenance);
        validateReferences(route, notifications.references());
        draft.document.route = route;
        draft.document.routeProvenance = provenance;
        await notifications.store(draft);
      });
      return reply(202, { message: "policies updated" });
    });
    app.delete(policiesPath, async (c) => {
      const provenance = provenanceOf(c);
      await alerting.write(async () => {
        const draft = notifications.draft();
        const { document } = draft;
        checkProvenance(document.routeProvenance, provenance);
        document.route = defaultRoute();
        document.routeProvenance = "";
        if (document.receivers.every(({ name }) => name !== emptyReceiver)) {
          document.receivers.push({ name: emptyReceiver, integrations: [] });
        }
        await notifications.store(draft);
      });
      return reply(202, routeForm(defaultRoute()));
    });
  };
}

/** The policy tree with its provenance at the root. */
export function rootForm({ route, routeProvenance }: NotificationDocument): JsonObject {
  return { ...routeForm({ ...route, provenance: "" }), ...shownProvenance(routeProvenance) };
}

export function validateReferences(root: Route, { receivers, timeIntervals }: NotificationReferences): void {
  for (const { receiver } of allRoutes(root)) {
    if (receiver !== "" && !receivers.has(receiver)) throw invalidRoute(`receiver '${receiver}' does not exist`);
  }
  for (const { muteTimeIntervals, activeTimeIntervals } of allRoutes(root)) {
    for (const name of muteTimeIntervals) {
      if (!timeIntervals.has(name)) throw invalidRoute(`mute time interval '${name}' does not exist`);
    }
    for (const name of activeTimeIntervals) {
      if (!timeIntervals.has(name)) throw invalidRoute(`active time interval '${name}' does not exist`);
    }
  }
}

function invalidRoute(reason: string): Error {
  const message = `Invalid format of the submitted route: ${reason}.`;
  return publicError(400, "alerting.notifications.routes.invalidFormat", message, { Error: reason });
}
