import { watch } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { alertingGrafana } from "../alerting/support.ts";
import { actions, declare, repository } from "../engine/support.ts";
import type { TestProject } from "../helpers/cli.ts";
import { planFor } from "../helpers/converge.ts";
import type { TestGrafana } from "../helpers/grafana.ts";
import { MARKS } from "../helpers/mode.ts";
import { GENERATED, random, rounds, runs, SEED } from "../helpers/seed.ts";
import { accused, APPLY, brokenFiles, countingLine, guids, inventory, start, states, type Line } from "./support.ts";

const REAL = process.env["TEST_GRAFANA_URL"] !== undefined;

interface Scene {
  readonly grafana: TestGrafana;
  readonly line: Line;
  readonly project: TestProject;
  readonly variables: Readonly<Record<string, string>>;
  readonly codes: readonly [readonly object[], readonly object[]];
  /** The content of Grafana in each state, from runs without interruptions. */
  readonly inventories: readonly [readonly string[], readonly string[]];
  /** The number of writes of an undisturbed run from one state to the other. */
  readonly most: number;
}

/** A project in its second state, with the result of an undisturbed apply. */
async function scene(): Promise<Scene> {
  const grafana = await alertingGrafana({ apart: true });
  const line = await countingLine(grafana);
  const codes = states(grafana);
  const project = await repository(grafana.name("own"), codes[0]);
  const variables = { ...grafana.variables, GRAFANA_URL: line.url };
  const inventories: (readonly string[])[] = [];
  // Without marks, most objects of one state stay when the other is applied, so the expected result is recorded after
  // both.
  for (const code of MARKS ? codes : [...codes, ...codes]) {
    await declare(project, code);
    line.watch(-2, "before", () => {});
    const { code: exit, stdout, stderr } = await project.run(APPLY, variables);
    expect(exit, stdout + stderr).toBe(0);
    inventories.push(await inventory(grafana));
  }
  const most = line.writes();
  return {
    grafana,
    line,
    project,
    variables,
    codes,
    inventories: [inventories.at(-2) ?? [], inventories.at(-1) ?? []],
    most,
  };
}

/** Applies again after an interruption, and asserts that it ends as an undisturbed run would have. */
async function expectRecovery(scene: Scene, target: 0 | 1, history: Record<string, string>, what: string) {
  const { grafana, line, project, variables, codes, inventories } = scene;
  await line.idle();
  await expectWhole(scene, what);
  const context = await grafana.context(grafana.name("own"));
  const code = codes[target] as { kind: string }[];
  const between = Object.entries(actions(await planFor(context, code, { prune: true })));
  expect(
    between.filter(([, action]) => action.startsWith("left: ")),
    `${what}: all objects are owned, and none counts as changed in Grafana`,
  ).toEqual([]);
  const reported = MARKS ? await accused(context, code) : {};
  expect(reported, `${what}: no change made in Grafana is reported`).toEqual({});

  const again = await project.run(APPLY, variables);
  expect(again.code, `${what}: ${again.stdout}${again.stderr}`).toBe(0);
  expect(actions(await planFor(context, code, { prune: true })), `${what}: the next plan is empty`).toEqual({});
  expect(await inventory(grafana), what).toEqual(inventories[target]);
  expect(await guids(grafana), `${what}: no rule was created again`).toEqual(history);
  await expectWhole(scene, what);
}

async function expectWhole({ grafana, project }: Scene, what: string): Promise<void> {
  const broken = await brokenFiles(grafana.dataDirectory, join(project.directory, ".grafana-provision"));
  expect(broken, `${what}: every file is complete`).toEqual([]);
}

/** A run reports more changes of the sandbox's files than this. */
const MOST_FILE_CHANGES = 40;

describe("an interrupted apply", GENERATED, () => {
  const kills = REAL ? 8 : runs(MARKS ? 15 : 8, MARKS ? 50 : 16);
  // Each run continues from the state that the previous one left.
  test(`after ${kills} kills at different times: the next run converges, and nothing is lost`, async () => {
    const next = random(SEED);
    const stage = await scene();
    const { grafana, line, project, variables, codes, most } = stage;
    const history = await guids(grafana);
    let [tried, killed] = [0, 0];
    for (const round of rounds(kills)) {
      tried++;
      const target = round % 2 === 0 ? 0 : 1;
      const at = 1 + Math.floor(next() * most);
      const when = next() < 0.5 ? "before" : "after";
      await declare(project, codes[target]);
      const { promise: reached, resolve } = Promise.withResolvers<void>();
      line.watch(at, when, resolve);
      const { child, ended } = start(project, variables);
      await Promise.race([reached.then(() => child.kill("SIGKILL")), ended]);
      if ((await ended).code === null) killed++;
      line.watch(-2, "before", () => {});

      await expectRecovery(stage, target, history, `round ${round}, killed ${when} write ${at} of ${most}`);
    }
    // The number of writes differs slightly between runs, so the last kills can come too late.
    expect(killed).toBeGreaterThan(tried * 0.8 - 1);
  });

  // The embedded sandbox is the same, independent of the tested Grafana.
  test.skipIf(REAL || !MARKS)(
    "whose sandbox was killed too: every file is complete, and the next run converges",
    async () => {
      const next = random(SEED + 2);
      const name = (stem: string) => `${stem}-embedded`;
      const codes = states({ name });
      const project = await repository(name("own"), codes[0]);
      const directory = join(project.directory, ".grafana-provision");
      await mkdir(directory, { recursive: true });
      let killed = 0;
      for (const round of rounds(runs(6))) {
        const target = round % 2 === 0 ? 0 : 1;
        await declare(project, codes[target]);
        const { child, ended } = start(project, {}, [...APPLY, "--sandbox"]);
        let changes = 1 + Math.floor(next() * MOST_FILE_CHANGES);
        const watcher = watch(directory, { recursive: true }, () => {
          if (--changes === 0) child.kill("SIGKILL");
        });
        if ((await ended).code === null) killed++;
        watcher.close();

        const what = `round ${round}`;
        expect(await brokenFiles(join(project.directory, ".grafana-provision")), what).toEqual([]);
        const again = await project.run([...APPLY, "--sandbox"]);
        expect(again.code, `${what}: ${again.stdout}${again.stderr}`).toBe(0);
        const planned = await project.run(["plan", "--prune", "--detailed-exitcode", "--sandbox"]);
        expect(planned.code, `${what}: ${planned.stdout}${planned.stderr}`).toBe(0);
      }
      expect(killed).toBeGreaterThan(0);
    },
  );

  test("by Ctrl-C: requests in flight finish, the run reports and exits 5, and the next run converges", async () => {
    const next = random(SEED + 1);
    const stage = await scene();
    const { grafana, line, project, variables, codes, most } = stage;
    const history = await guids(grafana);
    for (const round of rounds(runs(4, MARKS ? 10 : 4))) {
      const target = round % 2 === 0 ? 0 : 1;
      // The first write acquires the lock. Nothing is applied before it.
      const at = 2 + Math.floor((next() * most) / 2);
      await declare(project, codes[target]);
      const { promise: reached, resolve } = Promise.withResolvers<void>();
      line.watch(at, "before", resolve);
      const { child, ended } = start(project, variables);
      await reached;
      child.kill("SIGINT");
      const { code, stdout, stderr } = await ended;

      const what = `round ${round}, interrupted at write ${at} of ${most}`;
      expect(code, `${what}: ${stdout}${stderr}`).toBe(5);
      expect(stderr, what).toContain("Interrupted: waiting for the requests in flight.");
      expect(stdout, what).toMatch(/Applied: .*0 destroyed, \d+ cancelled/);
      expect(stdout, what).not.toMatch(/failed|✗/);
      line.watch(-2, "before", () => {});
      await expectRecovery(stage, target, history, what);
    }
  });
});
