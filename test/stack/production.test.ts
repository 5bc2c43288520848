import { execFile, spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { env } from "../../src/index.ts";
import { defineStack, renderStack, stackDatasources, writeStack, type StackDefinition } from "../../src/stack/index.ts";
import { InvalidCodeError } from "../../src/util/errors.ts";
import { COMPLETE } from "./production.ts";

const PLACE = { directory: "/project", out: "/project/.grafana-provision/stack" };
const run = promisify(execFile);

type Services = NonNullable<StackDefinition["services"]>;

function fileOf(definition: StackDefinition, path: string): unknown {
  return parse(renderStack(defineStack(definition), PLACE).get(path) ?? "");
}

function faultsOf(services: Services): Record<string, string | undefined> {
  try {
    defineStack({ services });
  } catch (error) {
    if (!(error instanceof InvalidCodeError)) throw error;
    return Object.fromEntries(error.faults.map(({ path = "", code }) => [path, code]));
  }
  return {};
}

async function written(definition: StackDefinition): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "grafana-provision-production-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeStack(folder, renderStack(defineStack(definition), { directory: folder, out: folder }));
  return folder;
}

const whyMissing = (program: string) =>
  spawnSync("which", [program]).status === 0 ? undefined : `${program} is not installed`;

describe("Prometheus", () => {
  test("has limits for each job, and sends samples to other systems without secrets in its file", () => {
    const { scrape_configs: jobs, ...config } = fileOf(COMPLETE, "prometheus/prometheus.yml") as {
      scrape_configs: { job_name: string }[];
    };
    const job = (name: string) => jobs.find(({ job_name }) => job_name === name);
    expect(job("db")).toMatchObject({
      sample_limit: 2000,
      metric_relabel_configs: [{ source_labels: ["__name__"], regex: "pg_.*|go_.*", action: "drop" }],
    });
    expect(job("fastapi-backend")).toMatchObject({ sample_limit: 5000, label_limit: 30 });
    expect(job("loki")).not.toHaveProperty("sample_limit");
    expect(config).toMatchObject({
      global: { external_labels: { stack: "acme", environment: "production" } },
      rule_files: ["/etc/prometheus/rules.yml", "/etc/prometheus/stack-rules.yml"],
      remote_write: [
        {
          name: "mimir",
          basic_auth: { username: "acme", password_file: "/run/secrets/remote-write-mimir" },
          headers: { "X-Scope-OrgID": "acme" },
          write_relabel_configs: [{ regex: "go_.*", action: "drop" }],
        },
        { name: "cloud", authorization: { credentials_file: "/run/secrets/remote-write-cloud" } },
      ],
    });
  });

  test("has no rules of its own in development", () => {
    expect(fileOf({}, "prometheus/prometheus.yml")).not.toHaveProperty("rule_files");
    expect(renderStack(defineStack({}), PLACE).has("prometheus/stack-rules.yml")).toBe(false);
  });

  test("promtool accepts its configuration and its rules", async (context) => {
    context.skip(whyMissing("promtool") !== undefined, whyMissing("promtool"));
    const folder = await written(COMPLETE);
    const rules = ["rules.yml", "stack-rules.yml"].map((name) => join(folder, "prometheus", name));
    expect((await run("promtool", ["check", "rules", ...rules])).stdout.match(/SUCCESS/g)).toHaveLength(2);
    const config = ["check", "config", "--syntax-only", join(folder, "prometheus/prometheus.yml")];
    expect((await run("promtool", config)).stdout).toContain("SUCCESS");
  });

  test("promtool sees that a critical alert is escalated after 30 minutes, and that Grafana is missed", async (context) => {
    context.skip(whyMissing("promtool") !== undefined, whyMissing("promtool"));
    const folder = await written(COMPLETE);
    const alert = (name: string, labels: object) => ({ exp_labels: { alertname: name, ...labels } });
    const critical = { severity: "critical" };
    const base = "https://wiki.example.org/runbooks";
    const down = { ...alert("GrafanaDown", { ...critical, job: "grafana" }) };
    const grafana = {
      ...down,
      exp_annotations: {
        summary: "Grafana does not answer: its own alert rules are not evaluated.",
        runbook_url: `${base}/GrafanaDown`,
      },
    };
    const escalated = {
      ...alert("Escalation", { ...critical, escalated: "GrafanaDown", job: "grafana" }),
      exp_annotations: { summary: "GrafanaDown has been firing for 30m.", runbook_url: `${base}/Escalation` },
    };
    const at = (time: string, name: string, alerts: object[]) => ({
      eval_time: time,
      alertname: name,
      exp_alerts: alerts,
    });
    const tests = {
      rule_files: [join(folder, "prometheus/stack-rules.yml")],
      evaluation_interval: "1m",
      tests: [
        {
          interval: "1m",
          input_series: [{ series: 'up{job="loki", instance="loki:3100"}', values: "1x60" }],
          alert_rule_test: [
            at("1m", "GrafanaDown", []),
            at("5m", "GrafanaDown", [grafana]),
            at("25m", "Escalation", []),
            at("40m", "Escalation", [escalated]),
            at("40m", "StackTargetDown", []),
          ],
        },
      ],
    };
    await writeFile(join(folder, "test.yml"), JSON.stringify(tests));
    const result = await run("promtool", ["test", "rules", join(folder, "test.yml")]).catch((error: unknown) => error);
    expect(result).toMatchObject({ stdout: expect.stringContaining("SUCCESS") as unknown });
  });
});

describe("Alertmanager", () => {
  test.for([
    [{ severity: "critical", alertname: "BackendErrors" }, "backend,mail"],
    [{ severity: "warning", alertname: "PrometheusRuleFailures" }, "backend,slack"],
    [{ severity: "critical", alertname: "Escalation" }, "on-call"],
    [{ severity: "none", alertname: "Watchdog" }, "stack:heartbeat"],
  ] as const)("amtool sends %o to %s", async ([labels, receivers], context) => {
    context.skip(whyMissing("amtool") !== undefined, whyMissing("amtool"));
    const folder = await written(COMPLETE);
    const file = join(folder, "alertmanager/alertmanager.yml");
    expect((await run("amtool", ["check-config", file])).stdout).toContain("SUCCESS");
    const pairs = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
    const { stdout } = await run("amtool", ["config", "routes", "test", `--config.file=${file}`, ...pairs]);
    expect(stdout.trim()).toBe(receivers);
  });

  test("reads all secrets from files", () => {
    const text = renderStack(defineStack(COMPLETE), PLACE).get("alertmanager/alertmanager.yml") ?? "";
    for (const name of ["smtp", "slack-slack", "on-call-pagerduty"])
      expect(text).toContain(`/run/secrets/alertmanager-${name}`);
    const { secrets } = fileOf(COMPLETE, "compose.yaml") as { secrets: Record<string, { file: string }> };
    expect(secrets["alertmanager-smtp"]).toEqual({ file: "../../keys/smtp" });
  });

  test("rejects names that don't exist, and contradictions", () => {
    const alertmanager = {
      webhook: "http://localhost/alerts",
      receivers: { mail: { email: ["ops@example.org"] } },
      routes: [{ receiver: "slack", mute: ["nights"] }],
      escalation: { after: "30m", receiver: "boss" },
    };
    const path = "services.alertmanager";
    const code = "stack-alerting-conflict";
    expect(faultsOf({ alertmanager })).toEqual({
      [`${path}.routes[0].receiver`]: code,
      [`${path}.routes[0].mute`]: code,
      [`${path}.escalation.receiver`]: code,
      [`${path}.webhook`]: code,
      [`${path}.receivers.mail.email`]: code,
    });
    expect(faultsOf({ prometheus: false, alertmanager: { heartbeat: { url: "https://hc.example.org" } } })).toEqual({
      [`${path}.heartbeat`]: code,
    });
  });
});

describe("Loki", () => {
  test("with S3 and tenants is accepted by Loki", async (context) => {
    const loki = process.env["E2E_LOKI"] || "loki";
    context.skip(whyMissing(loki) !== undefined, `${loki} is not installed`);
    const folder = await written(COMPLETE);
    const file = join(folder, "loki/loki.yaml");
    const text = await readFile(file, "utf8");
    await mkdir(join(folder, "data"));
    await writeFile(file, text.replaceAll("/etc/loki/", `${folder}/loki/`).replaceAll(" /loki", ` ${folder}/data`));
    const { stderr } = await run(loki, ["-verify-config", `-config.file=${file}`]);
    expect(stderr).toContain("config is valid");
  });

  test("requires a tenant if it has tenants: collectors send it, and the datasource has a header", () => {
    expect(fileOf(COMPLETE, "loki/loki.yaml")).toMatchObject({ auth_enabled: true });
    expect(fileOf({}, "loki/loki.yaml")).toMatchObject({ auth_enabled: false });
    expect(fileOf(COMPLETE, "otel-collector/otel-collector.yaml")).toMatchObject({
      exporters: { "otlp_http/loki": { headers: { "X-Scope-OrgID": "acme" } } },
    });
    expect(renderStack(defineStack(COMPLETE), PLACE).get("alloy/config.alloy")).toMatch(/tenant_id\s*=\s*"acme"/);
    expect(stackDatasources(defineStack(COMPLETE)).find(({ uid }) => uid === "loki")).toMatchObject({
      jsonData: { httpHeaderName1: "X-Scope-OrgID" },
      secureFiles: { httpHeaderValue1: "loki-tenant" },
    });
  });
});

test("the collector decides about complete traces", () => {
  const { processors, service } = fileOf(COMPLETE, "otel-collector/otel-collector.yaml") as {
    processors: Record<string, { policies: object[] }>;
    service: { pipelines: Record<string, { processors: string[] }> };
  };
  expect(processors["tail_sampling"]?.policies).toEqual([
    { name: "errors", type: "status_code", status_code: { status_codes: ["ERROR"] } },
    { name: "slow", type: "latency", latency: { threshold_ms: 1000 } },
    { name: "others", type: "probabilistic", probabilistic: { sampling_percentage: 10 } },
  ]);
  expect(service.pipelines["traces/sampled"]?.processors).toContain("tail_sampling");
  expect(service.pipelines["traces"]?.processors).not.toContain("tail_sampling");
});

describe("Jaeger", () => {
  const storageOf = (jaeger: Services["jaeger"]) => {
    const config = fileOf({ services: { jaeger: jaeger ?? {} } }, "jaeger/jaeger.yaml") as {
      extensions: { jaeger_storage: { backends: { traces: object } } };
    };
    return config.extensions.jaeger_storage.backends.traces;
  };

  test("stores traces in OpenSearch with a lifecycle policy, and in Cassandra with a time to live", () => {
    const opensearch = "https://search.example.org:9200";
    const login = { username: "jaeger", passwordFile: "./keys/search" };
    expect(storageOf({ retention: "14d", storage: { opensearch, ...login, policy: "traces" } })).toMatchObject({
      opensearch: {
        server_urls: [opensearch],
        auth: { basic: { username: "jaeger", password_file: "/run/secrets/jaeger-storage-password" } },
        indices: { spans: { rotation: { auto_rollover: { policy_name: "traces" } } } },
        max_span_age: "336h",
      },
    });
    expect(storageOf({ retention: "2d", storage: { cassandra: ["cassandra:9042"], ...login } })).toMatchObject({
      cassandra: {
        schema: { keyspace: "jaeger_v1_dc1", create: true, trace_ttl: "48h" },
        connection: {
          servers: ["cassandra:9042"],
          auth: { basic: { password: "${file:/run/secrets/jaeger-storage-password}" } },
        },
      },
    });
    expect(storageOf({ storage: "badger" })).toMatchObject({ badger: { ttl: { spans: "168h" } } });
  });

  test("requires a password for a user", () => {
    const code = "stack-setting-invalid";
    expect(faultsOf({ jaeger: { storage: { opensearch: "https://search:9200", username: "jaeger" } } })).toEqual({
      "services.jaeger.storage": code,
    });
    const elasticsearch = { elasticsearch: "https://search:9200", username: "jaeger" };
    expect(faultsOf({ jaeger: { storage: { ...elasticsearch, passwordFile: "./keys/search" } } })).toEqual({});
    expect(faultsOf({ jaeger: { storage: elasticsearch, environment: { ELASTICSEARCH_PASSWORD: env("P") } } })).toEqual(
      {},
    );
    expect(faultsOf({ jaeger: { storage: { cassandra: [] } } })).toEqual({ "services.jaeger.storage.cassandra": code });
  });
});

test("Grafana uses PostgreSQL and OpenID Connect with secrets from files", () => {
  const { services } = fileOf(COMPLETE, "compose.yaml") as {
    services: { grafana: { environment: Record<string, string>; secrets: string[] } };
  };
  expect(services.grafana.environment).toMatchObject({
    GF_DATABASE_TYPE: "postgres",
    GF_DATABASE_HOST: "db:5432",
    GF_DATABASE_PASSWORD__FILE: "/run/secrets/grafana-database-password",
    GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET__FILE: "/run/secrets/grafana-client-secret",
    GF_AUTH_GENERIC_OAUTH_SCOPES: "openid email profile",
  });
  expect(services.grafana.secrets).toContain("grafana-client-secret");
});

test.each([
  [{ prometheus: { rules: { a: [{ expr: "up" }] } } }, "services.prometheus.rules.a[0]"],
  [{ prometheus: { rules: { a: [{ record: "a b", expr: "up" }] } } }, "services.prometheus.rules.a[0].record"],
  [
    { prometheus: { remoteWrite: [{ name: "a", url: "https://a", username: "u" }] } },
    "services.prometheus.remoteWrite[0]",
  ],
  [{ loki: { streams: [{ selector: "job", retention: "24h" }] } }, "services.loki.streams[0].selector"],
  [{ loki: { tenants: { "a/b": {} } } }, "services.loki.tenants.a/b"],
  [{ loki: { storage: { s3: { bucket: "logs", from: "tomorrow" } } } }, "services.loki.storage.s3.from"],
  [{ "otel-collector": { sampling: { percentage: 200 } } }, "services.otel-collector.sampling.percentage"],
  [{ alertmanager: { heartbeat: {} } }, "services.alertmanager.heartbeat"],
  [{ grafana: { database: { server: "db", user: "g", passwordFile: "./p" } } }, "services.grafana.database.server"],
])("%o is invalid at %s", (services, path) => {
  expect(faultsOf(services as unknown as Services)).toEqual({ [path]: "stack-setting-invalid" });
});
