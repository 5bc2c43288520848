import { z } from "zod";
import { parseDuration } from "../../util/duration.ts";
import { inContainer, SECRET } from "../access.ts";
import { ownJob, serviceType, type CommonSettings, type Service } from "../service.ts";
import { Duration, goDuration, HostFile, HttpUrl } from "../settings.ts";

export interface LokiSettings extends CommonSettings {
  /** Retention of log lines and maximum age of new ones; at least 24 hours. Default: `"7d"`. */
  readonly retention?: string;
  /** Other retention times of single streams. */
  readonly streams?: readonly StreamRetention[];
  /**
   * Requires the tenant of `logs.tenant` in each request: the collectors send it, and the datasource has it as a header. Default:
   * `true` if `tenants` is set, otherwise `false`.
   */
  readonly multiTenant?: boolean;
  /** Retention of single tenants. */
  readonly tenants?: Readonly<
    Record<string, { readonly retention?: string; readonly streams?: readonly StreamRetention[] }>
  >;
  /** An S3-compatible store for chunks and indexes. Default: a volume. */
  readonly storage?: { readonly s3: LokiS3 };
  /** How often the compactor merges indexes and deletes lines after their retention. Default: `"10m"`. */
  readonly compactionInterval?: string;
}

/** The retention of the streams with these labels: `{ selector: '{job="docker"}', retention: "24h" }`. */
interface StreamRetention {
  readonly selector: string;
  readonly retention: string;
  /** If several selectors match, the highest priority decides. Default: 1. */
  readonly priority?: number;
}

interface LokiS3 {
  readonly bucket: string;
  readonly region?: string;
  /** URL of a store other than AWS: `"https://minio.example.org:9000"`. */
  readonly endpoint?: string;
  /** A file in the format of AWS' shared credentials. Default: the credentials of the machine, such as an instance role. */
  readonly credentialsFile?: string;
  /** The first day on which data are written to the store, in UTC, if Loki has older ones on its volume: `"2026-12-01"`. */
  readonly from?: string;
}

/** https://grafana.com/docs/loki/latest/operations/storage/retention/ */
const MINIMUM = "24h";

const Retention = Duration.refine(
  (text) => (parseDuration(text) ?? 0) >= (parseDuration(MINIMUM) ?? 0),
  `must be at least ${MINIMUM}, the minimum of Loki`,
);

const Stream = z.strictObject({
  selector: z.string().regex(/^\{.+\}$/s, 'is not a valid stream selector; use a form such as {job="docker"}'),
  retention: Retention,
  priority: z.number().int().positive().default(1),
});
const Streams = z.array(Stream);

const S3 = z.strictObject({
  bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "is not a valid name of a bucket"),
  region: z.string().min(1).default("us-east-1"),
  endpoint: HttpUrl.exactOptional(),
  credentialsFile: HostFile.exactOptional(),
  from: z.iso.date("is not a valid date; use a form such as 2026-12-01").exactOptional(),
});

const Settings = z.strictObject({
  retention: Retention.default("7d"),
  streams: Streams.default([]),
  multiTenant: z.boolean().exactOptional(),
  tenants: z
    .record(
      z.string().regex(/^[\w.-]{1,150}$/, "use letters, digits, dots, underscores and hyphens, at most 150 characters"),
      z.strictObject({ retention: Retention.exactOptional(), streams: Streams.exactOptional() }),
    )
    .exactOptional(),
  storage: z.strictObject({ s3: S3 }).exactOptional(),
  compactionInterval: Duration.exactOptional(),
});

type Own = z.output<typeof Settings>;

/** The header with the tenant of a request to Loki. */
export const TENANT_HEADER = "X-Scope-OrgID";

/** Whether a service is a Loki that requires a tenant. */
export function isMultiTenant({ name, settings }: Service): boolean {
  if (name !== "loki") return false;
  const { multiTenant, tenants } = settings as Own;
  return multiTenant ?? tenants !== undefined;
}

const CREDENTIALS = "loki-s3-credentials";

export const loki = serviceType({
  name: "loki",
  title: "Loki",
  image: { repository: "grafana/loki", version: "3.7.6" },
  container: "grafana-loki",
  ports: { http: { container: 3100, host: 3100, what: "HTTP" } },
  memory: "1g",
  settings: Settings,
  after: [],
  elsewhere: ({ settings: { storage } }) => storage && { what: `log lines in the bucket ${storage.s3.bucket}` },
  check: { type: "http", port: "http", path: "/ready", contains: "ready" },
  main: "http",
  user: 10_001,
  // Lines before `from` are on a volume.
  scales: ({ settings: { storage } }) => storage !== undefined && storage.s3.from === undefined,
  parts({ settings }, stack) {
    const credentials = settings.storage?.s3.credentialsFile;
    return {
      command: ["-config.file=/etc/loki/loki.yaml"],
      mounts: [
        { type: "config", directory: "loki", target: "/etc/loki" },
        { type: "volume", name: "loki-data", target: "/loki" },
      ],
      ...(credentials === undefined
        ? {}
        : {
            environment: { AWS_SHARED_CREDENTIALS_FILE: inContainer(CREDENTIALS) },
            secrets: [{ name: CREDENTIALS, path: credentials }],
          }),
      files: {
        "loki/loki.yaml": configuration(settings, stack.logs.isMultiTenant),
        ...(settings.tenants === undefined ? {} : { "loki/overrides.yaml": overrides(settings.tenants) }),
      },
      // An S3-compatible store can run on the host.
      connectsToHost: settings.storage !== undefined,
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
    ...(stack.logs.isMultiTenant
      ? { jsonData: { httpHeaderName1: TENANT_HEADER }, secureFiles: { httpHeaderValue1: SECRET.tenant } }
      : {}),
  }),
});

function retentionStreams(streams: Own["streams"]): object[] {
  return streams.map(({ selector, retention, priority }) => ({ selector, priority, period: goDuration(retention) }));
}

/** https://grafana.com/docs/loki/latest/configure/#runtime-configuration-file */
function overrides(tenants: NonNullable<Own["tenants"]>): object {
  return {
    overrides: Object.fromEntries(
      Object.entries(tenants).map(([tenant, { retention, streams }]) => [
        tenant,
        {
          ...(retention === undefined
            ? {}
            : { retention_period: goDuration(retention), reject_old_samples_max_age: goDuration(retention) }),
          ...(streams === undefined ? {} : { retention_stream: retentionStreams(streams) }),
        },
      ]),
    ),
  };
}

/** Data that are older than `from` stay on the volume. */
function periods(s3: z.output<typeof S3> | undefined): object[] {
  const period = (from: string, store: string) => ({
    from,
    store: "tsdb",
    object_store: store,
    schema: "v13",
    index: { prefix: "index_", period: "24h" },
  });
  const FIRST = "2024-04-01";
  if (s3 === undefined) return [period(FIRST, "filesystem")];
  return s3.from === undefined ? [period(FIRST, "s3")] : [period(FIRST, "filesystem"), period(s3.from, "s3")];
}

function s3Settings({ bucket, region, endpoint }: z.output<typeof S3>): object {
  if (endpoint === undefined) return { bucketnames: bucket, region };
  const { host, protocol } = new URL(endpoint);
  return { bucketnames: bucket, region, endpoint: host, insecure: protocol === "http:", s3forcepathstyle: true };
}

function configuration(settings: Own, isMultiTenant: boolean): object {
  const { streams, tenants, storage, compactionInterval } = settings;
  const retention = goDuration(settings.retention);
  const s3 = storage?.s3;
  return {
    auth_enabled: isMultiTenant,
    server: { http_listen_port: 3100 },
    common: { path_prefix: "/loki", replication_factor: 1, ring: { kvstore: { store: "inmemory" } } },
    // A single instance does not wait for other ingesters.
    ingester: { lifecycler: { address: "127.0.0.1", final_sleep: "0s", min_ready_duration: "0s" } },
    schema_config: { configs: periods(s3) },
    storage_config: {
      tsdb_shipper: {
        active_index_directory: "/loki/tsdb-active",
        cache_location: "/loki/tsdb-cache",
        cache_ttl: "24h",
      },
      filesystem: { directory: "/loki/chunks" },
      ...(s3 === undefined ? {} : { aws: s3Settings(s3) }),
    },
    compactor: {
      working_directory: "/loki/compactor",
      retention_enabled: true,
      delete_request_store: s3 === undefined ? "filesystem" : "s3",
      ...(compactionInterval === undefined ? {} : { compaction_interval: goDuration(compactionInterval) }),
    },
    limits_config: {
      reject_old_samples: true,
      reject_old_samples_max_age: retention,
      retention_period: retention,
      ...(streams.length > 0 ? { retention_stream: retentionStreams(streams) } : {}),
      // For attributes of OTLP log records.
      allow_structured_metadata: true,
      volume_enabled: true,
      // The collector sets it, so that queries find lines that arrive over OTLP by their job, like those of files.
      otlp_config: {
        resource_attributes: { attributes_config: [{ action: "index_label", attributes: ["job"] }] },
      },
    },
    ...(tenants === undefined ? {} : { runtime_config: { file: "/etc/loki/overrides.yaml" } }),
    analytics: { reporting_enabled: false },
  };
}
