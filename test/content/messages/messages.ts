import { email, common, slack } from "../../../alerts/templates.ts";
import { hash } from "../../../src/util/json.ts";

/** An alert as the template endpoint of Grafana takes it. */
interface SampleAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt?: string;
}

export interface Message {
  readonly title: string;
  readonly email: string;
  readonly slack: string;
}

const TEAM = { team: "toolboxai" };
const RUNBOOKS = "https://git.example.com/toolboxai/monitoring/src/branch/main/alerts/runbooks";

function alert(uid: string, labels: object, annotations: object, panel: readonly [string, number]) {
  return {
    labels: { ...TEAM, __alert_rule_uid__: uid, ...labels },
    annotations: {
      ...annotations,
      runbook_url: `${RUNBOOKS}/${uid}.md`,
      __dashboardUid__: panel[0],
      __panelId__: `${panel[1]}`,
      __orgId__: "1",
    },
    startsAt: "2025-09-28T10:00:00Z",
  };
}

const down = (job: string, instance: string) =>
  alert(
    "service-down",
    { alertname: "Service down", severity: "critical", service: job, job, instance },
    {
      summary: `${job} is down`,
      description: `Prometheus can't scrape ${instance} of ${job}, or no longer has this target.`,
    },
    ["overview", 9],
  );

const errors = alert(
  "high-error-rate",
  { alertname: "High error rate", severity: "critical", service: "backend" },
  { summary: "Many requests fail", description: "12.4% of the requests of the last 5 minutes were answered with 5xx." },
  ["fastapi", 17],
);

/** Made-up alerts, by the message that they are in. */
export const SAMPLES: Readonly<Record<string, readonly SampleAlert[]>> = {
  "one alert": [errors],
  "several services": [down("loki", "grafana-loki-toolboxai:3100"), down("jaeger", "jaegertracing-toolboxai:8888")],
  resolved: [{ ...down("loki", "grafana-loki-toolboxai:3100"), endsAt: "2025-09-28T10:14:05Z" }],
  "no data": [
    {
      ...alert(
        "redis-connection",
        { alertname: "DatasourceNoData", rulename: "Redis connection issues", severity: "critical", service: "redis" },
        { summary: "Redis [no value]" },
        ["overview", 24],
      ),
    },
  ],
};

/** Changes with each template: recorded messages of other templates are out of date. */
export function templatesHash(): string {
  return hash([common, email, slack].map(({ name, template }) => ({ name, template })));
}

/** Renders the messages with a real Grafana. */
export async function render(grafana: string, alerts: readonly SampleAlert[]): Promise<Message> {
  // Templates of the same names in this Grafana would take precedence.
  const template = [common, email, slack].map((one) => one.template.replaceAll('"toolboxai.', '"rendered.')).join("\n");
  const url = `${grafana}/api/alertmanager/grafana/config/api/v1/templates/test`;
  const headers = { Authorization: `Basic ${btoa("admin:admin")}` };
  const response = await fetch(url, {
    method: "POST",
    headers: { ...headers, "Content-Type": "application/json" },
    body: JSON.stringify({ name: "rendered", template, alerts }),
  });
  const { results, errors } = (await response.json()) as {
    results?: { name: string; text: string; scope: string }[];
    errors?: unknown;
  };
  if (!results) throw new Error(`Grafana did not render the template: ${JSON.stringify(errors)}`);
  const settings = await fetch(`${grafana}/api/frontend/settings`, { headers });
  const { appUrl } = (await settings.json()) as { appUrl: string };
  const textOf = (name: string) => {
    const text = (results.find((one) => one.name === name)?.text ?? "").trim();
    // The links of an alert that still fires end now.
    return text.replaceAll(appUrl, "https://grafana.example.com/").replaceAll(/(?<=&to=)\d+/g, "1759053900000");
  };
  return { title: textOf("rendered.title"), email: textOf("rendered.email"), slack: textOf("rendered.slack") };
}
