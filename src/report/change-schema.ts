import { z } from "zod";
import { ErrorSchema } from "./envelope.ts";

const Value = z.json().meta({ description: "A value as in Grafana's API. Secrets are replaced by `(secret)`." });

export const DifferenceSchema = z.strictObject({
  type: z.enum(["added", "removed", "changed"]),
  path: z.string().meta({
    description: "`panels[id=3].targets[refId=A].expr`; panels in collapsed rows have the same form.",
  }),
  labels: z.array(z.string()).meta({ description: "Display names, from the outermost to the innermost part." }),
  before: Value.optional(),
  after: Value.optional(),
  meaning: z
    .enum(["moved", "resized", "moved and resized", "renamed", "reordered", "migrated"])
    .optional()
    .meta({ description: "Present for changes that have a name." }),
  shown: z
    .strictObject({ before: z.string().optional(), after: z.string().optional() })
    .optional()
    .meta({ description: "Both values in a readable form, if it differs from their JSON: `last 10m`." }),
});

const OutcomeSchema = z.strictObject({
  status: z.enum(["done", "failed", "conflict", "skipped", "cancelled"]),
  milliseconds: z.number(),
  because: z.string().optional().meta({ description: "Why the change was skipped." }),
  error: ErrorSchema.optional(),
});

export const ChangeSchema = z.strictObject({
  address: z.string().meta({ description: "`dashboard/fastapi`" }),
  kind: z.string(),
  id: z.string(),
  title: z.string(),
  action: z.enum(["create", "update", "adopt", "delete"]),
  source: z
    .strictObject({ file: z.string(), export: z.string() })
    .optional()
    .meta({ description: "Where the code defines the resource; absent for a deletion." }),
  origin: z.enum(["code", "grafana", "both", "unknown"]).optional(),
  differences: z.array(DifferenceSchema),
  facts: z.array(z.string()).optional().meta({
    description: "Describes an object that is created, in lines for people. The text may change in any release.",
  }),
  verified: z.boolean().meta({ description: "False if Grafana could not verify the change with a dry run." }),
  sideEffect: z.string().optional(),
  revokes: z.string().optional().meta({
    description: "The access that the change takes away from others. It requires confirmation, like a deletion.",
  }),
  loss: z.string().optional().meta({
    description: "Elements of the object that the code's form can't represent. Overwriting it requires its name.",
  }),
  left: z
    .strictObject({
      reason: z.enum(["foreign", "locked", "drift", "obstacle", "unsupported", "dependency", "not-empty", "forbidden"]),
      cause: z.literal("drift").optional().meta({
        description: "Present if it is skipped only because an object that was changed in Grafana is skipped.",
      }),
      edited: z.array(z.string()).optional().meta({
        description: "Objects whose changes made in Grafana this write would lose.",
      }),
      message: z.string(),
      hint: z.string().optional(),
      uncertain: z
        .literal(true)
        .optional()
        .meta({ description: "Present if it is unknown whether it was changed in Grafana." }),
    })
    .optional()
    .meta({ description: "Present if the change is shown but not applied." }),
  needs: z.array(z.string()).meta({ description: "Changes that must succeed first." }),
  updatedBy: z
    .string()
    .optional()
    .meta({ description: "The identity that wrote the object last, as Grafana reports it: `user:UID`." }),
  updatedByName: z.string().optional().meta({
    description: "The display name of `updatedBy`. Absent if Grafana does not return it, and if `origin` is `code`.",
  }),
  updatedAt: z.string().optional(),
  outcome: OutcomeSchema.optional().meta({ description: "Absent in a plan, and for a change that is not applied." }),
});
