import { z } from "zod";

/** A recorded run in JSON. */
export const RunSchema = z.strictObject({
  id: z.string(),
  directory: z.string(),
  state: z.enum(["finished", "interrupted", "undone", "unreadable"]),
  detail: z.string().optional().meta({ description: "The run that rolled it back, or why it can't be read." }),
  command: z.string().optional(),
  undoes: z.string().optional().meta({ description: "The run that this one rolled back." }),
  who: z
    .strictObject({ user: z.string(), host: z.string(), login: z.string().optional(), job: z.string().optional() })
    .optional(),
  target: z
    .strictObject({
      type: z.enum(["grafana", "sandbox"]),
      url: z.string(),
      version: z.string(),
      namespace: z.string(),
    })
    .optional(),
  owner: z.string().optional(),
  figures: z
    .strictObject({ added: z.int(), changed: z.int(), destroyed: z.int(), failed: z.int() })
    .optional()
    .meta({ description: "The changes that are known to be complete." }),
});
