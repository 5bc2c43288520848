import { serviceOfJob } from "./context.ts";
import type { Stack } from "./definition.ts";
import type { JobLimits } from "./job-limits.ts";

/** Where a stack definition sets which metrics of a scrape job are not stored. */
export interface DropSetting {
  /** The same for jobs that share the setting: `"services.otel-collector"`. */
  readonly path: string;
  /** The setting with a list: `backend: { metrics: { drop: ["go_.*"] } },` */
  text(drop: readonly string[]): string;
  /** What it drops now. */
  readonly drop: readonly string[];
}

/** The setting for a scrape job; undefined if the definition has no such job. */
export function dropSettingOf(stack: Stack, job: string): DropSetting | undefined {
  const of = (path: string, limits: JobLimits | undefined, around: (inner: string) => string): DropSetting => ({
    path,
    text: (drop) => around(`{ metrics: { drop: [${drop.map((one) => JSON.stringify(one)).join(", ")}] } }`),
    drop: limits?.drop ?? [],
  });
  if (stack.backend?.job === job) return of("backend", stack.backend.metrics, (inner) => `backend: ${inner},`);
  const service = serviceOfJob(stack, job);
  if (service) {
    const key = /^\w+$/.test(service.name) ? service.name : JSON.stringify(service.name);
    return of(`services.${service.name}`, service.metrics, (inner) => `services: { ${key}: ${inner} },`);
  }
  const index = stack.scrape.findIndex((one) => one.job === job);
  const other = stack.scrape[index];
  if (!other) return undefined;
  const item = (inner: string) => `scrape: [{ job: ${JSON.stringify(job)}, ${inner.slice(2, -2)} }],`;
  return of(`scrape[${index}]`, other.metrics, item);
}
