import { describe, expect, test } from "vitest";
import { canonicalDashboard } from "../../src/kinds/dashboard/model/canonical.ts";
import { dashboardDifferences } from "../../src/kinds/dashboard/model/differences.ts";
import { canonicalV2 } from "../../src/kinds/dashboard/v2/model/canonical.ts";
import { differencesV2 } from "../../src/kinds/dashboard/v2/model/differences.ts";
import { withEdits } from "../../src/kinds/dashboard/v2/model/merge.ts";
import type { Difference } from "../../src/engine/difference.ts";
import { isObject, type JsonObject } from "../../src/util/json.ts";
import { saidOf } from "../kinds/dashboard/edits.ts";
import { GRAFANA, RECORDED_V2, type RecordedV2 } from "./recorded-v2.ts";

/** What Grafana's UI lost: the text of a panel that was not visible, and a value mapping of version 6. */
const LOST: Readonly<Record<string, readonly string[]>> = {
  logs: ["added 9.options.content"],
  "testdata-datalinks": ["changed 6.fieldConfig.defaults.mappings[0]"],
};

/** The XY charts of version 11.0, whose options the UI migrates. */
const CHARTS: Readonly<Record<string, number>> = { "xychart-tooltip-color-test": 7 };

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
function told(differences: readonly Difference[]): { said: string[]; migrated: number } {
  const lines = differences.map((one) => saidOf(one).replace(/(panels\[id=|elements\[name=panel-)(\d+)\]/, "$2"));
  const said = lines.filter((line) => !line.endsWith(" migrated"));
  return { said, migrated: lines.length - said.length };
}

function expected(one: RecordedV2): { said: string[]; migrated: number } {
  return {
    said: ["changed time", ...(LOST[one.name] ?? [])].toSorted(),
    migrated: legacyPanels(one) + (CHARTS[one.name] ?? 0),
  };
}

describe.skipIf(RECORDED_V2.length === 0)(
  "real dashboards that Grafana's UI saved in schema v2 with another time range",
  () => {
    test.each(RECORDED_V2)("differ from code in schema v2 in nothing else: $name", (one) => {
      const [saved, code] = [one.after, one.before].map(({ v2 }) => canonicalV2(v2, GRAFANA)) as [
        JsonObject,
        JsonObject,
      ];
      const { said, migrated } = told(differencesV2(saved, code));
      expect({ said: said.toSorted(), migrated }).toEqual(expected(one));
    });

    test.each(RECORDED_V2)("differ from classic code in nothing else: $name", (one) => {
      const code = canonicalDashboard(one.before.v1, GRAFANA);
      const observed = withEdits(code, canonicalV2(one.before.v2, GRAFANA), canonicalV2(one.after.v2, GRAFANA));
      const { said, migrated } = told(dashboardDifferences(observed, code));
      expect({ said: said.toSorted(), migrated }).toEqual(expected(one));
    });

    test("with the former time range equal the classic code, except for what the UI migrated or lost", () => {
      const same = RECORDED_V2.filter(({ before, after }) => {
        const code = canonicalDashboard(before.v1, GRAFANA);
        const saved = { ...after.v2, timeSettings: before.v2["timeSettings"] ?? {} };
        const observed = withEdits(code, canonicalV2(before.v2, GRAFANA), canonicalV2(saved, GRAFANA));
        return dashboardDifferences(observed, code).length === 0;
      });
      const unchanged = RECORDED_V2.filter((one) => expected(one).migrated === 0 && !(one.name in LOST));
      expect(same.map(({ name }) => name)).toEqual(unchanged.map(({ name }) => name));
    });
  },
);
