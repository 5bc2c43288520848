import * as units from "@grafana/grafana-foundation-sdk/units";
import { stacked, timeseries } from "../_shared/panels.ts";
import { query } from "../_shared/queries.ts";
import { rateOf } from "../_shared/red.ts";
import type { Row } from "../_shared/rows.ts";
import { spans } from "./_filters.ts";
import { openSpans } from "./_headline.ts";

export const activeSpans: Row = {
  title: "Active spans",
  panels: [
    stacked(
      "Active spans by operation",
      "How many spans were open at once, on average: the seconds that were spent in them, by the second. A span counts when it ends.",
    )
      .span(12)
      .unit(units.Short)
      .withTarget(query("A", openSpans(spans.by), "{{span_name}}")),

    timeseries("Spans by kind", "Spans that ended in a second: what was asked of the service, by it, and inside of it.")
      .span(12)
      .unit(units.OpsPerSecond)
      .withTarget(query("A", rateOf(spans, ["span_kind"]), "{{span_kind}}")),
  ],
};
