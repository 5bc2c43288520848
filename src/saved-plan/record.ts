import { z } from "zod";

/** Increased when plan files of older versions can no longer be compared. */
export const PLAN_VERSION = 1;

const Chosen = z.strictObject({ all: z.boolean(), addresses: z.array(z.string()) });

/** One object of the plan, with what is needed to detect that its change would differ now. */
const Entry = z.strictObject({
  address: z.string(),
  action: z.enum(["create", "update", "adopt", "delete"]),
  /** Why the change is skipped; null if it is applied. */
  left: z.string().nullable(),
  /** A hash of the object in the code; null for a deletion and a skipped change. */
  code: z.string().nullable(),
  /** The version in Grafana; null if the object did not exist. */
  version: z.string().nullable(),
  /** A hash of the differences that were shown. */
  differences: z.string(),
});

/** The file that `plan --out` writes. Contains neither bodies nor secrets: `apply FILE` reads the code again. */
export const PlanFile = z.strictObject({
  $kind: z.literal("grafana-provision plan"),
  version: z.literal(PLAN_VERSION),
  tool: z.string(),
  createdAt: z.string(),
  project: z.string(),
  owner: z.string(),
  target: z.strictObject({
    type: z.enum(["grafana", "sandbox"]),
    /** Without credentials; `sandbox` for the embedded sandbox. */
    url: z.string(),
    version: z.string(),
    namespace: z.string(),
  }),
  /** The options of the `plan` command. */
  options: z.strictObject({
    adopt: Chosen,
    overwriteDrift: Chosen,
    prune: z.boolean(),
    /** Absent in plans of older versions. */
    allowEmpty: z.literal(true).exactOptional(),
    only: z.array(z.string()).nullable(),
    refreshSecrets: z.boolean(),
  }),
  /** The plans of several environments that were made together. */
  set: z
    .strictObject({ id: z.string(), environment: z.string(), environments: z.array(z.string()).min(1) })
    .exactOptional(),
  entries: z.array(Entry),
  /** The lines of the plan as text. */
  text: z.array(z.string()),
  /** SHA-256 of everything else. */
  digest: z.string(),
});

export type PlanFile = z.infer<typeof PlanFile>;
export type PlanEntry = z.infer<typeof Entry>;
