import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { secretValues } from "../../src/secrets/values.ts";
import { contactPoint, datasource, env, folder, secret } from "../../src/index.ts";
import { faultsIn, localServer } from "../cli/support.ts";
import { datasourceNow, editDatasource, stored } from "../engine/support.ts";
import { testProject, type CliResult, type TestProject } from "../helpers/cli.ts";
import { converge, planFor } from "../helpers/converge.ts";
import type { TestGrafana } from "../helpers/grafana.ts";
import { MARKS, origin } from "../helpers/mode.ts";
import { alertingGrafana, points, theirPoint } from "./support.ts";

/** These values occur nowhere else in a run. */
const VALUES = {
  DS_PASSWORD: "hunter2-ds-password",
  DS_HEADER: 'hunter2-ds "header" & more',
  HOOK_URL: "http://127.0.0.1:1/hunter2-hook-url",
  HOOK_PASSWORD: "hunter2-hook-password",
  HOOK_HMAC: "hunter2-hook-hmac",
} as const;
const KEY = { GRAFANA_PROVISION_KEY: "hunter2-the-key-of-tests" };

interface Names {
  readonly owner: string;
  readonly ds: string;
  readonly hook: string;
  readonly home: string;
}

function namesOf(grafana: TestGrafana): Names {
  const [owner = "", ds = "", hook = "", home = ""] = ["own", "ds", "hook", "home"].map((stem) => grafana.name(stem));
  return { owner, ds, hook, home };
}

interface Parts {
  /** Properties of the datasource. */
  readonly source?: string;
  /** Settings of the webhook. */
  readonly settings?: string;
}

const SECURE =
  'secureJsonData: { basicAuthPassword: secret(env("DS_PASSWORD")), httpHeaderValue1: secret(env("DS_HEADER")) }';
const SETTINGS = `url: secret(env("HOOK_URL")), username: "me", password: secret(env("HOOK_PASSWORD")),
  hmacConfig: { secret: secret(env("HOOK_HMAC")), header: "X-Signature" }`;

/** A repository with a datasource and a contact point with secrets at several depths. */
async function secretive(names: Names, parts: Parts = {}): Promise<TestProject> {
  const project = await testProject({
    "grafana.config.ts": `export default { project: "${names.owner}", resources: ["./resources"] };\n`,
  });
  await rewrite(project, names, parts);
  return project;
}

async function rewrite(project: TestProject, names: Names, { source = SECURE, settings = SETTINGS }: Parts = {}) {
  await project.write({
    "resources/all.ts": `
      import { contactPoint, datasource, env, folder, secret } from "grafana-provision";
      export const home = folder({ uid: "${names.home}", title: "${names.home}" });
      export const source = datasource({ uid: "${names.ds}", name: "${names.ds}", type: "prometheus", url: "http://prometheus:9090",
        basicAuth: true, basicAuthUser: "me", jsonData: { httpHeaderName1: "X-Scope" }, ${source} });
      export const hook = contactPoint({ name: "${names.hook}", integrations: [{ type: "webhook", uid: "${names.hook}", settings: { ${settings} } }] });
    `,
  });
}

/** Asserts that a text contains no value in any encoding. */
function expectNone(
  text: string,
  what: string,
  values: readonly string[] = [...Object.values(VALUES), ...Object.values(KEY)],
) {
  for (const value of values) {
    for (const form of [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value)]) {
      expect(text.includes(form), `${what} contains ${value}: ${text.slice(0, 3000)}`).toBe(false);
    }
  }
}

function expectDiscreet({ stdout, stderr }: CliResult): void {
  expectNone(stdout, "standard output");
  expectNone(stderr, "standard error");
}

/** A proxy to a Grafana that records all writes: method, path and body. */
async function recordingLine(grafana: TestGrafana) {
  const writes: { request: string; body: string }[] = [];
  const line = await localServer((incoming, response) => {
    void (async () => {
      let body = "";
      for await (const chunk of incoming) body += String(chunk);
      if (incoming.method !== "GET") writes.push({ request: `${incoming.method} ${incoming.url}`, body });
      const headers = new Headers();
      for (const name of ["authorization", "content-type", "accept", "x-disable-provenance"]) {
        const value = incoming.headers[name];
        if (typeof value === "string") headers.set(name, value);
      }
      const answer = await fetch(`${grafana.url}${incoming.url}`, {
        method: incoming.method ?? "GET",
        headers,
        ...(body === "" ? {} : { body }),
      });
      response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "application/json" });
      response.end(await answer.text());
    })();
  });
  return { url: line.url, writes };
}

/** The writes that contain this value, without their bodies. */
function carrying(writes: readonly { request: string; body: string }[], value: string): string[] {
  return writes
    .filter(({ body }) => body.includes(JSON.stringify(value).slice(1, -1)))
    .map(({ request }) => request.replace(/[^/]*$/, ""));
}

test("no secret is in the output, in files on disk, or in anything that all users of Grafana can read", async () => {
  const grafana = await alertingGrafana();
  const names = namesOf(grafana);
  const project = await secretive(names);
  const variables = { ...grafana.variables, ...VALUES, ...KEY };

  const runs = [
    await project.run(["plan", "-v"], variables),
    await project.run(["apply", "-v"], variables),
    await project.run(["plan", "-v"], {
      ...variables,
      DS_PASSWORD: "hunter2-other",
      HOOK_URL: "http://127.0.0.1:1/hunter2-x",
    }),
    await project.run(["apply", "-v", "--refresh-secrets"], variables),
    await project.run(["apply", "-v", "--only", "datasource"], { ...variables, DS_PASSWORD: "hunter2-rotated" }),
  ];
  expect(runs.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0]);
  for (const run of runs) {
    expectDiscreet(run);
    expectNone(run.stdout + run.stderr, "the output", ["hunter2"]);
  }

  // What a Viewer can read: the folder's annotations, and the datasource. Without the webhook's URL, which Grafana
  // shows.
  const home = JSON.stringify(await stored(grafana, "folder", names.home));
  expect(home.includes("grafana-provision/ledger")).toBe(MARKS);
  expectNone(home, "the folder", ["hunter2"]);
  expectNone(JSON.stringify(await datasourceNow(grafana, names.ds)), "the datasource", ["hunter2"]);
  const [point] = (await points(grafana)).filter(({ name }) => name === names.hook);
  expect(point?.settings["url"]).toBe(VALUES.HOOK_URL);
  expectNone(JSON.stringify({ ...point?.settings, url: "" }), "the contact point", ["hunter2"]);

  const entries = await readdir(project.directory, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((one) => one.isFile())) {
    const file = join(entry.parentPath, entry.name);
    expectNone(await readFile(file, "utf8"), file, ["hunter2"]);
  }
});

test("a message of Grafana that quotes a request is printed without its secrets", async () => {
  const grafana = await alertingGrafana();
  const names = namesOf(grafana);
  const project = await testProject({
    "grafana.config.ts": `export default { project: "${names.owner}", resources: ["./resources"] };\n`,
    "resources/all.ts": `
      import { contactPoint, env, secret } from "grafana-provision";
      export default contactPoint({ name: "${names.hook}",
        integrations: [{ type: "slack", settings: { recipient: "#x", url: secret(env("SLACK_URL")) } }] });`,
  });
  const slack = 'hunter2 "is no URL" %%';

  const run = await project.run(["apply", "-v"], { ...grafana.variables, SLACK_URL: slack });

  expect(run.code).toBe(1);
  expect(run.stdout).toMatch(/contact-point\/hook\S*: .* returned 400 ".*\(secret\)/);
  expectNone(run.stdout + run.stderr, "the output", [slack, "hunter2"]);
});

test("a plan as data contains no secrets", async () => {
  const grafana = await alertingGrafana();
  const names = namesOf(grafana);
  const context = {
    ...(await grafana.context(names.owner)),
    secrets: secretValues({ variables: { ...VALUES, ...KEY } }),
  };
  const code = (type: string) => [
    datasource({
      uid: names.ds,
      name: names.ds,
      type: "loki",
      url: "http://x",
      secureJsonData: { a: secret(env("DS_HEADER")) },
    }),
    contactPoint({
      name: names.hook,
      integrations: [{ type: "webhook", uid: names.hook, settings: { url: secret(env("HOOK_URL")), message: type } }],
    }),
  ];
  const first = await converge(context, code("one"));
  await theirPoint(grafana, names.hook, { url: "http://127.0.0.1:1/hunter2-theirs", message: "theirs" });
  const secrets = secretValues({ variables: { ...VALUES, ...KEY, DS_HEADER: "hunter2-rotated" } });
  const second = await planFor({ ...context, secrets }, code("two"));

  expect(second.plan.changes.map(({ action, origin }) => [action, origin])).toEqual([
    ["update", "code"],
    ["update", origin("both")],
  ]);
  expectNone(JSON.stringify([first.plan, second.plan]), "the plan", ["hunter2"]);
  await converge({ ...context, secrets }, [], { prune: true });
});

describe("variables that are not set", () => {
  test("are all reported with file and path before the first write: exit 65", async () => {
    const grafana = await alertingGrafana();
    const names = namesOf(grafana);
    const project = await secretive(names);
    const line = await recordingLine(grafana);
    const variables = { ...grafana.variables, GRAFANA_URL: line.url, DS_HEADER: "is set now", HOOK_PASSWORD: "" };

    const planned = await project.run(["plan"], variables);
    expect(planned.code, planned.stderr).toBe(0);
    expect(planned.stdout).toContain("Plan: 3 to add, 0 to change, 0 to destroy.");
    const run = await project.run(["apply"], variables);

    expect(run.code).toBe(65);
    const expected = [
      ["source) secureJsonData.basicAuthPassword", "DS_PASSWORD"],
      ["hook) integrations[0].settings.url", "HOOK_URL"],
      ["hook) integrations[0].settings.password", "HOOK_PASSWORD"],
      ["hook) integrations[0].settings.hmacConfig.secret", "HOOK_HMAC"],
    ];
    const faults = faultsIn(run).map(({ place, message }) => ({ place, message }));
    const faultAt = ([place = "", variable = ""]: readonly string[]) => ({
      place: `resources/all.ts (export ${place}`,
      message: expect.stringContaining(` ${variable},`),
    });
    expect(faults).toHaveLength(expected.length);
    expect(faults).toEqual(expect.arrayContaining(expected.map(faultAt)));
    expect(run.stderr).toContain("4 faults");
    expect(line.writes).toEqual([]);
  });

  test("are required only for a secret that the datasource does not have yet", async () => {
    const grafana = await alertingGrafana();
    const names = namesOf(grafana);
    const one = {
      source: 'secureJsonData: { basicAuthPassword: secret(env("DS_PASSWORD")) }',
      settings: 'url: "http://x"',
    };
    const project = await secretive(names, one);
    expect((await project.run(["apply"], { ...grafana.variables, ...VALUES })).code).toBe(0);
    await rewrite(project, names, { settings: 'url: "http://x"' });

    const none = await project.run(["apply"], grafana.variables);
    expect(none.code).toBe(65);
    expect(faultsIn(none)).toMatchObject([
      {
        place: expect.stringMatching(/secureJsonData\.httpHeaderValue1$/),
        message: expect.stringContaining(" DS_HEADER,"),
      },
    ]);
    expect(none.stderr).not.toContain("DS_PASSWORD");

    const both = await project.run(["apply"], { ...grafana.variables, DS_HEADER: "now set" });
    expect(both.code, both.stdout + both.stderr).toBe(0);
    expect((await datasourceNow(grafana, names.ds))?.["secureJsonFields"]).toEqual({
      basicAuthPassword: true,
      httpHeaderValue1: true,
    });
  });

  test("have placeholders on the sandbox, and a note reports this", async () => {
    const names = { owner: "test", ds: "ds", hook: "hook", home: "home" };
    const project = await secretive(names);

    const run = await project.run(["apply"], { DS_HEADER: "is set now" });

    expect(run.code, run.stderr).toBe(0);
    expect(run.stderr).toMatch(
      /^The sandbox uses a placeholder .* set DS_PASSWORD, HOOK_HMAC, HOOK_PASSWORD and HOOK_URL\.\n$/,
    );
    const again = await project.run(["plan", "--detailed-exitcode"]);
    expect(again.code, again.stdout).toBe(0);
    // A placeholder can't be compared with anything.
    expect((await project.run(["apply", "--refresh-secrets"], { ...VALUES, ...KEY })).code).toBe(0);
    const unset = await project.run(["plan", "--detailed-exitcode"], KEY);
    expect(unset.code, unset.stdout).toBe(0);
  });
});

describe("a change of a secret", () => {
  test.runIf(MARKS)(
    "is detected with the key: a changed secret is planned and sent, an unchanged one is not [needs marks]",
    async () => {
      const grafana = await alertingGrafana();
      const names = namesOf(grafana);
      const project = await secretive(names);
      const line = await recordingLine(grafana);
      const variables = { ...grafana.variables, ...VALUES, ...KEY, GRAFANA_URL: line.url };
      expect((await project.run(["apply"], variables)).code).toBe(0);
      line.writes.length = 0;

      const same = await project.run(["apply"], variables);
      expect(same.stdout).toContain("Plan: 0 to add, 0 to change, 0 to destroy.");
      expect(same.stdout).not.toContain("Secrets not compared");
      expect(line.writes).toEqual([]);

      const other = { ...variables, DS_PASSWORD: "hunter2-changed", HOOK_HMAC: "hunter2-changed too" };
      const plan = await project.run(["plan", "--detailed-exitcode"], other);
      expect(plan.code).toBe(2);
      expect(plan.stdout).toMatch(/~ datasource\/ds\S* .*changed in code\n\s+~ secrets: \(secret\), value changed/);
      expect(plan.stdout).toMatch(
        /~ contact-point\/hook\S* .*changed in code\n\s+~ secrets: \(secret\), value changed/,
      );
      const applied = await project.run(["apply"], other);
      expect(applied.code, applied.stdout + applied.stderr).toBe(0);
      expect(carrying(line.writes, "hunter2-changed")).toEqual([
        "PUT /api/datasources/uid/",
        "PUT /api/v1/provisioning/contact-points/",
      ]);
      expect((await project.run(["plan", "--detailed-exitcode"], other)).code).toBe(0);
    },
  );

  test.runIf(MARKS)("is sent and recorded by the next apply after the key is set [needs marks]", async () => {
    const grafana = await alertingGrafana();
    const names = namesOf(grafana);
    const project = await secretive(names);
    const line = await recordingLine(grafana);
    const variables = { ...grafana.variables, ...VALUES, GRAFANA_URL: line.url };
    expect((await project.run(["apply"], variables)).code).toBe(0);
    line.writes.length = 0;

    const keyed = { ...variables, ...KEY, DS_PASSWORD: "hunter2-changed", HOOK_HMAC: "hunter2-changed" };
    const plan = JSON.parse((await project.run(["plan", "-o", "json"], keyed)).stdout);
    const secrets = { differences: [expect.objectContaining({ path: "secrets" })] };
    expect(plan).toMatchObject({ changes: [secrets, secrets], uncheckedSecrets: [] });
    expect(plan.notes).toEqual([expect.stringContaining(`datasource/${names.ds}`)]);
    expect(plan.notes[0]).toContain(`contact-point/${names.hook}`);
    const applied = await project.run(["apply"], keyed);
    expect(applied.code, applied.stdout + applied.stderr).toBe(0);
    expect(carrying(line.writes, "hunter2-changed")).toEqual([
      "PUT /api/datasources/uid/",
      "PUT /api/v1/provisioning/contact-points/",
    ]);
    const after = JSON.parse((await project.run(["plan", "-o", "json"], keyed)).stdout);
    expect(after).toMatchObject({ changes: [], uncheckedSecrets: [], notes: [] });

    const unset = { ...keyed, DS_PASSWORD: "" };
    const unchecked = JSON.parse((await project.run(["plan", "-o", "json"], unset)).stdout);
    expect(unchecked.uncheckedSecretReasons).toEqual([
      { address: `datasource/${names.ds}`, reason: "variable", variables: ["DS_PASSWORD"] },
    ]);
    const rotated = await project.run(["plan", "--detailed-exitcode"], {
      ...keyed,
      HOOK_URL: "http://127.0.0.1:1/other",
    });
    expect(rotated.code).toBe(2);
  });

  test("is not detected without the key, and secrets of a datasource are not sent without --refresh-secrets", async () => {
    const grafana = await alertingGrafana();
    const names = namesOf(grafana);
    const project = await secretive(names);
    const line = await recordingLine(grafana);
    const variables = { ...grafana.variables, ...VALUES, GRAFANA_URL: line.url };
    expect((await project.run(["apply"], variables)).code).toBe(0);
    line.writes.length = 0;
    const other = { ...variables, DS_PASSWORD: "hunter2-changed", HOOK_HMAC: "hunter2-changed" };

    const plan = await project.run(["apply"], other);
    expect(plan.stdout).toContain("Plan: 0 to add, 0 to change, 0 to destroy.");
    expect(plan.stdout).toContain("GRAFANA_PROVISION_KEY is not set (--refresh-secrets sends them)");
    expect(plan.stdout).toContain(`datasource/${names.ds}`);
    expect(line.writes).toEqual([]);

    // A write for another reason sends no secrets.
    await rewrite(project, names, { source: `${SECURE}, withCredentials: true` });
    const rewritten = await project.run(["apply"], other);
    expect(rewritten.stdout).toContain("Applied: 0 added, 1 changed, 0 destroyed.");
    expect(rewritten.stdout).toContain("Secrets not compared");
    expect(carrying(line.writes, "hunter2-changed")).toEqual([]);

    const refreshed = await project.run(["apply", "--refresh-secrets"], other);
    expect(refreshed.code, refreshed.stdout + refreshed.stderr).toBe(0);
    expect(refreshed.stdout).not.toContain("Secrets not compared");
    expect(carrying(line.writes, "hunter2-changed")).toEqual([
      "PUT /api/datasources/uid/",
      "PUT /api/v1/provisioning/contact-points/",
    ]);
    expect(carrying(line.writes, VALUES.DS_HEADER)).toEqual(["PUT /api/datasources/uid/"]);
  });

  test("a contact point that is written for another reason contains all its secrets, because Grafana would lose them", async () => {
    const grafana = await alertingGrafana();
    const names = namesOf(grafana);
    const project = await secretive(names);
    const line = await recordingLine(grafana);
    const variables = { ...grafana.variables, ...VALUES, GRAFANA_URL: line.url };
    expect((await project.run(["apply"], variables)).code).toBe(0);
    line.writes.length = 0;

    await rewrite(project, names, { settings: `${SETTINGS}, httpMethod: "PUT"` });
    expect((await project.run(["apply"], variables)).code).toBe(0);

    for (const value of [VALUES.HOOK_URL, VALUES.HOOK_PASSWORD, VALUES.HOOK_HMAC]) {
      expect(carrying(line.writes, value)).toEqual(["PUT /api/v1/provisioning/contact-points/"]);
    }
    expect(JSON.stringify(line.writes)).not.toContain("REDACTED");
  });
});

describe("secrets of a datasource", () => {
  const keysOf = async (grafana: TestGrafana, names: Names) =>
    Object.keys((await datasourceNow(grafana, names.ds))?.["secureJsonFields"] ?? {}).toSorted();

  test("are added and removed with their keys", async () => {
    const grafana = await alertingGrafana();
    const names = namesOf(grafana);
    const settings = 'url: "http://x"';
    const header = 'secureJsonData: { httpHeaderValue1: secret(env("DS_HEADER")) }';
    const project = await secretive(names, { source: header, settings });
    const variables = { ...grafana.variables, ...VALUES, ...KEY };
    expect((await project.run(["apply"], variables)).code).toBe(0);
    expect(await keysOf(grafana, names)).toEqual(["httpHeaderValue1"]);

    await rewrite(project, names, { settings });
    const added = await project.run(["apply"], variables);
    expect(added.stdout).toContain('+ secureJsonData.basicAuthPassword: "(secret)"');
    expect(await keysOf(grafana, names)).toEqual(["basicAuthPassword", "httpHeaderValue1"]);

    await rewrite(project, names, { source: header, settings });
    const removed = await project.run(["apply"], variables);
    expect(removed.stdout).toContain('- secureJsonData.basicAuthPassword: "(secret)"');
    expect(await keysOf(grafana, names)).toEqual(["httpHeaderValue1"]);
    expect((await project.run(["plan", "--detailed-exitcode"], variables)).code).toBe(0);
  });

  test("that were set manually are kept if the code has none", async () => {
    const grafana = await alertingGrafana();
    const names = namesOf(grafana);
    const project = await secretive(names, { source: "", settings: 'url: "http://x"' });
    expect((await project.run(["apply"], grafana.variables)).code).toBe(0);
    await editDatasource(grafana, names.ds, { secureJsonData: { basicAuthPassword: "by hand" } });

    expect((await project.run(["plan", "--detailed-exitcode"], grafana.variables)).code).toBe(0);
    await rewrite(project, names, { source: "withCredentials: true", settings: 'url: "http://x"' });
    expect((await project.run(["apply"], grafana.variables)).code).toBe(0);
    expect(await keysOf(grafana, names)).toEqual(["basicAuthPassword"]);
  });
});

describe("a webhook's URL, which Grafana returns", () => {
  const THEIRS = "http://127.0.0.1:1/hunter2-theirs";

  async function changed(variables: Readonly<Record<string, string>>) {
    const grafana = await alertingGrafana();
    const names = namesOf(grafana);
    const settings = 'url: secret(env("HOOK_URL")), username: "me"';
    const project = await secretive(names, { source: "", settings });
    const all = { ...grafana.variables, ...VALUES, ...variables };
    expect((await project.run(["apply"], all)).code).toBe(0);
    await theirPoint(grafana, names.hook, { url: THEIRS, username: "me" });
    const url = async () => (await points(grafana)).find(({ name }) => name === names.hook)?.settings["url"];
    return { grafana, names, project, all, url };
  }

  test.runIf(MARKS)(
    "is compared with the live value: a change in Grafana is drift if the key shows what was sent [needs marks]",
    async () => {
      const { project, names, all, url } = await changed(KEY);

      const left = await project.run(["apply"], all);
      expect(left.code, left.stdout).toBe(8);
      expect(left.stdout).toContain("changed in Grafana since the last apply");
      expect(left.stdout).toContain("secrets: (secret), value changed");
      expectNone(left.stdout + left.stderr, "the output", ["hunter2"]);
      expect(await url()).toBe(THEIRS);

      // A later change of the code keeps it too.
      await rewrite(project, names, { source: "", settings: 'url: secret(env("HOOK_URL")), username: "you"' });
      const both = await project.run(["apply"], all);
      expect(both.code, both.stdout).toBe(8);
      expect(both.stdout).toContain("changed in Grafana and in the code since the last apply");
      expect(await url()).toBe(THEIRS);

      const address = `contact-point/${names.hook}`;
      expect((await project.run(["apply", "--overwrite-drift", address], all)).code).toBe(0);
      expect(await url()).toBe(VALUES.HOOK_URL);
      expect((await project.run(["plan", "--detailed-exitcode"], all)).code).toBe(0);
    },
  );

  test("has an unknown origin of changes without the key, and the value of the code is sent", async () => {
    const { project, all, url } = await changed({});

    const plan = await project.run(["plan"], all);
    expect(plan.stdout).toMatch(/contact-point\/hook.*origin unknown\n\s+~ secrets: \(secret\), value changed/);
    expectNone(plan.stdout + plan.stderr, "the output", ["hunter2"]);
    expect((await project.run(["apply"], all)).code).toBe(0);
    expect(await url()).toBe(VALUES.HOOK_URL);
  });

  test("is not compared if its variable is not set, and not printed next to other changes", async () => {
    const { grafana, names, project, url } = await changed(KEY);

    const plan = await project.run(["plan", "--detailed-exitcode"], grafana.variables);
    expect(plan.code, plan.stdout).toBe(0);
    // The code has an integration with another uid, and the former one, whose URL was a secret, is deleted.
    await project.write({
      "resources/all.ts": (await readFile(join(project.directory, "resources/all.ts"), "utf8")).replaceAll(
        `uid: "${names.hook}", settings`,
        `uid: "${names.hook.slice(0, 30)}-2", settings`,
      ),
    });
    const other = await project.run(["plan", "-v"], grafana.variables);
    expect(other.stdout).toContain("webhook integration");
    expectNone(other.stdout + other.stderr, "the output", ["hunter2"]);
    expect(await url()).toBe(THEIRS);
  });
});

describe("a secret of a contact point that is empty in the code", () => {
  const start = async () => {
    const grafana = await alertingGrafana();
    const base = await grafana.context(grafana.name("own"));
    const context = { ...base, secrets: secretValues({ variables: { ...VALUES, ...KEY } }) };
    const [uid, home] = [grafana.name("slack"), grafana.name("home")];
    const place = folder({ uid: home, title: home });
    const code = (token: unknown, title: string) => [
      place,
      contactPoint({
        name: uid,
        integrations: [{ type: "slack", uid, settings: { url: secret(env("HOOK_URL")), token, title } }],
      }),
    ];
    await converge(context, code(secret(env("HOOK_PASSWORD")), "one"));
    return { grafana, context, uid, place, code };
  };

  test("is removed from Grafana", async () => {
    const { grafana, context, uid, code } = await start();
    const { plan } = await converge(context, code("", "one"));
    expect(plan.changes.flatMap(({ differences }) => differences.map(({ type, path }) => `${type} ${path}`))).toEqual(
      expect.arrayContaining([`removed integrations[uid=${uid}].settings.token`]),
    );
    const [point] = (await points(grafana)).filter(({ name }) => name === uid);
    expect(Object.keys(point?.settings ?? {}).toSorted()).toEqual(["title", "url"]);
  });

  test.runIf(MARKS)(
    "does not make the contact point count as changed in Grafana if another property changes",
    async () => {
      const { context, uid, place, code } = await start();
      await converge(context, code("", "two"));

      const { plan } = await planFor(context, code("", "three"));
      expect(plan.changes.map(({ action, origin, left }) => ({ action, origin, left }))).toEqual([
        { action: "update", origin: "code", left: undefined },
      ]);
      const pruned = await planFor(context, [place], { prune: true });
      expect(pruned.plan.changes.map(({ action, id, left }) => ({ action, id, left }))).toEqual([
        { action: "delete", id: uid, left: undefined },
      ]);
    },
  );
});

test("text in secureJsonData is a fault, whose message does not contain the text", async () => {
  const names = { owner: "test", ds: "ds", hook: "hook", home: "home" };
  const project = await secretive(names, { source: 'secureJsonData: { basicAuthPassword: "hunter2" } as never' });
  const run = await project.run(["validate"]);
  expect(run.code).toBe(65);
  expect(run.stderr).toContain(
    'error resources/all.ts (export source) secureJsonData.basicAuthPassword: a secret is in plain text in the code; use secret(env("NAME"))',
  );
  expectNone(run.stdout + run.stderr, "the output", ["hunter2"]);
});
