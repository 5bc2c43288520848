import { describe, expect, test } from "vitest";
import { messageOf, render, SAMPLES } from "./messages/messages.ts";

const GRAFANA = process.env["TEST_GRAFANA_URL"];

test.runIf(GRAFANA).each(Object.keys(SAMPLES))("a real Grafana renders the same message: %s", async (sample) => {
  expect(await render(GRAFANA ?? "", sample)).toEqual(messageOf(sample));
});

describe("the messages", () => {
  const all = () => Object.keys(SAMPLES).map(messageOf);

  test.each([
    ["one alert", "[CRITICAL] backend: High error rate"],
    ["several services", "[CRITICAL] jaeger, loki: Service down (2 firing)"],
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
