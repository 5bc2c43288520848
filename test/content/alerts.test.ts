import { readdirSync, readFileSync } from "node:fs";
import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import type { AlertRule, Matcher, MuteTiming, Route } from "grafana-provision";
import { describe, expect, test } from "vitest";
import * as contactPoints from "../../alerts/contact-points.ts";
import critical from "../../alerts/critical.ts";
import { afterHours, weekends } from "../../alerts/mute-timings.ts";
import policies from "../../alerts/policies.ts";
import warning from "../../alerts/warning.ts";
import { limits } from "../../dashboards/_shared/limits.ts";
import { prometheus } from "../../datasources/prometheus.ts";
import config from "../../grafana.config.ts";
import { metricsReadBy } from "./metrics.ts";
import { dashboards, panelsOf, targetsOf } from "./own.ts";

const { email, slack, webhook } = contactPoints;
const rules = [critical, warning].flatMap((group) =>
  (group.rules as AlertRule[]).map((rule) => ({ group, rule, expr: exprOf(rule) })),
);
const named = rules.map((one) => [one.rule.title, one] as const);

const documented = new Map([...metricsReadBy("dashboards"), ...metricsReadBy("alerts")]);

describe("the alerts", () => {
  test.each([
    ["Prometheus unreachable", "critical", "lt", 1, "30s"],
    ["Service down", "critical", "lt", 1, "2m"],
    ["High error rate", "critical", "gt", limits.errorRatio, "5m"],
    ["Redis connection issues", "critical", "gt", 0, "2m"],
    ["SSL certificate expiry", "critical", "lt", 14, "1h"],
    ["High response time", "warning", "gt", limits.responseTime, "10m"],
    ["High memory usage", "warning", "gt", limits.memory, "10m"],
    ["Database slow queries", "warning", "gt", limits.queryTime, "10m"],
    ["High agent error rate", "warning", "gt", limits.agentErrorRatio, "5m"],
    ["Pusher connection failures", "warning", "gt", 5, "5m"],
    ["Low disk space", "warning", "lt", 0.1, "10m"],
  ])("%s is %s: %s %d for %s", (title, severity, type, limit, duration) => {
    const { rule, group } = found(title);
    expect(group.title).toBe(severity);
    expect(rule).toMatchObject({ for: duration, labels: { severity } });
    expect(rule.data.at(-1)?.model["conditions"]).toEqual([{ evaluator: { type, params: [limit] } }]);
  });

  test("are these eleven, each with its own uid", () => {
    expect(rules).toHaveLength(11);
    expect(new Set(rules.map(({ rule }) => rule.uid)).size).toBe(11);
    expect(new Set(rules.map(({ rule }) => rule.title)).size).toBe(11);
  });

  test("are in the folder of the dashboards, and evaluated often enough for their shortest duration", () => {
    for (const { folder, interval } of [critical, warning]) {
      expect(folder.uid).toBe("toolboxai");
      expect(interval).toBeLessThanOrEqual(60);
    }
  });

  test("keep their states while the backend has no metrics, because another one reports it", () => {
    for (const { rule, expr } of rules.filter(({ rule }) => rule.title !== "Prometheus unreachable")) {
      const ofBackend = expr.includes('job="fastapi-backend"');
      expect(rule).toMatchObject({ noDataState: ofBackend ? "KeepLast" : "NoData" });
    }
  });

  test("keep their states while Prometheus can't be queried, and one reports it", () => {
    expect(found("Prometheus unreachable").rule).toMatchObject({ noDataState: "Alerting", execErrState: "Alerting" });
    const others = rules.filter(({ rule }) => rule.title !== "Prometheus unreachable");
    for (const { rule } of others) expect(rule.execErrState).toBe("KeepLast");
  });
});

describe.each(named)("%s", (_title, { rule, expr }) => {
  const { uid = "", labels = {}, annotations = {} } = rule;
  const texts = `${labels["service"]} ${annotations["summary"]} ${annotations["description"]}`;

  test("has a severity, an owner, a description and a runbook", () => {
    expect(uid).toMatch(/^[a-z]+(-[a-z]+)+$/);
    expect(labels["severity"]).toMatch(/^(?:critical|warning)$/);
    expect(labels["service"]).toBeTruthy();
    expect(labels["team"]).toBe("toolboxai");
    expect(annotations["summary"]).toMatch(/.{10,}[^.]$/);
    expect(annotations["description"]).toMatch(/.{20,}(?:\.|\{\{ end \}\})$/);
    expect(annotations["runbook_url"]).toMatch(new RegExp(`^https?://.+/${uid}\\.md$`));
  });

  test("queries Prometheus and compares the result", () => {
    const [query, threshold, ...others] = rule.data;
    expect(others).toEqual([]);
    expect(query).toMatchObject({ refId: "A", datasource: prometheus, model: { instant: true } });
    expect(threshold).toMatchObject({ refId: "B", model: { type: "threshold", expression: "A" } });
    expect(threshold?.datasource).toBeUndefined();
    expect(rule.condition).toBe("B");
  });

  test("uses listed metrics and labels", () => {
    expect(metrics(expr).length > 0 || expr === "vector(1)").toBe(true);
    expect([...documented.keys()]).toEqual(expect.arrayContaining(metrics(expr)));
    const known = ["job", "instance", "le", ...metrics(expr).flatMap((metric) => documented.get(metric)?.labels ?? [])];
    expect(known).toEqual(expect.arrayContaining([...matchedLabels(expr), ...groupings(expr)]));
  });

  test("refers only to labels of its series and to the value of the query", () => {
    expect(seriesLabels(expr)).toEqual(
      expect.arrayContaining([...texts.matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label)),
    );
    for (const [, used] of texts.matchAll(/\$values\.(\w+)/g)) expect(used).toBe("A");
  });

  test("links to the panel that shows it: the panel queries the same metrics", () => {
    const { dashboard: board, panel: title } = rule.panel ?? {};
    const shown = dashboards.filter((one) => one === board).flatMap(panelsOf);
    const [panel, ...others] = shown.filter((one) => one.title === title);
    expect(others).toEqual([]);
    const asked = targetsOf(panel as Panel).flatMap((target) => metrics(target.expr ?? ""));
    // Its query has no metric.
    const read = expr === "vector(1)" ? [] : metrics(expr).slice(0, 1);
    expect(asked).toEqual(expect.arrayContaining(read));
  });
});

test("the list contains exactly the metrics that only alerts read, in a separate section", () => {
  const used = new Set(rules.flatMap(({ expr }) => metrics(expr)));
  const only = [...used].filter((metric) => !metricsReadBy("dashboards").has(metric));
  expect([...metricsReadBy("alerts").keys()].toSorted()).toEqual(only.toSorted());
});

test("the limit of each rule about a histogram is a bound of its buckets", () => {
  const limited = rules.flatMap(({ rule, expr }) =>
    metrics(expr).flatMap((metric) => {
      const { buckets, limit } = documented.get(metric) ?? {};
      return buckets === undefined ? [] : [{ metric, buckets, limit, rule }];
    }),
  );
  expect(limited.map(({ metric }) => metric)).toEqual(["http_request_duration_seconds", "db_query_duration_seconds"]);
  for (const { buckets, limit, rule } of limited) {
    expect(rule.data.at(-1)?.model["conditions"]).toMatchObject([{ evaluator: { params: [limit] } }]);
    expect(buckets).toContain(limit);
  }
});

describe("runbooks", () => {
  const folder = new URL("../../alerts/runbooks/", import.meta.url);
  const pages = readdirSync(folder);

  test("exist for all alerts, and only for them", () => {
    expect(pages.toSorted()).toEqual(rules.map(({ rule }) => `${rule.uid}.md`).toSorted());
  });

  test.each(named)("%s: has a description, what to look at and what to do", (title, { rule }) => {
    const page = readFileSync(new URL(`${rule.uid}.md`, folder), "utf8");
    const severity = rule.labels?.["severity"] === "critical" ? "Critical" : "Warning";
    expect(page).toMatch(new RegExp(`^# ${title}\n\n${severity}[,.]`));
    expect([...page.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)).toEqual(["What to look at", "What to do"]);
    const links = [...page.matchAll(/\]\((?!http)([^)]+)\)/g)].map(([, page]) => page);
    expect(pages).toEqual(expect.arrayContaining(links));
  });
});

describe("contact points", () => {
  const points = Object.values(contactPoints);

  test("are an email, a Slack channel and the backend's webhook", () => {
    expect(points.flatMap(({ integrations }) => integrations.map(({ type }) => type)).toSorted()).toEqual([
      "email",
      "slack",
      "webhook",
    ]);
  });

  test("contain no secrets in plain text", () => {
    expect(JSON.stringify(slack.integrations[0]?.settings["url"])).toBe('"(secret)"');
    expect(JSON.stringify(webhook.integrations[0]?.settings["authorization_credentials"])).toBe('"(secret)"');
  });

  test.each(points.map((point) => [point.name, point] as const))("%s declares its templates", (_name, point) => {
    const texts = (point.templates ?? []).map((one) => ("template" in one ? one.template : ""));
    const defined = texts.flatMap((text) => names(text, /\{\{ define "([^"]+)"/g));
    const used = [JSON.stringify(point.integrations).replaceAll('\\"', '"'), ...texts].flatMap((text) =>
      names(text, /\{\{ template "([^"]+)"/g),
    );
    expect(new Set(used)).toEqual(new Set(defined));
  });
});

describe("mute timings", () => {
  test.each([
    ["saturday", "12:00", true],
    ["sunday", "00:00", true],
    ["sunday", "23:59", true],
    ["monday", "03:00", true],
    ["monday", "07:59", true],
    ["monday", "08:00", false],
    ["wednesday", "12:00", false],
    ["friday", "17:59", false],
    ["friday", "18:00", true],
    ["friday", "20:00", true],
    ["friday", "23:59", true],
  ])("on %s at %s: muted is %s", (weekday, time, muted) => {
    expect([weekends, afterHours].some((timing) => covers(timing, weekday, time))).toBe(muted);
  });

  test("use the same time zone", () => {
    const zones = new Set([weekends, afterHours].flatMap((one) => one.time_intervals.map(({ location }) => location)));
    expect(zones.size).toBe(1);
    expect([...zones][0]).toBeTruthy();
  });
});

describe("the notification policies", () => {
  test.each([
    ["critical", { severity: "critical" }, [webhook, email, slack]],
    ["warning", { severity: "warning" }, [webhook, slack]],
    ["unknown", { severity: "page" }, [webhook, slack]],
    ["no", {}, [webhook, slack]],
  ])("send an alert with the severity %s to its receivers", (_name, labels, receivers) => {
    expect(routesFor(policies, labels).map(({ receiver }) => receiver)).toEqual(receivers);
  });

  test("send all alerts in the code to a receiver", () => {
    for (const { rule } of rules) {
      const routes = routesFor(policies, rule.labels ?? {});
      expect(routes.length, rule.title).toBe(rule.labels?.["severity"] === "critical" ? 3 : 2);
    }
  });

  test("mute warnings, but not critical alerts or the backend's webhook", () => {
    const [, toSlack] = routesFor(policies, { severity: "warning" });
    expect(toSlack?.mute_time_intervals).toEqual([weekends, afterHours]);
    for (const route of routesFor(policies, { severity: "critical" })) {
      expect(route).not.toHaveProperty("mute_time_intervals");
      expect(route).not.toHaveProperty("active_time_intervals");
    }
  });

  test("notify faster and repeat more often for critical alerts", () => {
    const [, now] = routesFor(policies, { severity: "critical" });
    const [, later] = routesFor(policies, { severity: "warning" });
    expect(now).toMatchObject({ group_wait: "10s", group_interval: "5m", repeat_interval: "1h" });
    expect(routesFor(policies, { severity: "critical" })[2], "an alert that lasts").toMatchObject({
      group_wait: "30m",
    });
    expect(later).toMatchObject({ group_wait: "1m", group_interval: "15m", repeat_interval: "12h" });
  });
});

test("the configuration loads the alerts", () => {
  expect(config.resources).toContain("./alerts");
});

function found(title: string): (typeof rules)[number] {
  const one = rules.find(({ rule }) => rule.title === title);
  if (!one) throw new Error(`there is no alert named ${title}`);
  return one;
}

function exprOf({ data }: AlertRule): string {
  const expr = data[0]?.model["expr"];
  return typeof expr === "string" ? expr : "";
}

/**
 * The policies that notify about an alert: as in Alertmanager, the first one that matches, and further ones after
 * `continue`.
 */
function routesFor(route: Route, labels: Readonly<Record<string, string>>): Route[] {
  const taken: Route[] = [];
  for (const child of route.routes ?? []) {
    if (!(child.object_matchers ?? []).every((matcher) => matches(matcher, labels))) continue;
    taken.push(...routesFor(child, labels));
    if (!child.continue) break;
  }
  return taken.length > 0 ? taken : [route];
}

function matches([label, operator, wanted]: Matcher, labels: Readonly<Record<string, string>>): boolean {
  const value = labels[label] ?? "";
  const equal = operator.endsWith("~") ? new RegExp(`^(?:${wanted})$`).test(value) : value === wanted;
  return operator.startsWith("!") ? !equal : equal;
}

/**
 * Whether a mute timing applies at a time in its own zone. Supports only weekdays and times, which are all that these
 * timings have.
 */
function covers({ time_intervals }: MuteTiming, weekday: string, time: string): boolean {
  const days = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
  return time_intervals.some(({ weekdays = [], times = [{ start_time: "00:00", end_time: "24:00" }] }) => {
    const inDays = weekdays.some((range) => {
      const [from = "", to = from] = range.split(":");
      return days.indexOf(from) <= days.indexOf(weekday) && days.indexOf(weekday) <= days.indexOf(to);
    });
    return inDays && times.some(({ start_time, end_time }) => start_time <= time && time < end_time);
  });
}

function names(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, name]) => name ?? "");
}

/** The metrics of an expression, with the names in the list: a histogram without its suffix. */
function metrics(expr: string): string[] {
  const bare = expr.replace(/"[^"]*"|\[[^\]]*\]|\{[^}]*\}|\bby \([^)]*\)|\bbool\b|\b(?:or|and)\b/g, " ");
  return names(bare, /\b([a-z_:][a-z0-9_:]*)\b(?!\s*\()/gi).map((name) => name.replace(/_bucket$/, ""));
}

/** The labels in the selectors of an expression. */
function matchedLabels(expr: string): string[] {
  return names(expr, /\{([^}]*)\}/g).flatMap((matchers) => names(matchers, /(\w+)\s*(?:=~|!~|!=|=)\s*"/g));
}

/** The labels that the aggregations of an expression keep. */
function groupings(expr: string): string[] {
  return names(expr, /\bby \(([^)]*)\)/g).flatMap((labels) => labels.split(", "));
}

/** The labels of an expression's series: those that it groups by, or those of its metrics and of label_replace. */
function seriesLabels(expr: string): string[] {
  const added = names(expr, /"(\w+)", "[^"]*", "", ""\)/g);
  if (/\b(?:sum|avg|max|min)\b/.test(expr)) return [...groupings(expr), ...added];
  return ["job", "instance", ...metrics(expr).flatMap((metric) => documented.get(metric)?.labels ?? []), ...added];
}
