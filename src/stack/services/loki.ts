import { z } from "zod";
import { parseDuration } from "../../util/duration.ts";
import { ownJob, serviceType, type CommonSettings } from "../service.ts";
import { Duration, goDuration } from "../settings.ts";

export interface LokiSettings extends CommonSettings {
  /** Retention of log lines and maximum age of new ones; at least 24 hours. Default: `"7d"`. */
  readonly retention?: string;
}

/** https://grafana.com/docs/loki/latest/operations/storage/retention/ */
const MINIMUM = "24h";

const Retention = Duration.refine(
  (text) => (parseDuration(text) ?? 0) >= (parseDuration(MINIMUM) ?? 0),
  `must be at least ${MINIMUM}, the minimum of Loki`,
);

export const loki = serviceType({
  name: "loki",
  title: "Loki",
  image: { repository: "grafana/loki", version: "3.7.6" },
  container: "grafana-loki",
  ports: { http: { container: 3100, host: 3100, what: "HTTP" } },
  memory: "1g",
  settings: z.strictObject({ retention: Retention.default("7d") }),
  after: [],
  check: { type: "http", port: "http", path: "/ready", contains: "ready" },
  main: "http",
  parts({ settings: { retention } }) {
    return {
      command: ["-config.file=/etc/loki/loki.yaml"],
      mounts: [
        { type: "config", directory: "loki", target: "/etc/loki" },
        { type: "volume", name: "loki-data", target: "/loki" },
      ],
      files: { "loki/loki.yaml": configuration(goDuration(retention)) },
      readOnlyRoot: "production",
    };
  },
  scrape: (_own, stack) => ownJob("loki", stack.address("loki", "http")),
  datasource: (_own, stack) => ({
    uid: "loki",
    name: "Loki",
    type: "loki",
    url: `http://${stack.address("loki", "http") ?? ""}`,
    access: "proxy",
  }),
});

function configuration(retention: string): object {
  return {
    auth_enabled: false,
    server: { http_listen_port: 3100 },
    common: { path_prefix: "/loki", replication_factor: 1, ring: { kvstore: { store: "inmemory" } } },
    // A single instance does not wait for other ingesters.
    ingester: { lifecycler: { address: "127.0.0.1", final_sleep: "0s", min_ready_duration: "0s" } },
    schema_config: {
      configs: [
        {
          from: "2024-04-01",
          store: "tsdb",
          object_store: "filesystem",
          schema: "v13",
          index: { prefix: "index_", period: "24h" },
        },
      ],
    },
    storage_config: {
      tsdb_shipper: {
        active_index_directory: "/loki/tsdb-active",
        cache_location: "/loki/tsdb-cache",
        cache_ttl: "24h",
      },
      filesystem: { directory: "/loki/chunks" },
    },
    compactor: {
      working_directory: "/loki/compactor",
      retention_enabled: true,
      delete_request_store: "filesystem",
    },
    limits_config: {
      reject_old_samples: true,
      reject_old_samples_max_age: retention,
      retention_period: retention,
      // For attributes of OTLP log records.
      allow_structured_metadata: true,
      volume_enabled: true,
      // The collector sets it, so that queries find lines that arrive over OTLP by their job, like those of files.
      otlp_config: {
        resource_attributes: { attributes_config: [{ action: "index_label", attributes: ["job"] }] },
      },
    },
    analytics: { reporting_enabled: false },
  };
}
