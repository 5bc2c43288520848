import { z } from "zod";
import { envelopeOf, jsonLine, envelopeSchema, ErrorSchema } from "./envelope.ts";
import type { StatusInput } from "./stack-status.ts";

const Hint = z.string().optional().meta({ description: "The most likely fix." });

const ServiceSchema = z.strictObject({
  name: z.string().meta({ description: "The name in the definition: `loki`. `backend` is the monitored application." }),
  title: z.string(),
  asked: z.string().optional().meta({ description: "The URL that was requested; absent if no port is published." }),
  state: z
    .enum(["up", "down", "unknown"])
    .meta({ description: "`unknown`: it can't be reached from this machine, and does not count as down." }),
  detail: z.string().optional().meta({ description: "Why it is not up." }),
  hint: Hint,
});

const TargetSchema = z.strictObject({
  job: z.string(),
  url: z.string().optional().meta({ description: "The URL that Prometheus scrapes; absent if the job has no target." }),
  state: z
    .enum(["up", "down", "unknown", "missing"])
    .meta({ description: "`unknown`: not scraped yet. `missing`: Prometheus has no such job." }),
  error: z.string().optional().meta({ description: "The error message of Prometheus." }),
  lastScrape: z.string().optional().meta({ description: "The time of the last scrape, in RFC 3339." }),
  hint: Hint,
});

/** The schema of `stack:status -o json`, which writes exactly one object to standard output. */
export const StackStatusSchema = z
  .strictObject({
    ...envelopeSchema(z.literal("stack:status")),
    error: ErrorSchema.optional().meta({
      description: "The command failed before any request. No other result is present.",
    }),
    healthy: z.boolean().optional().meta({
      description: "No service is down, and all targets of Prometheus are up, if Prometheus can be reached.",
    }),
    services: z.array(ServiceSchema).optional(),
    targets: z.array(TargetSchema).optional().meta({ description: "Absent if Prometheus could not be reached." }),
    noTargets: z.string().optional().meta({ description: "Why the targets are unknown." }),
  })
  .meta({ title: "Status of a stack", description: "The output of `stack:status -o json`." });

/** The parsed output of `stack:status -o json`. */
export type StackStatusReport = z.infer<typeof StackStatusSchema>;

/** Formats the status of a stack as one line of JSON. @internal */
export function statusJson({ healthy, services, targets }: StatusInput, exitCode: number): string {
  const targetsOrProblem = "problem" in targets ? { noTargets: targets.problem } : { targets: targets.targets };
  return jsonLine({ ...envelopeOf("stack:status", exitCode), healthy, services, ...targetsOrProblem });
}
