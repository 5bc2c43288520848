import { z } from "zod";
import { envelopeOf, envelopeSchema, ErrorSchema, jsonLine } from "./envelope.ts";
import type { CardinalityInput, ShownEntry, ShownServer } from "./stack-cardinality.ts";

const Change = z.int().optional().meta({ description: "Since the last run of this command. Absent: unknown." });
const IsNew = z.literal(true).optional().meta({ description: "The last run had none." });
const UsedBy = z.array(z.string()).optional().meta({
  description:
    "Resources of the code that use it, such as `dashboard/fastapi`, `prometheus/rules` for rules of Prometheus itself, and services of the stack such as `jaeger`. Absent: there is no configuration.",
});

const ServerSchema = z.strictObject({
  type: z.enum(["prometheus", "loki"]),
  url: z.string(),
  problem: z.string().optional().meta({ description: "Why the server could not be read. No result of it is present." }),
  hint: z.string().optional(),
  since: z.string().optional().meta({ description: "The time of the last run, in RFC 3339." }),
  total: z
    .int()
    .optional()
    .meta({ description: "All series of Prometheus in memory, or the streams of Loki in the last 24 hours." }),
  change: Change,
  metrics: z
    .array(z.strictObject({ name: z.string(), series: z.int(), change: Change, isNew: IsNew, usedBy: UsedBy }))
    .optional()
    .meta({ description: "Those with the most series first. Only for Prometheus." }),
  labels: z
    .array(
      z.strictObject({
        name: z.string(),
        values: z.int().meta({ description: "The number of different values." }),
        bytes: z.int().optional().meta({ description: "Memory of the values in Prometheus." }),
        streams: z.int().optional().meta({ description: "Streams of Loki that have the label." }),
        change: Change,
        isNew: IsNew,
        usedBy: UsedBy,
      }),
    )
    .optional(),
  values: z
    .array(
      z.strictObject({
        label: z.string(),
        value: z.string(),
        count: z.int().meta({ description: "Series of Prometheus, or streams of Loki." }),
        change: Change,
        isNew: IsNew,
        selectedBy: UsedBy,
      }),
    )
    .optional()
    .meta({ description: "Values of labels, and the resources with a matcher that selects them." }),
});

/** The schema of `stack:cardinality -o json`, which writes exactly one object to standard output. */
export const StackCardinalitySchema = z
  .strictObject({
    ...envelopeSchema(z.literal("stack:cardinality")),
    error: ErrorSchema.optional().meta({
      description: "The command failed before it read a server. No other result is present.",
    }),
    servers: z.array(ServerSchema).optional(),
    drop: z
      .array(
        z.strictObject({
          jobs: z.array(z.string()).meta({ description: "The scrape jobs that have the metrics." }),
          metrics: z.array(z.strictObject({ name: z.string(), series: z.int() })),
          series: z.int().meta({ description: "Series of these metrics now." }),
          file: z.string(),
          setting: z.string().meta({ description: "The setting to paste into the file." }),
        }),
      )
      .optional()
      .meta({ description: "Metrics of Prometheus that nothing uses, by the setting that drops them." }),
    notes: z.array(z.string()).optional().meta({ description: "What was not read or searched." }),
  })
  .meta({ title: "Cardinality of a stack", description: "The output of `stack:cardinality -o json`." });

/** The parsed output of `stack:cardinality -o json`. */
export type StackCardinalityReport = z.infer<typeof StackCardinalitySchema>;

/** Formats the cardinality of a stack as one line of JSON. @internal */
export function cardinalityJson({ servers, advice, notes }: CardinalityInput, exitCode: number): string {
  return jsonLine({
    ...envelopeOf("stack:cardinality", exitCode),
    servers: servers.map(serverJson),
    drop: advice,
    notes,
  });
}

function serverJson(server: ShownServer) {
  if ("problem" in server) return server;
  const { metrics, labels, values, ...about } = server;
  return {
    ...about,
    ...(server.type === "prometheus"
      ? { metrics: metrics.map(({ name, count, ...more }) => ({ name, series: count, ...common(more) })) }
      : {}),
    labels: labels.map(({ name, count, bytes, streams, ...more }) => ({
      name,
      values: count,
      ...(bytes === undefined ? {} : { bytes }),
      ...(streams === undefined ? {} : { streams }),
      ...common(more),
    })),
    values: values.map(({ name, value = "", count, usedBy, ...more }) => ({
      label: name,
      value,
      count,
      ...common(more),
      ...(usedBy === undefined ? {} : { selectedBy: usedBy }),
    })),
  };
}

function common({ change, usedBy }: Pick<ShownEntry, "change" | "usedBy">) {
  return { ...change, ...(usedBy === undefined ? {} : { usedBy }) };
}
