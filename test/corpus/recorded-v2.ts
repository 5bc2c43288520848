import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Difference } from "../../src/engine/difference.ts";
import { isObject, type JsonObject } from "../../src/util/json.ts";
import { saidOf } from "../kinds/dashboard/edits.ts";

const DIRECTORY = resolve(process.env["CORPUS_DIR"] ?? join(import.meta.dirname, "../../../shared/corpus"), "v2");

/** The content of a dashboard, as reads in the classic schema and in schema v2 returned it. */
interface BothSchemas {
  readonly v1: JsonObject;
  readonly v2: JsonObject;
}

/** A public dashboard before and after a save in the UI of Grafana 12.4.0 with the toggle `dashboardNewLayouts`. */
export interface RecordedV2 {
  readonly name: string;
  readonly before: BothSchemas;
  /** With another time range and no other change, stored in schema v2. */
  readonly after: BothSchemas;
}

/** Empty if the corpus is not available. */
export const RECORDED_V2: readonly RecordedV2[] = existsSync(DIRECTORY)
  ? readdirSync(DIRECTORY)
      .filter((file) => file.endsWith(".json"))
      .map((file) => JSON.parse(readFileSync(join(DIRECTORY, file), "utf8")) as RecordedV2)
  : [];

/** The Grafana of the recording. */
export const GRAFANA = { version: "12.4.0", defaultDatasource: { uid: "prom", type: "prometheus" } };

/** What Grafana's UI lost: a value mapping of version 6. */
const LOST: Readonly<Record<string, readonly string[]>> = {
  "testdata-datalinks": ["changed 6.fieldConfig.defaults.mappings[0]"],
};

/** XY charts of version 11.0, whose options the UI migrates, and a text that it lost, because it had not shown the panel. */
const SAME_TYPE: Readonly<Record<string, number>> = { "xychart-tooltip-color-test": 7, logs: 1 };

/** The number of panels whose plugins no longer exist and that the save migrated to another type. */
function legacyPanels({ before, after }: RecordedV2): number {
  const pending = (elements: unknown): string[] =>
    Object.entries(isObject(elements) ? elements : {}).flatMap(([name, element]) => {
      const viz = JSON.stringify(element);
      const former = /"autoMigrateFrom":"([^"]*)"/.exec(viz)?.[1];
      return former === undefined || viz.includes(`"group":"${former}","kind":"VizConfig"`) ? [] : [name];
    });
  const still = pending(after.v2["elements"]);
  return pending(before.v2["elements"]).filter((name) => !still.includes(name)).length;
}

/** Differences by panel id, and the number of migrations. */
export function told(differences: readonly Difference[]): { said: string[]; migrated: number } {
  const lines = differences.map((one) => saidOf(one).replace(/(panels\[id=|elements\[name=panel-)(\d+)\]/, "$2"));
  const said = lines.filter((line) => !line.endsWith(" migrated"));
  return { said, migrated: lines.length - said.length };
}

/** What a save in the UI makes of a dashboard, by panel id. */
export function expectedIn(one: RecordedV2 | undefined): { said: string[]; migrated: number } {
  if (!one) return { said: [], migrated: 0 };
  return {
    said: ["changed time", ...(LOST[one.name] ?? [])].toSorted(),
    migrated: legacyPanels(one) + (SAME_TYPE[one.name] ?? 0),
  };
}
