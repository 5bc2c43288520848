import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { defineStack, renderStack } from "grafana-provision/stack";
import {
  answers,
  freePorts,
  missingPrograms,
  part,
  programOf,
  start,
  type Part,
  type TelemetryProgram,
} from "./programs.ts";

/** Loki, the collector and, if this machine has them, Promtail and Jaeger. */
export interface Telemetry {
  readonly loki: string;
  readonly jaeger: string;
  /** OTLP over HTTP. */
  readonly collector: string;
  readonly parts: { readonly loki: Part; readonly collector: Part };
  /** Addresses of their own metrics, by job. */
  readonly jobs: Readonly<Record<string, string>>;
}

/** Directories of log files that Promtail reads. */
export const LOGS = { application: "logs", containers: "containers" } as const;

/** Starts them with the configuration of the stack, on free ports and below this directory. Undefined without Loki or the collector. */
export async function startTelemetry(directory: string, prometheus: string): Promise<Telemetry | undefined> {
  const absent = missingPrograms();
  if (absent.includes("loki") || absent.includes("otelcol")) return undefined;
  const startIfPresent = (name: TelemetryProgram, config: string) => {
    if (!absent.includes(name)) start(name, [programOf(name), config], directory);
  };
  const stack = defineStack({ scrapeInterval: "5s", logs: { collector: "promtail" } });
  const files = renderStack(stack, { directory, out: directory });
  const at = (port: number) => `127.0.0.1:${port}`;
  const ports = await freePorts(13);
  const port = () => ports.pop() ?? 0;
  const [loki, promtail, jaeger, jaegerOtlp, jaegerMetrics] = [port(), port(), port(), port(), port()];
  const [otlp, metrics, exporter] = [port(), port(), port()];
  const write = (path: string, changes: Readonly<Record<string, string>>) => {
    let text = files.get(path) ?? "";
    for (const [from, to] of Object.entries(changes)) {
      if (!text.includes(from)) throw new Error(`${path} does not contain ${from}`);
      text = text.replaceAll(from, to);
    }
    const file = path.replace(/^.*\//, "");
    writeFileSync(join(directory, file), text);
    return file;
  };
  for (const name of Object.values(LOGS)) mkdirSync(join(directory, name), { recursive: true });

  const lokiFile = write("loki/loki.yaml", {
    "http_listen_port: 3100": `http_listen_address: 127.0.0.1
  http_listen_port: ${loki}
  grpc_listen_address: 127.0.0.1
  grpc_listen_port: ${port()}`,
    ": /loki": `: ${directory}/loki`,
    // Otherwise its components connect to each other at the address of a network interface.
    "replication_factor: 1": "replication_factor: 1\n  instance_addr: 127.0.0.1",
  });
  const lokiPart = part(() => start("loki", [programOf("loki"), `-config.file=${lokiFile}`], directory));
  const jaegerFile = write("jaeger/jaeger.yaml", {
    "0.0.0.0:13133": at(port()),
    "endpoint: 0.0.0.0:16686": `endpoint: ${at(jaeger)}
    grpc:
      endpoint: ${at(port())}`,
    "0.0.0.0:4317": at(jaegerOtlp),
    "0.0.0.0:4318": at(port()),
    "port: 8888": `port: ${jaegerMetrics}`,
    "http://prometheus-toolboxai:9090": prometheus,
  });
  startIfPresent("jaeger", `--config=${jaegerFile}`);
  const collectorFile = write("otel-collector/otel-collector.yaml", {
    "0.0.0.0:4317": at(port()),
    "0.0.0.0:4318": at(otlp),
    "port: 8888": `port: ${metrics}`,
    "0.0.0.0:8889": at(exporter),
    "jaegertracing-toolboxai:4317": at(jaegerOtlp),
    "grafana-loki-toolboxai:3100": at(loki),
  });
  const collectorPart = part(() => start("otelcol", [programOf("otelcol"), `--config=${collectorFile}`], directory));
  const promtailFile = write("promtail/promtail.yaml", {
    "http_listen_port: 9080": `http_listen_address: 127.0.0.1\n  http_listen_port: ${promtail}`,
    "grafana-loki-toolboxai:3100": at(loki),
    "/var/lib/promtail": directory,
    "/var/lib/docker/containers": join(directory, LOGS.containers),
    "/app/logs": join(directory, LOGS.application),
  });
  startIfPresent("promtail", `-config.file=${promtailFile}`);

  const jobs = {
    loki: at(loki),
    ...(absent.includes("jaeger") ? {} : { jaeger: at(jaegerMetrics) }),
    "otel-collector": at(metrics),
    "otel-metrics": at(exporter),
    ...(absent.includes("promtail") ? {} : { promtail: at(promtail) }),
  };
  await Promise.all([
    answers(`http://${at(loki)}/ready`),
    ...Object.values(jobs).map((job) => answers(`http://${job}/metrics`)),
  ]);
  return {
    loki: `http://${at(loki)}`,
    jaeger: `http://${at(jaeger)}`,
    collector: `http://${at(otlp)}`,
    parts: { loki: lokiPart, collector: collectorPart },
    jobs,
  };
}
