import axios from "axios";
import { z } from "zod";
import { scrapeJobs } from "./context.ts";
import type { Stack } from "./definition.ts";
import { hostUrl } from "./urls.ts";

/** How Prometheus sees one of its targets. */
export interface TargetHealth {
  readonly job: string;
  /** `"http://grafana-loki-toolboxai:3100/metrics"`, as Prometheus asks it; undefined where it doesn't know the job. */
  readonly url: string | undefined;
  /** `unknown`: not asked yet. */
  readonly state: "up" | "down" | "unknown" | "missing";
  /** Prometheus' own words. */
  readonly error?: string;
  /** What most likely has to be done about it. */
  readonly hint?: string;
}

/** The targets, or why Prometheus can't be asked for them. */
export type Targets = { readonly targets: readonly TargetHealth[] } | { readonly problem: string };

const Answer = z.object({
  data: z.object({
    activeTargets: z.array(
      z.object({
        scrapePool: z.string(),
        scrapeUrl: z.string(),
        lastError: z.string(),
        health: z.enum(["up", "down", "unknown"]),
      }),
    ),
  }),
});

/** Asks Prometheus for its targets, in the order of the definition's jobs. Never throws. `timeout` in milliseconds. */
export async function targetsOf(stack: Stack, timeout: number): Promise<Targets> {
  const prometheus = stack.services.get("prometheus");
  const url = prometheus && hostUrl(stack, prometheus, "http");
  if (url === undefined)
    return { problem: prometheus ? "Prometheus' port is not published" : "there is no Prometheus" };
  let active: z.infer<typeof Answer>["data"]["activeTargets"];
  try {
    const { data } = await axios.get<unknown>(`${url}/api/v1/targets`, {
      params: { state: "active" },
      timeout,
      signal: AbortSignal.timeout(timeout),
      proxy: false,
    });
    active = Answer.parse(data).data.activeTargets;
  } catch {
    return { problem: `Prometheus does not tell its targets at ${url}` };
  }
  const jobs = scrapeJobs(stack).map(({ job_name }) => job_name);
  // Just started: it hasn't looked for its targets yet.
  if (active.length === 0) return { targets: jobs.map((job) => ({ job, url: undefined, state: "unknown" })) };
  const known = new Set(jobs);
  const others = [...new Set(active.map(({ scrapePool }) => scrapePool))].filter((job) => !known.has(job));
  return {
    targets: [...jobs, ...others].flatMap((job): TargetHealth[] => {
      const found = active.filter(({ scrapePool }) => scrapePool === job);
      if (found.length === 0) {
        const hint =
          "Prometheus runs with another configuration than is rendered now: `stack:up` brings it up to date.";
        return [{ job, url: undefined, state: "missing", hint }];
      }
      return found.map(({ scrapeUrl, health, lastError }) => ({
        job,
        url: scrapeUrl,
        state: health,
        ...(lastError === "" ? {} : { error: lastError }),
      }));
    }),
  };
}
