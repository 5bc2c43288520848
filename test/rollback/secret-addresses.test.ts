import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { alertingGrafana, points, theirPoint } from "../alerting/support.ts";
import { changeOf, datasourceNow, editDatasource, place } from "../engine/support.ts";
import { converge, only, planFor, type ConvergeOptions } from "../helpers/converge.ts";
import { MARKS } from "../helpers/mode.ts";
import { contactPoint, datasource, env, secret, type Datasource } from "../../src/index.ts";
import type { KindContext } from "../../src/engine/kind-context.ts";
import { secretValues } from "../../src/secrets/values.ts";
import { carriedOut, filesIn, runsFolder, undoOf } from "./support.ts";

const OURS = "http://127.0.0.1:1/ours";
const THEIRS = "http://127.0.0.1:1/theirs";
const PASSWORD = "hunter2-password";
const KEY = { GRAFANA_PROVISION_KEY: "hunter2-key-of-tests" };

type Variables = Readonly<Record<string, string>>;

/** A Grafana whose writes are recorded. */
async function scene(variables: Variables = { PASSWORD }) {
  const grafana = await alertingGrafana();
  const base = await grafana.context(grafana.name("own"));
  const { client } = base.grafana;
  const sent: string[] = [];
  const send: typeof client.send = (request) => {
    if (request.method !== "GET") sent.push(JSON.stringify(request.body ?? null));
    return client.send(request);
  };
  const directory = await runsFolder();
  const uid = grafana.name("hook");
  const home = place(grafana.name("home"));
  const contextOf = (values: Variables): KindContext => ({
    ...base,
    grafana: { ...base.grafana, client: { ...client, send } },
    secrets: secretValues({ variables: values }),
  });
  let context = contextOf(variables);
  return {
    grafana,
    uid,
    directory,
    point: `contact-point/${uid}`,
    source: `datasource/${uid}`,
    sent,
    with(values: Variables) {
      context = contextOf(values);
    },
    plan: (code: readonly { kind: string }[], options: ConvergeOptions = {}) => planFor(context, code, options),
    converge: (code: readonly { kind: string }[], options: ConvergeOptions = {}) => converge(context, code, options),
    async applied(code: readonly { kind: string }[], options: ConvergeOptions = {}) {
      const { run } = await carriedOut(context, await planFor(context, code, options), directory);
      if (!run) throw new Error("no run was recorded");
      return run;
    },
    async rollback(run: { directory: string; id: string }) {
      sent.length = 0;
      const plan = await undoOf(context, run);
      const undone = await carriedOut(context, plan, directory);
      return { plan, run: undone.run };
    },
    hook: (settings: Readonly<Record<string, unknown>>) => [
      home,
      contactPoint({ name: uid, integrations: [{ type: "webhook", uid, settings }] }),
    ],
    ds: (more: Partial<Datasource> = {}) => [
      datasource({
        uid,
        name: uid,
        type: "prometheus",
        url: OURS,
        secureJsonData: { basicAuthPassword: secret(env("PASSWORD")) },
        ...more,
      }),
    ],
    settings: async () => (await points(grafana)).find((one) => one.uid === uid)?.settings ?? {},
    body: async () => datasourceNow(grafana, uid),
  };
}

const hooked = { url: OURS, username: "ops", password: secret(env("PASSWORD")) };

describe.runIf(MARKS)("a rollback of an adoption sends no secret of the project to the former address", () => {
  test("of an integration, which stays as it is", async () => {
    const stage = await scene();
    await theirPoint(stage.grafana, stage.uid, { url: THEIRS, username: "ops", password: "theirs" });
    const run = await stage.applied(stage.hook(hooked), { adopt: only(stage.point) });

    const { plan } = await stage.rollback(run);
    expect(changeOf(plan, stage.point)?.left).toMatchObject({ reason: "obstacle" });
    expect(stage.sent.filter((body) => body.includes(THEIRS) || body.includes("hunter2"))).toEqual([]);
    expect(await stage.settings()).toMatchObject({ url: OURS });
  });

  test("of a datasource, whose secret is cleared and reported", async () => {
    const stage = await scene();
    const theirs = { uid: stage.uid, name: stage.uid, type: "prometheus", access: "proxy", url: THEIRS };
    const body = { ...theirs, secureJsonData: { basicAuthPassword: "theirs" } };
    await stage.grafana.other.send({ method: "POST", path: "/api/datasources", body });
    const run = await stage.applied(stage.ds(), { adopt: only(stage.source) });

    const { plan, run: undone } = await stage.rollback(run);
    expect(changeOf(plan, stage.source)?.sideEffect).toContain("basicAuthPassword can't be restored");
    expect(stage.sent.join("")).not.toContain("hunter2");
    const now = await stage.body();
    expect(now).toMatchObject({ url: THEIRS });
    expect(now?.["secureJsonFields"] ?? {}).not.toHaveProperty("basicAuthPassword");

    if (!undone) throw new Error("no run was recorded");
    await stage.rollback(undone);
    expect(await stage.body()).toMatchObject({ url: OURS, secureJsonFields: { basicAuthPassword: true } });
  });
});

/** Rewrites a run as an older version recorded it: with the secret of the project, whatever the address. */
async function asOlder(run: { directory: string }, path: readonly (string | number)[]): Promise<void> {
  for (const name of Object.keys(await filesIn(run.directory)).filter((one) => one.startsWith("before"))) {
    const file = join(run.directory, name);
    const { sentHere: _, ...older } = JSON.parse(await readFile(file, "utf8")) as {
      sentHere?: true;
      body: object;
      sealed: object[];
    };
    const [key = "", ...outer] = path.toReversed();
    const holder = outer
      .toReversed()
      .reduce<Record<string, unknown>>(
        (value, step) => value[step] as Record<string, unknown>,
        older.body as Record<string, unknown>,
      );
    holder[key] = { $secret: "PASSWORD" };
    await writeFile(file, JSON.stringify({ ...older, sealed: [{ path, variable: "PASSWORD" }] }));
  }
}

describe.runIf(MARKS)("a rollback of a run that an older version recorded with the project's secrets", () => {
  const inHook = ["integrations", 0, "settings", "password"];
  const inSource = ["secureJsonData", "basicAuthPassword"];

  test("skips an adoption", async () => {
    const stage = await scene();
    await theirPoint(stage.grafana, stage.uid, { url: THEIRS, username: "ops", password: "theirs" });
    const run = await stage.applied(stage.hook(hooked), { adopt: only(stage.point) });
    await asOlder(run, inHook);
    const { plan } = await stage.rollback(run);
    expect(changeOf(plan, stage.point)?.left).toMatchObject({ reason: "obstacle" });
    expect(stage.sent.filter((body) => body.includes(THEIRS) || body.includes("hunter2"))).toEqual([]);
  });

  test("skips an integration whose address a user changed", async () => {
    const stage = await scene();
    await stage.converge(stage.hook(hooked));
    await theirPoint(stage.grafana, stage.uid, { url: THEIRS, username: "ops", password: "[REDACTED]" });
    const run = await stage.applied(stage.hook(hooked), { overwriteDrift: only(stage.point) });
    await asOlder(run, inHook);
    const { plan } = await stage.rollback(run);
    expect(changeOf(plan, stage.point)?.left).toMatchObject({ reason: "obstacle" });
    expect(stage.sent.join("")).not.toContain("hunter2");
    expect(await stage.settings()).toMatchObject({ url: OURS });
  });

  test("skips a datasource whose address a user changed", async () => {
    const stage = await scene();
    await stage.converge(stage.ds());
    await editDatasource(stage.grafana, stage.uid, { url: THEIRS });
    const run = await stage.applied(stage.ds(), { overwriteDrift: only(stage.source) });
    await asOlder(run, inSource);
    const { plan } = await stage.rollback(run);
    expect(changeOf(plan, stage.source)?.left).toMatchObject({ reason: "obstacle" });
    expect(stage.sent.join("")).not.toContain("hunter2");
    expect(await stage.body()).toMatchObject({ url: OURS });
  });

  test("restores what no user changed", async () => {
    const stage = await scene();
    await stage.converge(stage.hook(hooked));
    const hook = await stage.applied(stage.hook({ ...hooked, url: `${OURS}2` }));
    await asOlder(hook, inHook);
    await stage.rollback(hook);
    expect(stage.sent.join("")).toContain(PASSWORD);
    expect(await stage.settings()).toMatchObject({ url: OURS });

    await stage.converge(stage.ds());
    const source = await stage.applied(stage.ds({ url: `${OURS}2` }));
    await asOlder(source, inSource);
    await stage.rollback(source);
    expect(await stage.body()).toMatchObject({ url: OURS, secureJsonFields: { basicAuthPassword: true } });
  });
});

describe.runIf(MARKS)("a rollback sends no secret to an address that a user set in Grafana", () => {
  test("in an integration, which stays as it is; the plan of the apply reports it", async () => {
    const stage = await scene();
    const code = stage.hook(hooked);
    await stage.converge(code);
    await theirPoint(stage.grafana, stage.uid, { url: THEIRS, username: "ops", password: "[REDACTED]" });

    const options = { overwriteDrift: only(stage.point) };
    const note = changeOf(await stage.plan(code, options), stage.point)?.sideEffect;
    expect(note).toContain(`can't restore the secret password of ${stage.uid}`);
    const { plan } = await stage.rollback(await stage.applied(code, options));
    expect(changeOf(plan, stage.point)?.left).toMatchObject({ reason: "obstacle" });
    expect(stage.sent.join("")).not.toContain("hunter2");
    expect(await stage.settings()).toMatchObject({ url: OURS });
  });

  test("in a datasource, whose secret is cleared; the next apply sends it again", async () => {
    const stage = await scene();
    await stage.converge(stage.ds());
    await editDatasource(stage.grafana, stage.uid, { url: THEIRS });

    const run = await stage.applied(stage.ds(), { overwriteDrift: only(stage.source) });
    expect(stage.sent.join("")).toContain(PASSWORD);
    await stage.rollback(run);
    expect(stage.sent.join("")).not.toContain("hunter2");
    expect(await stage.body()).toMatchObject({ url: THEIRS });
    expect((await stage.body())?.["secureJsonFields"] ?? {}).not.toHaveProperty("basicAuthPassword");
    stage.sent.length = 0;
    await stage.converge(stage.ds(), { overwriteDrift: only(stage.source) });
    expect(stage.sent.join("")).toContain(PASSWORD);
  });

  test.each([
    { oauth2: { tokenUrl: THEIRS } },
    { proxyHost: "theirs" },
    { port: 6666 },
    { protocol: "http" },
    { account: "theirs" },
    { tlsSkipVerify: true },
    { enableSecureSocksProxy: true },
  ])("in settings of a datasource, whose secret is cleared: %j", async (settings) => {
    const stage = await scene();
    const ours = {
      oauth2: { tokenUrl: OURS },
      proxyHost: "ours",
      port: 9440,
      protocol: "https",
      account: "ours",
      tlsSkipVerify: false,
      enableSecureSocksProxy: false,
    };
    const code = stage.ds({ jsonData: ours });
    await stage.converge(code);
    const jsonData = (await stage.body())?.jsonData ?? {};
    await editDatasource(stage.grafana, stage.uid, { jsonData: { ...jsonData, ...settings } });
    await stage.rollback(await stage.applied(code, { overwriteDrift: only(stage.source) }));
    expect(await stage.body()).toMatchObject({ jsonData: settings });
    expect((await stage.body())?.["secureJsonFields"] ?? {}).toEqual({});
  });

  test.each([{ timeInterval: "30s" }, { httpMethod: "GET" }, { supportsLabels: true }, { maxLines: 500 }])(
    "but keeps it in a datasource of which the user changed only other settings: %j",
    async (settings) => {
      const stage = await scene();
      await stage.converge(stage.ds());
      const jsonData = (await stage.body())?.jsonData ?? {};
      await editDatasource(stage.grafana, stage.uid, { jsonData: { ...jsonData, ...settings } });
      await stage.rollback(await stage.applied(stage.ds(), { overwriteDrift: only(stage.source) }));
      expect((await stage.body())?.["secureJsonFields"] ?? {}).toEqual({ basicAuthPassword: true });
    },
  );

  test("in a deleted integration, which is not created again; the plan of the deletion reports it", async () => {
    const stage = await scene();
    const code = stage.hook(hooked);
    await stage.converge(code);
    await theirPoint(stage.grafana, stage.uid, { url: THEIRS, username: "ops", password: "[REDACTED]" });
    const options = { prune: true, overwriteDrift: only(stage.point) };
    const rest = code.slice(0, 1);
    expect(changeOf(await stage.plan(rest, options), stage.point)?.sideEffect).toContain("can't restore the secret");
    const { plan } = await stage.rollback(await stage.applied(rest, options));
    expect(changeOf(plan, stage.point)?.left).toMatchObject({ reason: "obstacle" });
    expect(stage.sent.join("")).not.toContain("hunter2");
    expect(await stage.settings()).toEqual({});
  });

  test("but sends it to an integration of which the user changed only other settings", async () => {
    const stage = await scene();
    const code = stage.hook(hooked);
    await stage.converge(code);
    await theirPoint(stage.grafana, stage.uid, {
      url: OURS,
      username: "ops",
      password: "[REDACTED]",
      message: "theirs",
    });
    await stage.rollback(await stage.applied(code, { overwriteDrift: only(stage.point) }));
    expect(stage.sent.join("")).toContain(PASSWORD);
    expect(await stage.settings()).toMatchObject({ message: "theirs" });
  });

  test("but sends it to a former address of the code", async () => {
    const stage = await scene();
    await stage.converge([...stage.hook(hooked), ...stage.ds()]);
    const run = await stage.applied([...stage.hook({ ...hooked, url: `${OURS}2` }), ...stage.ds({ url: `${OURS}2` })]);
    await stage.rollback(run);
    expect(stage.sent.filter((body) => body.includes(PASSWORD) && body.includes(`"${OURS}"`))).toHaveLength(1);
    expect(await stage.settings()).toMatchObject({ url: OURS });
    expect(await stage.body()).toMatchObject({ url: OURS, secureJsonFields: { basicAuthPassword: true } });
  });
});

test.runIf(MARKS)(
  "if the former variable is not set, a rollback does not leave the secret of another one at the former address",
  async () => {
    const stage = await scene();
    await stage.converge([...stage.hook(hooked), ...stage.ds()]);
    stage.with({ OTHER: "hunter2-other", PASSWORD });
    const secureJsonData = { basicAuthPassword: secret(env("OTHER")) };
    const code = [
      ...stage.hook({ ...hooked, url: `${OURS}2`, password: secret(env("OTHER")) }),
      ...stage.ds({ url: `${OURS}2`, secureJsonData }),
    ];
    const run = await stage.applied(code);
    stage.with({ OTHER: "hunter2-other" });
    const { plan } = await stage.rollback(run);
    expect(changeOf(plan, stage.point)?.left).toMatchObject({ reason: "obstacle" });
    expect(changeOf(plan, stage.source)?.sideEffect).toContain("set PASSWORD");
    expect(stage.sent.join("")).not.toContain("hunter2");
    expect((await stage.body())?.["secureJsonFields"] ?? {}).toEqual({});
  },
);

describe.runIf(MARKS)("a secret that Grafana returns and that a user replaced", () => {
  const SHOWN = { HOOK_URL: `${OURS}/hunter2-token`, PASSWORD, ...KEY };
  const EDITED = `${THEIRS}/edited`;

  test("is restored by a rollback, and again replaced by the rollback of the rollback", async () => {
    const stage = await scene(SHOWN);
    const code = stage.hook({ url: secret(env("HOOK_URL")) });
    await stage.converge(code);
    await theirPoint(stage.grafana, stage.uid, { url: EDITED });

    const run = await stage.applied(code, { overwriteDrift: only(stage.point) });
    expect(await stage.settings()).toMatchObject({ url: SHOWN.HOOK_URL });
    expect(JSON.stringify(await filesIn(stage.directory))).not.toContain(EDITED);
    const { plan, run: undone } = await stage.rollback(run);
    expect(changeOf(plan, stage.point)).toMatchObject({ action: "update", differences: [{ path: "secrets" }] });
    expect(await stage.settings()).toMatchObject({ url: EDITED });
    expect(changeOf(await stage.plan(code), stage.point)).toMatchObject({ origin: "grafana" });

    if (!undone) throw new Error("no run was recorded");
    await stage.rollback(undone);
    expect(await stage.settings()).toMatchObject({ url: SHOWN.HOOK_URL });
    await stage.converge(code);
  });

  test("inside a list is drift", async () => {
    const stage = await scene({ TEAM: "hunter2-team", API_KEY: "hunter2-api-key", ...KEY });
    const settings = (id: unknown, apiKey: unknown) => ({ apiKey, apiUrl: OURS, responders: [{ type: "team", id }] });
    const integrations = [
      { type: "opsgenie", uid: stage.uid, settings: settings(secret(env("TEAM")), secret(env("API_KEY"))) },
    ] as const;
    const code = [...stage.hook({}).slice(0, 1), contactPoint({ name: stage.uid, integrations })];
    await stage.converge(code);
    const body = { uid: stage.uid, name: stage.uid, type: "opsgenie", settings: settings("theirs", "[REDACTED]") };
    const path = `/api/v1/provisioning/contact-points/${stage.uid}`;
    await stage.grafana.other.send({ method: "PUT", path, body });
    expect(changeOf(await stage.plan(code), stage.point)).toMatchObject({ origin: "grafana" });
  });

  test("is restored only while the variable has the same value", async () => {
    const stage = await scene(SHOWN);
    const code = stage.hook({ url: secret(env("HOOK_URL")) });
    await stage.converge(code);
    await theirPoint(stage.grafana, stage.uid, { url: EDITED });
    const run = await stage.applied(code, { overwriteDrift: only(stage.point) });
    stage.with({ ...SHOWN, HOOK_URL: `${OURS}/rotated-token` });
    const { plan } = await stage.rollback(run);
    expect(changeOf(plan, stage.point)?.left).toMatchObject({ reason: "obstacle" });
    expect(await stage.settings()).toMatchObject({ url: SHOWN.HOOK_URL });
  });

  test("is not restored with another secret of the integration", async () => {
    const stage = await scene(SHOWN);
    const code = stage.hook({ ...hooked, url: secret(env("HOOK_URL")) });
    await stage.converge(code);
    await theirPoint(stage.grafana, stage.uid, { url: EDITED, username: "ops", password: "[REDACTED]" });
    const options = { overwriteDrift: only(stage.point) };
    expect(changeOf(await stage.plan(code, options), stage.point)?.sideEffect).toContain("can't restore");
    const { plan } = await stage.rollback(await stage.applied(code, options));
    expect(changeOf(plan, stage.point)?.left).toMatchObject({ reason: "obstacle" });
    expect(stage.sent.join("")).not.toContain(PASSWORD);
    expect(await stage.settings()).toMatchObject({ url: SHOWN.HOOK_URL });
  });

  test("is not reported as lost if it was plain text in the code", async () => {
    const stage = await scene(SHOWN);
    await stage.converge(stage.hook({ url: EDITED }));
    const code = stage.hook({ url: secret(env("HOOK_URL")) });
    expect(changeOf(await stage.plan(code), stage.point)?.sideEffect).toBeUndefined();
    await stage.rollback(await stage.applied(code));
    expect(await stage.settings()).toMatchObject({ url: EDITED });
  });

  test("without a key, the plan reports that a rollback can't restore it", async () => {
    const { GRAFANA_PROVISION_KEY: _, ...variables } = SHOWN;
    const stage = await scene(variables);
    const code = stage.hook({ url: secret(env("HOOK_URL")) });
    await stage.converge(code);
    await theirPoint(stage.grafana, stage.uid, { url: EDITED });
    const note = changeOf(await stage.plan(code), stage.point)?.sideEffect;
    expect(note).toContain(`can't restore the current value of the secret url of ${stage.uid}`);
  });
});
