import { renderNotification, type NotifiedAlert } from "grafana-provision/testing";
import * as points from "../../../alerts/contact-points.ts";
import { common, email, slack } from "../../../alerts/templates.ts";

export interface Message {
  readonly title: string;
  readonly email: string;
  readonly slack: string;
}

const RUNBOOKS = "https://git.example.com/toolboxai/monitoring/src/branch/main/alerts/runbooks";
const GRAFANA_URL = "https://grafana.example.com/";
const AT = "2025-09-28T10:05:00Z";

function alert(
  uid: string,
  labels: Record<string, string>,
  annotations: object,
  panel: readonly [string, number],
): NotifiedAlert {
  return {
    labels: { team: "toolboxai", ...labels },
    annotations: { ...annotations, runbook_url: `${RUNBOOKS}/${uid}.md` },
    startsAt: "2025-09-28T10:00:00Z",
    ruleUid: uid,
    panel: { dashboardUid: panel[0], id: panel[1] },
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
export const SAMPLES: Readonly<Record<string, readonly NotifiedAlert[]>> = {
  "one alert": [errors],
  "several services": [down("jaeger", "jaegertracing-toolboxai:8888"), down("loki", "grafana-loki-toolboxai:3100")],
  resolved: [{ ...down("loki", "grafana-loki-toolboxai:3100"), endsAt: "2025-09-28T10:14:05Z" }],
  "no data": [
    {
      ...alert(
        "redis-connection",
        { alertname: "Redis connection issues", severity: "critical", service: "redis" },
        { summary: "Redis [no value]" },
        ["overview", 24],
      ),
      state: "NoData",
    },
  ],
};

function isFiring(alerts: readonly NotifiedAlert[]): boolean {
  return alerts.some(({ endsAt }) => endsAt === undefined);
}

/** What ToolboxAI's contact points send for a sample. */
export function messageOf(sample: string): Message {
  const alerts = SAMPLES[sample] ?? [];
  const at = isFiring(alerts) ? AT : "2025-09-28T10:15:00Z";
  const fields = [points.email, points.slack].map((point) => {
    const [one] = renderNotification(point, alerts, { url: GRAFANA_URL, at });
    return one?.fields ?? {};
  });
  const text = (index: number, field: string) => (fields[index]?.[field] ?? "").trim();
  if (text(0, "subject") !== text(1, "title")) throw new Error("e-mail and Slack have different titles");
  return { title: text(0, "subject"), email: text(0, "message"), slack: text(1, "text") };
}

/** As the template endpoint of Grafana takes an alert. */
function posted({ labels, annotations, state, startsAt, endsAt, ruleUid, panel }: NotifiedAlert) {
  const { alertname, ...others } = labels;
  const named = state === undefined ? labels : { ...others, rulename: alertname, alertname: `Datasource${state}` };
  return {
    labels: { ...named, __alert_rule_uid__: ruleUid },
    annotations: {
      ...annotations,
      __dashboardUid__: panel?.dashboardUid,
      __panelId__: `${panel?.id}`,
      __orgId__: "1",
    },
    startsAt,
    endsAt,
  };
}

/** Renders a sample with a real Grafana. */
export async function render(grafana: string, sample: string): Promise<Message> {
  // Templates of the same names in this Grafana would take precedence.
  const template = [common, email, slack].map((one) => one.template.replaceAll('"toolboxai.', '"rendered.')).join("\n");
  const url = `${grafana}/api/alertmanager/grafana/config/api/v1/templates/test`;
  const headers = { Authorization: `Basic ${btoa("admin:admin")}` };
  const response = await fetch(url, {
    method: "POST",
    headers: { ...headers, "Content-Type": "application/json" },
    body: JSON.stringify({ name: "rendered", template, alerts: (SAMPLES[sample] ?? []).map(posted) }),
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
    const ended = text.replaceAll(appUrl, GRAFANA_URL);
    // The links of an alert that still fires end now.
    return isFiring(SAMPLES[sample] ?? []) ? ended.replaceAll(/(?<=&to=)\d+/g, `${Date.parse(AT)}`) : ended;
  };
  return { title: textOf("rendered.title"), email: textOf("rendered.email"), slack: textOf("rendered.slack") };
}
