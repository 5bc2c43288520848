import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

const GROUPS = 30;
const RULES_PER_GROUP = 10;
const CONTACT_POINTS = 50;
const ROUTES = 100;

/** Names the objects of the alerting benchmark. */
export const ALERTING = `${GROUPS * RULES_PER_GROUP} rules in ${GROUPS} groups, ${CONTACT_POINTS} contact points, ${ROUTES} routes`;

/** Writes a repository with rule groups in one folder, contact points and notification policies. */
export async function generateAlerting(directory: string, prefix: string): Promise<void> {
  const alerts = join(directory, "alerts");
  await mkdir(alerts, { recursive: true });
  const write = (name: string, text: string) => writeFile(join(directory, name), text);
  await write("package.json", '{ "type": "module" }\n');
  await write("grafana.config.ts", `export default { project: "${prefix}", resources: ["./alerts"] };\n`);
  await write("alerts/shared.ts", shared(prefix));
  await write("alerts/policy.ts", policy());
  for (let group = 0; group < GROUPS; group++) await write(`alerts/g${group}.ts`, ruleGroup(prefix, group));
}

function shared(prefix: string): string {
  return `import { contactPoint, datasource, folder } from "grafana-provision";

export const alerts = folder({ uid: "${prefix}", title: "${prefix}" });
export const prometheus = datasource({
  uid: "${prefix}-prometheus",
  name: "${prefix}",
  type: "prometheus",
  url: "http://127.0.0.1:9090",
});
export const points = Array.from({ length: ${CONTACT_POINTS} }, (_, index) =>
  contactPoint({
    name: "${prefix} " + index,
    integrations: [{ type: "webhook", settings: { url: "http://127.0.0.1:9/" + index, httpMethod: "POST" } }],
  }),
);
`;
}

/** Ten routes with nine nested routes each. */
function policy(): string {
  return `import { notificationPolicy } from "grafana-provision";
import { points } from "./shared.ts";

const receiver = (index) => points[index % points.length];
const BRANCHES = 10;
const NESTED = ${ROUTES} / BRANCHES - 1;
export default notificationPolicy({
  receiver: receiver(0),
  group_by: ["grafana_folder", "alertname"],
  routes: Array.from({ length: BRANCHES }, (_, team) => ({
    receiver: receiver(team),
    object_matchers: [["team", "=", "team-" + team]],
    routes: Array.from({ length: NESTED }, (_, nested) => ({
      receiver: receiver(team * NESTED + nested),
      object_matchers: [["service", "=", "service-" + nested]],
      group_wait: "30s",
      repeat_interval: "4h",
    })),
  })),
});
`;
}

function ruleGroup(prefix: string, group: number): string {
  return `import { ruleGroup } from "grafana-provision";
import { alerts, prometheus } from "./shared.ts";

export default ruleGroup({
  folder: alerts,
  title: "group ${group}",
  interval: 60,
  rules: Array.from({ length: ${RULES_PER_GROUP} }, (_, rule) => ({
    uid: "${prefix}-${group}-" + rule,
    title: "Errors of service ${group} " + rule,
    condition: "B",
    for: "5m",
    labels: { team: "team-" + rule, severity: "critical" },
    annotations: { summary: "Service ${group} fails" },
    data: [
      {
        refId: "A",
        datasource: prometheus,
        relativeTimeRange: { from: 600, to: 0 },
        model: { refId: "A", expr: 'rate(http_errors_total{service="service-${group}"}[5m])', instant: true },
      },
      {
        refId: "B",
        model: {
          refId: "B",
          type: "threshold",
          expression: "A",
          conditions: [{ evaluator: { type: "gt", params: [rule] } }],
        },
      },
    ],
  })),
});
`;
}
