import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { JsonObject } from "../../src/util/json.ts";

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
