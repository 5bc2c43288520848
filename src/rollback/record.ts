import { z } from "zod";

/** Raised when an older version could no longer read a run. */
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
});

/** The secrets that the code has in each object, by address. */
const Named = z.record(z.string(), z.array(Place));

const Sent = z.object({
  ours: z.boolean(),
  codeHash: z.string().exactOptional(),
  contentHash: z.string().exactOptional(),
  places: z.array(Place).exactOptional(),
  /** Hashes of what separate requests write of it, by name. */
  parts: z.record(z.string(), z.string()).exactOptional(),
});

const Change = z.object({
  kind: z.string(),
  id: z.string(),
  title: z.string(),
  /** `aside`: in no plan; it loses a part to one that is. */
  action: z.enum(["create", "update", "adopt", "delete", "aside"]),
  /** The file of its body, relative to the run's folder; null: it was not there. */
  before: z.string().nullable(),
  /** Hashes of what it is to become; null: it is deleted. */
  sent: Sent.nullable(),
  /** What the ledger said of it; null: nothing. */
  entry: Entry.nullable(),
  /** The value of a secret stood in its name: what is written here is not it. */
  redacted: z.boolean().exactOptional(),
  /** How it ended. Absent until the run ends: until then a file of `ended` says so. */
  status: z.enum(["done", "failed", "conflict", "skipped", "cancelled"]).exactOptional(),
  error: z.string().exactOptional(),
});

/** `run.json` of a run's folder. */
export const RunRecord = z.object({
  version: z.literal(VERSION),
  id: z.string(),
  startedAt: z.string(),
  endedAt: z.string().exactOptional(),
  who: z.object({
    user: z.string(),
    host: z.string(),
    /** Grafana's own name of the user, where the credentials say it. */
    login: z.string().exactOptional(),
    /** The job of a CI system: its address, or its number. */
    job: z.string().exactOptional(),
  }),
  tool: z.string(),
  command: z.enum(["apply", "destroy", "rollback"]),
  options: z.record(z.string(), z.unknown()),
  target: z.object({
    type: z.enum(["grafana", "sandbox"]),
    /** Without credentials; `sandbox` for the one of this configuration. */
    url: z.string(),
    version: z.string(),
    /** The organisation's; empty where an old Grafana doesn't say. */
    namespace: z.string(),
  }),
  project: z.string(),
  owner: z.string(),
  /** The run that this one undoes. */
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
  /** The value of a secret stood in it, at a place where nobody expects one. */
  redacted: z.boolean(),
  /** The places of secrets in the body, with their variables. Absent in files of older versions. */
  sealed: z.array(Place).exactOptional(),
  body: z.unknown(),
});

export type BodyFile = z.infer<typeof BodyFile>;

export const RECORD_VERSION = VERSION;
