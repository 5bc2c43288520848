import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { edit, find } from "../engine/support.ts";
import { testProject, type CliResult, type TestProject } from "../helpers/cli.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { MARKS } from "../helpers/mode.ts";
import { filesIn } from "../rollback/support.ts";

const SECRET = "hunter2-of-the-datasource";
const OTHER = "hunter3-that-no-run-knows";

interface Scene {
  readonly grafana: TestGrafana;
  readonly project: TestProject;
  readonly uid: string;
  run(args: readonly string[]): Promise<CliResult>;
  everything(result: CliResult): Promise<string>;
}

/** A project whose dashboard a user renamed to a text with the secret of its datasource, with the files of its runs lost. */
async function scene(): Promise<Scene> {
  const grafana = await testGrafana();
  const [owner, uid, source] = [grafana.name("own"), grafana.name("board"), grafana.name("ds")];
  const project = await testProject({
    "grafana.config.ts": `export default { project: "${owner}", resources: ["./resources"] };\n`,
    "resources/all.ts": `
      import { dashboard, datasource, env, folder, secret } from "grafana-provision";
      export const home = folder({ uid: "${grafana.name("home")}", title: "${grafana.name("home")}" });
      export const source = datasource({ uid: "${source}", name: "${source}", type: "prometheus", url: "http://p:9090",
        secureJsonData: { basicAuthPassword: secret(env("DS_PASSWORD")) } });
      export const board = dashboard({ uid: "${uid}", folder: home, spec: { title: "Board", panels: [] } });`,
  });
  const run = (args: readonly string[]) =>
    project.run(args, { ...grafana.variables, DS_PASSWORD: SECRET, OTHER_PASSWORD: OTHER });
  const applied = await run(["apply", "--yes"]);
  expect(applied.code, applied.stderr).toBe(0);
  return {
    grafana,
    project,
    uid,
    run,
    async everything({ stdout, stderr }) {
      const files = await filesIn(join(project.directory, ".grafana-provision")).catch(() => ({}));
      return stdout + stderr + JSON.stringify(files);
    },
  };
}

function rename({ grafana, uid }: Scene, text = SECRET): Promise<void> {
  return edit(grafana, "dashboard", uid, ({ spec }) => {
    spec["title"] = `Login with ${text}`;
    spec["description"] = `The password is ${text}.`;
  });
}

describe("destroy prints and records no secret that an object in Grafana contains", () => {
  test("nor if it deletes the object, which a rollback restores with its text", async () => {
    const stage = await scene();
    await stage.project.remove(".grafana-provision");
    await rename(stage);
    const options = MARKS ? ["--overwrite-drift", `dashboard/${stage.uid}`] : [];
    const destroyed = await stage.run(["destroy", "--yes", "--max-deletes", "9", ...options]);
    expect(destroyed.code, destroyed.stderr).toBe(0);
    expect(destroyed.stdout).toContain('"Login with (secret)"');
    expect(await stage.everything(destroyed)).not.toContain(SECRET);
    expect(destroyed.stderr).not.toContain("faults");

    const undone = await stage.run(["rollback", "latest", "--yes"]);
    expect(undone.code, undone.stdout + undone.stderr).toBe(0);
    expect(await stage.everything(undone)).not.toContain(SECRET);
    const restored = await find(stage.grafana, "dashboard", stage.uid);
    expect(restored?.spec).toMatchObject({ title: `Login with ${SECRET}` });
  });

  test("nor if another file of the code does not load, which is a note", async () => {
    const stage = await scene();
    await stage.project.remove(".grafana-provision");
    await stage.project.write({ "resources/broken.ts": "export const = 1;\n" });
    await rename(stage);
    const result = await stage.run(["destroy", "--yes", "--max-deletes", "9"]);
    expect(result.code, result.stderr).toBe(MARKS ? 8 : 0);
    expect(result.stderr).toContain("The code has faults in resources/broken.ts");
    expect(await stage.everything(result)).not.toContain(SECRET);
  });
});

test("a rollback prints and records no secret that the code names only since the run", async () => {
  const stage = await scene();
  await stage.project.write({
    "resources/more.ts": `
      import { datasource, env, secret } from "grafana-provision";
      export const more = datasource({ uid: "more", name: "more", type: "prometheus", url: "http://p:9090",
        secureJsonData: { basicAuthPassword: secret(env("OTHER_PASSWORD")) } });`,
  });
  await rename(stage, OTHER);
  const options = ["--overwrite-drift", `dashboard/${stage.uid}`, "--max-deletes", "9"];
  const result = await stage.run(["rollback", "latest", "--yes", ...options]);
  expect(result.code, result.stdout + result.stderr).toBe(0);
  const all = await stage.everything(result);
  expect(all).toContain("encrypted");
  expect(all).not.toContain(OTHER);
});
