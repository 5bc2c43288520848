import { z } from "zod";
import { authoritySecrets, certificateSecrets, SECRET, webOptions, webProbe } from "../access.ts";
import { ownJob, serviceType, type CommonSettings } from "../service.ts";
import { Bytes, Duration } from "../settings.ts";

export interface PrometheusSettings extends CommonSettings {
  /** Retention time of series. Default: `"15d"`. */
  readonly retention?: string;
  /** Maximum size of all series: `"20g"`. The first limit that is reached applies. Default: unlimited. */
  readonly retentionSize?: string;
}

export const prometheus = serviceType({
  name: "prometheus",
  title: "Prometheus",
  image: { repository: "prom/prometheus", version: "v3.14.0" },
  container: "prometheus",
  ports: { http: { container: 9090, host: 9090, what: "HTTP" } },
  memory: "1g",
  settings: z.strictObject({ retention: Duration.default("15d"), retentionSize: Bytes.exactOptional() }),
  after: [],
  guard: "web",
  check: { type: "http", port: "http", path: "/-/ready", contains: "Prometheus" },
  main: "http",
  parts({ settings: { retention, retentionSize }, ports }, stack) {
    const { access } = stack;
    const alertmanager = stack.address("alertmanager", "http");
    return {
      command: [
        "--config.file=/etc/prometheus/prometheus.yml",
        "--storage.tsdb.path=/prometheus",
        `--storage.tsdb.retention.time=${retention}`,
        ...(retentionSize === undefined ? [] : [`--storage.tsdb.retention.size=${retentionSize.toUpperCase()}B`]),
        // Links points on a graph to traces.
        "--enable-feature=exemplar-storage",
        ...webOptions(access, ports["http"]),
      ],
      mounts: [
        { type: "config", directory: "prometheus", target: "/etc/prometheus" },
        { type: "volume", name: "prometheus-data", target: "/prometheus" },
      ],
      files: {
        "prometheus/prometheus.yml": {
          global: { scrape_interval: stack.scrapeInterval, evaluation_interval: stack.evaluationInterval },
          ...(alertmanager === undefined
            ? {}
            : {
                alerting: {
                  alertmanagers: [{ ...stack.client("alertmanager"), static_configs: [{ targets: [alertmanager] }] }],
                },
              }),
          scrape_configs: stack.jobs(),
        },
      },
      ...(access === undefined
        ? {}
        : { secrets: [SECRET.web, SECRET.own, ...certificateSecrets(access), ...authoritySecrets(access)] }),
      probe: webProbe(access, 9090, "/-/ready"),
      connectsToHost: true,
      readOnlyRoot: "production",
    };
  },
  scrape: () => ownJob("prometheus", "localhost:9090"),
  datasource: (_own, stack) => ({
    uid: "prometheus",
    name: "Prometheus",
    type: "prometheus",
    url: `http://${stack.address("prometheus", "http") ?? ""}`,
    access: "proxy",
  }),
});
