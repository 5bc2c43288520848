import { stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Report } from "../../src/index.ts";
import { EXIT } from "../../src/util/errors.ts";
import { testProject } from "../helpers/cli.ts";
import { MARKS } from "../helpers/mode.ts";
import { datasourceNow, make, place } from "../engine/support.ts";
import { filesIn, runsIn } from "../rollback/support.ts";
import { alert, alertingGrafana, points, POINTS, rules, theirGroup, theirTree, tree } from "./support.ts";

const URL = "http://127.0.0.1:1/services/T0/B0/theirs";
const VALUES = { HOOK_URL: "http://127.0.0.1:1/ours", DS_PASSWORD: "the-password-of-the-code" };

/** A project whose code is this text. */
async function scene(code: (name: (stem: string) => string) => string) {
  const grafana = await alertingGrafana();
  const name = (stem: string) => grafana.name(stem);
  const project = await testProject({
    "grafana.config.ts": `export default { project: "${name("own")}", resources: ["./resources"] };\n`,
    "resources/all.ts": `import * as g from "grafana-provision";
      export const home = g.folder({ uid: "${name("home")}", title: "${name("home")}" });
      ${code(name)}\n`,
  });
  const run = (...args: string[]) => project.run(args, { ...grafana.variables, ...VALUES });
  return {
    grafana,
    name,
    project,
    run,
    async done(...args: string[]) {
      const { code: exit, stdout, stderr } = await run(...args);
      expect(exit, stdout + stderr).toBe(EXIT.done);
      return stdout;
    },
    /** What the plan says about an object besides its differences. */
    async note(address: string, ...args: string[]): Promise<string | undefined> {
      const { stdout } = await run("plan", "-o", "json", ...args);
      return (JSON.parse(stdout) as Report).changes?.find((change) => change.address === address)?.sideEffect;
    },
    integration: (uid: string, type: string, settings: object) =>
      grafana.other.send({ method: "POST", path: POINTS, body: { uid, name: name("ops"), type, settings } }),
  };
}

const hook = (name: (stem: string) => string, uid = name("new")) =>
  `export const ops = g.contactPoint({ name: "${name("ops")}", integrations: [
     { type: "webhook", uid: "${uid}", settings: { url: g.secret(g.env("HOOK_URL")) } }] });`;

async function settingsOf({ grafana, name }: Pick<Awaited<ReturnType<typeof scene>>, "grafana" | "name">) {
  const own = (await points(grafana)).filter((one) => one.name === name("ops"));
  return Object.fromEntries(own.map(({ uid, settings }) => [uid, settings]));
}

describe.runIf(MARKS)("adopting a contact point", () => {
  test("shows the integrations that it removes before any consent, and a rollback restores them", async () => {
    const stage = await scene(hook);
    const { name, grafana } = stage;
    await stage.integration(name("web"), "webhook", { url: URL, httpMethod: "PUT" });
    await stage.integration(name("mail"), "email", { addresses: "theirs@example.org" });
    const before = await settingsOf(stage);
    const address = `contact-point/${name("ops")}`;
    for (const args of [[], ["--adopt", address]]) {
      const note = await stage.note(address, ...args);
      expect(note).toContain(name("web"));
      expect(note).toContain(name("mail"));
      expect(note).not.toContain("can't restore");
    }
    expect((await stage.run("plan")).stdout).toContain(`webhook (${name("web")})`);

    await stage.done("apply", "--adopt", address);
    expect(await settingsOf(stage)).toEqual({
      [name("new")]: expect.objectContaining({ url: VALUES.HOOK_URL }),
    });
    const runs = join(stage.project.directory, ".grafana-provision", "runs");
    const files = Object.keys(await filesIn(join(runs, (await runsIn(stage.project)).at(-1) ?? "")));
    const body = files.find((file) => file.includes("contact-point")) ?? "";
    expect((await stat(join(runs, (await runsIn(stage.project)).at(-1) ?? "", body))).mode & 0o777).toBe(0o600);

    await stage.done("rollback", "latest", "--yes");
    expect(await settingsOf(stage)).toEqual(before);
    expect(await stage.note(address)).toContain(name("web"));
    expect(JSON.stringify(await points(grafana))).not.toContain(VALUES.HOOK_URL);
  });

  test("restores a URL that the code replaces in an integration with the same uid", async () => {
    const stage = await scene((name) => hook(name, name("web")));
    await stage.integration(stage.name("web"), "webhook", { url: URL });
    await stage.done("apply", "--adopt", `contact-point/${stage.name("ops")}`);
    expect((await settingsOf(stage))[stage.name("web")]).toMatchObject({ url: VALUES.HOOK_URL });
    await stage.done("rollback", "latest", "--yes");
    expect((await settingsOf(stage))[stage.name("web")]).toMatchObject({ url: URL });
  });

  test("names the secrets that Grafana does not return; a rollback restores the other integrations", async () => {
    const stage = await scene(hook);
    const { name } = stage;
    await stage.integration(name("web"), "webhook", { url: URL });
    await stage.integration(name("slack"), "slack", { url: `${URL}/slack`, recipient: "#theirs" });
    const address = `contact-point/${name("ops")}`;
    expect(await stage.note(address)).toMatch(new RegExp(`can't restore the secret url of ${name("slack")}`));
    await stage.done("apply", "--adopt", address);
    const out = await stage.done("rollback", "latest", "--yes");
    expect(out).toContain(`slack (${name("slack")}) can't be restored`);
    expect(await settingsOf(stage)).toEqual({ [name("web")]: expect.objectContaining({ url: URL }) });
  });

  test("with only secrets that Grafana does not return is not rolled back in part", async () => {
    const stage = await scene(hook);
    await stage.integration(stage.name("slack"), "slack", { url: `${URL}/slack`, recipient: "#theirs" });
    await stage.done("apply", "--adopt", `contact-point/${stage.name("ops")}`);
    expect((await stage.run("rollback", "latest", "--yes")).code).toBe(EXIT.partlyApplied);
    expect(Object.keys(await settingsOf(stage))).toEqual([stage.name("new")]);
  });

  test("an integration that a user added is named before it is overwritten, pruned or destroyed", async () => {
    const stage = await scene(hook);
    const { name } = stage;
    await stage.done("apply");
    await stage.integration(name("slack"), "slack", { url: `${URL}/slack`, recipient: "#theirs" });
    const address = `contact-point/${name("ops")}`;
    for (const args of [[], ["--overwrite-drift", address]]) {
      expect(await stage.note(address, ...args)).toContain(`url of ${name("slack")}`);
    }
    await stage.project.write({
      "resources/all.ts": `import * as g from "grafana-provision";
        export const home = g.folder({ uid: "${name("home")}", title: "${name("home")}" });\n`,
    });
    for (const args of [["--prune"], ["--prune", "--overwrite-drift", address]]) {
      expect(await stage.note(address, ...args)).toContain(`url of ${name("slack")}`);
    }
  });

  test("an integration that the project sent is removed without being listed as a loss", async () => {
    const stage = await scene(hook);
    const { name } = stage;
    await stage.done("apply");
    await stage.project.write({
      "resources/all.ts": `import * as g from "grafana-provision";
        export const home = g.folder({ uid: "${name("home")}", title: "${name("home")}" });
        ${hook(name, name("other"))}\n`,
    });
    expect(await stage.note(`contact-point/${name("ops")}`)).toBeUndefined();
  });
});

describe.runIf(MARKS)("adopting", () => {
  test("a rule group shows the rules that it removes, and a rollback creates them again", async () => {
    const stage = await scene(
      (name) => `export const pages = g.ruleGroup({ folder: home, title: "pages", interval: 60, rules: [
        { uid: "${name("mine")}", title: "${name("mine")}", condition: "A", data: [{ refId: "A", model: { type: "math", expression: "1 > 0" } }] }] });`,
    );
    const { grafana, name } = stage;
    const home = place(name("home"));
    await make(grafana, "folder", home.uid ?? "", { spec: { title: home.title } });
    await theirGroup(grafana, name("home"), "pages", [alert(name("theirs"), { uid: name("theirs") })]);
    const address = `rule-group/${name("home")}/pages`;
    expect(await stage.note(address)).toContain(name("theirs"));
    await stage.done("apply", "--adopt", address, `folder/${name("home")}`);
    await stage.done("rollback", "latest", "--yes");
    const titles = (await rules(grafana)).map(({ title }) => title).filter((title) => title.includes(name("")));
    expect(titles).toEqual([name("theirs")]);
  });

  test("the policy tree shows how many routes it replaces, and a rollback restores them", async () => {
    const stage = await scene(
      (name) =>
        `${hook(name)}\nexport const policy = g.notificationPolicy({ receiver: ops, group_by: ["alertname"] });`,
    );
    const { grafana, name } = stage;
    await stage.integration(name("web"), "webhook", { url: URL });
    const routes = [{ receiver: name("ops"), object_matchers: [["team", "=", "theirs"]] }];
    await theirTree(grafana, { receiver: name("ops"), group_by: ["cluster"], routes });
    const before = await tree(grafana);
    expect(await stage.note("notification-policy/default")).toContain("1 route");
    await stage.done("apply", "--adopt", "notification-policy/default", `contact-point/${name("ops")}`);
    expect(await tree(grafana)).not.toHaveProperty("routes");
    await stage.done("rollback", "latest", "--yes");
    expect(await tree(grafana)).toEqual(before);
  });
});

test("adopting a datasource names the secrets that it replaces, and a rollback restores its jsonData", async () => {
  const stage = await scene(
    (
      name,
    ) => `export const source = g.datasource({ uid: "${name("ds")}", name: "${name("ds")}", type: "loki", url: "http://ours:3100",
      jsonData: { maxLines: 5 }, secureJsonData: { basicAuthPassword: g.secret(g.env("DS_PASSWORD")) } });`,
  );
  const { grafana, name } = stage;
  const uid = name("ds");
  const theirs = { uid, name: uid, type: "loki", access: "proxy", url: "http://theirs:3100" };
  const jsonData = { maxLines: 9, derivedFields: [{ name: "trace", matcherRegex: "x" }] };
  const secureJsonData = { httpHeaderValue1: "theirs" };
  const body = { ...theirs, jsonData, secureJsonData };
  await grafana.other.send({ method: "POST", path: "/api/datasources", body });
  const address = `datasource/${uid}`;
  expect(await stage.note(address)).toContain("can't restore the secret httpHeaderValue1");
  await stage.done("apply", "--adopt", address);
  expect((await datasourceNow(grafana, uid))?.jsonData).toMatchObject({ maxLines: 5 });
  await stage.done("rollback", "latest", "--yes");
  expect((await datasourceNow(grafana, uid))?.jsonData).toEqual(jsonData);
});
