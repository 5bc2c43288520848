import type { AlertRule, RuleGroup } from "grafana-provision";
import { simulate, type Labels, type QuerySeries } from "grafana-provision/testing";
import { describe, expect, test } from "vitest";
import critical from "../../alerts/critical.ts";
import warning from "../../alerts/warning.ts";
import { limits } from "../../dashboards/_shared/limits.ts";
import { toolboxai } from "../../dashboards/folders.ts";

const FROM = Date.UTC(2026, 10, 30, 12);

interface Case {
  readonly group: RuleGroup;
  /** Seconds until the alert fires. */
  readonly after: number;
  /** A result of the query for which the alert fires, and the worst one for which it doesn't. */
  readonly bad: string;
  readonly good: string;
  /** Of the query's result. */
  readonly labels: Labels;
  readonly service: string;
}

/** The rules by their titles. */
const CASES: Readonly<Record<string, Case>> = {
  "Prometheus unreachable": {
    group: critical,
    after: 30,
    bad: "0",
    good: "1",
    labels: {},
    service: "prometheus",
  },
  "Service down": {
    group: critical,
    after: 120,
    bad: "0",
    good: "1",
    labels: { job: "redis-exporter", instance: "redis:9121" },
    service: "redis-exporter",
  },
  "High error rate": {
    group: critical,
    after: 300,
    bad: `${limits.errorRatio + 0.01}`,
    good: `${limits.errorRatio}`,
    labels: {},
    service: "backend",
  },
  "Redis connection issues": {
    group: critical,
    after: 120,
    bad: "1",
    good: "0",
    labels: { issue: "does not answer", instance: "redis:9121" },
    service: "redis",
  },
  "SSL certificate expiry": {
    group: critical,
    after: 3600,
    bad: "13.9",
    good: "14",
    labels: { instance: "https://api.example.com" },
    service: "tls",
  },
  "High response time": {
    group: warning,
    after: 600,
    bad: `${limits.responseTime + 0.1}`,
    good: `${limits.responseTime}`,
    labels: {},
    service: "backend",
  },
  "High memory usage": {
    group: warning,
    after: 600,
    bad: `${limits.memory + 1}`,
    good: `${limits.memory}`,
    labels: { instance: "backend:8000" },
    service: "backend",
  },
  "Database slow queries": {
    group: warning,
    after: 600,
    bad: `${limits.queryTime + 0.1}`,
    good: `${limits.queryTime}`,
    labels: { operation: "SELECT" },
    service: "database",
  },
  "High agent error rate": {
    group: warning,
    after: 300,
    bad: `${limits.agentErrorRatio + 0.01}`,
    good: `${limits.agentErrorRatio}`,
    labels: { agent: "writer" },
    service: "agents",
  },
  "Pusher connection failures": {
    group: warning,
    after: 300,
    bad: "5.1",
    good: "5",
    labels: { reason: "timeout" },
    service: "pusher",
  },
  "Low disk space": {
    group: warning,
    after: 600,
    bad: "0.09",
    good: "0.1",
    labels: { instance: "host:9100", device: "/dev/sda1", mountpoint: "/" },
    service: "host",
  },
};

test("every rule has a case", () => {
  const titles = [critical, warning].flatMap(({ rules }) => rules.map(({ title }) => title));
  expect(titles.toSorted()).toEqual(Object.keys(CASES).toSorted());
});

describe.each(Object.entries(CASES))("%s", (title, { group, after, bad, good, labels, service }) => {
  const { interval } = group;
  const count = after / interval;
  const run = (A: QuerySeries, evaluations: number) => {
    const to = new Date(FROM + (evaluations - 1) * interval * 1000);
    return simulate(group, { A }, { rule: title, from: new Date(FROM), to }).map((instance) => ({
      labels: instance.labels,
      states: instance.states.map(({ state, reason }) => (reason === undefined ? state : `${state} (${reason})`)),
    }));
  };
  const pending = Array<string>(count).fill("Pending");
  const rule = group.rules.find((one) => one.title === title) as AlertRule;

  test("fires after its time with a bad series, and ends with a good one", () => {
    const [alert, ...others] = run([{ labels, values: `${bad}x${count + 1} ${good}` }], count + 3);
    expect(others).toEqual([]);
    expect(alert?.states).toEqual([...pending, "Alerting", "Alerting", "Normal"]);
    const { severity } = rule.labels ?? {};
    expect(severity).toBe(group.title);
    expect(alert?.labels).toEqual({
      ...labels,
      alertname: title,
      grafana_folder: toolboxai.title,
      severity,
      service,
      team: "toolboxai",
    });
  });

  test("stays quiet with a good series, and with bad values for too short a time", () => {
    const [quiet] = run([{ labels, values: `${good}x${count + 5}` }], count + 6);
    expect(new Set(quiet?.states)).toEqual(new Set(["Normal"]));
    const [short] = run([{ labels, values: `${bad}x${count - 1} ${good} ${bad}x${count - 1} ${good}` }], 2 * count + 2);
    expect(short?.states).toEqual([...pending, "Normal", ...pending, "Normal"]);
  });

  test("stays quiet without traffic, when shares and quantiles are NaN", () => {
    const [alert] = run([{ labels, values: `NaNx${count + 1}` }], count + 2);
    expect(new Set(alert?.states)).toEqual(new Set(["Normal"]));
  });

  test("while queries fail, only the rule about Prometheus fires", () => {
    const [alert] = run([{ labels, values: `${good} errorx${count + 2}` }], count + 3);
    const isReporter = title === "Prometheus unreachable";
    expect(alert?.states.at(-1)).toBe(isReporter ? "Alerting (Error)" : "Normal (Error, KeepLast)");
  });

  test("without data, the alert has the state that noDataState selects", () => {
    const states = run([{ labels, values: `${bad}x${count} _x3` }], count + 4).flatMap((one) => one.states.slice(-1));
    const expected: Readonly<Record<string, string>> = {
      KeepLast: "Alerting (NoData, KeepLast)",
      Alerting: "Alerting (NoData)",
    };
    expect(states.includes(expected[rule.noDataState ?? ""] ?? "Pending (NoData)")).toBe(true);
  });
});
