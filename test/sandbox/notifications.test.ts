import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { SandboxDataError } from "../../src/sandbox/errors.ts";
import { startSandbox } from "../../src/sandbox/server.ts";
import {
  makeFolders,
  pointsPath,
  policiesPath,
  putGroup,
  rule,
  rulesPath,
  templatesPath,
  timingsPath,
  webhook,
} from "./alerting-support.ts";
import { call, sandbox, temporaryDirectory } from "./support.ts";

const weekends = {
  name: "weekends",
  time_intervals: [{ weekdays: ["Saturday", "sunday"], months: ["january:march"] }],
};
const exportPath = `${pointsPath}/export?format=json&decrypt=true`;

/** The items that are rejected. */
async function failing<T>(items: readonly T[], passes: (item: T) => Promise<boolean>): Promise<T[]> {
  const failed: T[] = [];
  for (const item of items) if (!(await passes(item))) failed.push(item);
  return failed;
}

test("contact points, mute timings, templates and policies persist across a restart", async () => {
  const dataDirectory = await temporaryDirectory();
  const first = await startSandbox({ dataDirectory });
  await call(first, "POST", pointsPath, webhook("cp", "point", { password: "s3cret", hmacConfig: { secret: "k3y" } }));
  await call(first, "POST", timingsPath, weekends, { "x-disable-provenance": "" });
  await call(first, "PUT", `${templatesPath}/t`, { template: "Hello" });
  const child = {
    receiver: "point",
    object_matchers: [["a", "=~", "b.*"]],
    matchers: ['c="d,e"'],
    match_re: { f: "g|h" },
    mute_time_intervals: ["weekends"],
    group_wait: "90s",
    continue: true,
  };
  await call(first, "PUT", policiesPath, { receiver: "point", routes: [child] });
  const paths = [pointsPath, timingsPath, templatesPath, policiesPath];
  const read = async (server: { url: string }) => Promise.all(paths.map(async (path) => call(server, "GET", path)));
  const before = await read(first);
  expect(JSON.stringify(await call(first, "GET", exportPath))).toContain("s3cret");
  await first.close();

  const second = await sandbox(dataDirectory);

  expect(await read(second)).toEqual(before);
  expect(before.map(({ status }) => status)).toEqual(paths.map(() => 200));
  expect(JSON.stringify(await call(second, "GET", exportPath))).not.toContain("s3cret");
  expect(before[3]?.body).toMatchObject({ routes: [{ group_wait: "1m30s", matchers: ['c="d,e"'] }] });
});

test("files contain the paths of secrets, including nested ones, but no values", async () => {
  const dataDirectory = await temporaryDirectory();
  const server = await sandbox(dataDirectory);
  const secrets = { password: "s3cret", tlsConfig: { clientKey: "k3y", insecureSkipVerify: true } };
  await call(server, "POST", pointsPath, webhook("cp", "point", secrets));

  const document = await readFile(join(dataDirectory, "alerting/notifications.json"), "utf8");
  const file = join(dataDirectory, "secrets/contact-points/cp.json");
  const { mode } = await stat(file);
  const { mode: directoryMode } = await stat(join(dataDirectory, "secrets/contact-points"));
  const { body } = await call(server, "GET", pointsPath);

  expect(document).not.toMatch(/s3cret|k3y/);
  expect(JSON.parse(await readFile(file, "utf8"))).toEqual({ uid: "cp", names: ["password", "tlsConfig.clientKey"] });
  expect([mode & 0o777, directoryMode & 0o777]).toEqual([0o600, 0o700]);
  const tlsConfig = { clientKey: "[REDACTED]", insecureSkipVerify: true };
  expect(body).toMatchObject([{ settings: { password: "[REDACTED]", tlsConfig } }]);
  await call(server, "DELETE", `${pointsPath}/cp`);
  expect(await readdir(join(dataDirectory, "secrets/contact-points"))).toEqual([]);
});

test("a redacted secret keeps its value, but a nested one is lost", async () => {
  const server = await sandbox();
  await call(server, "POST", pointsPath, webhook("cp", "p$", { password: "s$", hmacConfig: { secret: "k3y" } }));

  const covered = { password: "[REDACTED]", hmacConfig: { secret: "[REDACTED]" } };
  await call(server, "PUT", `${pointsPath}/cp`, webhook("", "p$", covered));

  const settings = { password: "s$$", hmacConfig: { secret: "[REDACTED]" } };
  const contactPoints = [{ name: "p$$", receivers: [{ uid: "cp", settings }] }];
  expect((await call(server, "GET", exportPath)).body).toMatchObject({ contactPoints });
});

test("concurrent writes of contact points are all stored", async () => {
  const server = await sandbox();
  const uids = Array.from({ length: 40 }, (_, index) => `cp${index}`);

  const answers = await Promise.all([
    ...uids.map(async (uid) => call(server, "POST", pointsPath, webhook(uid, `n${uid.length}`, { password: uid }))),
    ...uids.map(async (name) => call(server, "POST", timingsPath, { name, time_intervals: [] })),
    ...uids.map(async (name) => call(server, "PUT", `${templatesPath}/${name}`, { template: name })),
  ]);

  expect(answers.filter(({ status }) => status >= 300)).toEqual([]);
  for (const path of [pointsPath, timingsPath, templatesPath]) {
    expect((await call(server, "GET", path)).body).toHaveLength(uids.length);
  }
  const text = JSON.stringify((await call(server, "GET", exportPath)).body);
  expect(uids.filter((uid) => !text.includes(`"password":"${uid}"`))).toEqual([]);
});

test("a rename updates policies and rules, and an object in use can't be deleted", async () => {
  const server = await sandbox();
  await makeFolders(server, "f");
  await call(server, "POST", pointsPath, webhook("cp", "old"));
  await call(server, "POST", timingsPath, weekends);
  const notification = { receiver: "old", mute_time_intervals: ["weekends"] };
  await putGroup(server, "f/g", [rule("one", { notification_settings: notification })]);

  const used = [
    await call(server, "DELETE", `${pointsPath}/cp`),
    await call(server, "DELETE", `${timingsPath}/weekends`),
  ];
  expect(used.map(({ status }) => status)).toEqual([409, 409]);
  const routes = [{ receiver: "old", mute_time_intervals: ["weekends"] }];
  await call(server, "PUT", policiesPath, { receiver: "old", routes });
  await call(server, "PUT", `${pointsPath}/cp`, webhook("", "new"));
  const byUid = `${timingsPath}/${Buffer.from("weekends").toString("base64url")}`;
  expect((await call(server, "PUT", byUid, { ...weekends, name: "rest" })).status).toBe(202);

  const renamed = { receiver: "new", mute_time_intervals: ["rest"] };
  expect((await call(server, "GET", policiesPath)).body).toMatchObject({ receiver: "new", routes: [renamed] });
  const { body } = await call(server, "GET", `${rulesPath}/one`);
  expect(body).toMatchObject({ notification_settings: renamed, provenance: "api" });
});

test("settings are validated by their type", async () => {
  const server = await sandbox();
  const status = async (type: string, settings: object) =>
    (await call(server, "POST", pointsPath, { name: "n", type, settings })).status;
  const valid: [string, object][] = [
    ["Email", { addresses: "a@b.c", unknown: { kept: true } }],
    ["slack", { url: "https://hooks.slack.com/x" }],
    ["pagerduty", { integrationKey: "k", details: { a: "b" } }],
    ["line", { token: "t" }],
    ["telegram", { bottoken: "t", chatid: "5", parse_mode: "none" }],
    ["sns", { topic_arn: "arn:aws:sns:eu-west-1:1:topic", sigv4: { region: "eu" } }],
    ["opsgenie", { apiKey: "k", responders: [{ type: "team", name: "ops" }] }],
    ["prometheus-alertmanager", { url: "http://a, http://b" }],
  ];
  const invalid: [string, object][] = [
    ["nope", {}],
    ["email", { addresses: 5 }],
    ["slack", { token: "t" }],
    ["slack", { url: "http://x", mentionChannel: "all" }],
    ["webhook", { url: "http://x", headers: { Host: "y" } }],
    ["webhook", { url: "http://x", username: "u", password: "p", authorization_credentials: "c" }],
    ["webhook", { url: "http://x", http_config: { oauth2: { client_id: "a" } } }],
    ["jira", { api_url: "http://x", project: "P", issue_type: "T", user: "u", password: "p", api_token: "t" }],
    ["kafka", { kafkaRestProxy: "http://x", kafkaTopic: "t", apiVersion: "v3" }],
    ["threema", { gateway_id: "1234567", recipient_id: "12345678", api_secret: "s" }],
    ["mqtt", { brokerUrl: "tcp://x", topic: "t", qos: 3 }],
    ["msteams", { url: "http://x" }],
  ];

  const refused = await failing(valid, async ([type, settings]) => (await status(type, settings)) === 202);
  const taken = await failing(invalid, async ([type, settings]) => (await status(type, settings)) === 400);
  expect({ refused, taken }).toEqual({ refused: [], taken: [] });
});

test("policies that Grafana can store but not read are rejected", async () => {
  const server = await sandbox();
  const refused = [
    { receiver: "empty", continue: true },
    { receiver: "empty", routes: [{ match_re: { a: "" } }] },
    { receiver: "empty", routes: [{ match_re: { "a-b": "x" } }] },
    { receiver: "empty", routes: [{ object_matchers: [["a", "=~", "(?=b)"]] }] },
    { receiver: "empty", group_by: ["...", "a"] },
  ];

  for (const tree of refused) expect((await call(server, "PUT", policiesPath, tree)).status).toBe(400);

  const untouched = { receiver: "empty", group_by: ["grafana_folder", "alertname"] };
  expect((await call(server, "GET", policiesPath)).body).toEqual(untouched);
});

test("templates are parsed like in Go", async () => {
  const server = await sandbox();
  const put = async (template: string) => (await call(server, "PUT", `${templatesPath}/t`, { template })).status;
  const valid = [
    '{{ define "a" }}{{ range $i, $a := .Alerts }}{{ if $i }}, {{ end }}{{ $a.Labels.alertname | toUpper }}{{ end }}{{ end }}',
    "{{ with .x }}{{ . }}{{ else with .y }}{{ . }}{{ else }}none{{ end }}",
    '{{/* a comment */}}{{ printf "%s" `}}` }}{{- (index .a 0).b -}}',
    '{{ template "elsewhere" . }}{{ coll.Dict "a" 1 }}',
  ];
  const invalid = [
    "{{ if .x }}",
    "{{ end }}",
    "{{ unknown .x }}",
    "{{ $x }}",
    '{{ "open }}',
    "{{ .x }",
    '{{- define "a" -}}{{ end }}',
    '{{ define "a" }}x{{ end }}{{ define "a" }}y{{ end }}',
    "{{ break }}",
    '{{ 1 | "a" }}',
  ];

  const refused = await failing(valid, async (template) => (await put(template)) === 202);
  const taken = await failing(invalid, async (template) => (await put(template)) === 400);
  expect({ refused, taken }).toEqual({ refused: [], taken: [] });
});

test("an invalid file is reported with its path", async () => {
  const dataDirectory = await temporaryDirectory();
  await (await startSandbox({ dataDirectory })).close();
  const document = join(dataDirectory, "alerting/notifications.json");
  await writeFile(document, JSON.stringify({ route: { routes: 5 } }));
  await expect(startSandbox({ dataDirectory })).rejects.toThrow(SandboxDataError);
  await writeFile(document, "{}");
  await writeFile(join(dataDirectory, "alert-rules/x.json"), JSON.stringify({ uid: "x", for: "?" }));
  await expect(startSandbox({ dataDirectory })).rejects.toThrow(/alert-rules\/x\.json/);
});
