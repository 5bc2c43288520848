import { describe, expect, test } from "vitest";
import { desire } from "../../src/code/desired.ts";
import { board, carryOut, changeOf, datasourceNow, keepDefault, makeDatasource } from "../engine/support.ts";
import { datasource, type Datasource } from "../../src/index.ts";
import { datasourceKind } from "../../src/kinds/datasource/datasource.ts";
import { kinds } from "../../src/kinds/index.ts";
import { converge, planFor } from "../helpers/converge.ts";
import { testGrafana } from "../helpers/grafana.ts";

const loki = (uid: string, more: Partial<Datasource> = {}) =>
  datasource({ uid, name: uid, type: "loki", url: "http://loki:3100", ...more });

describe("datasources that refer to each other", () => {
  test("are applied with each other's uids, in any order", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const [logs, traces] = [grafana.name("logs"), grafana.name("traces")];
    const first: Datasource = loki(logs, { isDefault: false });
    const circle: Record<"logs" | "traces", Datasource> = {
      logs: datasource({
        ...first,
        uid: logs,
        jsonData: () => ({ derivedFields: [{ datasourceUid: circle.traces.uid }] }),
      }),
      traces: datasource({
        uid: traces,
        name: traces,
        type: "jaeger",
        url: "http://jaeger:16686",
        jsonData: () => ({ tracesToLogsV2: { datasourceUid: circle.logs.uid } }),
      }),
    };

    await converge(context, [circle.traces, circle.logs]);
    expect(await datasourceNow(grafana, logs)).toMatchObject({
      jsonData: { derivedFields: [{ datasourceUid: traces }] },
    });
    expect(await datasourceNow(grafana, traces)).toMatchObject({
      jsonData: { tracesToLogsV2: { datasourceUid: logs } },
    });
  });

  test("compute their settings once, when they are needed", () => {
    let made = 0;
    const lazy = datasource({ uid: "lazy", name: "Lazy", type: "loki", jsonData: () => ({ made: ++made }) });
    expect(made).toBe(0);
    expect(lazy.jsonData).toEqual({ made: 1 });
    expect({ ...lazy }.jsonData).toEqual({ made: 1 });
    expect(Object.keys(lazy)).toContain("jsonData");
  });
});

describe("in Grafana", () => {
  test("all fields can be set, changed, and cleared as far as Grafana allows", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const uid = grafana.name("full");
    const full = {
      name: grafana.name("Full"),
      type: "prometheus",
      url: "http://prometheus:9090",
      access: "direct",
      user: "reader",
      database: "metrics",
      basicAuth: true,
      basicAuthUser: "basic",
      withCredentials: true,
    } as const;

    await converge(context, [datasource({ uid, ...full, jsonData: { httpMethod: "POST", nested: { list: [1, 2] } } })]);
    expect(await datasourceNow(grafana, uid)).toMatchObject({
      ...full,
      jsonData: { httpMethod: "POST", nested: { list: [1, 2] } },
    });

    const less = {
      name: grafana.name("Less"),
      type: "prometheus",
      url: "http://other:9090",
      basicAuth: true,
      basicAuthUser: "another",
    };
    const { plan } = await converge(context, [datasource({ uid, ...less })]);

    expect(plan.changes[0]?.differences.map(({ path, type }) => `${type} ${path}`).toSorted()).toEqual([
      "changed basicAuthUser",
      "changed name",
      "changed url",
      "removed access",
      "removed database",
      "removed jsonData.httpMethod",
      "removed jsonData.nested",
      "removed user",
      "removed withCredentials",
    ]);
    expect(await datasourceNow(grafana, uid)).toMatchObject({
      ...less,
      access: "proxy",
      user: "",
      database: "",
      withCredentials: false,
    });
  });

  test("a change of one setting of jsonData is one difference, and the tool's mark is never shown", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const uid = grafana.name("json");
    await converge(context, [loki(uid, { jsonData: { maxLines: 10, derivedFields: [{ name: "trace" }] } })]);

    const { plan } = await converge(context, [
      loki(uid, { jsonData: { maxLines: 20, derivedFields: [{ name: "trace" }] } }),
    ]);

    expect(plan.changes[0]?.differences).toMatchObject([
      { type: "changed", path: "jsonData.maxLines", before: 10, after: 20 },
    ]);
    const { jsonData } = (await datasourceNow(grafana, uid)) as unknown as { jsonData: Record<string, unknown> };
    expect(jsonData).toMatchObject({ maxLines: 20, derivedFields: [{ name: "trace" }] });
  });

  test("a null in jsonData counts as absent", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const uid = grafana.name("null");
    await converge(context, [loki(uid, { jsonData: { a: null } })]);

    expect((await converge(context, [loki(uid)])).plan.changes).toEqual([]);
  });

  test("a datasource is written before its dashboards", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const uid = grafana.name("used");
    const source = loki(uid);
    const panels = [{ id: 1, type: "logs", title: "Logs", datasource: source.ref }] as never;

    const { plan } = await converge(context, [board(grafana.name("board"), { panels }), source]);

    expect(plan.changes.map(({ kind, needs }) => [kind, needs])).toEqual([
      ["datasource", []],
      ["dashboard", [`datasource/${uid}`]],
    ]);
  });
});

describe("the default datasource", () => {
  test("moves in one apply, and the plan shows which datasource loses the flag", async () => {
    const grafana = await testGrafana();
    await keepDefault(grafana);
    const context = await grafana.context(grafana.name("own"));
    const [one, two] = [grafana.name("one"), grafana.name("two")];
    await converge(context, [loki(one, { isDefault: true }), loki(two)]);
    expect((await datasourceNow(grafana, one))?.isDefault).toBe(true);

    const handed = [loki(one, { isDefault: false }), loki(two, { isDefault: true })];
    const prepared = await planFor(context, handed);
    expect(changeOf(prepared, `datasource/${two}`).sideEffect).toBe(`datasource/${one} is no longer the default`);
    await converge(context, handed);

    expect((await datasourceNow(grafana, one))?.isDefault).toBe(false);
    expect((await datasourceNow(grafana, two))?.isDefault).toBe(true);
  });

  test("moves to a new datasource from one for which the code does not set it", async () => {
    const grafana = await testGrafana();
    await keepDefault(grafana);
    const context = await grafana.context(grafana.name("own"));
    const [one, two] = [grafana.name("one"), grafana.name("two")];
    await makeDatasource(grafana, one, { isDefault: true });

    const { plan } = await converge(context, [loki(two, { isDefault: true })]);

    expect(plan.changes[0]?.sideEffect).toBe(`datasource/${one} is no longer the default`);
    expect((await datasourceNow(grafana, two))?.isDefault).toBe(true);
  });

  test("moves to another datasource while the former one changes in the same apply", async () => {
    const grafana = await testGrafana();
    await keepDefault(grafana);
    const context = await grafana.context(grafana.name("own"));
    // In both orders of their uids, which is the order of the writes.
    for (const [from, to] of [
      [grafana.name("a1"), grafana.name("z1")],
      [grafana.name("z2"), grafana.name("a2")],
    ] as const) {
      await converge(context, [loki(from, { isDefault: true }), loki(to)]);

      await converge(context, [loki(from, { url: "http://loki:3200" }), loki(to, { isDefault: true })]);

      expect((await datasourceNow(grafana, from))?.isDefault).toBe(false);
      expect((await datasourceNow(grafana, to))?.isDefault).toBe(true);
    }
  });

  test("does not change if an update does not set it", async () => {
    const grafana = await testGrafana();
    await keepDefault(grafana);
    const context = await grafana.context(grafana.name("own"));
    const uid = grafana.name("kept");
    await converge(context, [loki(uid, { isDefault: true })]);

    await converge(context, [loki(uid, { url: "http://loki:3200" })]);

    expect((await datasourceNow(grafana, uid))?.isDefault).toBe(true);
  });

  // A shared Grafana already has other datasources.
  test.skipIf(process.env["is not the first datasource if the code says otherwise"])(
    "is not the first datasource if the code says so",
    async () => {
      const grafana = await testGrafana();
      const context = await grafana.context(grafana.name("own"));
      const uid = grafana.name("first");

      await converge(context, [loki(uid, { isDefault: false })]);

      expect((await datasourceNow(grafana, uid))?.isDefault).toBe(false);
    },
  );

  test("can't be set twice: a fault before the first request", () => {
    const loaded = ["a", "b"].map((uid) => ({
      kind: "datasource",
      value: loki(uid, { isDefault: true }),
      source: { file: "d.ts", export: uid },
    }));

    expect(desire(loaded, kinds, "own").faults).toMatchObject([
      { level: "error", export: "b", path: "isDefault", message: expect.stringContaining("datasource/a") },
    ]);
  });
});

describe("an update can't", () => {
  test.each([
    ["url", { url: "http://loki:3100" }],
    ["basicAuthUser", { basicAuth: true, basicAuthUser: "reader" }],
  ] as const)("clear %s: the plan shows the fix, and the rest is applied", async (field, fields) => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const [uid, other] = [grafana.name("stuck"), grafana.name("other")];
    const name = uid;
    await converge(context, [datasource({ uid, name, type: "loki", url: "http://loki:3100", ...fields }), loki(other)]);
    const before = await datasourceNow(grafana, uid);
    const { [field]: _, ...rest }: Partial<Datasource> = { url: "http://loki:3100", ...fields };
    const without = datasource({ uid, name, type: "loki", ...rest });

    const prepared = await planFor(context, [without, loki(other, { jsonData: { maxLines: 5 } })]);
    const outcomes = await carryOut(context, prepared);

    const { left } = changeOf(prepared, `datasource/${uid}`);
    expect(left).toMatchObject({ reason: "obstacle", message: expect.stringContaining(field) });
    expect(left?.message).toContain("delete the datasource and apply again");
    expect(outcomes.map(({ change, status }) => [change.id, status])).toEqual([[other, "done"]]);
    expect(await datasourceNow(grafana, uid)).toEqual(before);
  });

  test("clear basicAuthUser without basicAuth: Grafana keeps it, and the plan ignores it", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const uid = grafana.name("once");
    await converge(context, [loki(uid, { basicAuth: true, basicAuthUser: "reader" })]);

    const { plan } = await converge(context, [loki(uid)]);

    expect(plan.changes[0]?.differences).toMatchObject([{ type: "removed", path: "basicAuth" }]);
    expect(await datasourceNow(grafana, uid)).toMatchObject({ basicAuth: false, basicAuthUser: "reader" });
  });

  test("use a name twice in the code: a fault before the first request", () => {
    const loaded = ["a", "b"].map((uid) => ({
      kind: "datasource",
      value: { ...loki(uid), name: "Same" },
      source: { file: "d.ts", export: uid },
    }));

    expect(desire(loaded, kinds, "own").faults).toMatchObject([
      { level: "error", export: "b", path: "name", message: expect.stringContaining('"Same"') },
    ]);
  });
});

function uidOf(name: string, project: string): string {
  return datasourceKind.id({ kind: "datasource", name, type: "loki" }, project);
}

describe("a derived uid", () => {
  test("is the same in every run, and differs by name and project", () => {
    expect(uidOf("Loki", "own")).toBe("loki-a859b0ee");
    expect(new Set([uidOf("Loki", "own"), uidOf("Loki", "other"), uidOf("Loki 2", "own")]).size).toBe(3);
  });

  test("is the uid in Grafana", async () => {
    const grafana = await testGrafana();
    const owner = grafana.name("own");
    const context = await grafana.context(owner);
    const name = grafana.name("derived");

    await converge(context, [{ kind: "datasource", name, type: "loki", url: "http://loki:3100" } as Datasource]);

    expect((await datasourceNow(grafana, uidOf(name, owner)))?.["name"]).toBe(name);
  });
});
