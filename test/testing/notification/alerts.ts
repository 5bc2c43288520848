import type { NotifiedAlert } from "grafana-provision/testing";

const FOLDER = { grafana_folder: "Shop" };
const link = { ruleUid: "errors", panel: { dashboardUid: "overview", id: 7 } } as const;

const errors: NotifiedAlert = {
  labels: { alertname: "Errors", ...FOLDER, instance: "a:1", job: "api", severity: "critical", team: "Pay & Co" },
  annotations: {
    summary: "Many requests fail",
    description: 'The rate is <12.4%> of "api" requests',
    runbook_url: "https://example.com/runbooks/errors.md?x=1&y=2",
  },
  values: { A: 12.4, B: 1 },
  startsAt: "2025-09-28T10:00:00Z",
  ...link,
};

/** Made-up alerts, in the order of a notification. Grafana rendered the recorded templates for them. */
export const ALERTS: Readonly<Record<string, readonly NotifiedAlert[]>> = {
  one: [errors],
  several: [
    errors,
    {
      ...errors,
      labels: { ...errors.labels, instance: "b:2", severity: "warning" },
      values: { A: 1234567.5, B: 0.00001 },
    },
    {
      ...errors,
      labels: { ...errors.labels, instance: "c:3", severity: "info" },
      values: { A: -0.5, B: 100000, C: 1e21 },
      startsAt: "2025-12-31T23:59:58.123456Z",
      endsAt: "2026-01-01T00:14:05.5Z",
    },
  ],
  resolved: [
    { ...errors, endsAt: "2025-09-28T11:01:02.25Z" },
    {
      labels: { ...errors.labels, alertname: "Latency", instance: "b:2" },
      startsAt: "2025-09-28T10:00:00Z",
      endsAt: "2025-09-28T10:00:00.0015Z",
    },
  ],
  bare: [{ labels: { alertname: "Queue", ...FOLDER }, startsAt: "2025-02-03T04:05:06Z" }],
  unicode: [
    {
      labels: {
        alertname: "Übung ñ",
        ...FOLDER,
        city: "東京 ☃",
        emoji: "🔥 fire",
        empty_like: " ",
        "with-dash": "a_b-c.d",
      },
      annotations: { text: "line one\nline\ttwo \\ 'quoted' \u0001 end", list: "b, a,  c" },
      values: { A: 0, B: 1e-7, Ä: 3 },
      startsAt: "2025-06-15T12:30:00.000000001Z",
    },
  ],
  "no data": [{ ...errors, state: "NoData" }],
  error: [{ ...errors, state: "Error", annotations: { ...errors.annotations, Error: "timeout" } }],
};
