import * as units from "@grafana/grafana-foundation-sdk/units";
import { stacked, timeseries } from "../_shared/panels.ts";
import { query } from "../_shared/queries.ts";
import { rateOf } from "../_shared/red.ts";
import type { Row } from "../_shared/rows.ts";
import { spans } from "./_filters.ts";
import { openSpans } from "./_headline.ts";

/** The kind of a span without the prefix SPAN_KIND_. */
const byKind = `sum by (kind) (label_replace(${rateOf(spans, ["span_kind"])}, "kind", "$1", "span_kind", "SPAN_KIND_(.*)"))`;

export const activeSpans: Row = {
  title: "Active spans",
  panels: [
    stacked(
      "Active spans by operation",
      "Average number of open spans: the seconds spent in spans, per second. A span counts when it ends.",
    )
      .span(16)
      .unit(units.Short)
      .withTarget(query("A", openSpans(spans.by), "{{span_name}}")),

    timeseries(
      "Spans by kind",
      "Ended spans per second: requests to the service, requests from it, and internal spans.",
    )
      .span(8)
      .unit(units.OpsPerSecond)
      .withTarget(query("A", byKind, "{{kind}}")),
  ],
};
