import { z } from "zod";
import { ask, excerpt } from "./ask.ts";
import { scrapeJobs } from "./context.ts";
import type { Stack } from "./definition.ts";
import type { HostClient } from "./host-client.ts";
import { hostUrl } from "./urls.ts";
import { commandLine } from "../util/command-line.ts";

/** A target as Prometheus reports it. */
export interface TargetHealth {
  readonly job: string;
  /** The URL that Prometheus scrapes: `"http://grafana-loki-toolboxai:3100/metrics"`; undefined if it has no such job. */
  readonly url: string | undefined;
  /** `unknown`: not scraped yet. `missing`: Prometheus has no such job. */
  readonly state: "up" | "down" | "unknown" | "missing";
  /** Prometheus' error message. */
  readonly error?: string;
  /** Time of the last scrape in RFC 3339. */
  readonly lastScrape?: string;
  /** A likely fix. */
  readonly hint?: string;
}

/** The targets, or the reason why Prometheus did not report them. */
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

/** Prometheus' targets, in the order of the definition's jobs. Never throws. `timeout` in milliseconds. */
export async function targetsOf(stack: Stack, timeout: number, client?: HostClient): Promise<Targets> {
  const prometheus = stack.services.get("prometheus");
  if (prometheus === undefined) return { problem: "Prometheus is disabled" };
  const url = hostUrl(stack, prometheus, "http");
  if (url === undefined) return { problem: "Prometheus does not publish its port" };
  const active = await activeTargets(`${url}/api/v1/targets?state=active`, timeout, client);
  if ("problem" in active) return active;
  const jobs = scrapeJobs(stack).map(({ job_name }) => job_name);
  return { targets: healthOf(jobs, active) };
}

async function activeTargets(
  url: string,
  timeout: number,
  client: HostClient | undefined,
): Promise<readonly ActiveTarget[] | { readonly problem: string }> {
  const problem = (what: string) => ({ problem: `Cannot read the targets from ${url}: ${what}` });
  const answer = await ask(url, timeout, client);
  if ("problem" in answer) return problem(answer.problem);
  const { status, body } = answer;
  if (status !== 200) return problem(`HTTP ${status}${excerpt(body)}`);
  const parsed = TargetsAnswer.safeParse(json(body));
  return parsed.success ? parsed.data.data.activeTargets : problem(`unexpected response${excerpt(body)}`);
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const outdatedConfiguration = () =>
  `Prometheus' configuration is out of date. Run \`${commandLine("stack:up")}\` to update it.`;

function healthOf(jobs: readonly string[], active: readonly ActiveTarget[]): TargetHealth[] {
  // Prometheus has just started and has not discovered its targets yet.
  if (active.length === 0) return jobs.map((job) => ({ job, url: undefined, state: "unknown" }));
  const known = new Set(jobs);
  const others = [...new Set(active.map(({ scrapePool }) => scrapePool))].filter((job) => !known.has(job));
  return [...jobs, ...others].flatMap((job): TargetHealth[] => {
    const found = active.filter(({ scrapePool }) => scrapePool === job);
    if (found.length === 0) return [{ job, url: undefined, state: "missing", hint: outdatedConfiguration() }];
    return found.map(({ scrapeUrl, health, lastError, lastScrape }) => ({
      job,
      url: scrapeUrl,
      state: health,
      ...(lastError === "" ? {} : { error: lastError }),
      // Go's zero time: not scraped yet.
      ...(lastScrape.startsWith("0001-") ? {} : { lastScrape }),
    }));
  });
}
