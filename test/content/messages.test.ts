import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { render, SAMPLES, templatesHash, type Message } from "./messages/messages.ts";

const GRAFANA = process.env["TEST_GRAFANA_URL"];

/** Rendered by a real Grafana. `TEST_GRAFANA_URL=… npx vitest run -u test/content/messages.test.ts` records them again. */
const RECORDED = new URL("./messages/recorded.json", import.meta.url);

const recorded = () =>
  JSON.parse(readFileSync(RECORDED, "utf8")) as { templates: string; messages: Readonly<Record<string, Message>> };

test.runIf(GRAFANA)("Grafana renders the messages as recorded", async () => {
  const rendered = await Promise.all(
    Object.entries(SAMPLES).map(async ([name, alerts]) => [name, await render(GRAFANA ?? "", alerts)] as const),
  );
  const content = { templates: templatesHash(), messages: Object.fromEntries(rendered) };
  await expect(`${JSON.stringify(content, null, 2)}\n`).toMatchFileSnapshot(RECORDED.pathname);
});

test("the recorded messages are those of the current templates", () => {
  expect(recorded().templates).toBe(templatesHash());
  expect(Object.keys(recorded().messages)).toEqual(Object.keys(SAMPLES));
});

describe("the messages", () => {
  const messageOf = (name: string): Message => recorded().messages[name] ?? { title: "", email: "", slack: "" };
  const all = () => Object.values(recorded().messages);

  test.each([
    ["one alert", "[CRITICAL] backend: High error rate"],
    ["several services", "[CRITICAL] loki, jaeger: Service down (2 firing)"],
    ["resolved", "[RESOLVED] loki: Service down (critical)"],
    ["no data", "[CRITICAL] redis: Redis connection issues"],
  ])("have a subject with severity, service and rule: %s", (name, title) => {
    expect(messageOf(name).title).toBe(title);
  });

  test("say which instance recovered, and how long the alert lasted", () => {
    const { email, slack } = messageOf("resolved");
    for (const text of [email, slack]) {
      expect(text).toContain("after 14m5s");
      expect(text).toContain("instance grafana-loki-toolboxai:3100");
    }
  });

  test("link to the panel, the runbook and a short form for a silence", () => {
    const { email, slack } = messageOf("one alert");
    for (const text of [email, slack]) {
      expect(text).toMatch(/\/d\/fastapi\?[^\s|]*viewPanel=17/);
      expect(text).toContain("/high-error-rate.md");
      expect(text).toMatch(
        /\/alerting\/silence\/new\?alertmanager=grafana&matcher=__alert_rule_uid__%3Dhigh-error-rate(?![&\w])/,
      );
    }
  });

  test("have links that are words in Slack, and on lines of their own in e-mail, which Grafana escapes", () => {
    for (const { email, slack } of all()) {
      expect(slack.replace(/<[^|>]+\|[A-Z][a-z]+>/g, "")).not.toContain("http");
      for (const line of email.split("\n").filter((one) => one.includes("http")))
        expect(line).toMatch(/^(?:Runbook|Panel|Silence): \S+$/);
    }
  });

  test("never show a label that is missing, or an empty line at an end", () => {
    for (const text of all().flatMap((message) => Object.values(message) as string[])) {
      expect(text).not.toMatch(/no value|<nil>|\(\)/);
      expect(text).toBe(text.trim());
    }
  });
});
