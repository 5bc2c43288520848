import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { legacyType } from "../../src/kinds/dashboard/model/legacy-panels.ts";
import { allPanels } from "../../src/kinds/dashboard/model/panels.ts";
import { textOf, type JsonObject } from "../../src/util/json.ts";
import type { KindContext } from "../../src/engine/kind-context.ts";
import type { Collection } from "../../src/grafana/collection.ts";
import { unlessNotFound } from "../../src/grafana/errors.ts";
import { datasource } from "../../src/index.ts";
import { converge, only, planFor } from "../helpers/converge.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { MARKS } from "../helpers/mode.ts";
import { changeOf, keepDefault, objectPath, stored } from "../engine/support.ts";
import { saidOf } from "../kinds/dashboard/edits.ts";
import { createLibraryPanels } from "./library-panels.ts";
import { DEFAULT_DATASOURCE, RECORDED, type Recorded } from "./recorded.ts";
import { told, expectedIn, RECORDED_V2 } from "./recorded-v2.ts";
import { saveInV2 } from "../helpers/schema-v2.ts";

/** Panel types that a save in the UI replaces. All other migrations change only options. */
const OTHER_TYPES = new Set(["graph", "singlestat", "table-old"]);

let grafana: TestGrafana;
let context: KindContext;
let uidOf: (one: Recorded) => string;

beforeEach(async () => {
  if (RECORDED.length === 0 || !MARKS) return;
  grafana = await testGrafana();
  await keepDefault(grafana);
  await createLibraryPanels(grafana);
  const path = `/api/datasources/uid/${DEFAULT_DATASOURCE.uid}`;
  // The recorded name, not one of this test.
  onTestFinished(async () => {
    await unlessNotFound(grafana.other.send({ method: "DELETE", path }));
  });
  const own = await grafana.context(grafana.name("saved"));
  uidOf = ({ name }) => grafana.name(`c${RECORDED.findIndex((one) => one.name === name)}`);
  const { defaultDatasource: _, ...connection } = own.grafana;
  // What Grafana stores for older schemas was recorded, because the sandbox doesn't migrate them.
  const dryRun: Collection["dryRun"] = async (object, live) => {
    const one = RECORDED.find((recorded) => uidOf(recorded) === object.metadata.name);
    const metadata = { generation: 1, resourceVersion: "1", ...live?.metadata, name: object.metadata.name };
    return { apiVersion: "dashboard.grafana.app/v1beta1", kind: "Dashboard", metadata, spec: one?.live ?? {} };
  };
  const dashboards = grafana.real ? connection.dashboards : { ...connection.dashboards, dryRun };
  context = { ...own, grafana: { ...connection, dashboards } };
});

function resources(change: (spec: JsonObject, one: Recorded) => JsonObject = (spec) => spec) {
  const { uid, name, type } = DEFAULT_DATASOURCE;
  const source = datasource({ uid, name, type, url: "http://127.0.0.1:9090", isDefault: true });
  const all = RECORDED.map((one) => ({
    kind: "dashboard",
    uid: uidOf(one),
    plain: true,
    spec: change(one.input, one),
  }));
  return [source, ...all];
}

/** Saves like a user in Grafana's UI, which keeps all annotations. */
async function saveInUi(change: (one: Recorded) => JsonObject): Promise<void> {
  for (const one of RECORDED) {
    const { metadata } = await stored(grafana, "dashboard", uidOf(one));
    const { name, annotations, labels } = metadata;
    const body = {
      apiVersion: "dashboard.grafana.app/v1beta1",
      kind: "Dashboard",
      metadata: { name, annotations, labels },
      spec: change(one),
    };
    // Some of these dashboards would fail a strict validation.
    const path = `${objectPath("dashboard", name)}?fieldValidation=Ignore`;
    await grafana.other.send({ method: "PUT", path, body });
  }
  context = await grafanaNow();
}

/** The context, read again, because the default datasource exists now. */
async function grafanaNow(): Promise<KindContext> {
  const own = await grafana.context(context.owner);
  const { defaultDatasource } = own.grafana;
  return { ...context, grafana: { ...context.grafana, ...(defaultDatasource ? { defaultDatasource } : {}) } };
}

/** With the former time range. */
function savedWithoutAnEdit({ savedInUi, live }: Recorded): JsonObject {
  const { time: _, ...rest } = savedInUi;
  return live["time"] === undefined ? rest : { ...rest, time: live["time"] };
}

// Recorded with marks; older Grafana versions have a different UI.
describe.skipIf(RECORDED.length === 0 || !MARKS)("real dashboards that were saved in Grafana's UI", () => {
  test("with another time range have this difference, and one line for each panel that the UI migrated", async () => {
    await converge(context, resources());
    await saveInUi(({ savedInUi }) => savedInUi);

    const prepared = await planFor(context, resources());
    for (const one of RECORDED) {
      const change = changeOf(prepared, `dashboard/${uidOf(one)}`);
      const said = change.differences.map(saidOf);
      const migrated = said.filter((line) => line.endsWith(" migrated"));
      expect(
        said.filter((line) => !migrated.includes(line)),
        one.name,
      ).toEqual(["changed time"]);
      const legacy = allPanels(one.live).filter((panel) => OTHER_TYPES.has(legacyType(panel) ?? ""));
      const others = change.differences.filter(({ meaning, before, after }) => meaning && before !== after);
      expect(others.map(({ path }) => path).toSorted(), one.name).toEqual(
        legacy.map(({ id }) => `panels[id=${textOf(id)}].type`).toSorted(),
      );
      expect([change.origin, change.left?.reason], one.name).toEqual(["grafana", "drift"]);
    }

    // After the former content is restored, there are no differences.
    const overwriteDrift = only(...RECORDED.map((one) => `dashboard/${uidOf(one)}`));
    await converge(context, resources(), { overwriteDrift });
  });

  test("in schema v2 with another time range have this difference, and what the UI migrated or lost", async () => {
    // The sandbox can't convert older schemas, which it doesn't migrate.
    const code = grafana.real ? resources() : resources((_, { live }) => live);
    await converge(context, code);
    const savedIn = (one: Recorded) => RECORDED_V2.find(({ name }) => name === one.name);
    for (const one of RECORDED) {
      await saveInV2(grafana, uidOf(one), (spec) => {
        for (const key of Object.keys(spec)) delete spec[key];
        Object.assign(spec, structuredClone(savedIn(one)?.after.v2));
      });
    }
    const { plan } = await planFor(await grafanaNow(), code);
    const changes = new Map(plan.changes.map((change) => [change.id, change]));
    const found = RECORDED.map((one) => {
      const change = changes.get(uidOf(one));
      const { said, migrated } = told(change?.differences ?? []);
      return [one.name, said.toSorted(), migrated, change?.origin, change?.left?.reason];
    });
    expect(found).toEqual(
      RECORDED.map((one) => {
        const { said, migrated } = expectedIn(savedIn(one));
        return [one.name, said, migrated, "grafana", "drift"];
      }),
    );
  });

  test("without a change have no differences, except for migrated panels", async () => {
    await converge(context, resources());
    await saveInUi(savedWithoutAnEdit);

    const { plan } = await planFor(context, resources());
    const said = plan.changes.flatMap(({ id, differences }) => differences.map((one) => `${id} ${saidOf(one)}`));
    expect(said.filter((line) => !line.endsWith(" migrated"))).toEqual([]);
  });

  test("without a change in Grafana, a change of the code counts as changed in the code", async () => {
    await converge(context, resources());
    await saveInUi(savedWithoutAnEdit);

    const retitled = resources((spec) => ({ ...spec, description: "Told anew" }));
    const recorded = context.grafana.dashboards;
    const dryRun: Collection["dryRun"] = async (object, live) => {
      const answer = await recorded.dryRun?.(object, live);
      if (!answer) throw new Error("there is no dry-run");
      return { ...answer, spec: { ...answer.spec, description: "Told anew" } };
    };
    const dashboards = grafana.real ? recorded : { ...recorded, dryRun };
    const { plan } = await planFor({ ...context, grafana: { ...context.grafana, dashboards } }, retitled);
    for (const { id, differences } of plan.changes) {
      const said = differences.map(saidOf).filter((line) => !line.endsWith(" migrated"));
      expect(said, id).toEqual([expect.stringMatching(/^(added|changed) description$/)]);
    }
    // A migration changes the dashboard and looks like any other change.
    const unmigrated = plan.changes.filter(({ differences }) => differences.length === 1);
    expect(unmigrated.map(({ origin }) => origin)).toEqual(unmigrated.map(() => "code"));
    expect(unmigrated.length).toBeGreaterThan(10);
    expect(plan.changes).toHaveLength(RECORDED.length);
  });
});
