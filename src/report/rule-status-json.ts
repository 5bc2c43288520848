import { z } from "zod";
import type { RuleStatus } from "../check/rule-status.ts";
import { envelopeOf, jsonLine } from "./envelope.ts";

/** A rule in the output of `check --rules -o json`. */
export const StatusSchema = z.strictObject({
  address: z.string().meta({ description: "The group: `rule-group/alerts/backend`." }),
  uid: z.string(),
  title: z.string(),
  state: z.string().optional().meta({
    description: "`inactive`, `pending`, `firing`… Empty for a recording rule. Absent: Grafana doesn't have the rule.",
  }),
  health: z
    .string()
    .optional()
    .meta({ description: "`ok`, `nodata`, `error`, or `unknown` before the first evaluation." }),
  lastError: z.string().optional(),
  lastEvaluation: z.string().optional().meta({ description: "Absent: the rule has not been evaluated." }),
  isPaused: z.boolean(),
});

/** Formats the states of rules as one line of JSON. @internal */
export function ruleStatusJson(rules: readonly RuleStatus[], description: string, exitCode: number): string {
  return jsonLine({ ...envelopeOf("check", exitCode), target: description, rules });
}
