import { isObject, textOf, type JsonObject } from "../../../../../util/json.ts";
import { objectIn } from "../properties.ts";
import { migrateCanvas } from "./canvas.ts";
import { migrateHeatmap } from "./heatmap.ts";
import type { MigratedPanel } from "./migrated-panel.ts";
import { migrateStat } from "./stat.ts";
import { migrateTable } from "./table.ts";

/** `version`: the version of Grafana that saved the panel last; NaN if it is unknown. */
type Migration = (panel: MigratedPanel, version: number) => void;

/** What the plugins of Grafana 12.4 make of panels that another version wrote. */
const MIGRATIONS: Readonly<Record<string, Migration>> = {
  alertlist: migrateAlertList,
  bargauge: migrateStat,
  canvas: migrateCanvas,
  dashlist: migrateDashboardList,
  gauge: migrateStat,
  heatmap: migrateHeatmap,
  stat: migrateStat,
  table: migrateTable,
  text: migrateText,
};

/** Changes a panel, in place, as the migration of its plugin does. */
export function migratePanel(panel: JsonObject, type: string, version: number): void {
  if (!Object.hasOwn(MIGRATIONS, type)) return;
  const had = { options: isObject(panel["options"]), fieldConfig: isObject(panel["fieldConfig"]) };
  const migrated = Object.assign(panel, {
    options: objectIn(panel, "options"),
    fieldConfig: objectIn(panel, "fieldConfig"),
  });
  MIGRATIONS[type]?.(migrated, version);
  for (const key of ["options", "fieldConfig"] as const) {
    if (!had[key] && Object.keys(objectIn(panel, key)).length === 0) delete panel[key];
  }
}

function migrateAlertList({ options }: MigratedPanel): void {
  const filter = options["stateFilter"];
  if (!isObject(filter)) return;
  if (filter["inactive"] === true) filter["normal"] = true;
  delete filter["inactive"];
}

const FORMER_LIST: Readonly<Record<string, string>> = {
  starred: "showStarred",
  recent: "showRecentlyViewed",
  search: "showSearch",
  headings: "showHeadings",
  limit: "maxItems",
  query: "query",
  folderId: "folderId",
  tags: "tags",
};

function migrateDashboardList(panel: MigratedPanel): void {
  const { options } = panel;
  if (Object.keys(options).length === 0) {
    for (const [former, now] of Object.entries(FORMER_LIST)) {
      if (panel[former] !== undefined) options[now] = panel[former];
    }
  }
  if (options["folderId"] !== 0) return;
  delete options["folderId"];
  options["folderUID"] = "";
}

function migrateText(panel: MigratedPanel, version: number): void {
  const { options, content, mode } = panel;
  const isFormer = Object.keys(options).length === 0 && content !== undefined && mode !== undefined;
  if (isFormer && !(version >= 7.1)) panel.options = { content, mode };
  if (!["code", "html", "markdown"].includes(textOf(panel.options["mode"]))) panel.options["mode"] = "markdown";
}
