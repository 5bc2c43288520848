import { z } from "zod";
import { ask, beginning } from "./ask.ts";
import { scrapeJobs } from "./context.ts";
import type { Stack } from "./definition.ts";
import { hostUrl } from "./urls.ts";

/** How Prometheus sees one of its targets. */
export interface TargetHealth {
  readonly job: string;
  /** `"http://grafana-loki-toolboxai:3100/metrics"`, as Prometheus asks it; undefined where it doesn't know the job. */
  readonly url: string | undefined;
  /** `unknown`: not asked yet. `missing`: Prometheus has no such job. */
  readonly state: "up" | "down" | "unknown" | "missing";
  /** Prometheus' own words. */
  readonly error?: string;
  /** When Prometheus asked last, in RFC 3339. */
  readonly lastScrape?: string;
  /** What most likely has to be done about it. */
  readonly hint?: string;
}

/** The targets, or why Prometheus can't be asked for them. */
export type Targets = { readonly targets: readonly TargetHealth[] } | { readonly problem: string };

// https://prometheus.io/docs/prometheus/latest/querying/api/#targets
const ActiveTarget = z.object({
  scrapePool: z.string(),
  scrapeUrl: z.string(),
  lastError: z.string(),
  lastScrape: z.string(),
  health: z.enum(["up", "down", "unknown"]),
});

type ActiveTarget = z.infer<typeof ActiveTarget>;

const TargetsAnswer = z.object({ data: z.object({ activeTargets: z.array(ActiveTarget) }) });

/** Asks Prometheus for its targets, in the order of the definition's jobs. Never throws. `timeout` in milliseconds. */
export async function targetsOf(stack: Stack, timeout: number): Promise<Targets> {
  const prometheus = stack.services.get("prometheus");
  if (prometheus === undefined) return { problem: "there is no Prometheus" };
  const url = hostUrl(stack, prometheus, "http");
  if (url === undefined) return { problem: "Prometheus' port is not published" };
  const active = await activeTargets(`${url}/api/v1/targets?state=active`, timeout);
  if ("problem" in active) return active;
  const jobs = scrapeJobs(stack).map(({ job_name }) => job_name);
  return { targets: healthOf(jobs, active) };
}

async function activeTargets(
  url: string,
  timeout: number,
): Promise<readonly ActiveTarget[] | { readonly problem: string }> {
  const problem = (what: string) => ({ problem: `Prometheus can't be asked for them at ${url}: ${what}` });
  const answer = await ask(url, timeout);
  if ("problem" in answer) return problem(answer.problem);
  const { status, body } = answer;
  if (status !== 200) return problem(`it answers HTTP ${status}${beginning(body)}`);
  const parsed = TargetsAnswer.safeParse(json(body));
  return parsed.success ? parsed.data.data.activeTargets : problem(`it answers something else${beginning(body)}`);
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const OTHER_CONFIGURATION =
  "Prometheus runs with another configuration than is rendered now: `stack:up` brings it up to date.";

function healthOf(jobs: readonly string[], active: readonly ActiveTarget[]): TargetHealth[] {
  // Just started: it hasn't looked for its targets yet.
  if (active.length === 0) return jobs.map((job) => ({ job, url: undefined, state: "unknown" }));
  const known = new Set(jobs);
  const others = [...new Set(active.map(({ scrapePool }) => scrapePool))].filter((job) => !known.has(job));
  return [...jobs, ...others].flatMap((job): TargetHealth[] => {
    const found = active.filter(({ scrapePool }) => scrapePool === job);
    if (found.length === 0) return [{ job, url: undefined, state: "missing", hint: OTHER_CONFIGURATION }];
    return found.map(({ scrapeUrl, health, lastError, lastScrape }) => ({
      job,
      url: scrapeUrl,
      state: health,
      ...(lastError === "" ? {} : { error: lastError }),
      // Go's zero time: never.
      ...(lastScrape.startsWith("0001-") ? {} : { lastScrape }),
    }));
  });
}
