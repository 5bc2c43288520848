import { search, trace } from "../_shared/jaeger.ts";
import { linkTo, uids } from "../_shared/links.ts";
import type { Row } from "../_shared/rows.ts";
import { spans, tracePoints, traceTable } from "../_shared/trace-panels.ts";

/** Links of a trace in a list: its spans in the row below, and its log lines. */
export const traceLinks = [
  linkTo(uids.jaeger, "Spans of this trace, in the row One trace", {
    service: "${service}",
    trace: "${__data.fields.traceID}",
  }),
  linkTo(uids.loki, "Log lines of this trace", { trace: "${__data.fields.traceID}" }),
];

const traces = search({ service: "$service", minDuration: "$min_duration", limit: 100 });

export const timeline: Row = {
  title: "Trace timeline",
  panels: [
    tracePoints(
      "Newest traces by time",
      "Each point is one of the newest 100 traces, by start time and duration. A click opens it.",
    )
      .span(12)
      .height(10)
      .withTarget(traces)
      .dataLinks(traceLinks),

    traceTable(
      "Traces",
      "The newest traces of the service. The id opens a trace in Explore, with its logs and metrics.",
    )
      .span(12)
      .height(10)
      .withTarget(traces)
      .dataLinks(traceLinks),
  ],
};

/** Collapsed, because no trace is selected at first, and the query requires one. */
export const oneTrace: Row = {
  title: "One trace",
  collapsed: true,
  panels: [spans("Spans", "The spans of the trace with the id at the top.").span(24).withTarget(trace("$trace"))],
};
