import { describe, expect, test } from "vitest";
import { canonicalDashboard } from "../../src/kinds/dashboard/model/canonical.ts";
import { dashboardDifferences } from "../../src/kinds/dashboard/model/differences.ts";
import { canonicalV2 } from "../../src/kinds/dashboard/v2/model/canonical.ts";
import { differencesV2 } from "../../src/kinds/dashboard/v2/model/differences.ts";
import { withEdits } from "../../src/kinds/dashboard/v2/model/merge.ts";
import type { JsonObject } from "../../src/util/json.ts";
import { expectedIn, GRAFANA, RECORDED_V2, told } from "./recorded-v2.ts";

describe.skipIf(RECORDED_V2.length === 0)(
  "real dashboards that Grafana's UI saved in schema v2 with another time range",
  () => {
    test.each(RECORDED_V2)("differ from code in schema v2 in nothing else: $name", (one) => {
      const [saved, code] = [one.after, one.before].map(({ v2 }) => canonicalV2(v2, GRAFANA)) as [
        JsonObject,
        JsonObject,
      ];
      const { said, migrated } = told(differencesV2(saved, code));
      expect({ said: said.toSorted(), migrated }).toEqual(expectedIn(one));
    });

    test.each(RECORDED_V2)("differ from classic code in nothing else: $name", (one) => {
      const code = canonicalDashboard(one.before.v1, GRAFANA);
      const observed = withEdits(code, canonicalV2(one.before.v2, GRAFANA), canonicalV2(one.after.v2, GRAFANA));
      const { said, migrated } = told(dashboardDifferences(observed, code));
      expect({ said: said.toSorted(), migrated }).toEqual(expectedIn(one));
    });

    test("with the former time range equal the classic code, except for what the UI migrated or lost", () => {
      const same = RECORDED_V2.filter(({ before, after }) => {
        const code = canonicalDashboard(before.v1, GRAFANA);
        const saved = { ...after.v2, timeSettings: before.v2["timeSettings"] ?? {} };
        const observed = withEdits(code, canonicalV2(before.v2, GRAFANA), canonicalV2(saved, GRAFANA));
        return dashboardDifferences(observed, code).length === 0;
      });
      const unchanged = RECORDED_V2.filter((one) => expectedIn(one).migrated + expectedIn(one).said.length === 1);
      expect(same.map(({ name }) => name)).toEqual(unchanged.map(({ name }) => name));
    });
  },
);
