import { readFileSync } from "node:fs";
import { contactPoint, env, existing, messageTemplate, secret } from "grafana-provision";
import { renderNotification } from "grafana-provision/testing";
import { describe, expect, test } from "vitest";
import { InvalidCodeError } from "../../src/util/errors.ts";
import { ALERTS } from "./notification/alerts.ts";
import { RECORDED, withoutPresent, type RecordedTemplate, type RecordedTemplates } from "./notification/record.ts";
import { definitionOf, TEMPLATES } from "./notification/templates.ts";

const recorded = JSON.parse(readFileSync(RECORDED, "utf8")) as RecordedTemplates;

/** The text of a template in the same notification as the one of Grafana's endpoint for tests. */
function textOf({ alerts, template }: RecordedTemplate): string {
  const templates = [messageTemplate({ name: "case", template: definitionOf(template) })];
  const settings = { addresses: "ops@example.com", message: '{{ template "case" . }}' };
  const point = contactPoint({ name: "TestReceiver", templates, integrations: [{ type: "email", settings }] });
  const group = { group_label: "group_label_value" };
  const [one] = renderNotification(point, ALERTS[alerts] ?? [], { group, groupKey: "", url: recorded.url });
  return withoutPresent(one?.fields["message"] ?? "");
}

describe(`templates have the texts that Grafana ${recorded.version} gave them`, () => {
  test("the recording is of all templates, of which at least 150 have a text", () => {
    const all = Object.entries(TEMPLATES).flatMap(([alerts, list]) => list.map((template) => [alerts, template]));
    expect(recorded.cases.map(({ alerts, template }) => [alerts, template])).toEqual(all);
    expect(recorded.cases.filter(({ text }) => text !== undefined).length).toBeGreaterThanOrEqual(150);
  });

  const cases = recorded.cases.map((one) => [one.alerts, one.template, one] as const);
  const isRejected = ({ text }: RecordedTemplate) => text === undefined;

  test.each(cases.filter(([, , one]) => !isRejected(one)))("%s: %s", (_alerts, _template, one) => {
    expect(textOf(one)).toBe(one.text);
  });

  test.each(cases.filter(([, , one]) => isRejected(one)))("%s: %s is an error", (_alerts, _template, one) => {
    // The check of notification templates finds some of them before they are parsed.
    const code = expect.stringMatching(/^code-(?:template-failed|resource-invalid)$/) as unknown;
    expect(faultOf(() => textOf(one))).toMatchObject({ code });
  });
});

function faultOf(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    if (error instanceof InvalidCodeError) return error.faults[0];
    throw error;
  }
}

const point = (type: string, settings: object = {}, more: object = {}) =>
  contactPoint({ name: "ops (all)", integrations: [{ type, settings: { ...settings }, ...more }] });
const critical = { labels: { alertname: "Errors", grafana_folder: "Shop", severity: "critical" } } as const;
const resolved = { ...critical, startsAt: "2026-11-30T12:00:00Z", endsAt: "2026-11-30T12:30:00Z" };
const options = { at: "2026-11-30T13:00:00Z" };
const only = (...call: Parameters<typeof renderNotification>) => {
  const [first, another] = renderNotification(...call);
  if (!first || another) throw new Error("one notification was expected");
  return first;
};

describe("an integration", () => {
  test("has Grafana's texts where its settings are empty", () => {
    const title = "[FIRING:1] Errors Shop (critical)";
    const fields = (type: string) => only(point(type), [critical], options).fields;
    expect(fields("slack")).toMatchObject({ title, username: "Grafana", color: "#D63232", footer: "Grafana v12.4.0" });
    expect(fields("slack")["text"]).toMatch(/^\*\*Firing\*\*\n\nValue: \[no value\]\nLabels:\n - alertname = Errors\n/);
    expect(fields("email")).toEqual({ subject: title });
    expect(fields("pagerduty")).toMatchObject({ summary: title, severity: "critical", "details.num_firing": "1" });
    expect(fields("opsgenie")["description"]).toMatch(
      /^\[FIRING:1\] .*\nhttp:\/\/localhost:3000\/alerting\/list\n\n\*\*/,
    );
    expect(fields("prometheus-alertmanager")).toEqual({});
  });

  test("keeps its limits", () => {
    const long = "é".repeat(5000);
    const text = (type: string, name: string) => only(point(type, { [name]: long }), [critical]).fields[name] ?? "";
    expect(text("discord", "title")).toBe(`${"é".repeat(255)}…`);
    expect(text("telegram", "message")).toHaveLength(4096);
    expect(text("opsgenie", "message")).toHaveLength(130);
    expect(text("sns", "subject")).toBe("é".repeat(50));
    expect(Buffer.byteLength(text("webex", "message"))).toBeLessThanOrEqual(4096);
    expect(text("email", "subject")).toBe(long);
  });

  test("with a map or a list of templates has a field for each", () => {
    const details = { severity: "{{ .CommonLabels.severity }}", num_firing: "none" };
    expect(only(point("pagerduty", { severity: "URGENT", details }), [critical]).fields).toMatchObject({
      severity: "critical",
      "details.severity": "critical",
      "details.num_firing": "none",
      "details.resolved": "",
    });
    const jira = { labels: ["{{ .Status }}", " x "], fields: { customfield_1: "{{ len .Alerts }}" }, priority: " P1 " };
    expect(only(point("jira", jira), [critical]).fields).toMatchObject({
      "labels[0]": "firing",
      "labels[1]": "x",
      "fields.customfield_1": "1",
      priority: "P1",
    });
  });

  test("doesn't show a setting with a secret", () => {
    const one = only(point("webhook", { url: secret(env("HOOK")), title: "{{ .Status }}" }), [critical]);
    expect(Object.keys(one.fields).toSorted()).toEqual(["message", "title"]);
  });

  test("is not sent for resolved alerts, if it is set so", () => {
    expect(only(point("email", {}, { disableResolveMessage: true }), [resolved], options)).toMatchObject({
      sent: false,
    });
    expect(only(point("email", {}, { disableResolveMessage: true }), [resolved, critical], options).sent).toBe(true);
    expect(only(point("opsgenie", { autoClose: false }), [resolved], options).sent).toBe(false);
    expect(only(point("victorops"), [resolved], options).fields["messageType"]).toBe("RECOVERY");
    // Before its end, the alert still fires.
    expect(only(point("email"), [resolved], { at: "2026-11-30T12:29:00Z" }).fields["subject"]).toMatch(/^\[FIRING:1\]/);
  });
});

test("a webhook has Grafana's JSON, or its own payload", () => {
  const alerts = [
    { ...critical, values: { A: 2 }, ruleUid: "errors" },
    { ...resolved, labels: { ...resolved.labels, job: "a" } },
  ];
  const url = "https://example.com/grafana";
  const body = JSON.parse(
    only(point("webhook", { url: "http://sink" }), alerts, { ...options, url, group: {} }).body ?? "",
  ) as object;
  expect(body).toMatchObject({
    receiver: "ops \\(all\\)",
    status: "firing",
    state: "alerting",
    orgId: 1,
    groupKey: "{}:{}",
    truncatedAlerts: 0,
    externalURL: "https://example.com/grafana/",
    commonLabels: critical.labels,
    // Alertmanager sorts alerts by job and instance first.
    alerts: [
      { status: "resolved", endsAt: "2026-11-30T12:30:00Z" },
      {
        status: "firing",
        startsAt: "2026-11-30T13:00:00Z",
        values: { A: 2 },
        generatorURL: "https://example.com/grafana/alerting/grafana/errors/view?orgId=1",
        silenceURL:
          "https://example.com/grafana/alerting/silence/new?alertmanager=grafana&matcher=__alert_rule_uid__%3Derrors&matcher=severity%3Dcritical&orgId=1",
      },
    ],
  });
  const payload = { template: '{{ .Vars.team }} {{ template "default.title" . }}', vars: { team: "pay" } };
  const own = only(point("webhook", { url: "http://sink/{{ .Status }}", payload }), [critical], options);
  expect(own).toEqual({
    type: "webhook",
    sent: true,
    fields: { url: "http://sink/firing" },
    body: "pay [FIRING:1] Errors Shop (critical)",
  });
  const limited = only(point("webhook", { url: "http://sink", maxAlerts: 1 }), alerts, options).body ?? "";
  expect(JSON.parse(limited)).toMatchObject({ truncatedAlerts: 1, alerts: [{ status: "resolved" }] });
});

test("rules without data send an alert of another name", () => {
  const { fields } = only(point("email"), [{ ...critical, state: "NoData" }], { group: {} });
  expect(fields["subject"]).toBe("[FIRING:1]  (DatasourceNoData Shop Errors critical)");
});

describe("is an error", () => {
  const email = (message: string) => point("email", { message });
  test.each([
    [
      "a template that Grafana can't parse",
      email("{{ if }}"),
      [critical],
      "integrations[0].settings.message",
      "code-template-failed",
    ],
    [
      "a template that Grafana can't execute",
      email("{{ .Nope }}"),
      [critical],
      "integrations[0].settings.message",
      "code-template-failed",
    ],
    [
      "an address in memory",
      email("{{ print .Alerts }}"),
      [critical],
      "integrations[0].settings.message",
      "code-template-unsupported",
    ],
    [
      "a wrong verb of printf",
      email('{{ printf "%d" "x" }}'),
      [critical],
      "integrations[0].settings.message",
      "code-template-failed",
    ],
    [
      "a complex number",
      email("{{ 1i }}"),
      [critical],
      "integrations[0].settings.message",
      "code-template-unsupported",
    ],
    [
      "the zone of Grafana's machine",
      email("{{ .ExternalURL | len }}{{ (index .Alerts 0).StartsAt.Local }}"),
      [critical],
      "integrations[0].settings.message",
      "code-template-unsupported",
    ],
    [
      "a template that is missing",
      email('{{ template "x" . }}'),
      [critical],
      "integrations[0].settings.message",
      "code-template-failed",
    ],
    ["an unknown integration", point("pigeon"), [critical], "integrations[0].type", "code-resource-invalid"],
    ["no alert", point("email"), [], "alerts", "code-resource-invalid"],
    [
      "an invalid time",
      point("email"),
      [{ ...critical, startsAt: "noon" }],
      "alerts[0].startsAt",
      "code-resource-invalid",
    ],
    [
      "an end before the start",
      point("email"),
      [{ ...resolved, startsAt: "2026-12-01T00:00:00Z" }],
      "alerts[0].endsAt",
      "code-resource-invalid",
    ],
  ] as const)("%s", (_what, tested, alerts, path, code) => {
    expect(faultOf(() => renderNotification(tested, alerts))).toMatchObject({ path, code });
  });

  test("a template of the code that Grafana rejects", () => {
    const broken = {
      kind: "message-template",
      name: "broken",
      template: '{{ define "x" }}{{ nope }}{{ end }}',
    } as const;
    const tested = contactPoint({ name: "x", integrations: [{ type: "email", settings: {} }], templates: [broken] });
    expect(faultOf(() => renderNotification(tested, [critical]))).toMatchObject({
      path: "messageTemplate broken",
      code: "code-template-failed",
    });
  });
});

test("templates that the contact point only names are passed", () => {
  const templates = [existing.messageTemplate("shared")];
  const settings = { addresses: "a@example.com", subject: '{{ template "shared" . }}' };
  const tested = contactPoint({ name: "x", integrations: [{ type: "email", settings }], templates });
  const shared = messageTemplate({ name: "shared", template: "{{ .Status }}" });
  expect(only(tested, [critical], { templates: [shared] }).fields["subject"]).toBe("\n  firing\n");
});
