import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import { DashboardLinkBuilder, DashboardLinkType, type DashboardLink } from "@grafana/grafana-foundation-sdk/dashboard";

/** The tag of all dashboards of this team. The links at the top of a dashboard select the others by it. */
export const TEAM_TAG = "toolboxai";

/** Uids of the dashboards that others link to. Constants, because the files of dashboards can't import each other. */
export const uids = { overview: "overview", fastapi: "fastapi", loki: "loki", jaeger: "jaeger" } as const;

/**
 * The links at the top of a dashboard to all dashboards with the team's tag. They pass the time range and the variables, so
 * variables of two dashboards must have the same name if and only if they have the same meaning.
 */
export function linksToOthers(): DashboardLinkBuilder {
  return new DashboardLinkBuilder("ToolboxAI")
    .type(DashboardLinkType.Dashboards)
    .tags([TEAM_TAG])
    .keepTime(true)
    .includeVars(true);
}

/**
 * A link from a series or a cell to another dashboard in the same time range.
 *
 * @param variables values of the other dashboard's variables; they can use Grafana's variables, such as `${__data.fields.traceID}`
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
  // The SDK's builder would add properties that only links at the top of a dashboard have.
  return { build: () => ({ title, url }) as DashboardLink };
}

/** Links from a point in time to the same time on another dashboard. */
export const toSameTime = {
  requests: linkTo(uids.fastapi, "Requests of this time"),
  logs: linkTo(uids.loki, "Logs of this time"),
  errorLogs: linkTo(uids.loki, "Error logs of this time", { level: ["error", "critical", "fatal"] }),
  traces: linkTo(uids.jaeger, "Traces of this time"),
} as const;
