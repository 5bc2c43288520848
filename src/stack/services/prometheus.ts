import { z } from "zod";
import { authoritySecrets, certificateSecrets, SECRET, webOptions, webProbe } from "../access.ts";
import { ownJob, serviceType, type CommonSettings } from "../service.ts";
import { Bytes, Duration } from "../settings.ts";
import { remoteWriteConfig, remoteWriteFiles, RemoteWrites, type RemoteWrite } from "./prometheus-remote-write.ts";
import { ruleFiles, Rules, type PrometheusRule } from "./prometheus-rules.ts";

export interface PrometheusSettings extends CommonSettings {
  /** Retention time of series. Default: `"15d"`. */
  readonly retention?: string;
  /** Maximum size of all series: `"20g"`. The first limit that is reached applies. Default: unlimited. */
  readonly retentionSize?: string;
  /** Own recording and alerting rules, by the name of their group. */
  readonly rules?: Readonly<Record<string, readonly PrometheusRule[]>>;
  /**
   * Enables Prometheus' API for snapshots, so that `stack:backup` doesn't stop it. The same API deletes series: all who can reach
   * Prometheus and have its credentials, if there are any, can use it. Default: `false`.
   */
  readonly adminApi?: boolean;
  /** Other systems that get all samples: Mimir, Thanos Receive, Grafana Cloud. */
  readonly remoteWrite?: readonly RemoteWrite[];
}

export const prometheus = serviceType({
  name: "prometheus",
  title: "Prometheus",
  image: { repository: "prom/prometheus", version: "v3.14.0" },
  container: "prometheus",
  ports: { http: { container: 9090, host: 9090, what: "HTTP" } },
  memory: "1g",
  settings: z.strictObject({
    retention: Duration.default("15d"),
    retentionSize: Bytes.exactOptional(),
    rules: Rules.default({}),
    adminApi: z.boolean().default(false),
    remoteWrite: RemoteWrites.default([]),
  }),
  after: [],
  guard: "web",
  user: 65_534,
  check: { type: "http", port: "http", path: "/-/ready", contains: "Prometheus" },
  main: "http",
  parts(own, stack) {
    const { retention, retentionSize, rules, adminApi, remoteWrite } = own.settings;
    const { access } = stack;
    const secrets = [
      ...(access === undefined
        ? []
        : [SECRET.web, SECRET.own, ...certificateSecrets(access), ...authoritySecrets(access)]),
      ...remoteWriteFiles(remoteWrite),
    ];
    const ruleTexts = ruleFiles(rules, stack);
    const ruleNames = Object.keys(ruleTexts);
    const alertmanager = stack.address("alertmanager", "http");
    return {
      command: [
        "--config.file=/etc/prometheus/prometheus.yml",
        "--storage.tsdb.path=/prometheus",
        `--storage.tsdb.retention.time=${retention}`,
        ...(retentionSize === undefined ? [] : [`--storage.tsdb.retention.size=${retentionSize.toUpperCase()}B`]),
        // Links points on a graph to traces.
        "--enable-feature=exemplar-storage",
        ...(adminApi ? ["--web.enable-admin-api"] : []),
        ...webOptions(access, stack.publicUrl(own, "http")),
      ],
      mounts: [
        { type: "config", directory: "prometheus", target: "/etc/prometheus" },
        { type: "volume", name: "prometheus-data", target: "/prometheus" },
      ],
      files: {
        "prometheus/prometheus.yml": {
          global: {
            scrape_interval: stack.scrapeInterval,
            evaluation_interval: stack.evaluationInterval,
            // Other systems get the samples of several stacks.
            ...(remoteWrite.length > 0
              ? { external_labels: { stack: stack.name, environment: stack.environment } }
              : {}),
          },
          ...(alertmanager === undefined
            ? {}
            : {
                alerting: {
                  alertmanagers: [{ ...stack.client("alertmanager"), static_configs: [{ targets: [alertmanager] }] }],
                },
              }),
          ...(ruleNames.length > 0 ? { rule_files: ruleNames.map((path) => `/etc/${path}`) } : {}),
          scrape_configs: stack.scrapeConfigs(),
          ...(remoteWrite.length > 0 ? { remote_write: remoteWrite.map(remoteWriteConfig) } : {}),
        },
        ...ruleTexts,
      },
      ...(secrets.length > 0 ? { secrets } : {}),
      // It reads the password for each request, but an editor can replace the file that is mounted.
      ...(access === undefined ? {} : { secretsAtStart: [SECRET.own] }),
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
