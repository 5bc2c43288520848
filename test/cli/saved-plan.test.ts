import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Report } from "../../src/index.ts";
import { alertingGrafana, POINTS, POLICIES, rules, theirGroup, TEMPLATES, TIMINGS, tree } from "../alerting/support.ts";
import { actions, datasourceNow, declare, edit, editDatasource, make, repository, uidsOf } from "../engine/support.ts";
import { inventory, states } from "../faults/support.ts";
import { testProject, type TestProject } from "../helpers/cli.ts";
import { planFor } from "../helpers/converge.ts";
import type { TestGrafana } from "../helpers/grafana.ts";
import { MARKS } from "../helpers/mode.ts";

const PLAN = ["plan", "--prune", "--out", "plan.json"];
const APPLY = ["apply", "plan.json", "--max-deletes", "50"];

interface Scene {
  readonly grafana: TestGrafana;
  readonly owner: string;
  readonly project: TestProject;
  readonly codes: readonly [readonly object[], readonly object[]];
  readonly run: (...args: string[]) => Promise<{ code: number | null; stdout: string; stderr: string }>;
}

/** A project in its first state, with the code of its second, and a plan of going there. */
async function scene(): Promise<Scene> {
  const grafana = await alertingGrafana();
  const owner = grafana.name("own");
  const codes = states(grafana);
  const project = await repository(owner, codes[0]);
  const run = (...args: string[]) => project.run(args, grafana.variables);
  const first = await run("apply");
  expect(first.code, first.stdout + first.stderr).toBe(0);
  await declare(project, codes[1]);
  const planned = await run(...PLAN);
  expect({ code: planned.code, stderr: planned.stderr }).toEqual({
    code: 0,
    stderr: "Saved: apply plan.json does exactly this.\n",
  });
  return { grafana, owner, project, codes, run };
}

async function edited({ directory }: TestProject, change: (text: string) => string): Promise<void> {
  const path = join(directory, "plan.json");
  await writeFile(path, change(await readFile(path, "utf8")));
}

describe.runIf(MARKS)("apply of a saved plan", () => {
  test("does exactly what was planned, deletions too, without being asked again; a second time it no longer holds", async () => {
    const { grafana, owner, project, codes, run } = await scene();
    const applied = await run(...APPLY, "-o", "json");

    const { summary, changes = [] } = JSON.parse(applied.stdout) as Report;
    expect({ code: applied.code, stderr: applied.stderr }).toEqual({ code: 0, stderr: "" });
    expect(summary).toMatchObject({ failed: 0, skipped: 0, left: 0 });
    expect(changes.filter(({ action }) => action === "delete").length).toBeGreaterThan(0);
    const context = await grafana.context(owner);
    expect(actions(await planFor(context, codes[1] as { kind: string }[], { prune: true }))).toEqual({});
    const there = await inventory(grafana);

    const again = await run(...APPLY);
    expect(again.code).toBe(7);
    expect(again.stderr.split("\n")[0]).toBe("Error: The plan plan.json no longer holds; nothing was changed:");
    expect(again.stderr).toMatch(/ {2}dashboard\/board\S* was to be changed, and there is nothing to do any more\n/);
    expect(await inventory(grafana)).toEqual(there);
    expect((await stat(join(project.directory, "plan.json"))).mode & 0o077, "nobody else reads it").toBe(0);
  });

  test("stops before more deletions than are allowed", async () => {
    const { run } = await scene();
    const applied = await run("apply", "plan.json", "--max-deletes", "2");

    expect(applied.code).toBe(64);
    expect(applied.stderr).toContain("--max-deletes allows only 2; nothing was changed");
  });

  const name = ({ grafana }: Scene, stem: string) => grafana.name(stem);
  test.each<{
    what: string;
    act: (scene: Scene) => Promise<unknown>;
    names: readonly [string, RegExp];
    keeps?: readonly string[];
  }>([
    {
      what: "a dashboard was saved",
      act: (one) => edit(one.grafana, "dashboard", name(one, "board"), ({ spec }) => void (spec["title"] = "Theirs")),
      names: ["dashboard/board", /^would be left now: changed in Grafana and in the code since the last apply/],
    },
    {
      what: "a dashboard that the plan changes was saved as it was",
      act: (one) => edit(one.grafana, "dashboard", name(one, "board"), () => {}),
      names: ["dashboard/board", /^was changed in Grafana since it was planned, last by /],
    },
    {
      what: "a folder was renamed",
      act: (one) => edit(one.grafana, "folder", name(one, "home"), ({ spec }) => void (spec["title"] = "Theirs")),
      names: ["folder/home", /^would be left now: changed in Grafana and in the code/],
    },
    {
      what: "a dashboard that the plan creates is there meanwhile",
      act: (one) => make(one.grafana, "dashboard", name(one, "b-two"), { spec: { title: "Theirs" } }),
      names: ["dashboard/b-two", /^was to be created, and is to be taken over now/],
    },
    {
      what: "a datasource was changed",
      act: (one) => editDatasource(one.grafana, name(one, "ds"), { url: "http://theirs:3100" }),
      names: ["datasource/ds", /^would be left now: changed in Grafana and in the code/],
    },
    {
      what: "a rule was changed",
      act: async (one) => {
        const [rule] = (await rules(one.grafana)).filter(({ title }) => title === name(one, "right"));
        await theirGroup(one.grafana, rule?.namespace_uid ?? "", rule?.rule_group ?? "", []);
        const folder = `/api/v1/provisioning/folder/${rule?.namespace_uid}/rule-groups/${rule?.rule_group}`;
        await one.grafana.other.send({ method: "DELETE", path: folder });
      },
      names: ["rule-group/home", /^was to be changed, and is to be created now/],
    },
    {
      what: "a mute timing was changed",
      act: (one) =>
        one.grafana.other.send({
          method: "PUT",
          path: `${TIMINGS}/${name(one, "nights")}`,
          body: { name: name(one, "nights"), time_intervals: [{ weekdays: ["friday"] }] },
        }),
      names: ["mute-timing/nights", /^would be left now: changed in Grafana and in the code/],
    },
    {
      what: "a template was changed",
      act: (one) =>
        one.grafana.other.send({
          method: "PUT",
          path: `${TEMPLATES}/${name(one, "words")}`,
          body: { template: `{{ define "${name(one, "words")}" }}theirs{{ end }}` },
        }),
      names: ["message-template/words", /^would be left now: changed in Grafana and in the code/],
    },
    {
      what: "a contact point was changed",
      act: async (one) => {
        const all = (await one.grafana.other.send({ method: "GET", path: POINTS })) as { uid: string; name: string }[];
        const point = all.find((candidate) => candidate.name === name(one, "ops"));
        const body = { ...point, settings: { url: "http://127.0.0.1:1/theirs" } };
        await one.grafana.other.send({ method: "PUT", path: `${POINTS}/${point?.uid}`, body });
      },
      names: ["contact-point/ops", /^would be left now: changed in Grafana and in the code/],
    },
    {
      what: "the policy tree was changed",
      act: async (one) => {
        const body = { ...(await tree(one.grafana)), group_interval: "7m" };
        await one.grafana.other.send({ method: "PUT", path: POLICIES, body });
      },
      names: ["notification-policy/default", /^would be left now: changed in Grafana and in the code/],
      // It still uses them.
      keeps: ["contact-point/desk-one", "mute-timing/t-one"],
    },
    {
      what: "the code asks for something else",
      act: async (one) => {
        const changed = one.codes[1].map((object) => {
          const text = JSON.stringify(object);
          return "kind" in object && object.kind === "dashboard" && text.includes(name(one, "board"))
            ? (JSON.parse(text.replace('"two one"', '"three"')) as object)
            : object;
        });
        await declare(one.project, changed);
      },
      names: ["dashboard/board", /^is another in the code than it was when planned$/],
    },
    {
      what: "the code lost something",
      act: (one) =>
        declare(
          one.project,
          one.codes[1].filter((object) => !JSON.stringify(object).includes(name(one, "b-two"))),
        ),
      names: ["dashboard/b-two", /^was to be created, and there is nothing to do any more$/],
    },
  ])("is refused when $what", async ({ act, names: [stem, why], keeps = [] }) => {
    const stage = await scene();
    await act(stage);
    const before = await inventory(stage.grafana);
    const applied = await stage.run(...APPLY, "-o", "json");

    const { error } = JSON.parse(applied.stdout) as Report;
    expect({ code: applied.code, name: error?.name }, applied.stderr).toEqual({ code: 7, name: "StalePlan" });
    expect(error?.moved?.map(({ address }) => address)).toEqual(
      [stem, ...keeps].map((one) => expect.stringMatching(`^${one}`)),
    );
    expect(error?.moved?.[0]?.why).toMatch(why);
    expect(await inventory(stage.grafana), "nothing was changed").toEqual(before);
  });

  test("is refused with the reason for a file that is none", async () => {
    const { run, project, grafana } = await scene();
    const whole = await readFile(join(project.directory, "plan.json"), "utf8");
    const again = "Make a new one with `plan --out FILE`.";
    const cases: [change: (text: string) => string, why: string][] = [
      [(text) => text.slice(0, -200), "it is no whole JSON: was it cut short?"],
      [() => "", "it is no whole JSON: was it cut short?"],
      [() => "{}", "it is no plan of grafana-provision"],
      [
        (text) => text.replace('"version": 1', '"version": 0'),
        "its format is version 0, and this is grafana-provision with version 1",
      ],
      [
        (text) => text.replace('"prune": true', '"prune": false'),
        "it was edited since it was written: what it says is not what was planned",
      ],
      [
        (text) => text.replace('"action": "delete"', '"action": "update"'),
        "it was edited since it was written: what it says is not what was planned",
      ],
    ];
    for (const [change, why] of cases) {
      await writeFile(join(project.directory, "plan.json"), whole);
      await edited(project, change);
      const { code, stderr } = await run(...APPLY);
      expect({ code, stderr }).toEqual({
        code: 7,
        stderr: `Error: The plan ${join(project.directory, "plan.json")} can't be applied: ${why}\n${again}\n`,
      });
    }
    await writeFile(join(project.directory, "plan.json"), whole);
    await project.write({ "grafana.config.ts": 'export default { project: "another", resources: ["./resources"] };' });
    const other = await run(...APPLY);
    expect({ code: other.code, line: other.stderr.split("\n")[0] }).toEqual({
      code: 7,
      line: `Error: The plan plan.json was made with the project ${grafana.name("own")}, and this is the project another`,
    });
  });

  test("is refused on another Grafana", async () => {
    const { run } = await scene();
    const elsewhere = await run(...APPLY, "--sandbox");

    expect(elsewhere.code).toBe(7);
    expect(elsewhere.stderr).toMatch(
      /^Error: The plan plan\.json was made with the Grafana http:\S+, and this is the Grafana sandbox\n/,
    );
  });

  test("takes no option that the plan decides, and no file that isn't there", async () => {
    const { run } = await scene();
    for (const option of ["--prune", "--adopt", "--overwrite-drift", "--refresh-secrets"]) {
      const { code, stderr } = await run("apply", "plan.json", option);
      expect({ code, stderr }).toEqual({
        code: 64,
        stderr: `Error: ${option} and the file of a plan say two things\nGive ${option} to the \`plan\` that makes the file.\n`,
      });
    }
    expect((await run("apply", "none.json")).code).toBe(64);
    expect((await run("plan", "--out", "no/folder/plan.json")).code).toBe(64);
  });

  test("overwrites a change made in Grafana where the plan says so", async () => {
    const { grafana, run } = await scene();
    await edit(grafana, "dashboard", grafana.name("board"), ({ spec }) => void (spec["title"] = "Theirs"));
    await run(...PLAN, "--overwrite-drift", `dashboard/${grafana.name("board")}`);
    const { code, stdout, stderr } = await run(...APPLY);

    expect(code, stdout + stderr).toBe(0);
  });

  test("is made with credentials that may only read, and carried out with others", async () => {
    const { grafana, owner, project, codes } = await scene();
    const send = (path: string, body: object) => grafana.other.send({ method: "POST", path, body });
    const { id } = (await send("/api/serviceaccounts", { name: owner, role: "Viewer" })) as { id: number };
    onTestFinished(async () => {
      await grafana.other.send({ method: "DELETE", path: `/api/serviceaccounts/${id}` });
    });
    const { key } = (await send(`/api/serviceaccounts/${id}/tokens`, { name: owner })) as { key: string };
    const viewer = { GRAFANA_URL: grafana.url, GRAFANA_TOKEN: key };

    const refused = await project.run(["plan", "--prune"], viewer);
    expect(refused.stdout).toContain("these credentials may not change it");
    const planned = await project.run([...PLAN, "--assume-write"], viewer);
    expect(planned.stdout).not.toContain("these credentials may not");
    expect(planned.stdout).toContain("this plan assumes credentials that may write.\n");

    const applied = await project.run(APPLY, grafana.variables);
    expect(applied.code, applied.stdout + applied.stderr).toBe(0);
    const context = await grafana.context(owner);
    expect(actions(await planFor(context, codes[1] as { kind: string }[], { prune: true }))).toEqual({});
  });

  test("holds no secret, and works with the secrets of where it is applied", async () => {
    const grafana = await alertingGrafana();
    const [ds, uids] = [grafana.name("ds"), await uidsOf(grafana, "folder")];
    const project = await testProject({
      "grafana.config.ts": `export default { project: "${grafana.name("own")}", resources: ["./resources"] };`,
      "resources/all.ts": `import { datasource, env, secret } from "grafana-provision";
        export const ds = datasource({ uid: "${ds}", name: "${ds}", type: "loki", url: "http://loki:3100",
          secureJsonData: { token: secret(env("DS_TOKEN")) } });`,
    });
    const variables = {
      ...grafana.variables,
      DS_TOKEN: "hunter2-token",
      GRAFANA_PROVISION_KEY: "hunter2-key-of-tests",
    };
    const planned = await project.run(PLAN, variables);
    expect(planned.code, planned.stderr).toBe(0);
    const files = (await readdir(project.directory)).filter((file) => file.endsWith(".json"));
    expect(files).toEqual(["plan.json"]);
    expect(await readFile(join(project.directory, "plan.json"), "utf8")).not.toContain("hunter2");

    const { code: exit, stdout, stderr } = await project.run(APPLY, variables);
    expect(exit, stdout + stderr).toBe(0);
    expect((await datasourceNow(grafana, ds))?.["secureJsonFields"]).toEqual({ token: true });
    expect(await uidsOf(grafana, "folder")).toEqual(uids);
  });
});
