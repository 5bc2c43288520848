import { z } from "zod";
import { envelopeOf, envelopeSchema, ErrorSchema } from "./envelope.ts";
import type { StatusInput } from "./stack-status.ts";

const Hint = z.string().optional().meta({ description: "What most likely has to be done about it." });

const ServiceSchema = z.strictObject({
  name: z.string().meta({ description: "As in the definition: `loki`; `backend` is the application that is watched." }),
  title: z.string(),
  asked: z.string().optional().meta({ description: "A URL; absent where no port of it is published." }),
  state: z
    .enum(["up", "down", "unknown"])
    .meta({ description: "`unknown`: it can't be asked from this machine, and is not taken for down." }),
  detail: z.string().optional().meta({ description: "Why it isn't up." }),
  hint: Hint,
});

const TargetSchema = z.strictObject({
  job: z.string(),
  url: z
    .string()
    .optional()
    .meta({ description: "As Prometheus asks it; absent where it knows no target of the job." }),
  state: z
    .enum(["up", "down", "unknown", "missing"])
    .meta({ description: "`unknown`: not asked yet; `missing`: Prometheus has no such job." }),
  error: z.string().optional().meta({ description: "Prometheus' own words." }),
  lastScrape: z.string().optional().meta({ description: "When Prometheus asked last, in RFC 3339." }),
  hint: Hint,
});

/** What `stack:status -o json` writes to standard output: one object, whatever happens. */
export const StackStatusSchema = z
  .strictObject({
    ...envelopeSchema(z.literal("stack:status")),
    error: ErrorSchema.optional().meta({ description: "Nothing was asked: it stands alone." }),
    healthy: z.boolean().optional().meta({
      description: "Nothing is down, and Prometheus sees all of its targets, where it can be asked for them.",
    }),
    services: z.array(ServiceSchema).optional(),
    targets: z.array(TargetSchema).optional().meta({ description: "Absent where Prometheus did not tell them." }),
    noTargets: z.string().optional().meta({ description: "Why there are no targets." }),
  })
  .meta({ title: "Status of a stack", description: "What `stack:status` writes with `-o json`." });

/** What `stack:status -o json` writes, parsed. */
export type StackStatusReport = z.infer<typeof StackStatusSchema>;

/** How a stack is, as one line of JSON. @internal */
export function statusJson({ healthy, services, targets }: StatusInput, exitCode: number): string {
  const told = "problem" in targets ? { noTargets: targets.problem } : { targets: targets.targets };
  return `${JSON.stringify({ ...envelopeOf("stack:status", exitCode), healthy, services, ...told })}\n`;
}
