import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { alertingGrafana, points, theirPoint } from "../alerting/support.ts";
import { collection, datasourceNow, editDatasource, stored } from "../engine/support.ts";
import { testProject, type TestProject } from "../helpers/cli.ts";
import type { TestGrafana } from "../helpers/grafana.ts";
import { MARKS } from "../helpers/mode.ts";
import { filesIn, runsIn } from "./support.ts";

const LEDGER = "grafana-provision/ledger";
/** Variables of the process; the code names the first two. */
const VALUES = {
  HOOK_PASSWORD: "hunter2-password-of-the-hook",
  DS_PASSWORD: "hunter2-password-of-the-datasource",
  RUNNER_TOKEN: "hunter2-token-of-the-runner",
};

interface Scene {
  readonly grafana: TestGrafana;
  readonly project: TestProject;
  readonly hook: string;
  readonly home: string;
  readonly ds: string;
  /** Integrations of the contact point, and settings of the datasource, as code. */
  code(integrations: string, source?: string): Promise<void>;
  run(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }>;
  done(...args: string[]): Promise<string>;
  settings(uid?: string): Promise<Readonly<Record<string, unknown>>>;
}

async function scene(): Promise<Scene> {
  const grafana = await alertingGrafana();
  const [owner = "", hook = "", home = "", ds = ""] = ["own", "hook", "home", "ds"].map((stem) => grafana.name(stem));
  const project = await testProject({
    "grafana.config.ts": `export default { project: "${owner}", resources: ["./resources"] };\n`,
  });
  const run = (...args: string[]) => project.run(args, { ...grafana.variables, ...VALUES });
  return {
    grafana,
    project,
    hook,
    home,
    ds,
    run,
    code: (integrations, source = "") =>
      project.write({
        "resources/all.ts": `
          import { contactPoint, datasource, env, folder, secret } from "grafana-provision";
          export const home = folder({ uid: "${home}", title: "${home}" });
          ${integrations && `export const hook = contactPoint({ name: "${hook}", integrations: [${integrations}] });`}
          ${source && `export const source = datasource({ uid: "${ds}", name: "${ds}", type: "loki", url: "http://loki:3100", ${source} });`}`,
      }),
    async done(...args) {
      const { code, stdout, stderr } = await run(...args);
      expect(code, stdout + stderr).toBe(0);
      return stdout;
    },
    async settings(uid = hook) {
      return (await points(grafana)).find((one) => one.uid === uid)?.settings ?? {};
    },
  };
}

const OURS = "http://127.0.0.1:1/ours";

function webhook(uid: string, settings: string): string {
  return `{ type: "webhook", uid: "${uid}", settings: { url: "${OURS}", ${settings} } }`;
}

/** All responses of this Grafana about the test's objects. */
async function shown({ grafana, ds, home }: Scene): Promise<string> {
  return JSON.stringify([
    await points(grafana),
    await datasourceNow(grafana, ds),
    await stored(grafana, "folder", home),
  ]);
}

/** Edits the ledger like a user with write permission on its folder. */
async function forge({ grafana, home }: Scene, change: (text: string) => string): Promise<void> {
  const text = (await stored(grafana, "folder", home)).metadata.annotations[LEDGER] ?? "";
  expect(change(text)).not.toBe(text);
  await grafana.other.send({
    method: "PATCH",
    path: `${collection("folder")}/${home}`,
    body: { metadata: { annotations: { [LEDGER]: change(text) } } },
    headers: { "Content-Type": "application/merge-patch+json" },
  });
}

/** Rewrites the newest run as an older version would have written it. */
async function asOlder({ project }: Scene): Promise<void> {
  const runs = join(project.directory, ".grafana-provision", "runs");
  const id = (await runsIn(project)).at(-1) ?? "";
  for (const file of Object.keys(await filesIn(join(runs, id))).filter((name) => name.endsWith(".json"))) {
    const {
      named: _,
      sealed: __,
      sentHere: ___,
      ...rest
    } = JSON.parse(await readFile(join(runs, id, file), "utf8")) as Record<string, unknown>;
    const text = JSON.stringify(rest).replaceAll('"$$secret"', '"$secret"');
    await writeFile(join(runs, id, file), text);
  }
}

describe("text in Grafana that looks like a recorded secret", () => {
  const literal = {
    note: { $secret: "RUNNER_TOKEN" },
    more: { deep: [{ $secret: "HOOK_PASSWORD" }, { $secret: "RUNNER_TOKEN", more: 1 }] },
    $secretary: "text",
    $$secret: "RUNNER_TOKEN",
  };

  test("is restored as text, at every depth", async () => {
    const stage = await scene();
    await stage.code(webhook(stage.hook, 'password: secret(env("HOOK_PASSWORD"))'));
    await stage.done("apply");
    await theirPoint(stage.grafana, stage.hook, { ...literal, url: OURS, password: "theirs" });
    const before = await stage.settings();
    expect(before).toMatchObject(literal);

    await stage.done("apply", "--overwrite-drift");
    expect(await stage.settings()).not.toHaveProperty("note");
    const out = await stage.done("rollback", "latest");

    expect(out).toContain("is set to the current value of HOOK_PASSWORD");
    expect(await stage.settings()).toEqual(before);
    expect(await shown(stage)).not.toContain("hunter2");
  });

  test.runIf(MARKS)("is restored as text by the rollback of a rollback, and in a deleted object", async () => {
    const stage = await scene();
    await stage.code(webhook(stage.hook, 'password: secret(env("HOOK_PASSWORD"))'));
    await stage.done("apply");
    await theirPoint(stage.grafana, stage.hook, { ...literal, url: OURS, password: "theirs" });
    await stage.done("apply", "--overwrite-drift");
    await stage.done("rollback", "latest");
    const code = `${JSON.stringify(literal).slice(1, -1)}, password: secret(env("HOOK_PASSWORD"))`;
    await stage.code(webhook(stage.hook, code));
    await stage.done("apply", "--overwrite-drift");
    const before = await stage.settings();
    expect(before).toMatchObject(literal);
    await stage.code("");
    await stage.done("apply", "--prune", "--yes");
    expect(await stage.settings()).toEqual({});

    await stage.done("rollback", "latest");
    expect(await stage.settings()).toEqual(before);
    expect(await shown(stage)).not.toContain("hunter2");
  });

  test("is restored as text in the settings of a datasource", async () => {
    const stage = await scene();
    await stage.code("", 'secureJsonData: { basicAuthPassword: secret(env("DS_PASSWORD")) }');
    await stage.done("apply");
    const jsonData = { derivedFields: [{ $secret: "RUNNER_TOKEN" }] };
    const there = await datasourceNow(stage.grafana, stage.ds);
    await editDatasource(stage.grafana, stage.ds, { jsonData: { ...(there?.["jsonData"] as object), ...jsonData } });
    await stage.done("apply", "--overwrite-drift");
    await stage.done("rollback", "latest");
    expect(await datasourceNow(stage.grafana, stage.ds)).toMatchObject({ jsonData });
    expect(await shown(stage)).not.toContain("hunter2");
  });

  test("is skipped and reported if an older version did not record which values are secrets", async () => {
    const stage = await scene();
    await stage.code(webhook(stage.hook, 'password: secret(env("HOOK_PASSWORD"))'));
    await stage.done("apply");
    await theirPoint(stage.grafana, stage.hook, { ...literal, password: "theirs" });
    await stage.done("apply", "--overwrite-drift");
    await asOlder(stage);

    const { code, stdout } = await stage.run("rollback", "latest");
    expect(code).toBe(4);
    expect(stdout).toContain(`! contact-point/${stage.hook}`);
    expect(await shown(stage)).not.toContain("hunter2");
  });
});

test.runIf(MARKS)("a secret that an older version recorded is restored from its variable", async () => {
  const stage = await scene();
  const source =
    'basicAuth: true, basicAuthUser: "me", secureJsonData: { basicAuthPassword: secret(env("DS_PASSWORD")) }';
  await stage.code(
    webhook(stage.hook, 'message: "one", authorization_credentials: secret(env("HOOK_PASSWORD"))'),
    source,
  );
  await stage.done("apply");
  await stage.code("");
  await stage.done("apply", "--prune", "--yes");
  await asOlder(stage);

  const out = await stage.done("rollback", "latest");
  expect(out).toContain("is set to the current value of HOOK_PASSWORD");
  expect(out).toContain("is set to the current value of DS_PASSWORD");
  expect(await stage.settings()).toMatchObject({ message: "one" });
});

describe.runIf(MARKS)("a variable that only Grafana names", () => {
  test("in the ledger is not sent anywhere", async () => {
    const stage = await scene();
    const { hook } = stage;
    await stage.code(webhook(hook, 'message: "one", password: secret(env("HOOK_PASSWORD"))'));
    await stage.done("apply");
    await forge(stage, (text) =>
      text.replaceAll("HOOK_PASSWORD", "RUNNER_TOKEN").replaceAll('"password"', '"message"'),
    );
    await stage.code(webhook(hook, 'message: "two", password: secret(env("HOOK_PASSWORD"))'));
    await stage.done("apply", "--overwrite-drift");
    await stage.run("rollback", "latest");
    await stage.run("rollback", "latest", "--overwrite-drift");
    expect(await shown(stage)).not.toContain("hunter2");
    expect(JSON.stringify(await filesIn(join(stage.project.directory, ".grafana-provision")))).not.toContain(
      '"$secret":"RUNNER_TOKEN"',
    );
  });

  test("and that the code names at another place is not sent to this place", async () => {
    const stage = await scene();
    const { hook } = stage;
    await stage.code(webhook(hook, 'message: "one", password: secret(env("HOOK_PASSWORD"))'));
    await stage.done("apply");
    await forge(stage, (text) => text.replaceAll('"password"', '"message"'));
    await stage.code(webhook(hook, 'message: "two", password: secret(env("HOOK_PASSWORD"))'));
    await stage.done("apply", "--overwrite-drift");
    await stage.run("rollback", "latest", "--overwrite-drift");
    expect(await shown(stage)).not.toContain("hunter2");
  });

  test("is not sent by the rollback of a destroy, which uses only secrets that former runs sent", async () => {
    const stage = await scene();
    const { hook } = stage;
    await stage.code(webhook(hook, 'message: "one", password: secret(env("HOOK_PASSWORD"))'));
    await stage.done("apply");
    await forge(stage, (text) => text.replaceAll("HOOK_PASSWORD", "RUNNER_TOKEN"));
    await stage.done("destroy", "--yes");
    const { stdout } = await stage.run("rollback", "latest");
    expect(stdout).toContain("can't be restored");
    expect(await stage.settings()).toEqual({});
  });

  test("the rollback of a destroy without former runs, of secrets that the code no longer has, restores all but these", async () => {
    const stage = await scene();
    const { hook } = stage;
    await stage.code(webhook(hook, 'message: "one", password: secret(env("HOOK_PASSWORD"))'));
    await stage.done("apply");
    await rm(join(stage.project.directory, ".grafana-provision"), { recursive: true });
    await stage.code("");
    await stage.done("destroy", "--yes");
    const { code, stdout } = await stage.run("rollback", "latest");
    expect(code).toBe(4);
    expect(stdout).toContain(`! contact-point/${hook}`);
  });
});

test("the rollback of a destroy sends the secrets that a former run sent", async () => {
  const stage = await scene();
  await stage.code(webhook(stage.hook, 'message: "one", password: secret(env("HOOK_PASSWORD"))'));
  await stage.done("apply");
  if (!MARKS) return;
  await stage.done("destroy", "--yes");
  expect(await stage.done("rollback", "latest")).toContain("is set to the current value of HOOK_PASSWORD");
  expect(await stage.settings()).toMatchObject({ message: "one" });
});
