import { z } from "zod";
import type { CurrentAlert } from "../alerts/model.ts";
import type { Silence } from "../alerts/silences.ts";
import { alertsSchema, unreadSchema } from "./alerts-json.ts";
import { envelopeOf, envelopeSchema, ErrorSchema, jsonLine } from "./envelope.ts";

const SILENCE = z.strictObject({
  id: z.string(),
  state: z.enum(["active", "pending", "expired"]).meta({ description: "`pending`: it begins later." }),
  matchers: z.array(
    z.strictObject({ name: z.string(), value: z.string(), isRegex: z.boolean(), isEqual: z.boolean() }),
  ),
  startsAt: z.string(),
  endsAt: z.string(),
  createdBy: z.string(),
  comment: z.string(),
});

/** The schema of `silence -o json`, which writes exactly one object to standard output. */
export const SilenceSchema = z
  .strictObject({
    ...envelopeSchema(z.literal("silence")),
    error: ErrorSchema.optional().meta({ description: "The command failed. No other result is present." }),
    target: z.string().optional().meta({ description: "The Grafana." }),
    silence: SILENCE.optional().meta({ description: "The silence that was created." }),
    matched: alertsSchema
      .optional()
      .meta({ description: "The alerts that it matches, as they were before it was created." }),
    unread: unreadSchema.optional(),
    silences: z
      .array(SILENCE)
      .optional()
      .meta({ description: "With `--list`: those that are active or begin later, the first that ends first." }),
    expired: SILENCE.optional().meta({ description: "With `--expire`: the silence that was ended, or had already." }),
  })
  .meta({ title: "Silences", description: "The output of `silence -o json`." });

/** The parsed output of `silence -o json`. */
export type SilenceCommandReport = z.infer<typeof SilenceSchema>;

/** The result of `silence`. @internal */
export interface SilenceReport {
  readonly description: string;
  readonly silence?: Silence;
  readonly matched?: readonly CurrentAlert[];
  readonly unread?: readonly string[];
  readonly silences?: readonly Silence[];
  readonly expired?: Silence;
}

/** Formats the result as one line of JSON. @internal */
export function silenceJson({ description, ...result }: SilenceReport, exitCode: number): string {
  return jsonLine({ ...envelopeOf("silence", exitCode), target: description, ...result });
}
