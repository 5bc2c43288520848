import { statusText, type StatusInput } from "../../../src/report/stack-status.ts";
import { startedText } from "../../../src/report/stack-up.ts";
import { cardinalityText, type CardinalityInput } from "../../../src/report/stack-cardinality.ts";
import { checkText } from "../../../src/report/stack-check.ts";
import { checklistOf } from "../../../src/stack/checklist.ts";
import type { StackDefinition } from "../../../src/stack/definition.ts";
import { contextOf } from "../../../src/stack/context.ts";
import { defineStack } from "../../../src/stack/define.ts";
import { dropSettingOf } from "../../../src/stack/drop-settings.ts";
import { hostUrl } from "../../../src/stack/urls.ts";

const OUTPUT = { stream: process.stdout, color: false };
/** The first example of the page about production. */
const CHECKED: StackDefinition = {
  profile: "production",
  access: {
    host: "monitoring.example.org",
    tls: { certificate: "./tls/cert.pem", key: "./tls/key.pem" },
    users: ["ops", "deploy"],
  },
  services: { jaeger: { storage: "badger" }, prometheus: { retention: "30d", retentionSize: "20g" } },
  checklist: { backup: "restic on the host, every night" },
};
const NOWHERE = "dial tcp 172.17.0.1:8009: connect: connection refused";

/** The counts of a stack whose application has a metric for debugging. */
function cardinality(): CardinalityInput {
  const setting = dropSettingOf(defineStack(), "fastapi-backend");
  return {
    servers: [
      {
        type: "prometheus",
        url: "http://127.0.0.1:9090",
        since: "2026-11-01T06:00:00.000Z",
        total: 4812,
        change: 1934,
        metrics: [
          { name: "db_statement_seconds_bucket", count: 1840, change: { change: 1840, isNew: true }, usedBy: [] },
          {
            name: "http_request_duration_seconds_bucket",
            count: 612,
            change: { change: 36 },
            usedBy: ["dashboard/fastapi", "dashboard/overview", "rule-group/fastapi"],
          },
          { name: "otel_traces_span_metrics_duration_bucket", count: 480, change: { change: 60 }, usedBy: ["jaeger"] },
        ],
        labels: [
          { name: "statement", count: 184, bytes: 9420, change: { change: 184, isNew: true }, usedBy: [] },
          { name: "route", count: 31, bytes: 820, change: { change: 2 }, usedBy: ["dashboard/fastapi"] },
        ],
        values: [
          {
            name: "job",
            value: "fastapi-backend",
            count: 2710,
            change: { change: 1876 },
            usedBy: ["dashboard/fastapi"],
          },
        ],
      },
      {
        type: "loki",
        url: "http://127.0.0.1:3100",
        since: "2026-11-01T06:00:00.000Z",
        total: 24,
        change: 0,
        metrics: [],
        labels: [{ name: "container", count: 11, streams: 22, change: { change: 0 }, usedBy: ["dashboard/loki"] }],
        values: [{ name: "job", value: "docker", count: 22, change: { change: 0 }, usedBy: ["dashboard/loki"] }],
      },
    ],
    advice: [
      {
        jobs: ["fastapi-backend"],
        metrics: [{ name: "db_statement_seconds_bucket", series: 1840 }],
        series: 1840,
        file: "stack.config.ts",
        setting: setting?.text(["db_statement_seconds_bucket"]) ?? "",
      },
    ],
    notes: ["Dashboards and alerts that are only in Grafana were not searched."],
  };
}

/**
 * Outputs of `stack:up` and `stack:status` while the application is down. They come from the same reporters, without
 * containers, because a test can't rely on a container engine.
 */
export function stackOutputs(): ReadonlyMap<string, string> {
  const stack = defineStack();
  const context = contextOf(stack);
  const services = [...stack.services.values()];
  const started = services.map((service) => {
    const url = hostUrl(stack, service, service.type.main);
    return {
      title: service.type.title,
      container: service.container,
      done: "started" as const,
      ...(url === undefined ? {} : { url }),
    };
  });
  const login = { user: "admin", passwordFile: ".grafana-provision/stack/secrets/grafana-admin-password" };

  const asked = services.map((service): StatusInput["services"][number] => {
    const { check, title } = service.type;
    const url = hostUrl(stack, service, check.port);
    return { name: service.name, title, asked: check.type === "http" ? `${url}${check.path}` : url, state: "up" };
  });
  const targets = context.jobs().flatMap(({ job_name, metrics_path = "/metrics", static_configs }) =>
    static_configs.flatMap(({ targets }) =>
      targets.map((target) => {
        const url = `http://${target}${metrics_path}`;
        return job_name === stack.backend?.job
          ? { job: job_name, url, state: "down" as const, error: `Get "${url}": ${NOWHERE}` }
          : { job: job_name, url, state: "up" as const };
      }),
    ),
  );
  const backend = {
    name: "backend",
    title: stack.backend?.job ?? "",
    asked: "http://127.0.0.1:8009/metrics",
    state: "down" as const,
    detail: "connection refused",
  };
  return new Map([
    ["stack-up", startedText({ services: started, login }, OUTPUT)],
    ["stack-cardinality", cardinalityText(cardinality(), OUTPUT)],
    ["stack-check", checkText({ profile: "production", points: checklistOf(defineStack(CHECKED)) }, OUTPUT)],
    ["stack-status", statusText({ healthy: false, services: [...asked, backend], targets: { targets } }, OUTPUT)],
  ]);
}
