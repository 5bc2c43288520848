import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/util/json.ts";
import type { Report } from "../../src/index.ts";
import { ReportSchema } from "../../src/report/json.ts";
import { board, declare, edit, panel, repository } from "../engine/support.ts";
import { converge, only, planFor } from "../helpers/converge.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { KUBERNETES, MARKS, origin } from "../helpers/mode.ts";
import type { TestProject } from "../helpers/cli.ts";
import {
  autoGrid,
  conditions,
  element,
  grid,
  makeInV2,
  readIn,
  row,
  rows,
  saveInV2,
  spec,
  storedVersion,
  tab,
  tabs,
} from "../helpers/schema-v2.ts";
import { filesIn, runsIn } from "./support.ts";

interface Scene {
  readonly grafana: TestGrafana;
  readonly project: TestProject;
  readonly uid: string;
  readonly name: string;
  run(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }>;
  report(...args: string[]): Promise<{ code: number | null; report: Report }>;
  /** Declares the dashboard with another query, or removes it (undefined). */
  code(expr: string | undefined): Promise<void>;
  layout(): Promise<unknown>;
  saved(): Promise<JsonObject>;
}

/** Applies a project with one dashboard of two panels. */
async function scene(): Promise<Scene> {
  const stage = await newScene();
  const { code, stdout, stderr } = await stage.run("apply");
  expect(code, stdout + stderr).toBe(0);
  return stage;
}

async function newScene(): Promise<Scene> {
  const grafana = await testGrafana();
  const uid = grafana.name("board");
  const code = (expr: string | undefined): object[] =>
    expr === undefined
      ? [other]
      : [other, { ...board(uid, { panels: [panel(1, "Requests", expr), panel(2, "Errors", "down")] as never }) }];
  const other = board(grafana.name("other"));
  const project = await repository(grafana.name("own"), code("up"));
  const run = (...args: string[]) => project.run(args, grafana.variables);
  return {
    grafana,
    project,
    uid,
    name: `dashboard/${uid}`,
    run,
    async report(...args) {
      const { code: exit, stdout } = await run(...args, "-o", "json");
      return { code: exit, report: ReportSchema.parse(JSON.parse(stdout)) };
    },
    code: (expr) => declare(project, code(expr)),
    layout: async () => ((await readIn(grafana, "v2beta1", uid)).spec["layout"] as JsonObject)["kind"],
    saved: async () => (await readIn(grafana, "v2beta1", uid)).spec,
  };
}

/** An edit in the UI of Grafana 13. */
function intoTabs(saved: JsonObject): void {
  saved["layout"] = tabs(
    tab("Requests", rows(row("Inner", grid("panel-1")))),
    tab("Errors", autoGrid({}, "panel-2"), conditions("7d")),
  );
}

const LOSS = /2 tabs, 1 auto grid, 1 conditional rule$/;
const changeIn = ({ changes }: Report, name: string) => changes?.find(({ address }) => address === name);

describe.runIf(KUBERNETES)("a dashboard that Grafana's UI saved in schema v2 with tabs", () => {
  test("is skipped by an apply that doesn't name it, even with consent to all drift, and the plan lists what would be lost", async () => {
    const stage = await scene();
    const saved = await saveInV2(stage.grafana, stage.uid, intoTabs);

    const { report } = await stage.report("plan");
    const change = changeIn(report, stage.name);
    expect(change).toMatchObject({ action: "update", origin: origin("grafana"), left: { reason: "drift" } });
    expect(change?.loss).toMatch(LOSS);
    expect(change?.differences.map(({ path, type }) => `${type} ${path}`)).toEqual([
      "removed schemaV2.tabs",
      "removed schemaV2.autoGrids",
      "removed schemaV2.conditions",
    ]);

    for (const options of [["--overwrite-drift"], ["--overwrite-drift", "--prune"], ["--env", "ours"], []]) {
      const { code, stdout } = await stage.run("apply", "--yes", "--url", stage.grafana.url, ...options);
      expect(code, `${options.join(" ")}\n${stdout}`).toBe(8);
      expect(stdout).toContain(`--overwrite-drift ${stage.name}`);
      expect(stdout).toContain("the classic schema can't represent");
      expect(stdout).not.toContain("to the code");
    }
    expect(await stage.saved()).toEqual(saved);
  });

  test.runIf(MARKS)(
    "is overwritten if it is named, recorded as it was stored, and restored exactly by rollback",
    async () => {
      const stage = await scene();
      const { grafana, uid, name } = stage;
      const saved = await saveInV2(grafana, uid, intoTabs);

      const markdown = await stage.run("plan", "-o", "markdown", "--overwrite-drift", name);
      expect(markdown.stdout).toMatch(/🛑 .*2 tabs, 1 auto grid, 1 conditional rule/);
      const html = await stage.run("plan", "-o", "html", "--overwrite-drift", name);
      expect(html.stdout).toContain("2 tabs, 1 auto grid, 1 conditional rule");
      const { code, report } = await stage.report("apply", "--yes", "--overwrite-drift", name);
      expect(code).toBe(0);
      expect(changeIn(report, name)?.loss).toMatch(LOSS);
      expect(await stage.layout()).toBe("GridLayout");
      expect((await stage.run("plan", "--detailed-exitcode")).code).toBe(0);

      const [, last = ""] = await runsIn(stage.project);
      const files = await filesIn(`${stage.project.directory}/.grafana-provision/runs/${last}`);
      const { body } = JSON.parse(files[`before/dashboard-${uid}.json`] ?? "") as { body: { stored: JsonObject } };
      expect(body.stored).toEqual({ apiVersion: "dashboard.grafana.app/v2beta1", spec: saved });

      const back = await stage.run("rollback", "latest", "--yes");
      expect(back.code, back.stdout + back.stderr).toBe(0);
      expect(await stage.saved()).toEqual(saved);
      expect(await storedVersion(grafana, uid)).toBe("v2beta1");
      const { metadata } = await readIn(grafana, "v2beta1", uid);
      expect(metadata.annotations["grafana.app/managerId"]).toBe(grafana.name("own"));

      const drift = await stage.report("drift");
      expect(drift.code).toBe(2);
      expect(drift.report.drift).toMatchObject([{ address: name, state: "changed", note: "saved in schema v2" }]);
    },
  );

  test("the rollback of that rollback loses the tabs again, and requires the name again", async () => {
    const stage = await scene();
    const saved = await saveInV2(stage.grafana, stage.uid, intoTabs);
    expect((await stage.run("apply", "--yes", "--overwrite-drift", stage.name)).code).toBe(0);
    expect((await stage.run("rollback", "latest", "--yes")).code).toBe(0);

    const left = await stage.report("rollback", "latest", "--yes", "--overwrite-drift");
    expect(left.code).toBe(8);
    expect(changeIn(left.report, stage.name)?.loss).toMatch(LOSS);
    expect(await stage.saved()).toEqual(saved);
    expect((await stage.run("rollback", "latest", "--yes", "--overwrite-drift", stage.name)).code).toBe(0);
    expect(await stage.layout()).toBe("GridLayout");
  });

  test.runIf(MARKS)(
    "drift lists the added elements, without the rows that Grafana's conversion generates",
    async () => {
      const stage = await scene();
      await saveInV2(stage.grafana, stage.uid, (saved) => {
        intoTabs(saved);
        saved["title"] = "Renamed";
      });
      const { code, report } = await stage.report("drift");
      expect(code).toBe(2);
      const [found] = report.drift ?? [];
      expect(found).toMatchObject({ address: stage.name, state: "changed", note: "saved in schema v2" });
      expect(found?.inGrafana?.map(({ type, path, after }) => [type, path, after])).toEqual([
        ["added", "schemaV2.tabs", ["Requests", "Errors"]],
        ["added", "schemaV2.autoGrids", ['tab "Errors"']],
        ["added", "schemaV2.conditions", ['tab "Errors": time range of 7d']],
        ["changed", "title", "Renamed"],
      ]);
    },
  );

  test("only conditions, which the classic schema can't represent, are drift, and a change of the code keeps them", async () => {
    const stage = await scene();
    const saved = await saveInV2(stage.grafana, stage.uid, (one) => {
      one["layout"] = rows(row("", grid("panel-1", "panel-2"), { hideHeader: true, ...conditions("7d") }));
    });
    await stage.code("rate");
    const { code, report } = await stage.report("apply", "--yes", "--overwrite-drift");
    expect(code).toBe(8);
    expect(changeIn(report, stage.name)).toMatchObject({ origin: origin("both"), left: { reason: "drift" } });
    expect(await stage.saved()).toEqual(saved);
  });

  test("is skipped by --prune and destroy until it is named, with what its deletion loses, and restored as it was stored", async () => {
    const stage = await scene();
    const { grafana, uid, name } = stage;
    const saved = await saveInV2(grafana, uid, intoTabs);
    await stage.code(undefined);
    for (const [command, ...more] of [[["apply", "--prune"], ["--overwrite-drift"]], [["destroy"]]] as const) {
      for (const options of [...more, ["--env", "ours"], []]) {
        const { code, report } = await stage.report(...command, "--yes", "--url", grafana.url, ...options);
        const change = changeIn(report, name);
        expect(code, JSON.stringify(report)).toBe(8);
        expect(change).toMatchObject({ action: "delete", left: { reason: "drift" } });
        expect(change?.loss).toContain("2 tabs, 1 auto grid, 1 conditional rule");
        expect(change?.left?.hint).toContain(`--overwrite-drift ${name}`);
        expect(change?.left?.hint).not.toContain("to the code");
      }
    }
    expect(await stage.saved()).toEqual(saved);

    const named = ["--prune", "--overwrite-drift", name];
    for (const format of ["text", "markdown", "html"]) {
      expect((await stage.run("plan", ...named, "-o", format)).stdout).toContain("2 tabs, 1 auto grid");
    }
    const pruned = await stage.run("apply", "--yes", ...named);
    expect(pruned.code, pruned.stdout + pruned.stderr).toBe(0);
    await expect(stage.saved()).rejects.toThrow("not found");

    const back = await stage.run("rollback", "latest", "--yes");
    expect(back.code, back.stdout + back.stderr).toBe(0);
    expect(await stage.saved()).toEqual(saved);
    expect(await storedVersion(grafana, uid)).toBe("v2beta1");
  });

  test("is left by a rollback that would delete it until it is named", async () => {
    const stage = await scene();
    const saved = await saveInV2(stage.grafana, stage.uid, intoTabs);
    const [first = ""] = await runsIn(stage.project);
    const left = await stage.report("rollback", first, "--yes", "--overwrite-drift");
    expect(left.code, JSON.stringify(left.report)).toBe(8);
    expect(changeIn(left.report, stage.name)).toMatchObject({ action: "delete", left: { reason: "drift" } });
    expect(changeIn(left.report, stage.name)?.loss).toContain("2 tabs");
    expect(await stage.saved()).toEqual(saved);
    expect((await stage.run("rollback", first, "--yes", "--overwrite-drift", stage.name)).code).toBe(0);
    await expect(stage.saved()).rejects.toThrow("not found");
  });
});

describe.runIf(MARKS)("a dashboard of another owner in schema v2 with tabs", () => {
  test("is adopted only by name, and restored as it was stored", async () => {
    const stage = await newScene();
    const { grafana, uid, name } = stage;
    const elements = { "panel-1": element(1, "Requests"), "panel-2": element(2, "Errors") };
    const theirs = spec(uid, elements, tabs(tab("One", grid("panel-1")), tab("Two", grid("panel-2"))));
    await makeInV2(grafana, uid, theirs);
    const saved = await stage.saved();

    const seen = await stage.report("plan");
    expect(changeIn(seen.report, name)).toMatchObject({ action: "adopt", left: { reason: "foreign" } });
    expect(changeIn(seen.report, name)?.loss).toMatch(/adopting it loses 2 tabs$/);
    for (const format of ["text", "markdown"]) {
      expect((await stage.run("plan", "-o", format)).stdout).toContain("adopting it loses 2 tabs");
    }

    const left = await stage.report("apply", "--yes", "--adopt");
    expect(left.code).toBe(4);
    expect(changeIn(left.report, name)).toMatchObject({ action: "adopt", left: { reason: "foreign" } });
    expect(changeIn(left.report, name)?.loss).toMatch(/2 tabs$/);
    expect(await stage.saved()).toEqual(saved);

    expect((await stage.run("apply", "--yes", "--adopt", name)).code).toBe(0);
    expect(await stage.layout()).toBe("GridLayout");
    const back = await stage.run("rollback", "latest", "--yes");
    expect(back.code, back.stdout + back.stderr).toBe(0);
    expect(await stage.saved()).toEqual(saved);
  });
});

describe.runIf(MARKS)("a dashboard in schema v2 without elements that only schema v2 has", () => {
  test("requires the ordinary consent, and is restored in schema v2", async () => {
    const stage = await scene();
    const { grafana, uid, name } = stage;
    const saved = await saveInV2(grafana, uid, (one) => {
      one["title"] = "Renamed";
    });
    const { code, report } = await stage.report("apply", "--yes", "--overwrite-drift");
    expect(code).toBe(0);
    expect(changeIn(report, name)?.loss).toBeUndefined();
    expect(await storedVersion(grafana, uid)).toBe("v1beta1");
    expect((await stage.run("rollback", "latest", "--yes")).code).toBe(0);
    expect(await stage.saved()).toEqual(saved);
    expect(await storedVersion(grafana, uid)).toBe("v2beta1");
  });

  test("has not changed if it was saved without a change", async () => {
    const stage = await scene();
    await saveInV2(stage.grafana, stage.uid, () => {});
    expect(await storedVersion(stage.grafana, stage.uid)).toBe("v2beta1");
    expect((await stage.run("plan", "--detailed-exitcode")).code).toBe(0);
    expect((await stage.run("drift")).code).toBe(0);
  });

  test("is recorded and restored in the classic schema if it was saved in it again, although its status still says v2", async () => {
    const stage = await scene();
    const { grafana, uid } = stage;
    await saveInV2(grafana, uid, intoTabs);
    expect((await stage.run("apply", "--yes", "--overwrite-drift", stage.name)).code).toBe(0);
    await edit(grafana, "dashboard", uid, ({ spec: model }) => {
      model["title"] = "Renamed";
    });
    expect((await readIn(grafana, "v1beta1", uid)).status?.conversion?.storedVersion).toBe("v2beta1");
    expect((await stage.run("apply", "--yes", "--overwrite-drift")).code).toBe(0);
    const [, , last = ""] = await runsIn(stage.project);
    const files = await filesIn(`${stage.project.directory}/.grafana-provision/runs/${last}`);
    expect(files[`before/dashboard-${uid}.json`]).not.toContain("stored");
    expect((await stage.run("rollback", "latest", "--yes")).code).toBe(0);
    expect((await readIn(grafana, "v1beta1", uid)).spec["title"]).toBe("Renamed");
    expect(await storedVersion(grafana, uid)).toBe("v1beta1");
  });
});

test.runIf(MARKS)("a plan reads the stored form only of dashboards of others that the code names", async () => {
  const grafana = await testGrafana();
  const [named, other, own] = [grafana.name("named"), grafana.name("other"), grafana.name("own")];
  for (const uid of [named, other]) {
    const content = spec(uid, { "panel-1": element(1, "Requests") }, tabs(tab("One", grid("panel-1"))));
    await makeInV2(grafana, uid, content);
  }
  const context = await grafana.context(grafana.name("project"));
  await converge(context, [board(own)]);
  grafana.requests.length = 0;
  const { plan } = await planFor(context, [board(own), board(named)]);
  expect(plan.changes).toMatchObject([
    { id: named, left: { reason: "foreign" }, loss: expect.stringContaining("1 tab") },
  ]);
  const bodies = grafana.requests.map(({ path }) => /dashboards\/([^/?]+)/.exec(path)?.[1]).filter(Boolean);
  expect(bodies.length).toBeLessThanOrEqual(2);
  expect(new Set(bodies)).toEqual(new Set([named]));
});

test.runIf(KUBERNETES)("a plan without differences sends no request for the stored schema", async () => {
  const grafana = await testGrafana();
  const uid = grafana.name("board");
  const context = await grafana.context(grafana.name("own"));
  await converge(context, [board(uid)]);
  grafana.requests.length = 0;
  await converge(context, [board(uid)]);
  const about = grafana.requests.filter(({ path }) => path.includes("/v2") || path.includes("/v0"));
  expect(about).toEqual([]);
});

test.runIf(KUBERNETES)(
  "a dashboard in schema v2 that Grafana can't convert does not affect the plan of others",
  async () => {
    const grafana = await testGrafana();
    const [uid, wrong] = [grafana.name("board"), grafana.name("wrong")];
    await makeInV2(grafana, wrong, spec("Wrong", {}, grid("panel-9")));
    const context = await grafana.context(grafana.name("own"));
    await converge(context, [board(uid)]);
    const own = await planFor(context, [board(wrong)], { adopt: only(`dashboard/${wrong}`) });
    expect(own.plan.changes).toMatchObject([{ id: wrong, action: "adopt" }]);
  },
);
