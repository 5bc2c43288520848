import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import * as datasources from "../datasources.ts";
import { metricsReadBy } from "../metrics.ts";

// The faults, as sentences; empty if there are none.

export type Fault = string | false | undefined;

export function faults(...all: readonly (Fault | readonly Fault[])[]): string[] {
  return all.flat().filter((one): one is string => typeof one === "string");
}

/** The labels that the log collector adds to lines. */
export const LOG_LABELS = ["job", "filename", "container_id", "stream", "service_name"];

/** The listed metrics, except those that only alerts read. */
export const documented = metricsReadBy("dashboards");

/** The series of a histogram are documented under its name. */
export function documentedName(metric: string): string {
  const name = metric.replace(/_(?:bucket|count|sum)$/, "");
  return documented.has(name) ? name : metric;
}

export function datasourceFaults(one: { type?: string; uid?: string } | undefined): Fault[] {
  if (!one) return [];
  const own = datasources.byUid[one.uid ?? ""];
  return [own?.type !== one.type && `unknown datasource ${one.type} ${one.uid}`];
}

export function linksOf({ fieldConfig }: Panel): { title: string; url: string }[] {
  return (fieldConfig?.defaults.links ?? []).map(({ title, url }) => ({ title: title ?? "", url: url ?? "" }));
}
