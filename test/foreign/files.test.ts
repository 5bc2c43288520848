import { cpSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { testProject, type TestProject } from "../helpers/cli.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { differences, typeFaults, variablesIn, writtenFiles } from "./support.ts";

const FIXTURES = resolve(import.meta.dirname, "../fixtures/foreign");
const NON_SECRET = { METRICS_URL: "http://metrics.example:9090" };
/** The credentials in plain text in the files. */
const PLAIN = ["plain-header-value", "plain-webhook-token", "plain-integration-key", "plain-slack-token"];

async function projectWith(...names: string[]): Promise<TestProject> {
  const project = await testProject();
  await project.remove("grafana.config.ts");
  for (const name of names) cpSync(join(FIXTURES, name), join(project.directory, "given", name), { recursive: true });
  return project;
}

/** The reason for each part that was left out, by its place. */
function leftOut(stdout: string): Record<string, string> {
  const result: Record<string, string> = {};
  let why = "";
  for (const line of stdout.split("\n")) {
    if (!line.startsWith("  ")) why = /^Left out: (.*)$/.exec(line)?.[1] ?? "";
    else if (why !== "") result[line.trim().replace(/ ".*"$/, "")] = why;
  }
  return result;
}

/** Applies the imported code to an empty Grafana, and plans again. */
async function planAfterApply(project: TestProject): Promise<readonly string[]> {
  const { variables: own } = await testGrafana();
  const variables = { ...own, ...variablesIn(project) };
  const applied = await project.run(["apply", "--yes"], variables);
  expect(applied.code, applied.stdout + applied.stderr).toBe(0);
  return (await differences(project, variables)).differences;
}

const REAL = process.env["TEST_GRAFANA_URL"] !== undefined;

test.skipIf(REAL)("Grizzly's resources become code with their uids and folders", async () => {
  const project = await projectWith("grizzly");
  const run = await project.run(["import", "given/grizzly", "--out", "."]);
  expect(run.code, run.stdout + run.stderr).toBe(0);
  expect(leftOut(run.stdout)).toEqual({
    "given/grizzly/others/unknown.yaml document 1": expect.stringContaining("PrometheusRuleGroup"),
    "given/grizzly/others/unknown.yaml document 2": expect.stringContaining("variable"),
  });
  const files = writtenFiles(project);
  expect([...files.keys()].toSorted()).toEqual([
    "alerts/contact-points.ts",
    "alerts/message-templates.ts",
    "alerts/notification-policies.ts",
    "alerts/shop/checkout.ts",
    "dashboards/folders.ts",
    "dashboards/library-panels/shop/notes.ts",
    "dashboards/root.ts",
    "dashboards/shop/nodes/orders.ts",
    "datasources/datasources.ts",
  ]);
  expect(files.get("dashboards/folders.ts")).toContain('uid: "shop-nodes", title: "Nodes", parent: shop');
  expect(files.get("alerts/contact-points.ts")).toContain('secret(env("ON_CALL_SLACK_URL"))');
  expect(files.get("alerts/contact-points.ts")).toContain('uid: "on-call-email"');
  expect(files.get("datasources/datasources.ts")).toContain('secret(env("METRICS_BASIC_AUTH_PASSWORD"))');
  expect(files.get("alerts/shop/checkout.ts")).toContain('uid: "checkout-errors"');
  for (const text of [...files.values(), run.stdout]) for (const value of PLAIN) expect(text).not.toContain(value);
  expect(await planAfterApply(project)).toEqual([]);
  expect(await typeFaults(project)).toBe("");
});

test.skipIf(REAL)("gcx's manifests become code with their uids, folders and schemas", async () => {
  const project = await projectWith("gcx");
  const run = await project.run(["import", "given/gcx", "--out", "."]);
  expect(run.code, run.stdout + run.stderr).toBe(0);
  expect(leftOut(run.stdout)).toEqual({
    "given/gcx/notifications/all.yaml document 5": expect.stringContaining("AlertRule"),
  });
  const files = writtenFiles(project);
  expect([...files.keys()].toSorted()).toEqual([
    "alerts/contact-points.ts",
    "alerts/message-templates.ts",
    "alerts/mute-timings.ts",
    "alerts/notification-policies.ts",
    "dashboards/folders.ts",
    "dashboards/playlists.ts",
    "dashboards/shop/nodes/orders.ts",
    "dashboards/status.ts",
  ]);
  expect(files.get("dashboards/status.ts")).toContain("grafana-foundation-sdk/dashboardv2");
  expect(files.get("dashboards/folders.ts")).toContain('description: "Dashboards of the shop"');
  expect(files.get("alerts/notification-policies.ts")).toContain("active_time_intervals: [nights]");
  expect(await planAfterApply(project)).toEqual([]);
  expect(await typeFaults(project)).toBe("");
});

test.skipIf(REAL)("provisioning files become code, with variables in place of secrets", async () => {
  const project = await projectWith("provisioning", "dashboards");
  const run = await project.run(["import", "given", "--out", "."], NON_SECRET);
  expect(run.code, run.stdout + run.stderr).toBe(0);
  const at = "given/provisioning";
  expect(leftOut(run.stdout)).toEqual({
    "given/dashboards/shop/notes.json": expect.stringContaining("no object"),
    [`${at}/alerting/notifications.yaml`]: expect.stringContaining("deletions"),
    [`${at}/alerting/rules.yaml`]: expect.stringContaining("deletions"),
    [`${at}/datasources/all.yaml`]: expect.stringContaining("deletions"),
    [`${at}/datasources/all.yaml datasources[2]`]: expect.stringContaining("organization 2"),
    [`${at}/dashboards/providers.yaml providers[2]`]: expect.stringContaining("/srv/nowhere/else"),
    [`${at}/plugins/app.yaml`]: expect.stringContaining("not supported"),
  });
  expect(run.stdout).toContain('"Logs" is imported without correlations');
  const files = writtenFiles(project);
  const sources = files.get("datasources/datasources.ts") ?? "";
  // Grafana derives the uid of a datasource without one from its name.
  expect(sources).toContain('uid: "PEA2100DC89AE9FE2"');
  expect(sources).toContain('url: "http://metrics.example:9090"');
  expect(sources).toContain('url: "${__value.raw}"');
  expect(sources).toContain('basicAuthPassword: secret(env("METRICS_PASSWORD"))');
  expect(files.get("dashboards/folders.ts")).toContain('folder({ uid: "shop", title: "Shop" })');
  expect(files.has("dashboards/shop/orders.ts")).toBe(true);
  expect(files.has("dashboards/platform/nodes.ts")).toBe(true);
  expect(files.get("dashboards/overview.ts")).toContain("folder: null");
  const rule = files.get("alerts/shop/checkout.ts") ?? "";
  for (const text of ['execErrState: "Alerting"', "{{ $labels.job }} has errors (${TEAM})", '__panelId__: "1"'])
    expect(rule).toContain(text);
  expect(files.has("alerts/platform/nodes/logs.ts")).toBe(true);
  expect(files.get("alerts/contact-points.ts")).toContain('secret(env("SLACK_WEBHOOK_URL"))');
  expect(files.get("alerts/notification-policies.ts")).toContain('["team", "=~", "shop|platform"]');
  for (const text of [...files.values(), run.stdout, run.stderr])
    for (const value of PLAIN) expect(text).not.toContain(value);
  expect(await typeFaults(project)).toBe("");
  // The rule group of the archive queries a datasource that the files don't contain.
  await project.write({
    "datasources/archive.ts": `import { datasource } from "grafana-provision";
      export const archive = datasource({ uid: "archive", name: "Archive", type: "loki", url: "http://archive:3100" });`,
  });
  expect(await planAfterApply(project)).toEqual([]);
});

test("folders that files name by their titles get the uids of the selected Grafana", async () => {
  const grafana = await testGrafana();
  const [uid, title] = [grafana.name("known"), grafana.name("Known")];
  await grafana.other.send({ method: "POST", path: "/api/folders", body: { uid, title } });
  const provider = { name: "known", folder: title, type: "file", options: { path: "boards" } };
  const project = await testProject({
    "given/providers.yaml": JSON.stringify({ apiVersion: 1, providers: [provider] }),
    "given/boards/one.json": JSON.stringify({ uid: "one", title: "One", panels: [] }),
  });
  const config = `export default { project: "test", environments: { live: { url: "${grafana.url}" } } };`;
  await project.write({ "grafana.config.ts": config });
  const { GRAFANA_USER = "", GRAFANA_PASSWORD = "" } = grafana.variables;
  const run = await project.run(["import", "given", "--env", "live"], { GRAFANA_USER, GRAFANA_PASSWORD });
  expect(run.code, run.stdout + run.stderr).toBe(0);
  expect(writtenFiles(project).get("dashboards/folders.ts")).toContain(`folder({ uid: "${uid}", title: "${title}" })`);
});

test("values of variables with names of credentials are never written to the code", async () => {
  const hidden = { SECRET_TOKEN: "hidden-1", DB_PASSWORD: "hidden-2", REGION: "north" };
  const source = {
    name: "A",
    uid: "a",
    type: "prometheus",
    url: "https://prom",
    database: "${DB_PASSWORD}",
    password: "$DB_PASSWORD",
    basicAuthUser: "user-$REGION",
    jsonData: { foo: "$SECRET_TOKEN", customQueryParameters: "q=$__env{SECRET_TOKEN}", timeInterval: "$$SECRET_TOKEN" },
  };
  const project = await testProject({ "given/a.yaml": JSON.stringify({ apiVersion: 1, datasources: [source] }) });
  const run = await project.run(["import", "given", "--out", "out"], hidden);
  expect(run.code, run.stdout + run.stderr).toBe(0);
  const texts = [...writtenFiles(project, "out").values()];
  for (const text of [...texts, run.stdout, run.stderr]) expect(text).not.toContain("hidden-");
  const code = texts.join("");
  for (const text of ['"user-north"', '"$SECRET_TOKEN"']) expect(code).toContain(text);
  for (const name of ["database", "foo", "customQueryParameters"]) {
    expect(code).not.toContain(`${name}:`);
    expect(run.stdout).toContain(name);
  }
  await project.write({
    "rules.yaml": JSON.stringify({
      apiVersion: 1,
      datasources: [{ name: "B", type: "prometheus", url: "https://prom/$SECRET_TOKEN" }],
      policies: [{ receiver: "r", routes: [{ receiver: "r", object_matchers: [["team", "=", "$SECRET_TOKEN"]] }] }],
    }),
  });
  const policies = await project.run(["import", "rules.yaml", "--out", "policies"], hidden);
  expect(policies.code, policies.stdout).toBe(65);
  for (const place of ["datasources[0]", "policies[0]"]) expect(policies.stderr).toContain(place);
  expect(policies.stderr).toContain("SECRET_TOKEN");
  expect(policies.stdout + policies.stderr).not.toContain("hidden-");
  expect(writtenFiles(project, "policies").size).toBe(0);
});

test("variables within the texts of contact points are replaced, as Grafana does", async () => {
  const receivers = [
    {
      uid: "mail",
      type: "email",
      settings: { addresses: "$TEAM@example.org", subject: "Alerts of ${TEAM}: $$5", message: "{{ $$x := 1 }}" },
    },
    { uid: "chat", type: "slack", settings: { url: "$CHAT_URL", recipient: "#$TEAM" } },
  ];
  const file = (all: object[]) =>
    JSON.stringify({ apiVersion: 1, contactPoints: [{ name: "Point $TEAM", receivers: all }] });
  const project = await testProject({ "given/points.yaml": file(receivers) });

  const run = await project.run(["import", "given", "--out", "out"], { TEAM: "shop" });

  expect(run.code, run.stdout + run.stderr).toBe(0);
  const code = writtenFiles(project, "out").get("alerts/contact-points.ts") ?? "";
  for (const text of ['"Point shop"', "shop@example.org", '"Alerts of shop: $5"', '"{{ $x := 1 }}"', '"#shop"'])
    expect(code).toContain(text);
  expect(code).toContain('secret(env("CHAT_URL"))');

  const [mail] = receivers;
  await project.write({
    "given/points.yaml": file([
      { ...mail, settings: { ...mail?.settings, subject: "{{ $labels.job }} $SECRET_TOKEN" } },
    ]),
  });
  const wrong = await project.run(["import", "given", "--out", "wrong"], { TEAM: "shop", SECRET_TOKEN: "hidden-1" });
  expect(wrong.code).toBe(65);
  for (const name of ["labels", "SECRET_TOKEN"]) expect(wrong.stderr).toContain(name);
  expect(wrong.stdout + wrong.stderr).not.toContain("hidden-");
});

test("all broken files and unset variables are reported by file, and nothing is written", async () => {
  const project = await testProject({
    "given/a.yaml": "apiVersion: 1\ndatasources:\n  - name: A\n    password: hidden-password\n   broken: [",
    "given/b.json": '{ "apiVersion": "grizzly.grafana.com/v1alpha1", "token": "hidden-token", }',
    "given/c.yaml": JSON.stringify({
      apiVersion: 1,
      datasources: [{ name: "C", type: "loki", url: "$UNSET_URL" }],
      groups: [
        { name: "g", folder: "F", interval: "7s", rules: [{ uid: "r", title: "R", condition: "A", data: [{}] }] },
      ],
    }),
    "given/d.yaml": JSON.stringify({
      apiVersion: "grizzly.grafana.com/v1alpha1",
      kind: "DashboardFolder",
      metadata: { name: "not a uid" },
      spec: { title: "D" },
    }),
  });
  const run = await project.run(["import", "given", "--out", "out"]);
  expect(run.code).toBe(65);
  for (const file of ["a.yaml", "b.json", "c.yaml", "d.yaml"]) expect(run.stderr).toContain(`given/${file}`);
  expect(run.stderr).toContain("UNSET_URL");
  expect(run.stdout + run.stderr).not.toContain("hidden-");
  expect(writtenFiles(project, "out").size).toBe(0);
});

test("a named file of an unsupported kind and an empty directory are errors", async () => {
  const project = await testProject({
    "given/check.yaml":
      "apiVersion: grizzly.grafana.com/v1alpha1\nkind: SyntheticMonitoringCheck\nmetadata: { name: x }\nspec: {}\n",
    "empty/readme.txt": "",
  });
  const unsupported = await project.run(["import", "given/check.yaml"]);
  expect(unsupported.code).toBe(65);
  expect(unsupported.stderr).toContain("SyntheticMonitoringCheck");
  expect((await project.run(["import", "empty"])).code).toBe(65);
  expect((await project.run(["import", "missing"])).code).toBe(65);
});
