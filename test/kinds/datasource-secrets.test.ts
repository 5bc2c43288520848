import { describe, expect, test } from "vitest";
import { datasource, env, secret, type Datasource } from "../../src/index.ts";
import { secretValues } from "../../src/secrets/values.ts";
import { mustHaveSecrets } from "../../src/cli/needed-secrets.ts";
import { InvalidCodeError } from "../../src/util/errors.ts";
import { changeOf, datasourceNow, editDatasource } from "../engine/support.ts";
import { converge, only, planFor, type ConvergeOptions } from "../helpers/converge.ts";
import { testGrafana } from "../helpers/grafana.ts";

const VARIABLES = { ONE: "hunter2-one", TWO: "hunter2-two" };
const URL = "http://ours:9090";

/** A datasource with a secret, without a key. */
async function scene() {
  const grafana = await testGrafana();
  const base = await grafana.context(grafana.name("own"));
  const { client } = base.grafana;
  const sent: string[] = [];
  const send: typeof client.send = (request) => {
    if (request.method !== "GET") sent.push(JSON.stringify(request.body ?? null));
    return client.send(request);
  };
  const context = {
    ...base,
    grafana: { ...base.grafana, client: { ...client, send } },
    secrets: secretValues({ variables: VARIABLES }),
  };
  const uid = grafana.name("ds");
  return {
    grafana,
    uid,
    name: `datasource/${uid}`,
    code: (more: Partial<Datasource> = {}) => [
      datasource({
        uid,
        name: uid,
        type: "prometheus",
        url: URL,
        secureJsonData: { basicAuthPassword: secret(env("ONE")) },
        ...more,
      }),
    ],
    plan: (code: readonly { kind: string }[], options: ConvergeOptions = {}) => planFor(context, code, options),
    /** The secrets that an apply sends. */
    sentBy: async (code: readonly { kind: string }[], options: ConvergeOptions = {}) => {
      sent.length = 0;
      await converge(context, code, options);
      return Object.entries(VARIABLES).flatMap(([name, value]) => (sent.join("").includes(value) ? [name] : []));
    },
  };
}

const shown = (paths: readonly { path: string }[] | undefined) => paths?.map(({ path }) => path);

describe("without a key, an apply sends the secret of a datasource, and its plan shows it", () => {
  test("if the URL changes", async () => {
    const { code, plan, sentBy, name } = await scene();
    await sentBy(code());
    const other = code({ url: "http://other:9090" });
    const prepared = await plan(other);
    expect(shown(changeOf(prepared, name)?.differences)).toEqual(["url", "secrets"]);
    expect(prepared.plan.uncheckedSecrets).toEqual([]);
    expect(await sentBy(other)).toEqual(["ONE"]);
  });

  test("if another setting says where requests go", async () => {
    const { code, sentBy } = await scene();
    await sentBy(code());
    expect(await sentBy(code({ jsonData: { oauth2: { tokenUrl: "http://other:9090" } } }))).toEqual(["ONE"]);
  });

  test("if the code takes it from another variable", async () => {
    const { code, plan, sentBy, name } = await scene();
    await sentBy(code());
    const other = code({ secureJsonData: { basicAuthPassword: secret(env("TWO")) } });
    expect(changeOf(await plan(other), name)).toMatchObject({ origin: "code", differences: [{ path: "secrets" }] });
    expect(await sentBy(other)).toEqual(["TWO"]);
  });

  test("if it is adopted, also if nothing else differs", async () => {
    const { grafana, code, plan, sentBy, name, uid } = await scene();
    const body = {
      uid,
      name: uid,
      type: "prometheus",
      access: "proxy",
      url: URL,
      secureJsonData: { basicAuthPassword: "x" },
    };
    await grafana.other.send({ method: "POST", path: "/api/datasources", body });
    const adopt = only(name);
    const stated = code({ isDefault: (await datasourceNow(grafana, uid))?.["isDefault"] === true });
    const prepared = await plan(stated, { adopt });
    expect(changeOf(prepared, name)).toMatchObject({ action: "adopt", differences: [{ path: "secrets" }] });
    expect(prepared.plan.uncheckedSecrets).toEqual([]);
    expect(await sentBy(stated, { adopt })).toEqual(["ONE"]);
  });

  test("if a user changed the URL in Grafana", async () => {
    const { grafana, code, sentBy, name, uid } = await scene();
    await sentBy(code());
    await editDatasource(grafana, uid, { url: "http://theirs:9090" });
    expect(await sentBy(code(), { overwriteDrift: only(name) })).toEqual(["ONE"]);
  });
});

test("without a key, other changes of a datasource send no secret, and the plan lists it as not compared", async () => {
  const { code, plan, sentBy } = await scene();
  await sentBy(code());
  const other = code({ jsonData: { timeInterval: "30s" } });
  expect((await plan(other)).plan.uncheckedSecrets).toMatchObject([{ reason: "key" }]);
  expect(await sentBy(other)).toEqual([]);
});

test("a plan that changes the URL is not applied if the variable of the secret is not set", async () => {
  const { grafana, code, sentBy } = await scene();
  await sentBy(code());
  const context = await grafana.context(grafana.name("own"));
  const check = mustHaveSecrets({ target: { type: "grafana" } } as never, {} as never);
  const unset = { ...context, secrets: secretValues({ variables: {} }) };
  const same = await planFor(unset, code({ jsonData: { timeInterval: "30s" } }));
  await expect(check(same, unset)).resolves.toBeUndefined();
  const other = await planFor(unset, code({ url: "http://other:9090" }));
  await expect(check(other, unset)).rejects.toThrow(InvalidCodeError);
});
