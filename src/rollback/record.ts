import { z } from "zod";

/** Increased when older versions can no longer read a run. */
const VERSION = 1;

const Place = z.object({
  path: z.array(z.union([z.string(), z.number()])),
  variable: z.string(),
  within: z.string().exactOptional(),
});

const Parts = z.record(z.string(), z.string());

const Transition = z.object({
  deleted: z.literal(true).exactOptional(),
  former: z.object({ codeHash: z.string(), contentHash: z.string(), parts: Parts.exactOptional() }).exactOptional(),
  parts: Parts.exactOptional(),
  renamed: z.array(z.tuple([z.string(), z.string()])).exactOptional(),
});

/** The form of entries in records that don't contain it. */
const UNSAID_FORM = 2;

const Entry = z.object({
  form: z.number().default(UNSAID_FORM),
  codeHash: z.string(),
  contentHash: z.string(),
  pending: z.boolean(),
  transition: Transition.exactOptional(),
  secrets: z.string().exactOptional(),
  places: z.array(Place).exactOptional(),
  ignored: z.array(z.string()).exactOptional(),
  apiVersion: z.string().exactOptional(),
  share: z
    .object({ order: z.number(), parts: z.array(z.string()), former: z.array(z.string()).exactOptional() })
    .exactOptional(),
});

/** The secrets that the code has in each object, by address. */
const Named = z.record(z.string(), z.array(Place));

const Sent = z.object({
  ours: z.boolean(),
  codeHash: z.string().exactOptional(),
  contentHash: z.string().exactOptional(),
  places: z.array(Place).exactOptional(),
  /** Hashes of the parts that separate requests write, by name. */
  parts: z.record(z.string(), z.string()).exactOptional(),
});

const Change = z.object({
  kind: z.string(),
  id: z.string(),
  title: z.string(),
  /** `aside`: not in the plan, but loses a part to an object in it. */
  action: z.enum(["create", "update", "adopt", "delete", "aside"]),
  /** The file of its body, relative to the run's directory; null if it did not exist. */
  before: z.string().nullable(),
  /** The hashes of the new content; null if it is deleted. */
  sent: Sent.nullable(),
  /** Its former ledger entry; null if there was none. */
  entry: Entry.nullable(),
  /** Whether an older version removed a secret from its name. */
  redacted: z.boolean().exactOptional(),
  /** The outcome. Absent until the run ends: until then a file in `ended` contains it. */
  status: z.enum(["done", "failed", "conflict", "skipped", "cancelled"]).exactOptional(),
  error: z.string().exactOptional(),
  /** Whether its requests had started when the run was killed. */
  started: z.literal(true).exactOptional(),
});

/** `run.json` in a run's directory. */
export const RunRecord = z.object({
  version: z.literal(VERSION),
  id: z.string(),
  startedAt: z.string(),
  endedAt: z.string().exactOptional(),
  who: z.object({
    user: z.string(),
    host: z.string(),
    /** The user of the credentials, if Grafana returns it. */
    login: z.string().exactOptional(),
    /** The CI job: its URL or its number. */
    job: z.string().exactOptional(),
  }),
  tool: z.string(),
  command: z.enum(["apply", "destroy", "rollback", "restore"]),
  options: z.record(z.string(), z.unknown()),
  target: z.object({
    type: z.enum(["grafana", "sandbox"]),
    /** Without credentials; `sandbox` for the embedded sandbox. */
    url: z.string(),
    version: z.string(),
    /** The namespace of the organization; empty if an old Grafana does not return it. */
    namespace: z.string(),
  }),
  project: z.string(),
  owner: z.string(),
  /** The run that this one rolls back. */
  undoes: z.string().exactOptional(),
  /** The uid of the folder that held the ledger. */
  ledgerFolder: z.string().nullable(),
  /** The secrets that the code of this run and of earlier ones named: a rollback reads no other variable. */
  named: Named.exactOptional(),
  changes: z.array(Change),
});

export type RunRecord = z.infer<typeof RunRecord>;
export type ChangeRecord = z.infer<typeof Change>;

/** A file of `before`. */
export const BodyFile = z.object({
  address: z.string(),
  /** Whether an older version removed a secret at an unexpected place. */
  redacted: z.boolean(),
  /** The places of secrets in the body, with their variables. Absent in files of older versions. */
  sealed: z.array(Place).exactOptional(),
  /** Whether `sealed` has only secrets that the project sent to this address. Absent in files of older versions. */
  sentHere: z.literal(true).exactOptional(),
  /** Texts that contain secrets, encrypted with their values. */
  encrypted: z.array(z.object({ variables: z.array(z.string()), salt: z.string(), data: z.string() })).exactOptional(),
  body: z.unknown(),
});

export type BodyFile = z.infer<typeof BodyFile>;

export const RECORD_VERSION = VERSION;
