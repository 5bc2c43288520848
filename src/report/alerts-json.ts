import { z } from "zod";
import { matcherText } from "../alerts/matchers.ts";
import type { AlertsReportInput } from "./alerts.ts";
import { envelopeOf, envelopeSchema, ErrorSchema, jsonLine } from "./envelope.ts";

const ALERT = z.strictObject({
  state: z
    .enum(["firing", "recovering", "no-data", "error", "pending"])
    .meta({ description: "`no-data` and `error`: the query of the rule has no data, or fails." }),
  name: z.string().meta({ description: "The title of the rule." }),
  severity: z.string().optional().meta({ description: "The label `severity`." }),
  labels: z
    .record(z.string(), z.string())
    .meta({ description: "Without those that Grafana adds for itself, such as `__alert_rule_uid__`." }),
  rule: z
    .strictObject({
      uid: z.string(),
      group: z.string().optional(),
      folder: z.string().optional().meta({ description: "Its path." }),
    })
    .optional()
    .meta({
      description:
        "Only the uid is known in the states `no-data` and `error`, and if the credentials can't read the rule.",
    }),
  since: z.string().optional().meta({ description: "`2026-11-30T18:00:00Z`" }),
  value: z.string().optional().meta({ description: "The values of the last evaluation: `0.43`, or `A: 0.43, B: 2`." }),
  summary: z.string().optional().meta({ description: "The annotation `summary`, or else `description`." }),
  contactPoints: z
    .array(
      z.strictObject({
        name: z.string(),
        mutedBy: z.array(z.string()).meta({ description: "The mute timings that keep it from being notified now." }),
      }),
    )
    .meta({ description: "Whom Grafana notifies, or will notify once a pending alert fires." }),
  silencedBy: z
    .array(
      z.strictObject({
        id: z.string(),
        createdBy: z.string().optional(),
        endsAt: z.string().optional(),
        comment: z.string().optional(),
      }),
    )
    .meta({ description: "Only the id is known if the credentials can't read the silence." }),
  inhibited: z.boolean().meta({ description: "Whether an inhibition rule suppresses notifications." }),
  suppressed: z.boolean().meta({
    description: "Whether no contact point is notified: silenced, inhibited, or all contact points are muted.",
  }),
});

/** Alerts in the output of `alerts -o json` and `silence -o json`. */
export const alertsSchema = z.array(ALERT);
export const unreadSchema = z
  .array(z.string())
  .meta({ description: "What the credentials can't read, and the missing permission." });

/** The schema of `alerts -o json`, which writes exactly one object to standard output. */
export const AlertsSchema = z
  .strictObject({
    ...envelopeSchema(z.literal("alerts")),
    error: ErrorSchema.optional().meta({ description: "The command failed. No other result is present." }),
    target: z.string().optional().meta({ description: "The Grafana." }),
    at: z.string().optional().meta({ description: "When it was asked." }),
    matchers: z
      .array(z.string())
      .optional()
      .meta({ description: 'The matchers of the command: `severity="critical"`.' }),
    alerts: alertsSchema
      .optional()
      .meta({ description: "Those that are not suppressed first, the most severe and the oldest first." }),
    unread: unreadSchema.optional(),
  })
  .meta({ title: "Current alerts", description: "The output of `alerts -o json`." });

/** The parsed output of `alerts -o json`. */
export type AlertsReport = z.infer<typeof AlertsSchema>;

/** Formats the alerts as one line of JSON. @internal */
export function alertsJson(
  { description, now, matchers, alerts, unread }: AlertsReportInput,
  exitCode: number,
): string {
  return jsonLine({
    ...envelopeOf("alerts", exitCode),
    target: description,
    at: new Date(now).toISOString(),
    matchers: matchers.map(matcherText),
    alerts,
    unread,
  });
}
