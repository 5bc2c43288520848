import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { jaeger } from "../../datasources/jaeger.ts";
import { loki } from "../../datasources/loki.ts";
import { prometheus } from "../../datasources/prometheus.ts";
import { defineStack, scrapeJobs, stackDatasources, type Stack } from "../../src/stack/index.ts";
import stack from "../../stack.config.ts";

const ROOT = join(import.meta.dirname, "../..");

/** Jobs of log lines, which the log collector or, for lines over OTLP, the OpenTelemetry collector adds as a label. */
const LOG_JOBS = ["application", "docker", "otlp"];

/** All jobs in the queries of the dashboards and alerts. */
function jobsNamed(): string[] {
  const files = globSync("{dashboards,alerts}/**/*.ts", { cwd: ROOT });
  const jobs = files.flatMap((file) =>
    [...readFileSync(join(ROOT, file), "utf8").matchAll(/\bjob=~?\\?"([\w|-]+)\\?"/g)].flatMap(([, names = ""]) =>
      names.split("|"),
    ),
  );
  return [...new Set(jobs)].filter((job) => !LOG_JOBS.includes(job)).toSorted();
}

describe("the dashboards and alerts of this repository", () => {
  const without = (jobs: readonly string[], ...stacks: Stack[]): string[] => {
    const scraped = new Set(stacks.flatMap((one) => scrapeJobs(one).map(({ job_name }) => job_name)));
    return jobs.filter((job) => !scraped.has(job));
  };

  test("query only jobs that the stack scrapes, also with certificates and with Promtail", () => {
    const withTarget = defineStack({ services: { "blackbox-exporter": { targets: ["https://example.org"] } } });
    const withPromtail = defineStack({ logs: { collector: "promtail" } });
    expect(jobsNamed().length).toBeGreaterThan(8);
    expect(without(jobsNamed(), stack)).toEqual(["blackbox-exporter", "promtail"]);
    expect(without(jobsNamed(), withTarget)).toEqual(["promtail"]);
    expect(without(jobsNamed(), stack, withTarget, withPromtail)).toEqual([]);
  });

  test("use the datasources of the stack, with its names in the network", () => {
    const own = [prometheus, loki, jaeger].map(({ uid, name, type, url }) => ({
      uid,
      name,
      type,
      url,
      access: "proxy",
    }));
    expect(stackDatasources(stack).toSorted((a, b) => a.uid.localeCompare(b.uid))).toEqual(
      own.toSorted((a, b) => a.uid.localeCompare(b.uid)),
    );
  });

  test("use a stack with default settings", () => {
    expect({ ...stack, services: [...stack.services] }).toEqual({
      ...defineStack(),
      services: [...defineStack().services],
    });
  });
});
