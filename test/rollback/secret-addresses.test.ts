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

test.runIf(MARKS)(
  "an adoption that an older version recorded with the project's secrets is not rolled back",
  async () => {
    const stage = await scene();
    await theirPoint(stage.grafana, stage.uid, { url: THEIRS, username: "ops", password: "theirs" });
    const run = await stage.applied(stage.hook(hooked), { adopt: only(stage.point) });
    const file = Object.keys(await filesIn(run.directory)).find((name) => name.includes("contact-point")) ?? "";
    const text = await readFile(join(run.directory, file), "utf8");
    const path = ["integrations", 0, "settings", "password"];
    const older = text
      .replace('"[REDACTED]"', '{ "$secret": "PASSWORD" }')
      .replace('"sealed": []', `"sealed": ${JSON.stringify([{ path, variable: "PASSWORD" }])}`);
    expect(older).toContain('"variable"');
    await writeFile(join(run.directory, file), older);
    const { plan } = await stage.rollback(run);
    expect(changeOf(plan, stage.point)?.left).toMatchObject({ reason: "obstacle" });
    expect(stage.sent.filter((body) => body.includes(THEIRS) || body.includes("hunter2"))).toEqual([]);
  },
);

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

  test.each([{ tlsSkipVerify: true }, { oauth2: { tokenUrl: THEIRS } }, { proxyHost: "theirs" }])(
    "in settings of a datasource: %j",
    async (settings) => {
      const stage = await scene();
      await stage.converge(stage.ds());
      const jsonData = (await stage.body())?.jsonData ?? {};
      await editDatasource(stage.grafana, stage.uid, { jsonData: { ...jsonData, ...settings } });
      await stage.rollback(await stage.applied(stage.ds(), { overwriteDrift: only(stage.source) }));
      const kept = "tlsSkipVerify" in settings;
      expect((await stage.body())?.["secureJsonFields"] ?? {}).toEqual(kept ? { basicAuthPassword: true } : {});
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
