import { describe, expect, test } from "vitest";
import { alertingGrafana, points } from "../alerting/support.ts";
import { datasourceNow } from "../engine/support.ts";
import { testProject } from "../helpers/cli.ts";
import { MARKS } from "../helpers/mode.ts";
import { runsIn } from "./support.ts";

const KEY = { GRAFANA_PROVISION_KEY: "hunter2-key-of-tests" };
const OLD = { HOOK_PASSWORD: "hunter2-old-hook", DS_PASSWORD: "hunter2-old-datasource" };
const NEW = { HOOK_PASSWORD: "hunter2-new-hook", DS_PASSWORD: "hunter2-new-datasource" };

async function scene() {
  const grafana = await alertingGrafana();
  const [owner = "", hook = "", ds = "", plain = ""] = ["own", "hook", "ds", "plain"].map((stem) => grafana.name(stem));
  const project = await testProject({
    "grafana.config.ts": `export default { project: "${owner}", resources: ["./resources"] };\n`,
  });
  const code = (title: string) =>
    project.write({
      "resources/all.ts": `
        import { contactPoint, datasource, env, folder, secret } from "grafana-provision";
        export const home = folder({ uid: "${plain}", title: "${title}" });
        export const hook = contactPoint({ name: "${hook}", integrations: [{ type: "webhook", uid: "${hook}",
          settings: { url: "http://127.0.0.1:1/ours", username: "ops", password: secret(env("HOOK_PASSWORD")) } }] });
        export const source = datasource({ uid: "${ds}", name: "${ds}", type: "loki", url: "http://loki:3100",
          basicAuth: true, basicAuthUser: "ops", secureJsonData: { basicAuthPassword: secret(env("DS_PASSWORD")) } });`,
    });
  await code(plain);
  const run = async (variables: object, ...args: string[]) => {
    const {
      code: exit,
      stdout,
      stderr,
    } = await project.run([...args, "-o", "json"], {
      ...grafana.variables,
      ...variables,
    });
    expect(exit, stdout + stderr).toBe(0);
    const { notes, changes } = JSON.parse(stdout) as { notes: string[]; changes: { address: string }[] };
    return { notes, changes: changes.map(({ address }) => address).toSorted() };
  };
  return {
    grafana,
    project,
    code,
    run,
    hook: `contact-point/${hook}`,
    ds: `datasource/${ds}`,
    folder: `folder/${plain}`,
    version: async () => (await datasourceNow(grafana, ds))?.version,
    point: async () => (await points(grafana)).find((one) => one.uid === hook),
  };
}

describe.runIf(MARKS)("rolling back a run that changed only secrets [needs marks]", () => {
  test("writes nothing, and names the objects whose former secrets are not recorded, and their variables", async () => {
    const { project, run, hook, ds, version } = await scene();
    await run({ ...KEY, ...OLD }, "apply");
    expect((await run({ ...KEY, ...NEW }, "apply")).changes).toEqual([hook, ds]);
    const before = await version();

    const { notes, changes } = await run({ ...KEY, ...NEW }, "rollback", "latest", "--yes");

    expect(changes).toEqual([]);
    expect(await version()).toBe(before);
    expect(notes).toEqual([expect.stringContaining("--refresh-secrets")]);
    for (const name of [hook, ds, "HOOK_PASSWORD", "DS_PASSWORD"]) expect(notes[0]).toContain(name);
    expect(JSON.stringify(notes)).not.toContain("hunter2");
    expect(await runsIn(project)).toHaveLength(2);
  });

  test("sends the former secrets if their variables have them again", async () => {
    const { run, hook, ds, version } = await scene();
    await run({ ...KEY, ...OLD }, "apply");
    await run({ ...KEY, ...NEW }, "apply");
    const before = Number(await version());

    const { notes, changes } = await run({ ...KEY, ...OLD }, "rollback", "latest", "--yes");

    expect({ notes, changes }).toEqual({ notes: [], changes: [hook, ds] });
    expect(await version()).toBe(before + 1);
    expect((await run({ ...KEY, ...OLD }, "plan")).changes).toEqual([]);
  });

  test("without a key reports the same for a run that sent all secrets, and sends them with --refresh-secrets", async () => {
    const { run, hook, ds, version, project } = await scene();
    await run(OLD, "apply");
    expect((await run(NEW, "apply", "--refresh-secrets")).changes).toEqual([hook, ds]);
    const before = Number(await version());
    const [, id = ""] = await runsIn(project);

    const { notes, changes } = await run(OLD, "rollback", id, "--yes");
    expect(changes).toEqual([]);
    expect(notes).toEqual([expect.stringContaining(ds)]);
    expect(await version()).toBe(before);

    const refreshed = await run(OLD, "rollback", id, "--yes", "--refresh-secrets");
    expect(refreshed).toEqual({ notes: [], changes: [hook, ds] });
    expect(await version()).toBe(before + 1);
  });

  test("reports it together with other changes, and only for selected objects", async () => {
    const { run, code, hook, ds, folder, project } = await scene();
    await run({ ...KEY, ...OLD }, "apply");
    await code("Renamed");
    await run({ ...KEY, ...NEW }, "apply");
    const [, id = ""] = await runsIn(project);

    const one = await run({ ...KEY, ...NEW }, "rollback", id, "--yes", "--only", ds);
    expect(one.notes[0]).toContain(ds);
    expect(one.notes[0]).not.toContain(hook);

    const all = await run({ ...KEY, ...NEW }, "rollback", id, "--yes");
    expect(all.changes).toEqual([folder]);
    expect(all.notes).toEqual([expect.stringContaining(hook)]);
  });
});

test.runIf(MARKS)(
  "rolling back a run that created objects with secrets reports no former secrets [needs marks]",
  async () => {
    const { run, hook, ds, folder } = await scene();
    await run({ ...KEY, ...OLD }, "apply");
    const { notes, changes } = await run({ ...KEY, ...OLD }, "rollback", "latest", "--yes");
    expect(notes).toEqual([]);
    expect(changes).toEqual(expect.arrayContaining([hook, ds, folder]));
  },
);
