import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { generatedFiles } from "../../../scripts/integrations.ts";
import type { KindContext } from "../../../src/engine/kind-context.ts";
import { Forbidden, NotFound } from "../../../src/grafana/errors.ts";
import * as api from "../../../src/index.ts";
import {
  contactPoint,
  email,
  env,
  folder,
  pagerduty,
  secret,
  slack,
  webhook,
  type Integration,
} from "../../../src/index.ts";
import { RECORDED, type Catalogue } from "../../../src/kinds/contact-point/catalogue.ts";
import { integrationFaults } from "../../../src/kinds/contact-point/setting-faults.ts";
import { secretValues } from "../../../src/secrets/values.ts";
import { isObject, type Json, type JsonObject } from "../../../src/util/json.ts";
import alertNotifiers from "../../fixtures/alert-notifiers.json" with { type: "json" };
import recorded from "../../fixtures/integration-settings.json" with { type: "json" };
import { alertingGrafana, points } from "../../alerting/support.ts";
import { converge, planFor } from "../../helpers/converge.ts";

test("the catalogue and the functions are those of the recording", async () => {
  for (const [path, text] of await generatedFiles())
    expect(await readFile(new URL(`../../../${path}`, import.meta.url), "utf8"), path).toBe(text);
});

test("each recorded type has a function of the public API, which creates an integration of this type", () => {
  for (const type of RECORDED.keys()) {
    const name = type.toLowerCase().replace(/-(.)/, (_, letter: string) => letter.toUpperCase());
    const create: unknown = Reflect.get(api, name);
    if (typeof create !== "function") throw new Error(`${name} is not exported`);
    expect((create as (settings: object, options: object) => Integration)({ url: "x" }, { uid: "u" })).toEqual({
      type,
      uid: "u",
      settings: { url: "x" },
    });
  }
});

test("the types reject misspelled settings, wrong values, missing settings and secrets in plain text", () => {
  const url = secret(env("URL"));
  const rejected = [
    // @ts-expect-error -- misspelled
    () => slack({ url, titel: "x" }),
    // @ts-expect-error -- text for a flag
    () => email({ addresses: "a@example.org", singleEmail: "true" }),
    // @ts-expect-error -- not a choice
    () => webhook({ url: "http://127.0.0.1:1/", httpMethod: "GET" }),
    // @ts-expect-error -- missing
    () => pagerduty({ severity: "critical" }),
    // @ts-expect-error -- a secret in plain text
    () => pagerduty({ integrationKey: "key" }),
  ];
  expect(rejected).toHaveLength(5);
  expect(slack({ url, title: "x" }, { disableResolveMessage: true })).toEqual({
    type: "slack",
    disableResolveMessage: true,
    settings: { url, title: "x" },
  });
});

const found = (
  type: string,
  settings: JsonObject | Readonly<Record<string, unknown>>,
  catalogue: Catalogue = RECORDED,
) =>
  integrationFaults({ type, settings }, catalogue, catalogue !== RECORDED).map(({ level, path, hint }) =>
    [level, path, ...(hint?.startsWith("Did") || hint?.startsWith("Use") ? [hint] : [])].join(" "),
  );

describe("a fault of settings", () => {
  test.each([
    ["webhook", { url: "http://127.0.0.1:1/", maxAlerts: "ten" }, ["error settings.maxAlerts"]],
    ["webhook", { url: "127.0.0.1/x y" }, ["error settings.url"]],
    ["webhook", { url: "http://127.0.0.1:1/", titel: "x" }, ["error settings.titel Did you mean title?"]],
    ["webhook", { url: "http://127.0.0.1:1/", another: "x" }, ["warning settings.another"]],
    ["webhook", { url: "http://127.0.0.1:1/", Title: "x" }, ["warning settings.Title Use title."]],
    ["webhook", { url: "http://127.0.0.1:1/", headers: { a: 5 } }, ["error settings.headers.a"]],
    [
      "webhook",
      { url: "http://127.0.0.1:1/", tlsConfig: { insecureSkipVerify: "no" } },
      ["error settings.tlsConfig.insecureSkipVerify"],
    ],
    ["webhook", { url: "http://127.0.0.1:1/", payload: { vars: { a: "b" } } }, ["error settings.payload.template"]],
    [
      "pagerduty",
      { integrationkey: "k" },
      ["error settings.integrationkey Did you mean integrationKey?", "error settings.integrationKey"],
    ],
    ["email", { addresses: "a@example.org", singleEmail: "true" }, ["error settings.singleEmail"]],
    ["email", {}, ["error settings.addresses"]],
    ["slack", { recipient: "#a" }, ["error settings.token", "error settings.url"]],
    [
      "slack",
      { url: secret(env("URL")), mentionChannel: "her" },
      ['error settings.mentionChannel Did you mean "here"?'],
    ],
    ["kafka", { kafkaRestProxy: "http://x/", kafkaTopic: "t", apiVersion: "v3" }, ["error settings.kafkaClusterId"]],
    [
      "telegram",
      { bottoken: secret(env("T")), chatid: "1", disable_notification: true },
      ["warning settings.disable_notification Use disable_notifications."],
    ],
    ["opsgenie", { apiKey: secret(env("T")), responders: [{ type: "team" }] }, ["error settings.responders[0]"]],
    ["jira", { api_url: "http://x/", project: "P", issue_type: "Bug", user: "u" }, ["error settings"]],
    ["slak", { url: secret(env("URL")) }, ["error type Did you mean slack?"]],
    ["carrierpigeon", {}, [expect.stringMatching(/^warning type Use one of/)]],
  ])("of %s is named with its place: %j", (type, settings, faults) => {
    expect(found(type, settings)).toEqual(faults);
  });

  test.each([
    ["webhook", { url: "{{ .ExternalURL }}", maxAlerts: "10", payload: {}, headers: { a: secret(env("H")) } }],
    ["slack", { endpointUrl: "http://127.0.0.1:1/", recipient: "#a" }],
    ["Email", { addresses: "a@example.org", message: null, subject: undefined }],
    [
      "pushover",
      {
        apiToken: secret(env("A")),
        userKey: secret(env("U")),
        priority: 2,
        okPriority: "1",
        retry: "30",
        sound: "our own",
      },
    ],
    ["victorops", { url: secret(env("URL")), messageType: '{{ template "x" . }}' }],
    ["line", { token: secret(env("T")) }],
  ])("is not reported for %s: %j", (type, settings) => {
    expect(found(type, settings)).toEqual([]);
  });
});

/** What Grafana accepts, but does not use as the text says. */
const STRICTER =
  /^(dingding msgType|oncall (httpMethod|maxAlerts)|pushover (priority|okPriority|retry|expire)|telegram disable_notification|victorops messageType|webex (room_id|bot_token)|webhook (httpMethod|maxAlerts|payload|hmacConfig)|wecom msgtype)$/;

test("all settings that a real Grafana rejected are faults, and those that it uses are not", () => {
  const minimal: Readonly<Record<string, JsonObject>> = recorded.minimal;
  const inside: Readonly<Record<string, JsonObject>> = recorded.inside;
  const tried: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, number>>>>>> = recorded.tried;
  const differing = new Set<string>();
  const missed: string[] = [];
  let count = 0;
  for (const [type, settings] of Object.entries(tried))
    for (const [name, values] of Object.entries(settings))
      for (const [text, status] of Object.entries(values)) {
        const path = name.split(".");
        const [head = ""] = path;
        const base = {
          ...minimal[type],
          ...(path.length > 1 ? { [head]: { ...inside[head], ...nested(minimal[type]?.[head]) } } : {}),
        };
        const faults = integrationFaults(
          { type, settings: withValue(base, path, JSON.parse(text) as Json) },
          RECORDED,
          true,
        );
        const isFault = faults.some(({ level }) => level === "error");
        count++;
        if (isFault === status >= 300) continue;
        if (status >= 300) missed.push(`${type} ${name} ${text}`);
        else differing.add(`${type} ${name}`);
      }
  expect(count).toBeGreaterThan(1000);
  // An empty proxy URL has no rule of its own.
  expect(missed).toEqual(['webhook http_config.oauth2.proxy_config.proxy_url ""']);
  expect([...differing].filter((one) => !STRICTER.test(one))).toEqual([]);
});

function nested(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

/** Null removes the setting. */
function withValue(settings: JsonObject, [head = "", ...rest]: readonly string[], value: Json): JsonObject {
  if (rest.length > 0) return { ...settings, [head]: withValue(nested(settings[head]), rest, value) };
  const { [head]: _, ...others } = settings;
  return value === null ? others : { ...others, [head]: value };
}

/** A context whose Grafana answers with this catalogue or error. */
function answering(context: KindContext, answer: unknown): KindContext & { readonly asked: string[] } {
  const { client } = context.grafana;
  const asked: string[] = [];
  const send: typeof client.send = async (request) => {
    if (request.path !== "/api/alert-notifiers") return client.send(request);
    asked.push(request.path);
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { ...context, asked, grafana: { ...context.grafana, client: { ...client, send } } };
}

async function scene() {
  const grafana = await alertingGrafana();
  const base = await grafana.context(grafana.name("own"));
  const context = { ...base, secrets: secretValues({ variables: { URL: "http://127.0.0.1:1/hook-secret" } }) };
  const home = folder({ uid: grafana.name("home"), title: grafana.name("home") });
  const point = (...integrations: Integration[]) => contactPoint({ name: grafana.name("team"), integrations });
  return { grafana, context, home, point };
}

describe("before the first write", () => {
  test("a misspelled setting stops a plan, with its file and path", async () => {
    const { grafana, context, home, point } = await scene();
    const bad: Integration = { type: "slack", settings: { url: secret(env("URL")), titel: "x" } };
    await expect(converge(context, [home, point(bad)])).rejects.toMatchObject({
      exitCode: 65,
      faults: [{ code: "code-property-invalid", file: "test.ts", path: "integrations[0].settings.titel" }],
    });
    expect((await points(grafana)).filter(({ name }) => name === grafana.name("team"))).toEqual([]);
    expect(grafana.requests.filter(({ method }) => method !== "GET")).toEqual([]);
  });

  test("the catalogue of the Grafana decides on newer types and settings, and is read once", async () => {
    const { context, home, point } = await scene();
    const newer = alertNotifiers.body.map((one) => {
      if (one.type !== "slack") return one;
      return { ...one, options: [...one.options, { ...one.options.at(-1), propertyName: "titel" }] };
    });
    const live = answering(context, [...newer, { type: "carrierpigeon", name: "Pigeon", options: [] }]);
    const code = [
      home,
      point(
        { type: "slack", settings: { url: secret(env("URL")), titel: "x" } },
        { type: "carrierpigeon", settings: {} },
      ),
    ];
    const { plan } = await planFor(live, code);
    expect(plan.changes.map(({ kind }) => kind)).toContain("contact-point");
    expect(live.asked).toHaveLength(1);
    await expect(planFor(answering(context, newer), code)).rejects.toMatchObject({
      faults: [{ path: "integrations[1].type", level: "error" }],
    });
  });

  test.each([
    ["a 403", new Forbidden("no", { exitCode: 3, status: 403 })],
    ["a 404", new NotFound("no", { exitCode: 1, status: 404 })],
    ["another form", { version: 3 }],
  ])("the recorded catalogue decides after %s", async (_what, answer) => {
    const { context, home, point } = await scene();
    const live = answering(context, answer);
    await expect(
      planFor(live, [home, point({ type: "email", settings: { adresses: "a@example.org" } })]),
    ).rejects.toMatchObject({ exitCode: 65 });
    const { plan } = await planFor(live, [
      home,
      point({ type: "email", settings: { addresses: "a@example.org", extra: 1 } }),
    ]);
    expect(plan.notes.join()).toContain("integrations[0].settings.extra");
  });

  test("code without contact points does not read a catalogue", async () => {
    const { context, home } = await scene();
    const live = answering(context, new NotFound("no", { exitCode: 1, status: 404 }));
    await planFor(live, [home]);
    expect(live.asked).toEqual([]);
  });
});
