import { describe, expect, test } from "vitest";
import {
  alertingGrafana,
  groupPath,
  POINTS,
  points,
  rules,
  TEMPLATES,
  theirTemplate,
  theirTiming,
  theirTree,
  TIMINGS,
  tree,
} from "../alerting/support.ts";
import { EXIT } from "../../src/util/errors.ts";
import type { Report } from "../../src/index.ts";
import { textOf, type JsonObject } from "../../src/util/json.ts";
import { actions, declare, edit, editDatasource, everyStored, keepDefault, repository } from "../engine/support.ts";
import { editLibraryPanel, everyLibraryPanel } from "../kinds/library-panel/support.ts";
import { editPlaylist, everyPlaylist } from "../kinds/playlist/support.ts";
import { converge, planFor } from "../helpers/converge.ts";
import type { TestGrafana } from "../helpers/grafana.ts";
import { MARKS } from "../helpers/mode.ts";
import { every } from "../helpers/seed.ts";
import { accused, APPLY, applyUntil, countingLine, start, states } from "./support.ts";

const STEP = process.env["TEST_GRAFANA_URL"] ? 5 : every(4);

/** Changes all objects of this test in Grafana, as users do. Returns their addresses. */
async function editEverything(grafana: TestGrafana): Promise<string[]> {
  const { other } = grafana;
  const mine = (name: string) => name.includes(grafana.name(""));
  const edited: string[] = [];
  const list = async (path: string) =>
    (((await other.send({ method: "GET", path })) ?? []) as JsonObject[]).map(({ name }) => textOf(name)).filter(mine);
  for (const name of await list(TEMPLATES)) {
    await theirTemplate(grafana, name, "by hand");
    edited.push(`message-template/${name}`);
  }
  for (const name of await list(TIMINGS)) {
    await theirTiming(grafana, name, "sunday");
    edited.push(`mute-timing/${name}`);
  }
  for (const { uid, name, type, settings } of await points(grafana)) {
    if (!mine(name)) continue;
    const body = { uid, name, type, settings: { ...settings, message: "by hand" } };
    await other.send({ method: "PUT", path: `${POINTS}/${uid}`, body });
    edited.push(`contact-point/${name}`);
  }
  const { provenance: _, ...policies } = await tree(grafana);
  if (mine(textOf(policies["receiver"]))) {
    await theirTree(grafana, { ...policies, repeat_interval: "9h" });
    edited.push("notification-policy/default");
  }
  const groups = (await rules(grafana)).filter(({ namespace_uid }) => mine(namespace_uid));
  for (const id of new Set(groups.map(({ namespace_uid, rule_group }) => `${namespace_uid}/${rule_group}`))) {
    const [folder = "", group = ""] = id.split("/");
    const path = groupPath(folder, group);
    const now = (await other.send({ method: "GET", path })) as JsonObject & { rules: JsonObject[] };
    await other.send({ method: "PUT", path, body: { ...now, rules: now.rules.map((one) => ({ ...one, for: "9m" })) } });
    edited.push(`rule-group/${id}`);
  }
  for (const { uid } of (await other.send({ method: "GET", path: "/api/datasources" })) as { uid: string }[]) {
    if (!mine(uid)) continue;
    await editDatasource(grafana, uid, { url: "http://by-hand" });
    edited.push(`datasource/${uid}`);
  }
  for (const { metadata } of await everyStored(grafana, "dashboard")) {
    if (!mine(metadata.name)) continue;
    await edit(grafana, "dashboard", metadata.name, ({ spec }) => void (spec["title"] = "By hand"));
    edited.push(`dashboard/${metadata.name}`);
  }
  for (const { uid } of await everyLibraryPanel(grafana)) {
    if (!mine(uid)) continue;
    await editLibraryPanel(grafana, uid, { title: "By hand" });
    edited.push(`library-panel/${uid}`);
  }
  for (const { metadata } of await everyPlaylist(grafana)) {
    if (!mine(metadata.name)) continue;
    await editPlaylist(grafana, metadata.name, { interval: "9h" });
    edited.push(`playlist/${metadata.name}`);
  }
  return [...new Set(edited)];
}

describe.runIf(MARKS)("a run that is stopped between any two of its requests", () => {
  test("reports no drift, and changes made in Grafana afterwards are kept", async () => {
    const grafana = await alertingGrafana();
    await keepDefault(grafana);
    const context = await grafana.context(grafana.name("own"));
    const codes = states(grafana) as readonly (readonly { kind: string }[])[];
    for (const code of [...codes, ...codes]) await converge(context, code, { prune: true });

    let target = 0;
    for (let [at, going] = [1, true]; going; at += STEP) {
      for (const after of [false, true]) {
        const [code, former] = [codes[target] ?? [], codes[1 - target] ?? []];
        const what = `stopped ${after ? "after" : "before"} write ${at} of state ${target}`;
        going = await applyUntil(context, code, { at, after });

        for (const which of [code, former]) {
          const left = Object.entries(actions(await planFor(context, which, { prune: true })));
          expect(
            left.filter(([, action]) => action.startsWith("left: ")),
            what,
          ).toEqual([]);
          expect(await accused(context, which), what).toEqual({});
        }

        const edited = await editEverything(grafana);
        for (const which of [code, former]) {
          const planned = actions(await planFor(context, which, { prune: true }));
          const lost = edited.filter((name) => !planned[name]?.startsWith("left: "));
          expect(lost, `${what}: ${JSON.stringify(planned)}`).toEqual([]);
        }
        await converge(context, code, { prune: true, overwriteDrift: { all: true, addresses: new Set(edited) } });
        expect(await accused(context, code), what).toEqual({});
        target = 1 - target;
      }
    }
  });

  test("and whose code is reverted leaves entries that attribute the next change to the code", async () => {
    const grafana = await alertingGrafana();
    await keepDefault(grafana);
    const context = await grafana.context(grafana.name("own"));
    const [one = [], two = []] = states(grafana) as readonly (readonly { kind: string }[])[];
    await converge(context, one, { prune: true });
    // All entries are pending, and no alerting object is written.
    for (let at = 1; await applyUntil(context, two, { at, after: false }); at += STEP) {
      await converge(context, one, { prune: true });
      const next = await planFor(context, two, { prune: true });
      const origins = next.plan.changes.filter(({ action }) => action === "update").map(({ origin }) => origin);
      expect(new Set(origins), `stopped before write ${at}`).toEqual(new Set(["code"]));
    }
  });

  test("by a SIGKILL: the next apply keeps changes made in between", async () => {
    const grafana = await alertingGrafana({ apart: true });
    await keepDefault(grafana);
    const line = await countingLine(grafana);
    const [one, two] = states(grafana);
    const project = await repository(grafana.name("own"), one);
    const variables = { ...grafana.variables, GRAFANA_URL: line.url };
    line.watch(-2, "before", () => {});
    const first = await project.run(APPLY, variables);
    expect(first.code, first.stdout + first.stderr).toBe(0);
    await declare(project, two);
    // All entries are pending, and about half of the objects are written.
    const { child, ended } = start(project, variables);
    line.watch(14, "after", () => void child.kill("SIGKILL"));
    expect((await ended).code).toBe(null);
    await line.idle();
    line.watch(-2, "before", () => {});
    const drift = await project.run(["drift", "-o", "json"], variables);
    const { drift: reported = [] } = JSON.parse(drift.stdout) as Report;
    expect(reported.filter(({ state }) => state !== "code" && state !== "missing")).toEqual([]);

    const edited = await editEverything(grafana);
    const again = await project.run([...APPLY, "-o", "json"], variables);

    const { changes = [] } = JSON.parse(again.stdout) as Report;
    // Objects that an edited object depends on are skipped, too.
    expect([EXIT.driftLeft, EXIT.partlyApplied], again.stdout + again.stderr).toContain(again.code);
    const left = changes.filter((change) => change.left).map((change) => change.address);
    expect(edited.filter((name) => !left.includes(name))).toEqual([]);
    expect(changes.filter((change) => edited.includes(change.address) && change.outcome)).toEqual([]);
    const back = await project.run([...APPLY, "--overwrite-drift", ...edited], variables);
    expect(back.code, back.stdout + back.stderr).toBe(0);
    expect(await accused(await grafana.context(grafana.name("own")), two as { kind: string }[])).toEqual({});
  });
});
