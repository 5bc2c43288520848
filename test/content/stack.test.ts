import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { jaeger } from "../../datasources/jaeger.ts";
import { loki } from "../../datasources/loki.ts";
import { prometheus } from "../../datasources/prometheus.ts";
import { defineStack, scrapeJobs, stackDatasources } from "../../src/stack/index.ts";
import stack from "../../stack.config.ts";

const ROOT = join(import.meta.dirname, "../..");

/** Jobs of log lines: labels that a log collector puts on them. */
const LOG_JOBS = ["application", "docker"];

/** Every job that the dashboards and the alerts name in a query. */
function jobsNamed(): string[] {
  const files = globSync("{dashboards,alerts}/**/*.ts", { cwd: ROOT });
  const jobs = files.flatMap((file) =>
    [...readFileSync(join(ROOT, file), "utf8").matchAll(/\bjob=~?\\?"([\w|-]+)\\?"/g)].flatMap(([, names = ""]) =>
      names.split("|"),
    ),
  );
  return [...new Set(jobs)].filter((job) => !LOG_JOBS.includes(job)).toSorted();
}

describe("what this repository draws and alerts on", () => {
  test("is scraped by its stack: every job has one", () => {
    const scraped = new Set(
      [
        ...scrapeJobs(stack),
        // Where its certificates are named, and where Promtail is chosen.
        ...scrapeJobs(
          defineStack({
            logs: { collector: "promtail" },
            services: { "blackbox-exporter": { targets: ["https://example.org"] } },
          }),
        ),
      ].map(({ job_name }) => job_name),
    );
    expect(jobsNamed().length).toBeGreaterThan(8);
    expect(jobsNamed().filter((job) => !scraped.has(job))).toEqual([]);
  });

  test("asks the datasources that the stack has, under their names in its network", () => {
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

  test("has a stack that is as by default", () => {
    expect({ ...stack, services: [...stack.services] }).toEqual({
      ...defineStack(),
      services: [...defineStack().services],
    });
  });
});
