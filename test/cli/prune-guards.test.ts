import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { PlanFile } from "../../src/saved-plan/record.ts";
import { board, declare, find, repository } from "../engine/support.ts";
import type { CliResult, TestProject } from "../helpers/cli.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { untouchable } from "./support.ts";

interface Scene {
  readonly grafana: TestGrafana;
  readonly project: TestProject;
  readonly uids: readonly string[];
  readonly run: (...args: string[]) => Promise<CliResult>;
  /** The number of dashboards left in Grafana. */
  readonly rest: () => Promise<number>;
}

/** A project that owns this many dashboards. */
async function owning(count: number): Promise<Scene> {
  const grafana = await testGrafana();
  const uids = Array.from({ length: count }, (_, index) => grafana.name(`b${index}`));
  const project = await repository(
    grafana.name("own"),
    uids.map((uid) => board(uid)),
  );
  const run = (...args: string[]) => project.run(args, grafana.variables);
  const applied = await run("apply");
  expect(applied.code, applied.stdout + applied.stderr).toBe(0);
  const rest = async () => {
    const found = await Promise.all(uids.map((uid) => find(grafana, "dashboard", uid)));
    return found.filter((one) => one !== undefined).length;
  };
  return { grafana, project, uids, run, rest };
}

/** Removes the first dashboards from the code. */
async function lose({ project, uids }: Scene, count: number): Promise<void> {
  await declare(
    project,
    uids.slice(count).map((uid) => board(uid)),
  );
}

describe("--prune with code that has no resources", () => {
  const emptied: { what: string; empty: (project: TestProject) => Promise<void> }[] = [
    {
      what: "the directory of resources is empty",
      async empty(project) {
        await project.remove("resources/all.ts");
      },
    },
    {
      what: "all files are ignored by their names",
      async empty(project) {
        await project.remove("resources/all.ts");
        await project.write({ "resources/_all.ts": "export const all = [];\n" });
      },
    },
    { what: "a list of resources is empty", empty: (project) => declare(project, []) },
  ];

  test.each(emptied)("is rejected before any request, also for `plan`: $what", async ({ empty }) => {
    const project = await repository("guarded", [board("a")]);
    const { url, seen } = await untouchable();
    await empty(project);
    for (const command of [
      ["apply", "--prune", "--yes"],
      ["plan", "--prune"],
      ["apply", "--prune", "--only", "dashboard"],
    ]) {
      const { code, stderr } = await project.run(command, { GRAFANA_URL: url, GRAFANA_TOKEN: "token" });
      expect({ code, stderr }).toEqual({ code: 64, stderr: expect.stringContaining("--allow-empty") });
    }
    expect(seen).toEqual([]);
  });

  test("--allow-empty deletes everything, and a saved plan must be made with it", async () => {
    const scene = await owning(2);
    await declare(scene.project, []);

    expect((await scene.run("plan", "--prune", "--out", "plan.json")).code).toBe(64);
    expect((await scene.run("plan", "--prune", "--allow-empty", "--out", "plan.json")).code).toBe(0);
    expect((await scene.run("apply", "plan.json", "--allow-empty")).code).toBe(64);
    expect(await scene.rest()).toBe(2);
    const applied = await scene.run("apply", "plan.json");

    expect(applied.code, applied.stderr).toBe(0);
    expect(await scene.rest()).toBe(0);
  });

  test("a saved plan that was made without it is refused once the code is empty", async () => {
    const scene = await owning(2);
    await lose(scene, 1);
    await scene.run("plan", "--prune", "--out", "plan.json");
    await declare(scene.project, []);

    const { code, stderr } = await scene.run("apply", "plan.json");

    expect({ code, stderr }).toEqual({ code: 64, stderr: expect.stringContaining("--allow-empty") });
    expect(await scene.rest()).toBe(2);
  });

  test("a selection without resources in the code is pruned if the code has other resources", async () => {
    const scene = await owning(2);
    await lose(scene, 1);

    const applied = await scene.run("apply", "--prune", "--yes", "--only", `dashboard/${scene.uids[0]}`);

    expect(applied.code, applied.stderr).toBe(0);
    expect(await scene.rest()).toBe(1);
  });
});

describe("deletions of more than half of what the project owns", () => {
  test.each([
    { owned: 4, lost: 3 },
    { owned: 5, lost: 2 },
    { owned: 6, lost: 3 },
  ])("deleting $lost of $owned needs no --max-deletes", async ({ owned, lost }) => {
    const scene = await owning(owned);
    await lose(scene, lost);

    const applied = await scene.run("apply", "--prune", "--yes");

    expect(applied.code, applied.stderr).toBe(0);
    expect(await scene.rest()).toBe(owned - lost);
  });

  test("deleting 3 of 5 needs --max-deletes of at least 3, with any selection", async () => {
    const scene = await owning(5);
    await lose(scene, 3);
    const selected = ["--only", ...scene.uids.slice(0, 3).map((uid) => `dashboard/${uid}`)];

    for (const args of [[], selected, ["--max-deletes", "2"]]) {
      const { code, stderr } = await scene.run("apply", "--prune", "--yes", ...args);
      expect({ code, stderr }).toEqual({ code: 64, stderr: expect.stringContaining("--max-deletes 3") });
    }
    expect(await scene.rest()).toBe(5);
    const applied = await scene.run("apply", "--prune", "--yes", "--max-deletes", "3");

    expect(applied.code, applied.stderr).toBe(0);
    expect(await scene.rest()).toBe(2);
  });

  test("applying a saved plan needs --max-deletes", async () => {
    const scene = await owning(5);
    await lose(scene, 4);
    expect((await scene.run("plan", "--prune", "--out", "plan.json")).code).toBe(0);

    const refused = await scene.run("apply", "plan.json");
    expect({ code: refused.code, stderr: refused.stderr }).toEqual({
      code: 64,
      stderr: expect.stringContaining("--max-deletes 4"),
    });
    expect(await scene.rest()).toBe(5);
    const applied = await scene.run("apply", "plan.json", "--max-deletes", "4");

    expect(applied.code, applied.stderr).toBe(0);
    expect(await scene.rest()).toBe(1);
  });
});

test("a plan that was made without --allow-empty is readable by versions without that option", async () => {
  const scene = await owning(1);
  await scene.run("plan", "--prune", "--out", "plan.json");
  const { options } = JSON.parse(await readFile(join(scene.project.directory, "plan.json"), "utf8")) as PlanFile;

  expect(options).not.toHaveProperty("allowEmpty");
});
