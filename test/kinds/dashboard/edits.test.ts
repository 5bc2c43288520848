import { readdirSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalDashboard } from "../../../src/kinds/dashboard/model/canonical.ts";
import { dashboardDifferences } from "../../../src/kinds/dashboard/model/differences.ts";
import { assignPanelIds } from "../../../src/kinds/dashboard/model/panel-ids.ts";
import { assignRefIds } from "../../../src/kinds/dashboard/model/panels.ts";
import { textOf, toJson, type JsonObject } from "../../../src/util/json.ts";
import { DEFAULT_DATASOURCE, RECORDED } from "../../corpus/recorded.ts";
import { GENERATED, runs } from "../../helpers/seed.ts";
import { choice, editOf, saidOf } from "./edits.ts";

/** The Grafana of the corpus. */
const GRAFANA = { version: "12.4.0", defaultDatasource: { uid: DEFAULT_DATASOURCE.uid } };

interface Case {
  readonly name: string;
  /** The content of the code, in the latest schema. */
  readonly code: JsonObject;
  /** The content after a save in the UI. */
  readonly saved?: JsonObject;
}

const recorded = RECORDED.map(({ name, live, savedInUi }): Case => ({ name, code: live, saved: savedInUi }));

/** ToolboxAI's own dashboards. */
async function own(): Promise<Case[]> {
  const directory = join(import.meta.dirname, "../../../dashboards");
  const files = readdirSync(directory).filter((file) => /^[^_].*\.ts$/.test(file));
  const modules = await Promise.all(files.map(async (file) => (await import(join(directory, file))) as object));
  return modules
    .flatMap((module) => Object.values(module) as { kind?: string; spec?: object }[])
    .filter(({ kind }) => kind === "dashboard")
    .map(({ spec }) => {
      const code = toJson(spec) as JsonObject;
      assignPanelIds(code);
      assignRefIds(code);
      return { name: `ToolboxAI's ${textOf(code["title"])}`, code };
    });
}

const OWN = await own();

const said = (live: JsonObject, code: JsonObject) =>
  dashboardDifferences(canonicalDashboard(live, GRAFANA), canonicalDashboard(code, GRAFANA)).map(saidOf);

describe("one edit in Grafana is shown as this edit", GENERATED, () => {
  test.each([...OWN, ...recorded])("of $name", ({ code, saved }) => {
    let edits = 0;
    fc.assert(
      fc.property(choice, (choice) => {
        const edit = editOf(code, choice);
        fc.pre(edit !== undefined);
        if (!edit) return;
        edits++;
        const onlyThat = (all: readonly string[], before: readonly string[]) => {
          const found = all.filter((one) => !before.includes(one));
          // Panels below move with it, which is not a separate change.
          const pushed = edit.pushes ? found.filter((one) => one.endsWith(".gridPos moved")) : [];
          const rest = found.filter((one) => !pushed.includes(one));
          expect(rest, edit.what).toEqual(edit.expected.map((pattern) => expect.stringMatching(pattern)));
        };
        onlyThat(said(code, edit.next), []);
        // Migrations of a save in the UI are not part of the edit, and are listed next to it.
        if (!saved) return;
        const theirs = said(saved, code);
        onlyThat(
          said(saved, edit.next),
          edit.what === "changes the time range" ? theirs.filter((one) => one !== "changed time") : theirs,
        );
      }),
      { numRuns: runs(20), maxSkipsPerRun: 100 },
    );
    expect(edits).toBeGreaterThanOrEqual(runs(20));
  });
});
