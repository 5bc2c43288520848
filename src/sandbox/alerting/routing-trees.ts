import type { Context } from "hono";
import { callerOf } from "../access/caller.ts";
import { all, any, permission, type Evaluator } from "../access/evaluator.ts";
import type { Routes, SandboxContext } from "../context.ts";
import { readBody, reply } from "../http.ts";
import { isObject, parseObject, text, type Json, type JsonObject } from "../json.ts";
import { formOf } from "../k8s/representation.ts";
import { badRequest, failure, type KindNames } from "../k8s/status.ts";
import { uidOfName } from "../sql/rows.ts";
import type { Alerting } from "./alerting.ts";
import { GoObject } from "./go-object.ts";
import { objectMatcherForm } from "./matcher.ts";
import { byText } from "./names.ts";
import type { NotificationDocument } from "./notification-document.ts";
import { validateReferences } from "./policies.ts";
import { defaultRoute, readRoute, routeForm, routeVersion, validateRoot, type Route } from "./route.ts";
import { ApiError } from "../errors.ts";

const names: KindNames = { group: "notifications.alerting.grafana.app", kind: "RoutingTree", plural: "routingtrees" };
const apiVersion = `${names.group}/v0alpha1`;
const treesPath = `/apis/${apiVersion}/namespaces/:namespace/${names.plural}`;

/** The default tree. */
const userDefined = "user-defined";

const reads = any(permission("alert.notifications:read"), permission("alert.notifications.routes:read"));
const writes = all(reads, any(permission("alert.notifications:write"), permission("alert.notifications.routes:write")));

/** Policy trees in the newer API: the default one and, with the feature toggle, named ones. Its writes set no provenance. */
export function routingTreeRoutes(alerting: Alerting, { toggles }: SandboxContext): Routes {
  const { notifications } = alerting;
  const several = toggles.has("alertingMultiplePolicies");
  const check = (c: Context, condition: Evaluator) => {
    if (alerting.access.allows(callerOf(c), condition)) return;
    const { group, plural } = names;
    const details = { group, kind: plural };
    throw failure(403, `${plural}.${group} is forbidden: User "${callerOf(c).login}"`, "Forbidden", details);
  };
  const find = (document: NotificationDocument, name: string): Route => {
    const route = name === userDefined ? document.route : several ? document.managedRoutes.get(name) : undefined;
    if (route === undefined) throw treeError(404, "notFound", "NotFound", "Route not found");
    return route;
  };
  const object = (document: NotificationDocument, name: string, route: Route): JsonObject => ({
    metadata: {
      name,
      namespace: "default",
      // Grafana derives it before it sets group and kind.
      uid: uidOfName({ group: "", kind: "", plural: "" }, name),
      resourceVersion: routeVersion(route),
      annotations: { "grafana.com/provenance": (name === userDefined && document.routeProvenance) || "none" },
    },
    spec: specForm(route),
  });
  const answer = (c: Context, status: number, one: JsonObject) => {
    const metadata = { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: one["metadata"] };
    const whole = { kind: names.kind, apiVersion, ...one };
    return reply(status, formOf(c.req.header("accept")) === "metadata" ? metadata : whole);
  };
  const checkVersion = (name: string, route: Route, sent: string) => {
    if (sent === routeVersion(route)) return;
    const message = `Provided version '${sent}' of route '${name}' does not match current version '${routeVersion(route)}'`;
    const causes = { Name: name, Version: sent, CurrentVersion: routeVersion(route) };
    throw treeError(409, "conflict", "Conflict", message, causes);
  };
  const checkEditable = (document: NotificationDocument, name: string) => {
    if (name !== userDefined || document.routeProvenance === "") return;
    const message = `Resource with provenance status '${document.routeProvenance}' cannot be managed via API that handles resources with provenance status 'none'. You must use appropriate API to manage this resource`;
    const causes = causesOf({ SourceProvenance: document.routeProvenance, TargetProvenance: "none" });
    throw failure(403, message, "Forbidden", { uid: "alerting.notifications.invalidProvenance", causes });
  };
  return (app) => {
    app.get(treesPath, (c) => {
      check(c, reads);
      const { document } = notifications;
      const named = several ? [...document.managedRoutes].toSorted(([a], [b]) => byText(a, b)) : [];
      const items = [...named, [userDefined, document.route] as const].map(([name, route]) =>
        object(document, name, route),
      );
      return reply(200, { kind: `${names.kind}List`, apiVersion, metadata: {}, items });
    });
    app.get(`${treesPath}/:name`, (c) => {
      check(c, reads);
      const name = c.req.param("name");
      return answer(c, 200, object(notifications.document, name, find(notifications.document, name)));
    });
    app.post(treesPath, async (c) => {
      check(c, writes);
      if (!several) {
        const message = 'Multiple routes are not supported, see feature toggle "alertingMultiplePolicies"';
        throw treeError(501, "multipleNotSupported", "Not implemented", message);
      }
      const { name, sent, route } = await readTree(c);
      await alerting.write(async () => {
        const draft = notifications.draft();
        const { managedRoutes } = draft.document;
        if (name === "") throw failure(500, "route name is required");
        if (name === userDefined || managedRoutes.has(name)) {
          const message = "Route with this name already exists. Use a different name or update an existing one.";
          throw treeError(409, "exists", "Conflict", message);
        }
        validate(route, notifications.references());
        managedRoutes.set(name, route);
        await notifications.store(draft);
      });
      return answer(c, 201, { ...object(notifications.document, name, route), spec: sent });
    });
    app.put(`${treesPath}/:name`, async (c) => {
      check(c, writes);
      const { version, sent, route } = await readTree(c);
      const name = c.req.param("name");
      await alerting.write(async () => {
        const draft = notifications.draft();
        const { document } = draft;
        checkVersion(name, find(document, name), version);
        checkEditable(document, name);
        validate(route, notifications.references());
        if (name === userDefined) document.route = route;
        else document.managedRoutes.set(name, route);
        await notifications.store(draft);
      });
      return answer(c, 200, { ...object(notifications.document, name, route), spec: sent });
    });
    app.delete(`${treesPath}/:name`, async (c) => {
      check(c, writes);
      const name = c.req.param("name");
      const source = await readBody(c);
      const { preconditions } = parseObject(source.trim() === "" ? "{}" : source) ?? {};
      const version = isObject(preconditions) ? text(preconditions["resourceVersion"]) : "";
      const former = await alerting.write(async () => {
        const draft = notifications.draft();
        const { document } = draft;
        const route = find(document, name);
        if (version !== "") checkVersion(name, route, version);
        checkEditable(document, name);
        const before = object(document, name, route);
        if (name === userDefined) document.route = defaultRoute();
        else document.managedRoutes.delete(name);
        await notifications.store(draft);
        return before;
      });
      return answer(c, 200, former);
    });
  };
}

interface SentTree {
  readonly name: string;
  readonly version: string;
  /** As Grafana returns it: matchers in the order in which they were sent. */
  readonly sent: JsonObject;
  readonly route: Route;
}

async function readTree(c: Context): Promise<SentTree> {
  const body = parseObject(await readBody(c));
  if (body === undefined) throw badRequest("couldn't get version/kind; json parse error");
  const metadata = isObject(body["metadata"]) ? body["metadata"] : {};
  const spec = isObject(body["spec"]) ? body["spec"] : {};
  const defaults = isObject(spec["defaults"]) ? spec["defaults"] : {};
  const route = parsed({ ...defaults, routes: listOf(spec["routes"]).map(plainRoute) });
  const shown = specForm(route);
  return {
    name: text(metadata["name"]),
    version: text(metadata["resourceVersion"]),
    sent: { ...shown, routes: withSentMatchers(listOf(shown["routes"]), listOf(spec["routes"])) },
    route,
  };
}

function parsed(tree: JsonObject): Route {
  try {
    const route = readRoute(new GoObject(tree));
    validateRoot(route);
    return route;
  } catch (error) {
    if (error instanceof ApiError) throw invalidFormat("invalid route");
    throw error;
  }
}

/** A route of the newer API in the notation of the provisioning API. */
function plainRoute(route: JsonObject): JsonObject {
  const { matchers, routes, ...rest } = route;
  return {
    ...rest,
    object_matchers: listOf(matchers).map(({ label, type, value }): Json => [label ?? "", type ?? "", value ?? ""]),
    routes: listOf(routes).map(plainRoute),
  };
}

function specForm(tree: Route): JsonObject {
  const { routes: _, ...defaults } = routeForm({ ...tree, provenance: "" });
  return { defaults, routes: tree.routes.map(subRouteForm) };
}

function subRouteForm(route: Route): JsonObject {
  const { routes, objectMatchers, matchers, match, matchRe } = route;
  const { object_matchers: _o, matchers: _m, match: _e, match_re: _r, routes: _c, ...rest } = routeForm(route);
  const pairs = (all: Readonly<Record<string, string>>, type: string) =>
    Object.entries(all)
      .toSorted(([a], [b]) => byText(a, b))
      .map(([label, value]) => ({ type, label, value }));
  const typed = [...matchers, ...objectMatchers].map((one) => {
    const [label = "", type = "", value = ""] = objectMatcherForm(one);
    return { type, label, value };
  });
  const shown = [...pairs(match, "="), ...pairs(matchRe, "=~"), ...typed];
  return {
    ...rest,
    continue: route.continue,
    ...(shown.length === 0 ? {} : { matchers: shown }),
    ...(routes.length === 0 ? {} : { routes: routes.map(subRouteForm) }),
  };
}

function withSentMatchers(shown: readonly JsonObject[], sent: readonly JsonObject[]): JsonObject[] {
  return shown.map((route, index) => {
    const { matchers, routes } = sent[index] ?? {};
    return {
      ...route,
      ...(listOf(matchers).length === 0 ? {} : { matchers: listOf(matchers) }),
      ...(route["routes"] === undefined ? {} : { routes: withSentMatchers(listOf(route["routes"]), listOf(routes)) }),
    };
  });
}

function listOf(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function validate(route: Route, references: Parameters<typeof validateReferences>[1]): void {
  try {
    validateReferences(route, references);
  } catch (error) {
    if (error instanceof ApiError) throw invalidFormat(error.message);
    throw error;
  }
}

function invalidFormat(reason: string): ApiError {
  const message = `Invalid format of the submitted route: ${reason}. Correct the payload and try again.`;
  return treeError(400, "invalidFormat", "BadRequest", message, { Error: reason });
}

function treeError(
  status: number,
  id: string,
  reason: string,
  message: string,
  causes?: Readonly<Record<string, string>>,
): ApiError {
  const uid = `alerting.notifications.routes.${id}`;
  return failure(status, message, reason, { uid, ...(causes ? { causes: causesOf(causes) } : {}) });
}

function causesOf(values: Readonly<Record<string, string>>): JsonObject[] {
  return Object.entries(values).map(([field, value]) => ({ message: JSON.stringify(value), field }));
}
