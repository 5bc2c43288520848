import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/**
 * The metrics that dashboards and alerts read. The tests of the dashboards, of the alerts and of the example backend use
 * this list, and `npm run docs` writes its tables into METRICS.md.
 */
const METRICS = join(import.meta.dirname, "../../dashboards/_metrics.json");

const Metric = z.strictObject({
  name: z.string(),
  type: z.enum(["counter", "gauge", "histogram"]),
  labels: z.array(z.string()),
  /** All values of some labels. */
  values: z.record(z.string(), z.array(z.string())).optional(),
  unit: z.string(),
  meaning: z.string(),
  exposedBy: z.string(),
  /** The upper bounds of a histogram of the backend, in seconds. */
  buckets: z.array(z.number()).optional(),
  /** The limit of the alert rule that reads this histogram. It must be a bound. */
  limit: z.number().optional(),
});
export type Metric = z.infer<typeof Metric>;

const Contract = z.strictObject({
  sections: z.array(
    z.strictObject({
      /** The section of METRICS.md. */
      title: z.string(),
      readBy: z.enum(["dashboards", "alerts"]),
      metrics: z.array(Metric),
    }),
  ),
});

export const { sections } = Contract.parse(JSON.parse(readFileSync(METRICS, "utf8")));

/** The metrics of dashboards, or those that only alert rules read, by name. */
export function metricsReadBy(reader: "dashboards" | "alerts"): ReadonlyMap<string, Metric> {
  const all = sections.filter(({ readBy }) => readBy === reader).flatMap(({ metrics }) => metrics);
  return new Map(all.map((metric) => [metric.name, metric]));
}
