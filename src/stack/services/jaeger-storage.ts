import { z } from "zod";
import { issuesOf, PARSING } from "../../util/schema-issues.ts";
import { inContainer } from "../access.ts";
import type { SecretFile } from "../service.ts";
import { collectorText, goDuration, HostFile, HttpUrl, Target } from "../settings.ts";

interface SearchEngine {
  readonly username?: string;
  readonly passwordFile?: string;
  /** Prefix of the names of its indexes. */
  readonly indexPrefix?: string;
  /** A lifecycle policy (ILM, ISM) that rolls indexes over and deletes old ones. Default: one index a day, which is never deleted. */
  readonly policy?: string;
}

/** A database of its own for traces. */
export type JaegerStorage =
  | ({ readonly elasticsearch: string } & SearchEngine)
  | ({ readonly opensearch: string } & SearchEngine)
  | {
      /** `["cassandra-1:9042"]` */
      readonly cassandra: readonly string[];
      readonly username?: string;
      readonly passwordFile?: string;
      /** Default: `"jaeger_v1_dc1"`. */
      readonly keyspace?: string;
      /** Default: `"dc1"`. */
      readonly datacenter?: string;
      /** Whether Jaeger creates the keyspace if it does not exist. Default: `true`. */
      readonly createSchema?: boolean;
    };

const Login = { username: z.string().min(1).exactOptional(), passwordFile: HostFile.exactOptional() };
const Search = {
  ...Login,
  indexPrefix: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]*$/, "use lowercase letters, digits, underscores and hyphens")
    .exactOptional(),
  policy: z.string().min(1).exactOptional(),
};

const Elasticsearch = z.strictObject({ elasticsearch: HttpUrl, ...Search });
const NEEDS_PASSWORD = [
  ({ username, passwordFile }: { username?: string; passwordFile?: string }) =>
    (username === undefined) === (passwordFile === undefined),
  "must have both username and passwordFile, or neither",
] as const;
const Opensearch = z.strictObject({ opensearch: HttpUrl, ...Search }).refine(...NEEDS_PASSWORD);
const Cassandra = z
  .strictObject({
    cassandra: z.array(Target).min(1, "must contain at least one server"),
    ...Login,
    keyspace: z.string().regex(/^\w+$/, "use letters, digits and underscores").default("jaeger_v1_dc1"),
    datacenter: z.string().min(1).default("dc1"),
    createSchema: z.boolean().default(true),
  })
  .refine(...NEEDS_PASSWORD);

type Given = z.output<typeof Elasticsearch> | z.output<typeof Opensearch> | z.output<typeof Cassandra>;

export const Storage = z.unknown().transform((value, context): "memory" | "badger" | Given => {
  if (value === "memory" || value === "badger") return value;
  if (typeof value !== "object" || value === null) {
    context.addIssue('must be "memory", "badger", or an object with `elasticsearch`, `opensearch` or `cassandra`');
    return z.NEVER;
  }
  const schema = "opensearch" in value ? Opensearch : "cassandra" in value ? Cassandra : Elasticsearch;
  const parsed = schema.safeParse(value, PARSING);
  if (parsed.success) return parsed.data;
  for (const { path, message } of issuesOf(parsed.error.issues))
    context.addIssue({ code: "custom", path: [...path], message });
  return z.NEVER;
});

type Storage = z.output<typeof Storage>;

/** The container's environment variable with the password of an Elasticsearch user without `passwordFile`. */
export const ES_PASSWORD = "ELASTICSEARCH_PASSWORD";

/** The only directory in the image that its user can write to. A new volume inherits these permissions. */
export const DATA = "/tmp";

const PASSWORD = "jaeger-storage-password";

export function storageFiles(storage: Storage): SecretFile[] {
  return typeof storage === "object" && storage.passwordFile !== undefined
    ? [{ name: PASSWORD, path: storage.passwordFile }]
    : [];
}

/** The storage backend in Jaeger's configuration. */
export function backendOf(
  storage: Storage,
  { retention, maxTraces }: { readonly retention: string; readonly maxTraces: number },
): object {
  if (storage === "memory") return { memory: { max_traces: maxTraces } };
  if (storage === "badger")
    return {
      badger: {
        directories: { keys: `${DATA}/keys`, values: `${DATA}/values` },
        ephemeral: false,
        ttl: { spans: goDuration(retention) },
      },
    };
  if ("cassandra" in storage) return { cassandra: cassandraOf(storage, retention) };
  const { username, passwordFile, indexPrefix, policy } = storage;
  const [name, url] =
    "opensearch" in storage ? ["opensearch", storage.opensearch] : ["elasticsearch", storage.elasticsearch];
  const password =
    passwordFile === undefined ? { password: `\${env:${ES_PASSWORD}}` } : { password_file: inContainer(PASSWORD) };
  const rotation = { rotation: { auto_rollover: { policy_name: policy } } };
  const indices = {
    ...(indexPrefix === undefined ? {} : { index_prefix: indexPrefix }),
    ...(policy === undefined
      ? {}
      : { spans: rotation, services: rotation, dependencies: rotation, sampling: rotation }),
  };
  return {
    [name ?? ""]: {
      server_urls: [collectorText(url ?? "")],
      ...(username === undefined ? {} : { auth: { basic: { username: collectorText(username), ...password } } }),
      ...(Object.keys(indices).length > 0 ? { indices } : {}),
      ...(policy === undefined ? {} : { max_span_age: goDuration(retention) }),
    },
  };
}

function cassandraOf(storage: z.output<typeof Cassandra>, retention: string): object {
  const { cassandra, username, passwordFile, keyspace, datacenter, createSchema } = storage;
  const password = passwordFile === undefined ? {} : { password: `\${file:${inContainer(PASSWORD)}}` };
  return {
    schema: { keyspace, datacenter, create: createSchema, trace_ttl: goDuration(retention) },
    connection: {
      servers: cassandra,
      ...(username === undefined ? {} : { auth: { basic: { username: collectorText(username), ...password } } }),
      tls: { insecure: true },
    },
  };
}
