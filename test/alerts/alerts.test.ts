import { readFile } from "node:fs/promises";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { AlertsSchema } from "../../src/report/alerts-json.ts";
import { SilenceSchema } from "../../src/report/silence-json.ts";
import { testProject } from "../helpers/cli.ts";
import { faultyProxy, type Fate } from "../helpers/faulty-proxy.ts";
import { testGrafana } from "../helpers/grafana.ts";

const PATHS = {
  alerts: "/api/alertmanager/grafana/api/v2/alerts",
  silences: "/api/alertmanager/grafana/api/v2/silences",
  rules: "/api/prometheus/grafana/api/v1/rules",
  policies: "/api/v1/provisioning/policies",
  timings: "/api/v1/provisioning/mute-timings",
} as const;

type Answers = { readonly [Name in keyof typeof PATHS]: unknown };

/** What a Grafana 12.4.0 answered with rules that fire, are pending, have no data and fail. */
const RECORDED = JSON.parse(
  await readFile(new URL("../fixtures/alerts/current.json", import.meta.url), "utf8"),
) as Answers;

const json = (body: unknown, status = 200): Fate => ({
  status,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

/** A sandbox that answers like the recorded Grafana, except for `fates`. */
async function scene(
  fates: (answers: Answers) => Partial<Record<keyof typeof PATHS, Fate | ((path: string) => Fate)>> = () => ({}),
) {
  const grafana = await testGrafana();
  const own = fates(RECORDED);
  const asked: string[] = [];
  const proxy = await faultyProxy(grafana.url, ({ path, method }) => {
    const [name] = Object.entries(PATHS).flatMap(([name, prefix]) =>
      path.split("?")[0] === prefix && method === "GET" ? [name as keyof typeof PATHS] : [],
    );
    if (name === undefined) return "pass";
    asked.push(path);
    const fate = own[name] ?? json(RECORDED[name]);
    return typeof fate === "function" ? fate(path) : fate;
  });
  onTestFinished(() => proxy.close());
  const project = await testProject({});
  const variables = { ...grafana.variables, GRAFANA_URL: proxy.url };
  return {
    asked,
    run: (...args: string[]) => project.run(args, variables),
    alerts: async (...args: string[]) => {
      const { stdout, code } = await project.run(["alerts", ...args, "-o", "json"], variables);
      const report = AlertsSchema.parse(JSON.parse(stdout));
      const shown = report.alerts?.map(
        ({ name, state, suppressed }) => `${name}: ${state}${suppressed ? ", suppressed" : ""}`,
      );
      return { ...report, code, shown };
    },
  };
}

test("alerts shows what fires, who is notified, and what silences and mutes it", async () => {
  const { alerts, run } = await scene();
  const { code, alerts: shown = [], unread } = await alerts();
  expect([code, unread]).toEqual([0, []]);
  const brief = shown.map(({ name, state, severity, value, contactPoints, silencedBy, suppressed }) => ({
    alert: [state, severity, name, value].filter(Boolean).join(" "),
    notified: contactPoints.map(({ name, mutedBy }) => (mutedBy.length > 0 ? `(${name})` : name)).join(),
    silencedBy: silencedBy.map(({ createdBy, comment }) => `${createdBy}: ${comment}`).join(),
    suppressed,
  }));
  const common = { silencedBy: "", suppressed: false };
  expect(brief).toEqual([
    { ...common, alert: "firing critical High error rate 0.43", notified: "(chat),on-call" },
    { ...common, alert: "pending warning Queue is long 1200", notified: "(chat),on-call" },
    { ...common, alert: "firing info Direct 2", notified: "(chat)", suppressed: true },
    { ...common, alert: "firing Muted 1", notified: "(chat)", suppressed: true },
    {
      alert: "error warning Disk is full",
      notified: "on-call",
      silencedBy: "maria: the datasource moves",
      suppressed: true,
    },
  ]);
  const [first] = shown;
  expect(first).toMatchObject({
    rule: { uid: "high-errors", group: "Backend", folder: "Shop" },
    labels: { alertname: "High error rate", grafana_folder: "Shop", severity: "critical", team: "payments" },
    summary: "5 % of requests fail",
    since: expect.stringMatching(/^2026-11-30T17:51:20/) as string,
  });
  expect(first?.contactPoints[0]?.mutedBy).toEqual(["always"]);
  expect(shown.at(-1)?.rule).toEqual({ uid: "failing" });
  const text = await run("alerts");
  expect(text.code).toBe(0);
  expect(text.stdout).toMatch(/5 alerts: 3 firing, 1 error and 1 pending\. 3 of them are/);
});

test.each([
  { args: ["severity=critical"], shown: ["High error rate: firing"] },
  { args: ["team=~pay.*"], shown: ["High error rate: firing", "Queue is long: pending"] },
  { args: ["team!=payments", "severity=info"], shown: ["Direct: firing, suppressed"] },
  { args: ["rulename=Disk is full"], shown: ["Disk is full: error, suppressed"] },
  { args: ["__alert_rule_uid__=muted"], shown: ["Muted: firing, suppressed"] },
  { args: ["team=other"], shown: [] },
])("$args selects $shown", async ({ args, shown }) => {
  const { alerts } = await scene();
  expect(await alerts(...args)).toMatchObject({ code: 0, shown });
});

test.each([
  { args: ["--fail-on", "firing"], code: 1 },
  { args: ["--fail-on", "firing", "severity=warning"], code: 0 },
  { args: ["--fail-on", "pending", "severity=warning"], code: 1 },
  { args: ["--fail-on", "pending", "severity=info"], code: 0 },
])("$args exits with $code", async ({ args, code }) => {
  const { alerts } = await scene();
  expect((await alerts(...args)).code).toBe(code);
});

test("an alert whose rule names its contact point does not count as muted by a policy that leads there too", async () => {
  const denied = json({ message: "You'll need additional permissions to perform this action." }, 403);
  const { alerts } = await scene(() => ({
    rules: denied,
    policies: json({ receiver: "on-call", routes: [{ receiver: "chat", mute_time_intervals: ["always"] }] }),
  }));
  const { shown } = await alerts();
  expect(shown).toContain("Direct: firing");
  expect(shown).not.toContain("Direct: firing, suppressed");
});

test("a mute timing in an unknown time zone is named, and mutes nothing", async () => {
  const intervals = [{ location: "Mars/Olympus", times: [{ start_time: "00:00", end_time: "24:00" }] }];
  const { alerts } = await scene(() => ({ timings: json([{ name: "always", time_intervals: intervals }]) }));
  const { code, shown, unread = [] } = await alerts();
  expect(code).toBe(3);
  expect(unread.join()).toContain("always");
  expect(shown).toContain("Muted: firing");
});

test("without rules, silences and policies, the alerts of Alertmanager are shown, and what is missing", async () => {
  const denied = json({ message: "You'll need additional permissions to perform this action." }, 403);
  const { alerts } = await scene(() => ({ rules: denied, silences: denied, policies: denied }));
  const { code, shown, unread, alerts: all = [] } = await alerts();
  expect(code).toBe(3);
  expect(unread).toHaveLength(3);
  expect(shown).toEqual([
    "High error rate: firing",
    "Direct: firing",
    "Muted: firing",
    "Disk is full: error, suppressed",
  ]);
  expect(all[0]?.contactPoints).toEqual([
    { name: "chat", mutedBy: [] },
    { name: "on-call", mutedBy: [] },
  ]);
  expect(all.at(-1)?.silencedBy).toEqual([{ id: "0d285d18-8409-47a2-bedb-381c6e59aea1" }]);
  expect((await alerts("--fail-on", "firing")).code).toBe(1);
  const none = await scene(() => ({ alerts: denied }));
  const failed = await none.alerts();
  expect([failed.code, failed.error?.code]).toEqual([3, "grafana-permission-missing"]);
});

test("a Grafana that doesn't know recovering rules is asked again", async () => {
  const { alerts, asked } = await scene(({ rules }) => ({
    rules: (path) =>
      path.includes("recovering") ? json({ status: "error", error: "unknown state 'recovering'" }, 400) : json(rules),
  }));
  expect((await alerts()).shown).toHaveLength(5);
  expect(asked.filter((path) => path.startsWith(PATHS.rules)).map((path) => path.includes("recovering"))).toEqual([
    true,
    false,
  ]);
});

test("an answer that is not from Grafana is an error, not an empty list", async () => {
  const { alerts } = await scene(() => ({ alerts: json({ status: "ok" }) }));
  const { code, error } = await alerts("--fail-on", "firing");
  expect([code, error?.code]).toEqual([1, "grafana-response-invalid"]);
});

test("names with control characters don't reach the terminal", async () => {
  const evil = "a\u001b[2J\u202e\nb";
  const { run } = await scene(({ alerts }) => ({
    alerts: json([
      ...(alerts as object[]),
      { labels: { alertname: evil, [evil]: evil }, annotations: { summary: evil }, startsAt: "x", status: {} },
    ]),
  }));
  const { stdout, code } = await run("alerts");
  expect(code).toBe(0);
  expect(stdout).toContain("6 alerts");
  expect(["\u001b", "\u202e"].filter((character) => stdout.includes(character))).toEqual([]);
});

test("a silence shows the alerts that it matches, also pending ones", async () => {
  const { run } = await scene();
  const { stdout, code } = await run(
    "silence",
    "team=payments",
    "--for",
    "1h",
    "--comment",
    "x",
    "--yes",
    "-o",
    "json",
  );
  const { matched } = SilenceSchema.parse(JSON.parse(stdout));
  expect([code, matched?.map(({ name }) => name)]).toEqual([0, ["High error rate", "Queue is long"]]);
});

test("a new Grafana has no alerts", async () => {
  const grafana = await testGrafana();
  const project = await testProject({});
  const { stdout, code } = await project.run(["alerts", `team=${grafana.name("none")}`], grafana.variables);
  expect(code).toBe(0);
  expect(stdout).toContain("There is no current alert");
});

test("the published schema of the JSON output is up to date", async () => {
  const file = new URL("../../schema/alerts.v1.json", import.meta.url);
  const published: unknown = JSON.parse(await readFile(file, "utf8"));
  expect(published).toEqual(JSON.parse(JSON.stringify(z.toJSONSchema(AlertsSchema))));
});
