import type { StackDefinition } from "../../src/stack/index.ts";
import { FILES, HOST } from "./certificate.ts";

/** A definition with every point of `stack:check`, and with all settings for production. */
export const COMPLETE = {
  profile: "production",
  name: "acme",
  backend: { target: "backend:8009", metrics: { sampleLimit: 5000, labelLimit: 30, drop: ["python_gc_.*"] } },
  access: { host: HOST, tls: FILES, users: ["ops"] },
  runbooks: "https://wiki.example.org/runbooks/",
  checklist: { backup: "restic on the host, every night" },
  scrape: [{ job: "db", targets: ["db:9187"], metrics: { drop: ["pg_.*", "go_.*"], sampleLimit: 2000 } }],
  services: {
    prometheus: {
      retention: "30d",
      retentionSize: "20g",
      rules: {
        http: [
          { record: "job:http_requests:rate5m", expr: "sum by (job) (rate(http_requests_total[5m]))" },
          {
            alert: "BackendErrors",
            expr: 'sum(rate(http_requests_total{status=~"5.."}[5m])) > 1',
            for: "5m",
            labels: { severity: "critical" },
          },
        ],
      },
      remoteWrite: [
        {
          name: "mimir",
          url: "https://mimir.example.org/api/v1/push",
          username: "acme",
          passwordFile: "./keys/mimir",
          tenant: "acme",
          drop: ["go_.*"],
        },
        { name: "cloud", url: "https://prometheus.example.org/api/prom/push", tokenFile: "./keys/cloud" },
      ],
    },
    alertmanager: {
      smtp: {
        server: "smtp.example.org:587",
        from: "alerts@example.org",
        username: "alerts",
        passwordFile: "./keys/smtp",
      },
      receivers: {
        backend: { webhook: "http://host.docker.internal:8009/api/v1/alerts" },
        mail: { email: ["ops@example.org"] },
        slack: { slack: { urlFile: "./keys/slack", channel: "#alerts" } },
        "on-call": { pagerduty: { keyFile: "./keys/pagerduty" } },
      },
      routes: [
        { receiver: "backend", continue: true },
        { receiver: "mail", match: { severity: "critical" }, repeat: "1h" },
        { receiver: "slack", match: { severity: "warning" }, mute: ["weekends"] },
      ],
      muteTimes: {
        weekends: [
          { weekdays: ["saturday", "sunday"], location: "Europe/Berlin" },
          {
            weekdays: ["monday:friday"],
            times: [
              { from: "00:00", to: "08:00" },
              { from: "18:00", to: "24:00" },
            ],
          },
        ],
      },
      escalation: { after: "30m", receiver: "on-call" },
      heartbeat: { url: "https://heartbeat.example.org/ping", interval: "5m" },
    },
    loki: {
      retention: "14d",
      streams: [{ selector: '{job="docker"}', retention: "48h" }],
      tenants: {
        acme: { retention: "30d" },
        audit: { retention: "365d", streams: [{ selector: '{level="debug"}', retention: "24h", priority: 2 }] },
      },
      storage: {
        s3: {
          bucket: "acme-logs",
          endpoint: "https://minio.example.org:9000",
          credentialsFile: "./keys/s3",
          from: "2026-12-01",
        },
      },
      compactionInterval: "10m",
    },
    jaeger: { storage: "badger", retention: "72h" },
    "otel-collector": { sampling: { percentage: 10, slowerThan: "1s" } },
    grafana: {
      database: { server: "db:5432", user: "grafana", passwordFile: "./keys/database" },
      oidc: {
        clientId: "grafana",
        clientSecretFile: "./keys/oidc",
        authUrl: "https://login.example.org/authorize",
        tokenUrl: "https://login.example.org/token",
        apiUrl: "https://login.example.org/userinfo",
        role: "contains(groups[*], 'ops') && 'Editor' || 'Viewer'",
        domains: ["example.org"],
      },
    },
  },
} as const satisfies StackDefinition;
