import { expect, onTestFinished, test } from "vitest";
import { contactPoint, datasource, env, secret } from "../../src/index.ts";
import { secretsIn } from "../../src/secrets/secret.ts";
import { secretValues } from "../../src/secrets/values.ts";
import { cleanUp } from "../alerting/support.ts";
import { converge } from "../helpers/converge.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { imported } from "./support.ts";

const HIDDEN = { SLACK: "https://hooks.slack.example/services/hidden-1", KEY: "hidden-2" };
const CLEAR = {
  webhook: "https://alerts.example/clear-1",
  teams: "https://teams.example/hook/clear-2",
  header: "clear-3",
  password: "clear-4",
  token: "clear-5",
};

test("the code of objects has no credentials, and each secret has its own variable", async () => {
  const grafana = await testGrafana();
  if (grafana.real) onTestFinished(() => cleanUp(grafana));
  const variables = { ...HIDDEN, GRAFANA_PROVISION_KEY: "a key for tests" };
  const context = { ...(await grafana.context(grafana.name("team"))), secrets: secretValues({ variables }) };
  const [name, uid] = [grafana.name("ops"), grafana.name("metrics")];
  const [slack, key] = [secret(env("SLACK")), secret(env("KEY"))];
  const webhook = {
    url: CLEAR.webhook,
    title: "Plain title",
    headers: { "X-Api-Key": CLEAR.header, Accept: "text/plain" },
    tlsConfig: { clientKey: key },
    http_config: {
      oauth2: { client_id: "id", client_secret: key, token_url: "https://sso.example" },
    },
  };
  await converge(context, [
    contactPoint({
      name,
      integrations: [
        { type: "slack", settings: { url: slack } },
        { type: "slack", settings: { url: slack } },
        { type: "teams", settings: { url: CLEAR.teams } },
        { type: "webhook", settings: webhook },
      ],
    }),
    datasource({
      uid,
      name: uid,
      type: "prometheus",
      url: `http://reader:${CLEAR.password}@127.0.0.1:9090`,
      jsonData: { httpMethod: "POST", custom: { apiToken: CLEAR.token, region: "eu" } },
    }),
  ]);

  const result = await imported(await grafana.context(grafana.name("other")), {
    selected: ({ id }) => id === name || id === uid,
  });
  const text = [...result.files.values(), ...result.notes].join("\n");
  for (const value of [...Object.values(HIDDEN), ...Object.values(CLEAR)]) expect(text).not.toContain(value);
  const [point, source] = ["contact-point", "datasource"].map((kind) =>
    result.resources.find((one) => one.kind === kind),
  );
  const uses = secretsIn(point);
  const ends = uses.map(({ path }) => path.slice(3).join("."));
  expect(ends.toSorted()).toEqual([
    "headers.X-Api-Key",
    "http_config.oauth2.client_secret",
    "tlsConfig.clientKey",
    "url",
    "url",
    "url",
    "url",
  ]);
  expect([...result.variables.keys()].toSorted()).toEqual(uses.map(({ variable }) => variable).toSorted());
  expect(new Set(uses.map(({ variable }) => variable)).size).toBe(7);
  expect(JSON.stringify(point)).toContain("Plain title");
  expect(source).not.toHaveProperty("url");
  expect(source).toHaveProperty("jsonData", { httpMethod: "POST", custom: { region: "eu" } });
  expect(result.notes).toHaveLength(2);
  for (const place of ["url", "jsonData.custom.apiToken"])
    expect(result.notes.some((note) => note.startsWith(`${place} of datasource/${uid} `))).toBe(true);
});
