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
import { annotations } from "./annotations.ts";
import { drawLimitsInRed, keepLimitsInSight, placeLegends, showAllStates, stateVersions } from "./layout.ts";
import { addRows, closeGaps, type Row } from "./rows.ts";

export interface Board {
  readonly uid: string;
  readonly title: string;
  /** One sentence about its subject. */
  readonly description: string;
  /** Additional tags for the search. */
  readonly tags?: readonly string[];
  /** The drop-down lists at the top, from left to right. Each can use the previous ones. */
  readonly variables?: readonly Builder<VariableModel>[];
  /** One line of numbers above all rows, which show the overall state. */
  readonly headline?: readonly Builder<Panel>[];
  readonly rows: readonly Row[];
}

/** A dashboard in the team's folder, with the last hour as time range, links to the other dashboards and a shared cursor. */
export function board({ uid, title, description, tags = [], variables = [], headline = [], rows }: Board): Dashboard {
  const builder = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags([TEAM_TAG, ...tags])
    .time({ from: "now-1h", to: "now" })
    .refresh("30s")
    // Shows the cursor at the same time in all panels, to compare them.
    .tooltip(DashboardCursorSync.Crosshair)
    .variables([...variables])
    .annotations(annotations())
    .link(linksToOthers());
  for (const panel of headline) builder.withPanel(panel);
  addRows(builder, rows);
  const spec = builder.build();
  closeGaps(spec);
  keepLimitsInSight(spec);
  placeLegends(spec);
  drawLimitsInRed(spec);
  showAllStates(spec);
  stateVersions(spec);
  return dashboard({ folder: toolboxai, spec });
}
