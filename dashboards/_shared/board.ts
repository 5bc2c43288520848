import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import {
  DashboardBuilder,
  DashboardCursorSync,
  type Panel,
  type VariableModel,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { dashboard, type Dashboard } from "grafana-provision";
import { toolboxai } from "../folders.ts";
import { linksToOthers, TEAM_TAG } from "./links.ts";
import { addRows, closeGaps, type Row } from "./rows.ts";

export interface Board {
  readonly uid: string;
  readonly title: string;
  /** A sentence: what it is about. */
  readonly description: string;
  /** What people search for, beside the team's own tag. */
  readonly tags?: readonly string[];
  /** The drop-downs at the top, from left to right: each may use those before it. */
  readonly variables?: readonly Builder<VariableModel>[];
  /** Is all well? One line of numbers, above all rows. */
  readonly headline?: readonly Builder<Panel>[];
  readonly rows: readonly Row[];
}

/** A dashboard as this team has them: in its folder, with the last hour, links to the others and one cursor in all panels. */
export function board({ uid, title, description, tags = [], variables = [], headline = [], rows }: Board): Dashboard {
  const builder = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags([TEAM_TAG, ...tags])
    .time({ from: "now-1h", to: "now" })
    .refresh("30s")
    // The cursor stands at the same time in every panel: what else happened when the errors began?
    .tooltip(DashboardCursorSync.Crosshair)
    .variables([...variables])
    .link(linksToOthers());
  for (const panel of headline) builder.withPanel(panel);
  addRows(builder, rows);
  const spec = builder.build();
  closeGaps(spec);
  return dashboard({ folder: toolboxai, spec });
}
