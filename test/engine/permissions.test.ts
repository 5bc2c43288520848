import { describe, expect, test } from "vitest";
import {
  actionsOf,
  allows,
  inWords,
  listsAll,
  missing,
  type Need,
  type Permissions,
} from "../../src/engine/permissions.ts";
import { folderScopes } from "../../src/grafana/folder-scopes.ts";
import type { KindContext } from "../../src/engine/kind-context.ts";
import { contactPoint, dashboard, datasource, folder, muteTiming, ruleGroup } from "../../src/index.ts";
import { kinds } from "../../src/kinds/index.ts";
import { converge, planFor } from "../helpers/converge.ts";
import { MARKS } from "../helpers/mode.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";

/** All permissions of an administrator. */
const ALL: Permissions = Object.fromEntries(
  [
    "folders:read folders:create folders:write folders:delete",
    "dashboards:read dashboards:create dashboards:write dashboards:delete",
    "datasources:read datasources:create datasources:write datasources:delete datasources:query",
    "alert.rules:read alert.rules:create alert.rules:write alert.rules:delete alert.provisioning.provenance:write",
    "alert.notifications:read alert.notifications:write",
  ].flatMap((line) => line.split(" ").map((action) => [action, ["*"]] as const)),
);

function without(...actions: string[]): Permissions {
  return Object.fromEntries(Object.entries(ALL).filter(([action]) => !actions.includes(action)));
}

/** The connection of an administrator that reports only these permissions. */
async function contextWith(grafana: TestGrafana, owner: string, permissions: Permissions): Promise<KindContext> {
  const context = await grafana.context(owner);
  return { ...context, grafana: { ...context.grafana, permissions } };
}

function resourcesOf(grafana: TestGrafana) {
  const top = folder({ uid: grafana.name("top"), title: grafana.name("Top") });
  const source = datasource({
    uid: grafana.name("ds"),
    name: grafana.name("DS"),
    type: "prometheus",
    url: "http://prometheus:9090",
    isDefault: false,
  });
  const board = dashboard({ uid: grafana.name("board"), folder: top, spec: { title: "Board" } });
  const point = contactPoint({
    name: grafana.name("ops"),
    integrations: [{ type: "email", settings: { addresses: "ops@example.com" } }],
  });
  const timing = muteTiming({ name: grafana.name("nights"), time_intervals: [{ weekdays: ["saturday"] }] });
  const group = ruleGroup({
    folder: top,
    title: grafana.name("group"),
    interval: 60,
    rules: [
      {
        title: grafana.name("rule"),
        condition: "A",
        data: [
          {
            refId: "A",
            datasource: source,
            relativeTimeRange: { from: 600, to: 0 },
            model: { expr: "up", instant: true },
          },
        ],
      },
    ],
  });
  return { top, source, board, point, timing, group };
}

describe("a required permission", () => {
  const create: Need = { action: "dashboards:create", scopes: ["folders:uid:a", "folders:uid:b"] };

  test.each<[string, Permissions, boolean]>([
    ["the same scope", { "dashboards:create": ["folders:uid:b"] }, true],
    ["a wildcard for its kind", { "dashboards:create": ["folders:*"] }, true],
    ["a wildcard for its uids", { "dashboards:create": ["folders:uid:*"] }, true],
    ["everything", { "dashboards:create": ["*"] }, true],
    ["another folder", { "dashboards:create": ["folders:uid:c"] }, false],
    ["a uid with the same prefix", { "dashboards:create": ["folders:uid:"] }, false],
    ["a wildcard for another kind", { "dashboards:create": ["dashboards:*"] }, false],
    ["another action", { "dashboards:read": ["*"] }, false],
  ])("is granted by %s: %#", (_name, permissions, met) => {
    expect(allows(permissions, create)).toBe(met);
  });

  test("is named if it is missing, the narrowest alternative first", () => {
    const any: Need = { any: [{ all: [{ action: "a:read" }, create] }, { action: "c:write" }] };
    expect(missing({ "a:read": [""] }, any)).toBe("dashboards:create on folders:uid:a");
    expect(missing({}, any)).toBe("a:read, dashboards:create on folders:uid:a");
    expect(missing({ "c:write": [""] }, any)).toBeUndefined();
    expect(actionsOf(any)).toEqual(["a:read", "dashboards:create"]);
  });

  test("for a complete list is one of its scopes, or all of them", () => {
    const readsAll = { action: "panels:read", scopes: ["folders:*", "panels:*"] };
    expect(listsAll({ "panels:read": ["folders:uid:a"] }, readsAll)).toBe(false);
    expect(listsAll({}, readsAll)).toBe(false);
    expect(listsAll({ "panels:read": ["folders:uid:a", "panels:*"] }, readsAll)).toBe(true);
    expect(listsAll({ "panels:read": ["*"] }, readsAll)).toBe(true);
    expect([listsAll(undefined, readsAll), listsAll({}, undefined)]).toEqual([true, true]);
  });

  test("for a role is checked by Grafana, and named by its role", () => {
    const need: Need = { all: [{ role: "Editor" }, create] };
    expect(allows({}, { role: "Editor" })).toBe(true);
    expect(missing({}, need)).toBe("dashboards:create on folders:uid:a");
    expect(inWords(need)).toBe("the role Editor, dashboards:create on folders:uid:a");
    expect(actionsOf(need)).toEqual(["dashboards:create"]);
  });

  test("is granted on parent folders, except General", () => {
    const parents: Record<string, string> = { leaf: "middle", middle: "top" };
    const tree = { parentOf: (uid: string) => parents[uid] };
    expect(folderScopes("leaf", tree)).toEqual(["folders:uid:leaf", "folders:uid:middle", "folders:uid:top"]);
    expect(folderScopes(undefined, tree)).toEqual(["folders:uid:general"]);
    parents["top"] = "leaf";
    expect(folderScopes("leaf", tree)).toHaveLength(3);
  });
});

describe("a plan contains only what the credentials permit", () => {
  test("a kind that can't be read is reported, and the rest is planned and applied", async () => {
    const grafana = await testGrafana();
    const owner = grafana.name("own");
    const { top, source, board } = resourcesOf(grafana);
    const context = await contextWith(grafana, owner, without("datasources:read"));

    const { plan } = await converge(context, [top, source, board]);

    expect(plan.unseen).toEqual([
      { kind: "datasource", missing: "datasources:read", resources: [`datasource/${source.uid}`] },
    ]);
    expect(plan.changes.map(({ kind, action }) => `${action} ${kind}`)).toEqual(["create folder", "create dashboard"]);
    const all = await planFor(await grafana.context(owner), [top, source, board]);
    expect(all.plan.changes.map(({ kind }) => kind)).toEqual(["datasource"]);
  });

  test.each([
    { action: "folders:create", left: ["folder", "dashboard", "rule-group"], kind: "folder" },
    { action: "dashboards:create", left: ["dashboard"], kind: "dashboard" },
    { action: "datasources:create", left: ["datasource", "rule-group"], kind: "datasource" },
    { action: "alert.rules:create", left: ["rule-group"], kind: "rule-group" },
    { action: "alert.notifications:write", left: ["contact-point", "mute-timing"], kind: "contact-point" },
  ])("without $action, $left are skipped, with the name of the permission", async ({ action, left, kind }) => {
    const grafana = await testGrafana();
    const resources = Object.values(resourcesOf(grafana));
    const context = await contextWith(grafana, grafana.name("own"), without(action));

    const { plan } = await planFor(context, resources);

    const refused = plan.changes.filter((change) => change.left);
    expect(refused.map((change) => change.kind).toSorted()).toEqual(
      // Without the folder there is no place for the ledger; for the notification kinds, the tool creates one.
      (action === "folders:create" ? [...left, "contact-point", "mute-timing"] : left).toSorted(),
    );
    const first = refused.find((change) => change.kind === kind);
    expect(first?.left).toMatchObject({ reason: "forbidden" });
    const named = action === "alert.notifications:write" ? "alert.notifications.provisioning:write" : action;
    expect(first?.left?.message).toContain(named);
  });

  test("permissions on a folder include its subfolders, and no other folders", async () => {
    const grafana = await testGrafana();
    const owner = grafana.name("own");
    const open = folder({ uid: grafana.name("open"), title: grafana.name("Open") });
    const inner = folder({ uid: grafana.name("inner"), title: grafana.name("Inner"), parent: open });
    const closed = folder({ uid: grafana.name("closed"), title: grafana.name("Closed") });
    await converge(await grafana.context(owner), [open, inner, closed]);
    const boards = [open, inner, closed].map((place) =>
      dashboard({ uid: grafana.name(`in-${place.uid}`), folder: place, spec: { title: place.title } }),
    );
    const permissions = { ...ALL, "dashboards:create": [`folders:uid:${open.uid}`] };
    const context = await contextWith(grafana, owner, permissions);

    const { plan } = await planFor(context, [open, inner, closed, ...boards]);

    const left = plan.changes.filter((change) => change.left);
    expect(left.map(({ id }) => id)).toEqual([boards[2]?.uid]);
    expect(left[0]?.left?.message).toContain(`(missing: dashboards:create on folders:uid:${closed.uid})`);
  });

  test("objects that can't be deleted are skipped, with their folder", async () => {
    const grafana = await testGrafana();
    const owner = grafana.name("own");
    const { top, board } = resourcesOf(grafana);
    const kept = folder({ uid: grafana.name("kept"), title: grafana.name("Kept") });
    await converge(await grafana.context(owner), [kept, top, board]);
    const context = await contextWith(grafana, owner, without("dashboards:delete"));

    const { plan } = await planFor(context, [kept], { prune: true });

    const reasons = plan.changes.map(({ kind, left }) => [kind, left?.reason]);
    // Folders without a mark are never deleted.
    const outer = MARKS ? [["folder", "not-empty"]] : [];
    expect(reasons).toEqual([["dashboard", "forbidden"], ...outer]);
  });

  test("all kinds declare the permissions for reads and writes", () => {
    for (const kind of kinds.values()) expect(inWords(kind.access.read), kind.name).not.toBe("");
  });
});
