import { whyMissing, type NoSource, type SourceContext, type SourceFacet } from "../../engine/source.ts";
import { call, listOf, objectOf, valueOf, type Expression } from "../../import/code/expression.ts";
import { publicDashboards } from "./builder.ts";
import type { LivePublicDashboards } from "./live.ts";

/** Without the links, which are secrets. */
export const source: SourceFacet<LivePublicDashboards> = { directory: "access", file: "public-dashboards", write };

function write({ shared }: LivePublicDashboards, context: SourceContext): Expression | NoSource {
  const entries: Expression[] = [];
  for (const [uid, { timeSelection, annotations }] of [...shared].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const dashboard = context.refer("dashboard", uid);
    if (!dashboard) return { left: `they contain the dashboard "${uid}", ${whyMissing(context, "dashboard")}` };
    const options = {
      timeSelection: timeSelection ? valueOf(true) : undefined,
      annotations: annotations ? valueOf(true) : undefined,
    };
    entries.push(timeSelection || annotations ? objectOf({ dashboard, ...options }) : dashboard);
  }
  return call(context.own("publicDashboards", publicDashboards), objectOf({ dashboards: listOf(entries) }));
}
