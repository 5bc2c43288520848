import { whyMissing, type NoSource, type SourceContext, type SourceFacet } from "../../engine/source.ts";
import { call, listOf, objectOf, valueOf, type Expression } from "../../import/code/expression.ts";
import { textOf } from "../../util/json.ts";
import { objectsOf } from "../alerting/rule.ts";
import { playlist } from "./builder.ts";
import { canonical } from "./canonical.ts";
import type { LivePlaylist } from "./live.ts";

export const source: SourceFacet<LivePlaylist> = { directory: "dashboards", file: "playlists", write };

function write({ id, object }: LivePlaylist, context: SourceContext): Expression | NoSource {
  const { title, interval, items } = canonical(object.spec);
  const expressions: Expression[] = [];
  for (const { type, value } of objectsOf(items)) {
    if (type === "dashboard_by_tag") expressions.push(objectOf({ tag: valueOf(value ?? "") }));
    else {
      const dashboard = type === "dashboard_by_uid" ? context.refer("dashboard", textOf(value)) : undefined;
      if (!dashboard) return { left: `it shows the dashboard "${textOf(value)}", ${whyMissing(context, "dashboard")}` };
      expressions.push(dashboard);
    }
  }
  return call(
    context.own("playlist", playlist),
    objectOf({
      uid: valueOf(id),
      title: valueOf(title ?? ""),
      interval: valueOf(interval ?? ""),
      items: listOf(expressions),
    }),
  );
}
