import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Report } from "../../src/index.ts";
import { alertingGrafana } from "../alerting/support.ts";
import { actions, datasourceNow, edit, uidsOf } from "../engine/support.ts";
import { inventory } from "../faults/support.ts";
import { testProject, type TestProject } from "../helpers/cli.ts";
import { planFor } from "../helpers/converge.ts";

import { MARKS } from "../helpers/mode.ts";
import { APPLY, PLAN, scene } from "./saved-plan-scene.ts";

async function edited({ directory }: TestProject, change: (text: string) => string): Promise<void> {
  const path = join(directory, "plan.json");
  await writeFile(path, change(await readFile(path, "utf8")));
}

describe.runIf(MARKS)("apply of a saved plan", () => {
  test("applies exactly the plan, including deletions, without confirmation; a second time the plan is out of date", async () => {
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
    expect(again.stderr.split("\n")[0]).toContain("plan.json");
    expect(again.stderr).toMatch(/ {2}dashboard\/board\S* was to be updated\b/);
    expect(await inventory(grafana)).toEqual(there);
    expect((await stat(join(project.directory, "plan.json"))).mode & 0o077, "no other user can read it").toBe(0);
  });

  test("stops before the first deletion if there are more than allowed", async () => {
    const { run } = await scene();
    const applied = await run("apply", "plan.json", "--max-deletes", "2");

    expect(applied.code).toBe(64);
    expect(applied.stderr).toContain("--max-deletes allows only 2");
  });

  test("is rejected for an invalid file, with the reason", async () => {
    const { run, project, grafana } = await scene();
    const whole = await readFile(join(project.directory, "plan.json"), "utf8");
    const cases: [change: (text: string) => string, why: string][] = [
      [(text) => text.slice(0, -200), "JSON"],
      [() => "", "JSON"],
      [() => "{}", "plan --out"],
      [(text) => text.replace('"version": 1', '"version": 0'), "version is 0"],
      [(text) => text.replace('"prune": true', '"prune": false'), "modified"],
      [(text) => text.replace('"action": "delete"', '"action": "update"'), "modified"],
    ];
    for (const [change, why] of cases) {
      await writeFile(join(project.directory, "plan.json"), whole);
      await edited(project, change);
      const { code, stderr } = await run(...APPLY);
      expect(code).toBe(7);
      expect(stderr.split("\n")[0]).toContain(join(project.directory, "plan.json"));
      expect(stderr.split("\n")[0]).toContain(why);
    }
    await writeFile(join(project.directory, "plan.json"), whole);
    await project.write({ "grafana.config.ts": 'export default { project: "another", resources: ["./resources"] };' });
    const other = await run(...APPLY);
    expect(other.code).toBe(7);
    expect(other.stderr.split("\n")[0]).toMatch(new RegExp(`project ${grafana.name("own")}\\b.* project another$`));
  });

  test("is rejected on another Grafana", async () => {
    const { run } = await scene();
    const elsewhere = await run(...APPLY, "--sandbox");

    expect(elsewhere.code).toBe(7);
    expect(elsewhere.stderr).toMatch(/^Error: .*plan\.json .*Grafana http:\S+ .*Grafana sandbox\n/);
  });

  test("rejects options of the plan, and a file that does not exist", async () => {
    const { run } = await scene();
    for (const option of ["--prune", "--adopt", "--overwrite-drift", "--refresh-secrets"]) {
      const { code, stderr } = await run("apply", "plan.json", option);
      expect({ code, stderr }).toEqual({ code: 64, stderr: expect.stringContaining(option) });
    }
    expect((await run("apply", "none.json")).code).toBe(64);
    expect((await run("plan", "--out", "no/folder/plan.json")).code).toBe(64);
  });

  test("overwrites a change made in Grafana if the plan allows it", async () => {
    const { grafana, run } = await scene();
    await edit(grafana, "dashboard", grafana.name("board"), ({ spec }) => void (spec["title"] = "Theirs"));
    await run(...PLAN, "--overwrite-drift", `dashboard/${grafana.name("board")}`);
    const { code, stdout, stderr } = await run(...APPLY);

    expect(code, stdout + stderr).toBe(0);
  });

  test("can be made with read-only credentials and applied with others", async () => {
    const { grafana, owner, project, codes } = await scene();
    const send = (path: string, body: object) => grafana.other.send({ method: "POST", path, body });
    const { id } = (await send("/api/serviceaccounts", { name: owner, role: "Viewer" })) as { id: number };
    onTestFinished(async () => {
      await grafana.other.send({ method: "DELETE", path: `/api/serviceaccounts/${id}` });
    });
    const { key } = (await send(`/api/serviceaccounts/${id}/tokens`, { name: owner })) as { key: string };
    const viewer = { GRAFANA_URL: grafana.url, GRAFANA_TOKEN: key };

    const refused = await project.run(["plan", "--prune"], viewer);
    expect(refused.stdout).toContain("lack the permission to change it");
    const planned = await project.run([...PLAN, "--assume-write"], viewer);
    expect(planned.stdout).not.toContain("lack the permission");
    expect(planned.stdout).toContain("Write permissions were not checked");

    const applied = await project.run(APPLY, grafana.variables);
    expect(applied.code, applied.stdout + applied.stderr).toBe(0);
    const context = await grafana.context(owner);
    expect(actions(await planFor(context, codes[1] as { kind: string }[], { prune: true }))).toEqual({});
  });

  test("contains no secrets, and uses the secrets of the environment where it is applied", async () => {
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
