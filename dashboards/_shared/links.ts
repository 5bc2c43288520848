import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import { DashboardLinkBuilder, DashboardLinkType, type DashboardLink } from "@grafana/grafana-foundation-sdk/dashboard";

/** On all of this team's dashboards: the links at the top find the others by it. */
export const TEAM_TAG = "toolboxai";

/** Uids of the dashboards that others link to: their files import each other's panels, and can't import each other. */
export const uids = { overview: "overview", fastapi: "fastapi", loki: "loki", jaeger: "jaeger" } as const;

/**
 * The links at the top of a dashboard, to each with the team's tag, those to come as well. They carry the time range, and
 * the variables: what two dashboards filter by has the same name on both, and nothing else has.
 */
export function linksToOthers(): DashboardLinkBuilder {
  return new DashboardLinkBuilder("ToolboxAI")
    .type(DashboardLinkType.Dashboards)
    .tags([TEAM_TAG])
    .keepTime(true)
    .includeVars(true);
}

/**
 * A link of a series or a cell, to another dashboard in the same time range.
 *
 * @param variables values for the other's variables; a value may use Grafana's own, such as `${__data.fields.traceID}`
 * @example timeseries(…).dataLinks([linkTo(uids.loki, "Error logs", { level: ["error", "critical"] })])
 */
export function linkTo(
  uid: string,
  title: string,
  variables: Readonly<Record<string, string | readonly string[]>> = {},
): Builder<DashboardLink> {
  const query = Object.entries(variables).flatMap(([name, values]) =>
    [values].flat().map((one) => `var-${name}=${one}`),
  );
  const url = `/d/${uid}?${["${__url_time_range}", ...query].join("&")}`;
  // Not the SDK's builder: it writes what only the links at the top have.
  return { build: () => ({ title, url }) as DashboardLink };
}

/** From a point in time of one signal to the same time in another. */
export const toSameTime = {
  requests: linkTo(uids.fastapi, "Requests of this time"),
  logs: linkTo(uids.loki, "Logs of this time"),
  errorLogs: linkTo(uids.loki, "Error logs of this time", { level: ["error", "critical", "fatal"] }),
  traces: linkTo(uids.jaeger, "Traces of this time"),
} as const;
