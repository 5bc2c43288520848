import { z } from "zod";

/** Raised when a file of an older version could no longer be held against a plan. */
export const PLAN_VERSION = 1;

const Chosen = z.strictObject({ all: z.boolean(), addresses: z.array(z.string()) });

/** One object of the plan: enough to see whether the same would be done to the same. */
const Entry = z.strictObject({
  address: z.string(),
  action: z.enum(["create", "update", "adopt", "delete"]),
  /** Why it is shown and not done. */
  left: z.string().nullable(),
  /** A hash of the code that asks for it; null for a deletion, and where it is left. */
  code: z.string().nullable(),
  /** The version that was read; null where there was nothing. */
  version: z.string().nullable(),
  /** A hash of the differences as they were shown. */
  differences: z.string(),
});

/** What `plan --out` writes. It holds no bodies and no secrets: the code is what is applied. */
export const PlanFile = z.strictObject({
  $kind: z.literal("grafana-provision plan"),
  version: z.literal(PLAN_VERSION),
  tool: z.string(),
  createdAt: z.string(),
  project: z.string(),
  owner: z.string(),
  target: z.strictObject({
    type: z.enum(["grafana", "sandbox"]),
    /** Without credentials; `sandbox` for the one of this configuration. */
    url: z.string(),
    version: z.string(),
    namespace: z.string(),
  }),
  /** What was asked for beside the code. */
  options: z.strictObject({
    adopt: Chosen,
    overwriteDrift: Chosen,
    prune: z.boolean(),
    /** Absent in plans of older versions, and without the option. */
    allowEmpty: z.literal(true).exactOptional(),
    only: z.array(z.string()).nullable(),
    refreshSecrets: z.boolean(),
  }),
  entries: z.array(Entry),
  /** The plan as text, for people. */
  text: z.array(z.string()),
  /** SHA-256 of everything else. */
  digest: z.string(),
});

export type PlanFile = z.infer<typeof PlanFile>;
export type PlanEntry = z.infer<typeof Entry>;
