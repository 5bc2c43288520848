import { describe, expect, test } from "vitest";
import {
  contactPoint,
  dashboard,
  datasource,
  env,
  folder,
  libraryPanel,
  messageTemplate,
  muteTiming,
  notificationPolicy,
  playlist,
  ruleGroup,
  secret,
  type AlertRule,
} from "../../src/index.ts";
import { planMarkdown } from "../../src/report/markdown.ts";
import { planText } from "../../src/report/text.ts";
import { kinds } from "../../src/kinds/index.ts";
import { policyFacts } from "../../src/kinds/notification-policy/facts.ts";
import type { Plan } from "../../src/engine/change.ts";
import { address } from "../../src/engine/model.ts";
import { converge, planFor } from "../helpers/converge.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { MARKS } from "../helpers/mode.ts";

const PLAIN = { stream: process.stdout, color: false };
const TOKEN = "T0KEN/b1g-S3cret-p4th";

function everything(grafana: TestGrafana) {
  const name = (stem: string) => grafana.name(stem);
  const home = folder({ uid: name("home"), title: name("Home"), description: "Everything of the shop" });
  const prometheus = datasource({ uid: name("prom"), name: name("prom"), type: "prometheus", url: "http://prom:9090" });
  const shared = libraryPanel({
    uid: name("shared"),
    name: name("shared"),
    model: { type: "timeseries", targets: [{ refId: "A", expr: "up" }] },
  });
  const board = dashboard({
    uid: name("board"),
    folder: home,
    spec: {
      title: "Shop",
      time: { from: "now-1h", to: "now" },
      templating: { list: [{ type: "textbox", name: "env" }] },
      panels: [
        { type: "row", title: "Requests", id: 1 },
        {
          type: "timeseries",
          title: "Request rate",
          id: 2,
          datasource: prometheus.ref,
          targets: [{ refId: "A", expr: "sum(rate(http_requests_total[5m]))" }],
        },
        { type: "text", title: "About", id: 3 },
      ],
    },
  });
  const point = contactPoint({
    name: name("ops"),
    integrations: [
      { type: "email", settings: { addresses: "ops@example.org" } },
      { type: "webhook", settings: { url: `https://hooks.example.org/${TOKEN}` } },
      { type: "slack", settings: { url: secret(env("SLACK_URL")), recipient: "#alerts" } },
    ],
  });
  const nights = muteTiming({
    name: name("nights"),
    time_intervals: [{ times: [{ start_time: "20:00", end_time: "24:00" }], location: "Europe/Berlin" }],
  });
  const template = messageTemplate({ name: name("text"), template: '{{ define "shop.text" }}x{{ end }}' });
  const policy = notificationPolicy({
    receiver: point,
    group_by: ["alertname"],
    routes: [{ receiver: point, object_matchers: [["severity", "=", "critical"]], repeat_interval: "4h" }],
  });
  const list = playlist({ uid: name("wall"), title: name("Wall"), interval: "1m", items: [board, { tag: "shop" }] });
  return { home, prometheus, shared, board, point, nights, template, policy, list, rules: rules(name("errors")) };

  function rules(title: string) {
    return ruleGroup({ folder: home, title, interval: 60, rules: [rule(name("high"), prometheus, point)] });
  }
}

type Source = ReturnType<typeof datasource>;

function rule(uid: string, source: Source, receiver?: ReturnType<typeof contactPoint>): AlertRule {
  return {
    uid,
    title: "High error rate",
    condition: "B",
    for: "2m",
    labels: { severity: "critical" },
    ...(receiver ? { notification_settings: { receiver } } : {}),
    data: [
      { refId: "A", datasource: source, relativeTimeRange: { from: 600, to: 0 }, model: { expr: "errors" } },
      {
        refId: "B",
        model: { type: "threshold", expression: "A", conditions: [{ evaluator: { type: "gt", params: [5] } }] },
      },
    ],
  };
}

async function planOfEverything() {
  const grafana = await testGrafana();
  const resources = everything(grafana);
  const { plan } = await planFor(await grafana.context(grafana.name("own")), Object.values(resources));
  return { grafana, resources, plan };
}

function factsIn(plan: Plan, kind: string): readonly string[] | undefined {
  return plan.changes.find((change) => change.kind === kind)?.facts;
}

describe("a plan describes new objects", () => {
  test("of every kind", async () => {
    const { grafana, plan } = await planOfEverything();
    const ops = grafana.name("ops");

    const facts = Object.fromEntries([...kinds.keys()].map((kind) => [kind, factsIn(plan, kind)]));
    // Integrations are sorted by their generated uids.
    expect({ ...facts, "contact-point": facts["contact-point"]?.toSorted() }).toEqual({
      folder: ["Everything of the shop"],
      datasource: ["prometheus, http://prom:9090"],
      "library-panel": ["timeseries panel: up"],
      dashboard: [
        "2 panels, 1 row, variable $env, now-1h to now",
        '"Request rate" (timeseries): sum(rate(http_requests_total[5m]))',
        '"About" (text)',
      ],
      "contact-point": [
        "email to ops@example.org",
        "slack to #alerts, (secret)",
        "webhook to https://hooks.example.org/(secret)",
      ],
      "mute-timing": ["20:00-24:00, Europe/Berlin"],
      "message-template": ['defines "shop.text"'],
      "notification-policy": [
        `every alert → "${ops}", grouped by alertname`,
        `› severity=critical → "${ops}", again after 4 hours`,
      ],
      playlist: [`every 1m: dashboard/${grafana.name("board")}, tag "shop"`],
      "rule-group": [
        "1 rule, evaluated every 1 minute",
        `"High error rate" fires when error rate is above 5 for 2 minutes, to "${ops}", severity=critical`,
      ],
    });
  });

  test("of notification policies: which alerts a policy without matchers gets", () => {
    const routes = [
      { receiver: "archive", continue: true },
      { receiver: "ops", object_matchers: [["severity", "=", "critical"]] },
      { receiver: "chat" },
    ];

    expect(policyFacts({ receiver: "mail", routes })).toEqual([
      'every alert → "mail"',
      '› every alert → "archive", continues with the next policy',
      '› severity=critical → "ops"',
      '› every remaining alert → "chat"',
    ]);
  });

  test("in the text and in the Markdown report, without secrets", async () => {
    const { plan } = await planOfEverything();
    const text = planText(plan, PLAIN);
    const markdown = planMarkdown(plan, kinds, { target: "Grafana" });

    for (const report of [text, markdown, JSON.stringify(plan)]) {
      expect(report).toContain("fires when error rate is above 5 for 2 minutes");
      expect(report).toContain("sum(rate(http_requests_total[5m]))");
      expect(report).not.toContain(TOKEN);
    }
    expect(markdown).toMatch(/<details><summary><code>rule-group[^]*?```diff\n\+ 1 rule, [^]*?fires when/);
  });

  test("with one line each if there are many", () => {
    const facts = ["2 panels", '"A" (stat)', '"B" (stat)'];
    const created = Array.from({ length: 600 }, (_, index) => ({
      kind: "dashboard",
      id: `d${index}`,
      title: `D${index}`,
      action: "create" as const,
      facts,
      differences: [],
      verified: true,
      needs: [],
    }));
    const plan = { version: 1, project: "p", changes: created, unchanged: 0, ...LISTS } as const;

    expect(
      planText(plan, PLAIN)
        .split("\n")
        .filter((line) => line.includes("2 panels")),
    ).toHaveLength(600);
    expect(planText(plan, PLAIN)).not.toContain('"A" (stat)');
    expect(planText(plan, { ...PLAIN, verbose: true })).toContain('"A" (stat)');
    expect(planMarkdown(plan, kinds, { target: "Grafana" }).length).toBeLessThanOrEqual(65_536);
  });

  const LISTS = { unseen: [], orphans: [], uncheckedSecrets: [], notes: [] };
});

test("a rule that is added to a group is described", async () => {
  const grafana = await testGrafana();
  const { home, prometheus } = everything(grafana);
  const context = await grafana.context(grafana.name("own"));
  const group = (...uids: string[]) =>
    ruleGroup({
      folder: home,
      title: grafana.name("g"),
      interval: 60,
      rules: uids.map((uid) => ({ ...rule(uid, prometheus), title: `High ${uid}` })),
    });
  const [one, two] = [grafana.name("one"), grafana.name("two")];
  await converge(context, [home, prometheus, group(one)]);

  const { plan } = await planFor(context, [home, prometheus, group(one, two)]);

  const added = plan.changes.flatMap(({ differences }) => differences);
  expect(added).toMatchObject([
    { type: "added", shown: { after: `fires when ${two} is above 5 for 2 minutes, severity=critical` } },
  ]);
});

describe.runIf(MARKS)("objects that are no longer in the code are named by their titles", () => {
  const board = (uid: string, title: string) => dashboard({ uid, spec: { title } });

  test("in a list, without --prune", async () => {
    const { context, kept, gone } = await withTwo();
    const { plan } = await planFor(context, [kept]);

    expect(plan.orphanTitles).toEqual({ [`dashboard/${gone.uid}`]: "Former service" });
    expect(planText(plan, PLAIN)).toContain(`- dashboard/${gone.uid} "Former service"\n`);
    expect(planMarkdown(plan, kinds, { target: "Grafana" })).toContain("Former service");
  });

  test("as deletions", async () => {
    const { context, kept, gone } = await withTwo();
    const { plan } = await planFor(context, [kept], { prune: true });

    expect(plan.changes.map((change) => [address(change), change.title])).toEqual([
      [`dashboard/${gone.uid}`, "Former service"],
    ]);
  });

  async function withTwo() {
    const grafana = await testGrafana();
    const [kept, gone] = [board(grafana.name("kept"), "Service"), board(grafana.name("gone"), "Former service")];
    const context = await grafana.context(grafana.name("own"));
    await converge(context, [kept, gone]);
    return { context, kept, gone: { uid: grafana.name("gone") } };
  }
});
