import * as units from "@grafana/grafana-foundation-sdk/units";
import { stat, upOrDown } from "../_shared/panels.ts";
import { now, rate } from "../_shared/queries.ts";
import { redStats } from "../_shared/red.ts";
import { spans } from "./_filters.ts";

/** Seconds spent in spans, per second: the average number of open spans. */
export const openSpans = (by: readonly string[] = []) => rate(`${spans.histogram}_sum`, spans.filter, by);

export const headline = [
  upOrDown("Jaeger", "Whether Prometheus can scrape Jaeger. While it is down, lists of traces fail.")
    .span(8)
    .withTarget(now("A", 'min(up{job="jaeger"})', "Jaeger")),

  ...redStats(spans).map((panel, index) => panel.span(index < 2 ? 8 : 12)),

  stat("Active spans", "Average number of open spans. Spans that never end are not counted.")
    .span(12)
    .unit(units.Short)
    .withTarget(now("A", openSpans(), "Active")),
];
