import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { LEVELS, withLevel } from "../../dashboards/_shared/logql.ts";
import loki from "../../dashboards/loki.ts";
import { goRegExp, readLine } from "./logql.ts";
import { panelsOf, targetsOf } from "./own.ts";

const FILE = { job: "application", filename: "/app/logs/backend.log" };
const CONTAINER = {
  job: "docker",
  filename: "/var/lib/docker/containers/435fb9a29d6d7c8d/435fb9a29d6d7c8d-json.log",
  container_id: "435fb9a29d6d7c8d435fb9a29d6d7c8d",
  stream: "stdout",
};

describe("the level of a line is found in", () => {
  test.each([
    ["2025-09-28 12:00:00,123 - app.db - ERROR - connection lost, no info", "error"],
    ['{"event": "error rate is normal", "level": "info"}', "info"],
    ['{"levelname":"WARNING","message":"slow"}', "warn"],
    ['ts=2025-09-28T12:00:00Z level=debug caller=a.go msg="an error"', "debug"],
    ["[CRITICAL] out of memory", "critical"],
    ['{"severity": "FATAL"}', "fatal"],
    ['INFO:     127.0.0.1:5000 - "GET /api/v1/error HTTP/1.1" 200 OK', "info"],
    ["warn: disk is filling", "warn"],
    ["Traceback (most recent call last):", "unknown"],
    ["ValueError: no terror here", "unknown"],
    ["", "unknown"],
  ])("%s: %s", (line, level) => {
    expect(readLine(`{job="application"} ${withLevel}`, line, FILE)).toEqual({ ...FILE, level });
    expect(LEVELS).toContain(level);
  });
});

describe("the log panels", () => {
  test.each([
    ["an access log", 'INFO:     10.0.0.1:5000 - "POST /api/v1/content HTTP/1.1" 201 Created', ["API request log"]],
    ["an access log in JSON", '{"method": "GET", "path": "/api/v1/content", "status_code": 200}', ["API request log"]],
    ["a request to another path", 'INFO:     10.0.0.1:5000 - "GET /metrics HTTP/1.1" 200 OK', []],
    [
      "a rejected request",
      'INFO:     10.0.0.1:5000 - "GET /api/v1/content HTTP/1.1" 401 Unauthorized',
      ["API request log", "Authentication and security log"],
    ],
    ["a statement", "INFO sqlalchemy.engine.Engine SELECT users.id FROM users", ["Database log"]],
    ["an insert", "LOG:  statement: insert into tasks (id) values (1)", ["Database log"]],
    ["prose that is not a statement", "INFO please select the file to update", []],
    ["an agent", "INFO ContentAgent finished task 42", ["Agent log"]],
    ["an agent that failed", "ERROR OrchestrationAgent gave up", ["Error stream", "Agent log"]],
    ["a browser, which is not an agent", 'INFO {"UserAgent": "Mozilla/5.0", "User-Agent": "Mozilla/5.0"}', []],
    ["a traceback", "Traceback (most recent call last):", ["Error stream"]],
    ["text that only mentions errors", "INFO no errors in the last hour", []],
    ["a sign-in", "INFO user 7 logged in", ["Authentication and security log"]],
    ["a wrong password", "WARNING login failed: invalid password", ["Authentication and security log"]],
    ["a rate limit", "WARNING rate limit exceeded for 10.0.0.1", ["Authentication and security log"]],
    ["a login page, which is not an event", "INFO rendered blogging.html", []],
  ])("show %s in the right panels", (_name, line, expected) => {
    const shown = (stream: Readonly<Record<string, string>>) =>
      panelsOf(loki)
        .filter(({ type }) => type === "logs")
        .filter((panel) => readLine(targetsOf(panel)[0]?.expr ?? "", line, stream) !== undefined)
        .map(({ title }) => title ?? "");
    expect(shown(FILE).toSorted()).toEqual(["Application logs", ...expected].toSorted());
    expect(shown(CONTAINER).toSorted()).toEqual(["Container logs", ...expected].toSorted());
  });
});

test.each([
  ["API requests by method", 'INFO: - "PATCH /api/v1/a HTTP/1.1" 204', { method: "PATCH" }],
  ["API requests by status", 'INFO: - "PATCH /api/v1/a HTTP/1.1" 503', { class: "5xx" }],
  ["API requests by status", "method=GET path=/api/v1/a status=404", { class: "4xx" }],
  ["API requests by status", "GET /api/v1/a begins", { class: "no status" }],
  ["Statements by operation", "DELETE FROM tasks", { operation: "delete" }],
  ["Slow queries", "LOG:  duration: 1500.250 ms  statement: SELECT 1", {}],
  ["Lines by agent", "INFO ContentAgent: done", { agent: "ContentAgent" }],
  ["Lines by container", "INFO done", { container: "435fb9a29d6d" }],
  ["Lines by level", "ERROR: lost", { level: "error" }],
])("count %s for %s", (title, line, labels) => {
  const panel = panelsOf(loki).find((one) => one.title === title);
  const expr = panel ? targetsOf(panel)[0]?.expr : undefined;
  expect(readLine(expr ?? "", line, CONTAINER)).toMatchObject(labels);
});

test("don't show a fast query as slow", () => {
  const panel = panelsOf(loki).find(({ title }) => title === "Slow queries");
  expect(readLine(panel ? (targetsOf(panel)[0]?.expr ?? "") : "", "LOG:  duration: 12.250 ms", FILE)).toBeUndefined();
});

test("use valid regular expressions", () => {
  const exprs = panelsOf(loki)
    .flatMap(targetsOf)
    .map(({ expr = "" }) => expr);
  const expressions = exprs.flatMap((expr) =>
    [...expr.matchAll(/(?:\|~|\| regexp) `([^`]*)`/g)].map(([, one]) => one ?? ""),
  );
  expect(expressions.length).toBeGreaterThan(exprs.length);
  for (const one of expressions) expect(() => goRegExp(one)).not.toThrow();
});

describe("the lines of the example backend", () => {
  // The tests of the backend check that it writes these lines.
  const lines = readFileSync(new URL("../../examples/fastapi-backend/tests/log-lines.txt", import.meta.url), "utf8")
    .trim()
    .split("\n");
  const shownIn = (title: string) => {
    const expr = panelsOf(loki).find((panel) => panel.title === title && panel.type === "logs");
    return lines.filter((line) => readLine(expr ? (targetsOf(expr)[0]?.expr ?? "") : "", line, FILE) !== undefined);
  };

  test.each([
    ["Error stream", /^\S+ ERROR /],
    ["API request log", /(GET|POST|PUT|DELETE) \/api\//],
    ["Agent log", /ContentAgent/],
    ["Authentication and security log", /backend\.security|\/auth\/login|HTTP\/1\.1 (401|403)/],
  ])("are in the panel %s if they match %s", (title, expected) => {
    const found = lines.filter((line) => expected.test(line));
    expect(found.length).toBeGreaterThan(1);
    expect(shownIn(title)).toEqual(found);
  });

  test("about slow queries are counted", () => {
    const panel = panelsOf(loki).find(({ title }) => title === "Slow queries");
    const expr = panel ? (targetsOf(panel)[0]?.expr ?? "") : "";
    const slow = lines.filter((line) => readLine(expr, line, FILE) !== undefined);
    expect(slow).toEqual([expect.stringContaining("slow query: 1.50 s: SELECT")]);
  });

  test("have a level, and requests have a status", () => {
    for (const line of lines) {
      const level = readLine(`{job="application"} ${withLevel}`, line, FILE)?.["level"];
      expect(level).toBe(line.split(" ")[1]?.toLowerCase().replace("warning", "warn"));
    }
    const panel = panelsOf(loki).find(({ title }) => title === "API requests by status");
    const expr = panel ? (targetsOf(panel)[0]?.expr ?? "") : "";
    const classes = lines.map((line) => readLine(expr, line, FILE)?.["class"]).filter((one) => one !== undefined);
    expect(new Set(classes)).toEqual(new Set(["2xx", "4xx", "5xx"]));
  });
});
