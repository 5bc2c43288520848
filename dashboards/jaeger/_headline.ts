import * as units from "@grafana/grafana-foundation-sdk/units";
import { stat } from "../_shared/panels.ts";
import { query, rate } from "../_shared/queries.ts";
import { redStats } from "../_shared/red.ts";
import { spans } from "./_filters.ts";

/** Seconds spent in spans, by the second: so many were open at once, on average. */
export const openSpans = (by: readonly string[] = []) => rate(`${spans.histogram}_sum`, spans.filter, by);

export const headline = [
  ...redStats(spans).map((panel) => panel.span(6)),

  stat("Active spans", "How many spans were open at once, on average. Those that never end are not among them.")
    .span(6)
    .unit(units.Short)
    .withTarget(query("A", openSpans(), "Active")),
];
