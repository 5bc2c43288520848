import { describe, expect, test } from "vitest";
import { exitCodeOf } from "../../src/cli/exit-code.ts";
import { destroyGoal } from "../../src/engine/destroy-goal.ts";
import { execute } from "../../src/engine/pipeline.ts";
import { datasource } from "../../src/index.ts";
import { EXIT } from "../../src/util/errors.ts";
import { consentOf, converge, planFor, workspaceOf } from "../helpers/converge.ts";
import type { TestProject } from "../helpers/cli.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { KUBERNETES, MARKS } from "../helpers/mode.ts";
import { element, grid, makeInV2, readIn, spec } from "../helpers/schema-v2.ts";
import { makePlaylist, removePlaylist, SERVED } from "../kinds/playlist/support.ts";
import {
  actions,
  board,
  carryOut,
  changeOf,
  collection,
  datasourceNow,
  declare,
  edit,
  find,
  makeDatasource,
  place,
  remove,
  repository,
  setExpr,
  statuses,
} from "./support.ts";

function source(uid: string, name = uid) {
  return datasource({ uid, name, type: "prometheus", url: "http://prometheus:9090" });
}

/** A dashboard whose panel queries this datasource. */
function boardOn(uid: string, { ref }: { readonly ref: object }) {
  const panels = [{ id: 1, type: "timeseries", title: "P", datasource: ref, targets: [{ refId: "A", expr: "up" }] }];
  return board(uid, { panels: panels as never });
}

/** Another user's dashboard with this spec, saved with the older API, which accepts a datasource's name. */
async function makeBoard({ other }: TestGrafana, uid: string, spec: object): Promise<void> {
  const body = { dashboard: { uid, title: uid, schemaVersion: 42, ...spec } };
  await other.send({ method: "POST", path: "/api/dashboards/db", body });
}

async function destroyAll(context: Parameters<typeof workspaceOf>[0]) {
  const goal = destroyGoal(() => true);
  return execute(workspaceOf(context), { goal, consent: consentOf({}), concurrency: 8, emit: () => {} });
}

const query = (datasource: unknown) => ({ refId: "A", datasource, expr: "up" });

describe("a datasource that another user's dashboard queries is not deleted", () => {
  const places: Record<string, (ref: object, name: string) => object> = {
    "in a panel": (ref) => ({ panels: [{ id: 1, type: "stat", title: "P", datasource: ref, targets: [] }] }),
    "in one query": (ref) => ({
      panels: [{ id: 1, type: "stat", title: "P", datasource: { uid: "-- Mixed --" }, targets: [query(ref)] }],
    }),
    "in a collapsed row": (ref) => ({
      panels: [{ id: 1, type: "row", collapsed: true, panels: [{ id: 2, type: "stat", targets: [query(ref)] }] }],
    }),
    "in a variable": (ref) => ({ templating: { list: [{ name: "v", type: "query", datasource: ref, query: "q" }] } }),
    "in an annotation": (ref) => ({ annotations: { list: [{ name: "a", enable: true, datasource: ref }] } }),
    "by its name": (_ref, name) => ({ panels: [{ id: 1, type: "stat", datasource: name, targets: [] }] }),
  };
  test.each(Object.entries(places))("%s", async (_place, specOf) => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const [used, free, theirs] = [
      source(grafana.name("used"), grafana.name("Named")),
      grafana.name("free"),
      grafana.name("theirs"),
    ];
    await converge(context, [used, source(free)]);
    await makeBoard(grafana, theirs, specOf(used.ref, used.name));

    const prepared = await planFor(context, [], { prune: true });
    const outcomes = await carryOut(context, prepared);

    expect(actions(prepared)).toEqual({
      [`datasource/${used.uid}`]: "left: not-empty",
      [`datasource/${free}`]: "delete",
    });
    expect(changeOf(prepared, `datasource/${used.uid}`).left?.message).toBe(`it is used by dashboard/${theirs}`);
    expect(exitCodeOf(outcomes, prepared.plan)).toBe(EXIT.partlyApplied);
    expect(await datasourceNow(grafana, used.uid)).toBeDefined();
    expect(await datasourceNow(grafana, free)).toBeUndefined();

    await remove(grafana, "dashboard", theirs);
    await converge(context, [], { prune: true });
    expect(await datasourceNow(grafana, used.uid)).toBeUndefined();
  });
});

test.runIf(KUBERNETES)(
  "a datasource is not deleted if another user's dashboard in schema v2 queries it, even if Grafana can't convert that",
  async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const [used, theirs] = [source(grafana.name("used")), grafana.name("theirs")];
    await converge(context, [used]);
    const query = { kind: "DataQuery", group: "prometheus", version: "v0", datasource: { name: used.uid }, spec: {} };
    const { spec: panel, ...rest } = element(1, "A");
    const queries = [{ kind: "PanelQuery", spec: { query, refId: "A", hidden: false } }];
    const data = { kind: "QueryGroup", spec: { queries, transformations: [], queryOptions: {} } };
    const elements = { a: { ...rest, spec: { ...(panel as object), data } } };
    await makeInV2(grafana, theirs, spec("Theirs", elements, grid("a", "missing")));
    expect((await readIn(grafana, "v1beta1", theirs)).spec, "Grafana can't convert it").toBeNull();

    const prepared = await planFor(context, [], { prune: true });
    await carryOut(context, prepared);

    expect(changeOf(prepared, `datasource/${used.uid}`).left?.message).toBe(`it is used by dashboard/${theirs}`);
    expect(await datasourceNow(grafana, used.uid)).toBeDefined();
  },
);

describe("a datasource that another user's datasource names is not deleted", () => {
  const settings: Record<string, (uid: string, name: string) => object> = {
    "for logs of a trace": (datasourceUid) => ({ tracesToLogsV2: { datasourceUid, tags: [] } }),
    "for metrics of a trace": (datasourceUid) => ({ tracesToMetrics: { datasourceUid } }),
    "for profiles of a trace": (datasourceUid) => ({ tracesToProfiles: { datasourceUid } }),
    "for a service map": (datasourceUid) => ({ serviceMap: { datasourceUid } }),
    "for exemplars": (datasourceUid) => ({ exemplarTraceIdDestinations: [{ name: "a", url: "u" }, { datasourceUid }] }),
    "in a derived field": (datasourceUid) => ({ derivedFields: [{ name: "t", matcherRegex: "r", datasourceUid }] }),
    "in a data link": (datasourceUid) => ({ dataLinks: [{ field: "t", datasourceUid }] }),
    "as its Alertmanager": (alertmanagerUid) => ({ alertmanagerUid, manageAlerts: true }),
    "for traces of a cloud": (tracingDatasourceUid) => ({ tracingDatasourceUid }),
    "by its name": (_uid, dbConnectionDatasourceName) => ({ dbConnectionDatasourceName }),
  };
  test.each(Object.entries(settings))("%s", async (_setting, jsonDataOf) => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const [used, theirs] = [source(grafana.name("used"), grafana.name("Named")), grafana.name("theirs")];
    await converge(context, [used]);
    await makeDatasource(grafana, theirs, { jsonData: jsonDataOf(used.uid, used.name) });

    const prepared = await planFor(context, [], { prune: true });
    await carryOut(context, prepared);

    expect(changeOf(prepared, `datasource/${used.uid}`).left?.message).toBe(`it is used by datasource/${theirs}`);
    expect(await datasourceNow(grafana, used.uid)).toBeDefined();
  });

  test("nor replaced under its name with another uid", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const [old, now, name] = [grafana.name("old"), grafana.name("now"), grafana.name("Named")];
    const theirs = grafana.name("theirs");
    await converge(context, [source(old, name)]);
    await makeDatasource(grafana, theirs, { jsonData: { tracesToLogsV2: { datasourceUid: old } } });

    const prepared = await planFor(context, [source(now, name)], { prune: true });
    await carryOut(context, prepared);

    expect(changeOf(prepared, `datasource/${old}`).left?.message).toBe(`it is used by datasource/${theirs}`);
    expect(await datasourceNow(grafana, old)).toMatchObject({ name });
    expect(await datasourceNow(grafana, now)).toBeUndefined();
  });
});

describe("a datasource that a datasource of the project names", () => {
  const linked = (uid: string, to: string) =>
    datasource({
      uid,
      name: uid,
      type: "loki",
      url: "http://loki:3100",
      jsonData: { derivedFields: [{ datasourceUid: to }] },
    });

  test("is deleted together with it, also if each names the other", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const [a, b] = [grafana.name("a"), grafana.name("b")];
    await converge(context, [linked(a, b), linked(b, a)]);
    await converge(context, [], { prune: true });
    expect([await datasourceNow(grafana, a), await datasourceNow(grafana, b)]).toEqual([undefined, undefined]);
  });

  test("is deleted in the run that moves it to another one, and not before", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const [a, old, now] = [grafana.name("a"), grafana.name("old"), grafana.name("now")];
    await converge(context, [linked(a, old), source(old)]);

    const renamed = { ...linked(a, old), name: grafana.name("renamed") };
    for (const still of [linked(a, old), renamed]) {
      const prepared = await planFor(context, [still, source(now)], { prune: true });
      expect(changeOf(prepared, `datasource/${old}`).left?.message).toBe(`it is used by datasource/${a}`);
    }

    await converge(context, [linked(a, now), source(now)], { prune: true });
    expect(await datasourceNow(grafana, old)).toBeUndefined();
  });
});

describe("a datasource that a correlation leads to", () => {
  const correlate = ({ other }: TestGrafana, from: string, to: string | undefined) =>
    other.send({
      method: "POST",
      path: `/api/datasources/uid/${from}/correlations`,
      body: {
        label: "Metrics",
        ...(to === undefined ? { type: "external" } : { type: "query", targetUID: to }),
        config: { field: "job", target: { expr: "up", url: "http://a" } },
      },
    });

  test("of another user's datasource is not deleted", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const [used, free, theirs] = [source(grafana.name("used")), source(grafana.name("free")), grafana.name("theirs")];
    await converge(context, [used, free]);
    await makeDatasource(grafana, theirs, {});
    await correlate(grafana, theirs, used.uid);
    await correlate(grafana, theirs, undefined);

    const prepared = await planFor(context, [], { prune: true });
    await carryOut(context, prepared);

    const message = `it is used by datasource/${theirs} (correlation "Metrics")`;
    expect(changeOf(prepared, `datasource/${used.uid}`).left?.message).toBe(message);
    expect(await datasourceNow(grafana, used.uid)).toBeDefined();
    expect(await datasourceNow(grafana, free.uid)).toBeUndefined();
  });

  test("of a datasource of the project is not deleted, also if the run writes that one, unless it is deleted too", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const [used, from] = [source(grafana.name("used")), grafana.name("from")];
    await converge(context, [used, source(from)]);
    await correlate(grafana, from, used.uid);

    const prepared = await planFor(context, [source(from, grafana.name("renamed"))], { prune: true });
    expect(actions(prepared)).toEqual({
      [`datasource/${from}`]: "update",
      [`datasource/${used.uid}`]: "left: not-empty",
    });

    await converge(context, [], { prune: true });
    expect(await datasourceNow(grafana, used.uid)).toBeUndefined();
  });

  test("is looked for only before a deletion", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const [kept, gone] = [source(grafana.name("kept")), board(grafana.name("gone"))];
    const asked = () => grafana.requests.filter(({ path }) => path.includes("/correlations")).length;
    await converge(context, [kept, gone]);
    await planFor(context, [kept], { prune: true });
    expect(asked()).toBe(0);
    await planFor(context, [gone], { prune: true });
    expect(asked()).toBe(1);
  });
});

describe("a datasource that a dashboard of the project queries after the run", () => {
  interface Scene {
    readonly grafana: TestGrafana;
    readonly project: TestProject;
    readonly old: ReturnType<typeof source>;
    readonly uid: string;
  }

  /** The code replaces the datasource of a dashboard that was changed in Grafana. */
  async function replaced(): Promise<Scene> {
    const grafana = await testGrafana();
    const [old, now, uid] = [source(grafana.name("old")), source(grafana.name("now")), grafana.name("board")];
    const project = await repository(grafana.name("own"), [place(grafana.name("home")), old, boardOn(uid, old)]);
    const first = await project.run(["apply", "--yes"], grafana.variables);
    expect(first.code, first.stderr).toBe(EXIT.done);
    await edit(grafana, "dashboard", uid, (object) => setExpr(object, "by hand"));
    await declare(project, [place(grafana.name("home")), now, boardOn(uid, now)]);
    return { grafana, project, old, uid };
  }

  test.runIf(MARKS)("stays if the dashboard is skipped because of drift: exit 4 [needs marks]", async () => {
    const { grafana, project, old, uid } = await replaced();

    const { code, stdout } = await project.run(["apply", "--prune", "--yes"], grafana.variables);

    expect(code, stdout).toBe(EXIT.partlyApplied);
    expect(stdout).toContain(`datasource/${old.uid} "${old.uid}": it is used by dashboard/${uid}`);
    expect(await datasourceNow(grafana, old.uid)).toBeDefined();
  });

  test("is deleted in the run that moves the dashboard to another one", async () => {
    const { grafana, project, old } = await replaced();

    const options = ["apply", "--prune", "--yes", ...(MARKS ? ["--overwrite-drift"] : []), "--max-deletes", "9"];
    const { code, stdout } = await project.run(options, grafana.variables);

    expect(code, stdout).toBe(EXIT.done);
    expect(await datasourceNow(grafana, old.uid)).toBeUndefined();
  });

  test.runIf(MARKS)("stays if destroy skips the dashboard because of drift: exit 8 [needs marks]", async () => {
    const { grafana, project, old } = await replaced();

    const { code, stdout } = await project.run(["destroy", "--yes"], grafana.variables);

    expect(code, stdout).toBe(EXIT.driftLeft);
    expect(await datasourceNow(grafana, old.uid)).toBeDefined();
  });

  test("stays if the deletion of the dashboard fails", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const [used, uid] = [source(grafana.name("used")), grafana.name("board")];
    await converge(context, [used, boardOn(uid, used)]);
    const prepared = await planFor(context, [], { prune: true });
    await edit(grafana, "dashboard", uid, (object) => setExpr(object, "by hand"));

    const outcomes = await carryOut(context, prepared);

    expect(statuses(outcomes)).toEqual({ [`dashboard/${uid}`]: "conflict", [`datasource/${used.uid}`]: "skipped" });
    expect(await datasourceNow(grafana, used.uid)).toBeDefined();
  });
});

test("destroy keeps a datasource that another user's dashboard queries, and deletes it after that dashboard is deleted", async () => {
  const grafana = await testGrafana();
  const context = await grafana.context(grafana.name("own"));
  const [used, mine, theirs] = [source(grafana.name("used")), grafana.name("mine"), grafana.name("theirs")];
  await converge(context, [used, boardOn(mine, used)]);
  await makeBoard(grafana, theirs, { panels: [{ id: 1, type: "stat", datasource: used.ref, targets: [] }] });

  const { prepared, outcomes } = await destroyAll(context);
  await remove(grafana, "dashboard", theirs);
  const again = await destroyAll(context);

  expect(changeOf(prepared, `datasource/${used.uid}`).left?.message).toBe(`it is used by dashboard/${theirs}`);
  expect(statuses(outcomes)).toEqual({ [`dashboard/${mine}`]: "done" });
  expect(statuses(again.outcomes)).toEqual({ [`datasource/${used.uid}`]: "done" });
});

test("a saved plan that deletes an object which is now in use is out of date, and deletes nothing", async () => {
  const grafana = await testGrafana();
  const [gone, theirs] = [source(grafana.name("gone")), grafana.name("theirs")];
  const project = await repository(grafana.name("own"), [place(grafana.name("home")), gone]);
  await project.run(["apply", "--yes"], grafana.variables);
  await declare(project, [place(grafana.name("home"))]);
  const planned = await project.run(["plan", "--prune", "--out", "plan.json"], grafana.variables);
  expect(planned.code, planned.stderr).toBe(EXIT.done);
  await makeBoard(grafana, theirs, { panels: [{ id: 1, type: "stat", datasource: gone.ref, targets: [] }] });

  const { code, stderr } = await project.run(["apply", "plan.json", "--yes", "--max-deletes", "9"], grafana.variables);

  expect(code, stderr).toBe(EXIT.conflict);
  expect(stderr).toContain(`it is used by dashboard/${theirs}`);
  expect(await datasourceNow(grafana, gone.uid)).toBeDefined();
});

test("a rollback keeps a datasource that the run created and that another user's dashboard now queries", async () => {
  const grafana = await testGrafana();
  const [made, theirs] = [source(grafana.name("made")), grafana.name("theirs")];
  const project = await repository(grafana.name("own"), [made]);
  await project.run(["apply", "--yes"], grafana.variables);
  await makeBoard(grafana, theirs, { panels: [{ id: 1, type: "stat", datasource: made.ref, targets: [] }] });

  const { code, stdout, stderr } = await project.run(["rollback", "latest", "--yes"], grafana.variables);

  expect(code, stdout + stderr).toBe(EXIT.partlyApplied);
  expect(stdout).toContain(`it is used by dashboard/${theirs}`);
  expect(await datasourceNow(grafana, made.uid)).toBeDefined();
});

test.runIf(SERVED)("a dashboard that another user's playlist names is not deleted", async () => {
  const grafana = await testGrafana();
  const context = await grafana.context(grafana.name("own"));
  const [shown, other, playlist] = [grafana.name("shown"), grafana.name("other"), grafana.name("playlist")];
  await converge(context, [board(shown), board(other)]);
  await makePlaylist(grafana, playlist, { items: [{ type: "dashboard_by_uid", value: shown }] });

  const prepared = await planFor(context, [], { prune: true });
  await carryOut(context, prepared);

  expect(actions(prepared)).toEqual({ [`dashboard/${shown}`]: "left: not-empty", [`dashboard/${other}`]: "delete" });
  expect(changeOf(prepared, `dashboard/${shown}`).left?.message).toBe(`it is used by playlist/${playlist}`);
  expect(await find(grafana, "dashboard", shown)).toBeDefined();
  await removePlaylist(grafana, playlist);
});

describe("requests", () => {
  /** The requests for a plan with --prune that read bodies of dashboards. */
  async function reads(gone: readonly ("dashboard" | "datasource")[]): Promise<number> {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const kept = [place(grafana.name("home")), boardOn(grafana.name("kept"), source(grafana.name("kept")))];
    const code = [...kept, source(grafana.name("kept"))];
    const orphans = { dashboard: board(grafana.name("gone")), datasource: source(grafana.name("gone")) };
    await converge(context, [...code, ...gone.map((kind) => orphans[kind])]);
    for (let index = 0; index < 25; index++) await makeBoard(grafana, grafana.name(`theirs${index}`), { panels: [] });
    await planFor(context, code, { prune: true });
    grafana.requests.length = 0;
    await planFor(context, code, { prune: true });
    const path = collection("dashboard");
    // Metadata alone come from the same path: one request reads them.
    return grafana.requests.filter((request) => request.path.startsWith(path)).length - 1;
  }

  test.runIf(MARKS && process.env["TEST_GRAFANA_URL"] === undefined)(
    "bodies of dashboards are read once, and only if something is deleted that a body can refer to [needs marks]",
    async () => {
      expect(await reads([])).toBe(0);
      expect(await reads(["dashboard"])).toBe(0);
      expect(await reads(["datasource"])).toBe(1);
      expect(await reads(["dashboard", "datasource"])).toBe(1);
    },
  );
});
