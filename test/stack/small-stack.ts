import { SERVICE_NAMES } from "../../src/stack/names.ts";
import type { ServiceSettings } from "../../src/stack/index.ts";

/** Settings that enable only these services. */
export function only(services: ServiceSettings): ServiceSettings {
  const off = SERVICE_NAMES.map((name) => [name, false] as const);
  return { ...Object.fromEntries(off), ...services };
}

/** A target in the answer of Prometheus. */
export interface AnsweredTarget {
  readonly job: string;
  readonly url: string;
  readonly health?: "up" | "down" | "unknown";
  readonly error?: string;
  readonly lastScrape?: string;
}

/** The answer of Prometheus 2 and 3 to `/api/v1/targets?state=active`. */
export function targetsAnswer(targets: readonly AnsweredTarget[]): string {
  const activeTargets = targets.map(({ job, url, health = "up", error = "", lastScrape = "2026-11-26T09:00:00Z" }) => ({
    discoveredLabels: { __address__: new URL(url).host, __metrics_path__: "/metrics", __scheme__: "http", job },
    labels: { instance: new URL(url).host, job },
    scrapePool: job,
    scrapeUrl: url,
    globalUrl: url,
    lastError: error,
    lastScrape,
    lastScrapeDuration: 0.004,
    health,
    scrapeInterval: "15s",
    scrapeTimeout: "10s",
  }));
  const data = { activeTargets, droppedTargets: [], droppedTargetCounts: {} };
  return JSON.stringify({ status: "success", data });
}
