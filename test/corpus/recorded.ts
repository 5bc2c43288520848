import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { JsonObject } from "../../src/util/json.ts";

// Real dashboards of other authors, whose licenses don't allow to include them here.
const DIRECTORY = resolve(
  process.env["CORPUS_DIR"] ?? join(import.meta.dirname, "../../../shared/corpus"),
  "dashboards",
);

/** A public dashboard: as its authors publish it, as Grafana 12.4.0 stores it, and after a save in its UI. */
export interface Recorded {
  readonly name: string;
  readonly input: JsonObject;
  readonly live: JsonObject;
  /** With another time range and no other change. */
  readonly savedInUi: JsonObject;
}

/** Empty if the corpus is not available. */
export const RECORDED: readonly Recorded[] = existsSync(DIRECTORY)
  ? readdirSync(DIRECTORY)
      .filter((file) => file.endsWith(".json"))
      .map((file) => JSON.parse(readFileSync(join(DIRECTORY, file), "utf8")) as Recorded)
  : [];

/** The default datasource of the recording Grafana. */
export const DEFAULT_DATASOURCE = { uid: "prom", name: "Prometheus of the corpus", type: "prometheus" };
