import { describe, expect, onTestFinished, test } from "vitest";
import type { KindContext } from "../../src/engine/kind-context.ts";
import { contactPoint, dashboard, datasource, existing, folder, libraryPanel, ruleGroup } from "../../src/index.ts";
import { actions } from "../engine/support.ts";
import { converge, planFor } from "../helpers/converge.ts";
import { faultyProxy } from "../helpers/faulty-proxy.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";

// In a Grafana without folders and dashboards, only administrators have permissions to read dashboards.

/** The token of one account for each role: Grafana reports to other accounts only later what a new object grants. */
const tokens = new WeakMap<TestGrafana, Map<string, string>>();

async function tokenOf(grafana: TestGrafana, role: "Editor" | "Viewer"): Promise<string> {
  const own = tokens.get(grafana) ?? new Map<string, string>();
  tokens.set(grafana, own);
  const known = own.get(role);
  if (known !== undefined) return known;
  const name = grafana.name(role);
  const send = (path: string, body: object) => grafana.other.send({ method: "POST", path, body });
  const account = (await send("/api/serviceaccounts", { name, role })) as { id: number };
  const path = `/api/serviceaccounts/${account.id}`;
  onTestFinished(async () => void (await grafana.other.send({ method: "DELETE", path })));
  const { key } = (await send(`${path}/tokens`, { name })) as { key: string };
  own.set(role, key);
  return key;
}

async function contextAs(
  grafana: TestGrafana,
  role: "Editor" | "Viewer",
  owner: string,
  url = grafana.url,
): Promise<KindContext> {
  const token = await tokenOf(grafana, role);
  return grafana.context(owner, { url, credentials: { type: "token", token } });
}

describe("the token of an Editor, on a Grafana without dashboards", () => {
  test("applies a dashboard at the root, updates it, and deletes it", async () => {
    const grafana = await testGrafana();
    const owner = grafana.name("own");
    const board = (title: string) => dashboard({ uid: grafana.name("board"), spec: { title } });

    const { plan } = await converge(await contextAs(grafana, "Editor", owner), [board("One")]);

    expect(plan.unseen).toEqual([]);
    const later = await contextAs(grafana, "Editor", owner);
    expect((await converge(later, [board("Two")])).outcomes).toHaveLength(1);
    await converge(await contextAs(grafana, "Editor", owner), [board("Two")], { prune: true });
  });

  test("applies every kind that needs no administrator, in a new folder", async () => {
    const grafana = await testGrafana();
    const owner = grafana.name("own");
    const source = datasource({
      uid: grafana.name("ds"),
      name: grafana.name("DS"),
      type: "prometheus",
      url: "http://p",
    });
    await converge(await grafana.context(grafana.name("admin")), [source]);
    const home = folder({ uid: grafana.name("home"), title: grafana.name("Home") });
    const code = [
      home,
      dashboard({ uid: grafana.name("board"), folder: home, spec: { title: "Board" } }),
      libraryPanel({
        uid: grafana.name("lib"),
        name: grafana.name("Lib"),
        folder: home,
        model: { type: "text", title: "Lib" },
      }),
      contactPoint({
        name: grafana.name("ops"),
        integrations: [{ type: "email", settings: { addresses: "ops@example.com" } }],
      }),
      ruleGroup({
        folder: home,
        title: "group",
        interval: 60,
        rules: [
          {
            title: grafana.name("rule"),
            condition: "A",
            data: [
              {
                refId: "A",
                datasource: existing.datasource(grafana.name("ds")),
                relativeTimeRange: { from: 600, to: 0 },
                model: { expr: "up", instant: true },
              },
            ],
          },
        ],
      }),
    ];

    const { plan } = await converge(await contextAs(grafana, "Editor", owner), code);

    expect(plan.changes.filter(({ left }) => left)).toEqual([]);
    await converge(await contextAs(grafana, "Editor", owner), [home], { prune: true });
  });

  test("distinguishes hidden dashboards from new ones", async () => {
    const grafana = await testGrafana();
    const owner = grafana.name("own");
    const closed = folder({ uid: grafana.name("closed"), title: grafana.name("Closed") });
    const hidden = dashboard({ uid: grafana.name("hidden"), folder: closed, spec: { title: "Hidden" } });
    await converge(await grafana.context(owner), [closed, hidden]);
    const path = `/api/folders/${closed.uid}/permissions`;
    await grafana.other.send({ method: "POST", path, body: { items: [] } });
    const fresh = dashboard({ uid: grafana.name("fresh"), spec: { title: "Fresh" } });

    const { plan } = await planFor(await contextAs(grafana, "Editor", owner), [closed, hidden, fresh]);

    const left = Object.fromEntries(plan.changes.map((change) => [change.id, change.left?.reason]));
    expect(left).toEqual({
      [`${closed.uid}`]: "forbidden",
      [`${hidden.uid}`]: "forbidden",
      [`${fresh.uid}`]: undefined,
    });
  });
});

/** A proxy whose lists of folders and dashboards are empty, as Grafana's are for a short time after their creation. */
async function withEmptyLists(grafana: TestGrafana): Promise<string> {
  const proxy = await faultyProxy(grafana.url, async ({ method, path, forward }) => {
    if (method !== "GET" || !/\/(dashboards|folders)(\?|$)|\/api\/search/.test(path)) return "pass";
    const { status, headers, body = "" } = await forward();
    const listed = JSON.parse(body.toString()) as { items?: object[] } | object[];
    const short = Array.isArray(listed) ? [] : { ...listed, items: [] };
    const { "content-length": _, ...rest } = { ...headers };
    return { status, headers: rest, body: JSON.stringify(short) };
  });
  onTestFinished(() => proxy.close());
  return proxy.url;
}

describe("objects that a list omits, but that can be read", () => {
  test("are compared", async () => {
    const grafana = await testGrafana();
    const owner = grafana.name("own");
    const uid = grafana.name("board");
    const board = (title: string) => dashboard({ uid, spec: { title } });
    await converge(await contextAs(grafana, "Editor", owner), [board("One")]);

    const short = await contextAs(grafana, "Editor", owner, await withEmptyLists(grafana));
    const { plan } = await planFor(short, [board("Two")]);

    expect(plan.changes.map(({ action, id }) => [action, id])).toEqual([["update", uid]]);
  });

  test("exist for what depends on them, whether selected or not", async () => {
    const grafana = await testGrafana();
    const owner = grafana.name("own");
    const home = folder({ uid: grafana.name("home"), title: grafana.name("Home") });
    await converge(await contextAs(grafana, "Editor", owner), [home]);
    const code = [home, dashboard({ uid: grafana.name("board"), folder: home, spec: { title: "Board" } })];

    const short = await contextAs(grafana, "Editor", owner, await withEmptyLists(grafana));
    const plans = await Promise.all([
      planFor(short, code),
      planFor(short, code, { selected: ({ kind }) => kind === "dashboard" }),
    ]);

    for (const { plan } of plans) {
      expect(plan.changes.map(({ action, id, left }) => [action, id, left])).toEqual([
        ["create", grafana.name("board"), undefined],
      ]);
    }
  });
});

test("the token of a Viewer compares dashboards, on a Grafana without dashboards", async () => {
  const grafana = await testGrafana();
  const owner = grafana.name("own");
  const board = dashboard({ uid: grafana.name("board"), spec: { title: "Board" } });

  const prepared = await planFor(await contextAs(grafana, "Viewer", owner), [board]);

  expect(prepared.plan.unseen).toEqual([]);
  expect(Object.values(actions(prepared))).toHaveLength(1);
  expect(prepared.plan.changes[0]?.left?.message).toContain("dashboards:create on folders:uid:general");
});
