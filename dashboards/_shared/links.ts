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
export function linksToOthers(): Builder<DashboardLink> {
  const { placement: _, ...link } = new DashboardLinkBuilder("ToolboxAI")
    .type(DashboardLinkType.Dashboards)
    .tags([TEAM_TAG])
    .keepTime(true)
    .includeVars(true)
    .build();
  // The SDK's default placement hides the links in a menu.
  return { build: () => link };
}

/**
 * A link from a series or a cell to another dashboard, by default in the same time range.
 *
 * @param variables values of the other dashboard's variables; they can use Grafana's variables, such as `${__data.fields.traceID}`
 * @param time the parameters of the URL that set the time range
 * @example timeseries(…).dataLinks([linkTo(uids.loki, "Error logs", { level: ["error", "critical"] })])
 */
export function linkTo(
  uid: string,
  title: string,
  variables: Readonly<Record<string, string | readonly string[]>> = {},
  time = "${__url_time_range}",
): Builder<DashboardLink> {
  const query = Object.entries(variables).flatMap(([name, values]) =>
    [values].flat().map((one) => `var-${name}=${one}`),
  );
  const url = `/d/${uid}?${[time, ...query].join("&")}`;
  // The SDK's builder would add properties that only links at the top of a dashboard have.
  return { build: () => ({ title, url }) as DashboardLink };
}

/** Ten minutes around a point of a graph. */
const AROUND = "time=${__value.time}&time.window=600000";

/** Links from a point in time to the ten minutes around it on another dashboard. */
export const toSameTime = {
  requests: linkTo(uids.fastapi, "Requests of this time", {}, AROUND),
  logs: linkTo(uids.loki, "Logs of this time", {}, AROUND),
  errorLogs: linkTo(uids.loki, "Error logs of this time", { level: ["error", "critical", "fatal"] }, AROUND),
  traces: linkTo(uids.jaeger, "Traces of this time", {}, AROUND),
} as const;
