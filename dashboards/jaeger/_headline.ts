import * as units from "@grafana/grafana-foundation-sdk/units";
import { stat } from "../_shared/panels.ts";
import { now, rate } from "../_shared/queries.ts";
import { redStats } from "../_shared/red.ts";
import { spans } from "./_filters.ts";

/** Seconds spent in spans, per second: the average number of open spans. */
export const openSpans = (by: readonly string[] = []) => rate(`${spans.histogram}_sum`, spans.filter, by);

export const headline = [
  ...redStats(spans).map((panel) => panel.span(6)),

  stat("Active spans", "Average number of open spans. Spans that never end are not counted.")
    .span(6)
    .unit(units.Short)
    .withTarget(now("A", openSpans(), "Active")),
];
