import type { Context } from "hono";
import type { Routes } from "../context.ts";
import { legacyError } from "../errors.ts";
import type { Resource } from "../k8s/resource.ts";
import { denied, type AccessControl } from "./access-control.ts";
import { callerOf } from "./caller.ts";
import { all, any, dashboardScope, datasourceScope, folderScope, permission, type Evaluator } from "./evaluator.ts";

type Guard = readonly [methods: string, path: string, condition: (c: Context) => Evaluator];

const folder = (c: Context): string => folderScope(c.req.param("uid") ?? "");
const dashboard = (c: Context): string => dashboardScope(c.req.param("uid") ?? "");
const datasource = (c: Context): string => datasourceScope(c.req.param("uid") ?? "");

/** Permissions that routes of the older API require. The newer API checks each object instead. */
const guards: readonly Guard[] = [
  ["GET", "/api/org", () => permission("orgs:read")],
  ["GET", "/api/folders", () => permission("folders:read")],
  ["POST", "/api/folders", () => permission("folders:create")],
  ["GET", "/api/folders/:uid", (c) => permission("folders:read", folder(c))],
  ["PUT", "/api/folders/:uid", (c) => permission("folders:write", folder(c))],
  ["DELETE", "/api/folders/:uid", (c) => permission("folders:delete", folder(c))],
  ["GET", "/api/folders/:uid/counts", (c) => permission("folders:read", folder(c))],
  ["POST", "/api/folders/:uid/move", (c) => permission("folders:write", folder(c))],
  ["GET", "/api/folders/:uid/permissions", (c) => permission("folders.permissions:read", folder(c))],
  ["POST", "/api/folders/:uid/permissions", (c) => permission("folders.permissions:write", folder(c))],
  ["POST", "/api/dashboards/db", () => any(permission("dashboards:create"), permission("dashboards:write"))],
  ["GET", "/api/dashboards/uid/:uid", (c) => permission("dashboards:read", dashboard(c))],
  ["DELETE", "/api/dashboards/uid/:uid", (c) => permission("dashboards:delete", dashboard(c))],
  ["GET", "/api/dashboards/uid/:uid/permissions", (c) => permission("dashboards.permissions:read", dashboard(c))],
  ["POST", "/api/dashboards/uid/:uid/permissions", (c) => permission("dashboards.permissions:write", dashboard(c))],
  ["GET", "/api/dashboards/uid/:uid/public-dashboards", (c) => permission("dashboards:read", dashboard(c))],
  ["POST", "/api/dashboards/uid/:uid/public-dashboards", (c) => permission("dashboards.public:write", dashboard(c))],
  [
    "PATCH",
    "/api/dashboards/uid/:uid/public-dashboards/:id",
    (c) => permission("dashboards.public:write", dashboard(c)),
  ],
  [
    "DELETE",
    "/api/dashboards/uid/:uid/public-dashboards/:id",
    (c) => permission("dashboards.public:write", dashboard(c)),
  ],
  ["GET", "/api/datasources", () => permission("datasources:read")],
  ["POST", "/api/datasources", () => permission("datasources:create")],
  ["GET", "/api/datasources/correlations", () => permission("datasources:read")],
  ["GET", "/api/datasources/uid/:uid/correlations", (c) => permission("datasources:read", datasource(c))],
  ["POST", "/api/datasources/uid/:uid/correlations", (c) => permission("datasources:write", datasource(c))],
  ["PATCH", "/api/datasources/uid/:uid/correlations/:id", (c) => permission("datasources:write", datasource(c))],
  ["DELETE", "/api/datasources/uid/:uid/correlations/:id", (c) => permission("datasources:write", datasource(c))],
  ["GET", "/api/datasources/uid/:uid", (c) => permission("datasources:read", datasource(c))],
  ["PUT", "/api/datasources/uid/:uid", (c) => permission("datasources:write", datasource(c))],
  ["DELETE", "/api/datasources/uid/:uid", (c) => permission("datasources:delete", datasource(c))],
  ["GET", "/api/org/preferences", () => permission("orgs.preferences:read")],
  ["PUT", "/api/org/preferences", () => permission("orgs.preferences:write")],
  ["PATCH", "/api/org/preferences", () => permission("orgs.preferences:write")],
  ["GET", "/api/org/users", () => permission("org.users:read")],
  ["PATCH", "/api/org/users/:id", () => permission("org.users:write")],
  ["POST", "/api/admin/users", () => permission("users:create")],
  ["DELETE", "/api/admin/users/:id", () => permission("users:delete")],
  ["GET", "/api/serviceaccounts/search", () => permission("serviceaccounts:read")],
  ["POST", "/api/serviceaccounts", () => permission("serviceaccounts:create")],
  ...serviceAccountGuards(),
  ...ruleGuards(),
  ...notificationGuards(),
  ...silenceGuards(),
];

/** Rejects requests without the required permission. Must be added before the routes. */
export function accessGuards(control: AccessControl, dashboards: Resource): Routes {
  return (app) => {
    for (const [method, path, condition] of guards) {
      app.on(method, path, async (c, next) => {
        const uid = path.startsWith("/api/dashboards/uid/") ? (c.req.param("uid") ?? "") : undefined;
        if (!control.allows(callerOf(c), condition(c))) {
          // Grafana looks up the dashboard's folder first, so a missing dashboard is a 404 for all callers.
          if (uid !== undefined && dashboards.objects.get(uid) === undefined) {
            throw legacyError(404, "Dashboard not found", { title: "Not found" });
          }
          throw denied(condition(c));
        }
        await next();
      });
    }
  };
}

function serviceAccountGuards(): Guard[] {
  const scope = (c: Context): string => `serviceaccounts:id:${c.req.param("id") ?? ""}`;
  return [
    ["GET", "/api/serviceaccounts/:id{[0-9]+}", (c) => permission("serviceaccounts:read", scope(c))],
    ["PATCH", "/api/serviceaccounts/:id{[0-9]+}", (c) => permission("serviceaccounts:write", scope(c))],
    ["DELETE", "/api/serviceaccounts/:id{[0-9]+}", (c) => permission("serviceaccounts:delete", scope(c))],
    ["GET", "/api/serviceaccounts/:id{[0-9]+}/tokens", (c) => permission("serviceaccounts:read", scope(c))],
    ["POST", "/api/serviceaccounts/:id{[0-9]+}/tokens", (c) => permission("serviceaccounts:write", scope(c))],
    ["DELETE", "/api/serviceaccounts/:id{[0-9]+}/tokens/:token", (c) => permission("serviceaccounts:write", scope(c))],
  ];
}

function ruleGuards(): Guard[] {
  const rules = "/api/v1/provisioning/alert-rules";
  const group = "/api/v1/provisioning/folder/:folder/rule-groups/:group";
  const ruler = "/api/ruler/grafana/api/v1/rules";
  const within = (c: Context): string => folderScope(c.req.param("folder") ?? "");
  const readsAll = [
    permission("alert.provisioning:read"),
    permission("alert.rules.provisioning:read"),
    permission("alert.provisioning.secrets:read"),
  ];
  const writesAll = [permission("alert.provisioning:write"), permission("alert.rules.provisioning:write")];
  const setsProvenance = permission("alert.provisioning.provenance:write");
  const reads = (...scope: string[]): Evaluator =>
    all(permission("alert.rules:read", ...scope), permission("folders:read", ...scope));
  const writes = (action: string) => () => any(...writesAll, all(permission(action), setsProvenance));
  return [
    ["GET", ruler, () => permission("alert.rules:read")],
    ["GET", `${ruler}/:folder`, (c) => reads(within(c))],
    ["GET", `${ruler}/:folder/:group`, (c) => reads(within(c))],
    ["GET", rules, () => any(...readsAll, reads())],
    ["GET", `${rules}/:uid`, () => any(...readsAll, reads())],
    ["POST", rules, writes("alert.rules:create")],
    ["PUT", `${rules}/:uid`, writes("alert.rules:write")],
    ["DELETE", `${rules}/:uid`, writes("alert.rules:delete")],
    ["GET", group, (c) => any(...readsAll, reads(within(c)))],
    [
      "PUT",
      group,
      (c) => {
        const verbs = ["write", "create", "delete"].map((verb) => permission(`alert.rules:${verb}`, within(c)));
        const inFolder = [permission("alert.rules:read", within(c)), permission("folders:read", within(c))];
        return any(...writesAll, all(...inFolder, setsProvenance, any(...verbs)));
      },
    ],
    [
      "DELETE",
      group,
      (c) => {
        const actions = ["alert.rules:delete", "alert.rules:read", "folders:read"];
        return any(...writesAll, all(...actions.map((action) => permission(action, within(c))), setsProvenance));
      },
    ],
  ];
}

function notificationGuards(): Guard[] {
  const base = "/api/v1/provisioning";
  const reads = any(
    permission("alert.provisioning:read"),
    permission("alert.notifications.provisioning:read"),
    permission("alert.provisioning.secrets:read"),
    permission("alert.notifications:read"),
  );
  const exports = any(
    permission("alert.notifications:read"),
    permission("alert.provisioning:read"),
    permission("alert.notifications.provisioning:read"),
    permission("alert.provisioning.secrets:read"),
    permission("alert.notifications.receivers:read"),
    permission("alert.notifications.receivers.secrets:read"),
  );
  const writes = any(
    permission("alert.provisioning:write"),
    permission("alert.notifications.provisioning:write"),
    all(permission("alert.notifications:write"), permission("alert.provisioning.provenance:write")),
  );
  const paths = [
    "/policies",
    "/contact-points",
    "/contact-points/:uid",
    "/templates",
    "/templates/:name",
    "/mute-timings",
    "/mute-timings/:name",
  ];
  return [
    ["GET", `${base}/contact-points/export`, () => exports],
    ...paths.flatMap((path): Guard[] => [
      ...(path === "/contact-points/:uid" ? [] : [["GET", base + path, () => reads] satisfies Guard]),
      ...["POST", "PUT", "DELETE"].map((method) => [method, base + path, () => writes] satisfies Guard),
    ]),
    ["GET", "/api/alertmanager/grafana/config/api/v1/alerts", () => permission("alert.notifications:read")],
  ];
}

function silenceGuards(): Guard[] {
  const base = "/api/alertmanager/grafana/api/v2";
  const reads = any(permission("alert.instances:read"), permission("alert.silences:read"));
  const verbs = (...names: string[]) =>
    names.flatMap((name) => [permission(`alert.instances:${name}`), permission(`alert.silences:${name}`)]);
  return [
    ["GET", `${base}/alerts`, () => permission("alert.instances:read")],
    ["GET", "/api/prometheus/grafana/api/v1/rules", () => permission("alert.rules:read")],
    ["GET", "/api/v1/rules/history", () => permission("alert.rules:read")],
    ["GET", `${base}/silences`, () => reads],
    ["GET", `${base}/silence/:id`, () => reads],
    ["POST", `${base}/silences`, () => all(reads, any(...verbs("create", "write")))],
    ["DELETE", `${base}/silence/:id`, () => all(reads, any(...verbs("write")))],
  ];
}
