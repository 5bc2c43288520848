import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalV2 } from "../../../../src/kinds/dashboard/v2/model/canonical.ts";
import { differencesV2 } from "../../../../src/kinds/dashboard/v2/model/differences.ts";
import { textOf, type JsonObject } from "../../../../src/util/json.ts";
import { GENERATED, runs } from "../../../helpers/seed.ts";
import { saidOf } from "../edits.ts";
import { DYNAMIC } from "./dynamic.ts";
import { choiceV2, EDITOR_NAMES, editV2 } from "./edits.ts";
import { GRAFANA, RECORDED_V2 } from "../../../corpus/recorded-v2.ts";

interface Case {
  readonly name: string;
  readonly code: JsonObject;
  /** The content after a save in the UI with another time range. */
  readonly saved?: JsonObject;
}

const CASES: readonly Case[] = [
  ...DYNAMIC.map((code) => ({ name: textOf(code["title"]), code })),
  // A few are enough: the corpus test compares all of them.
  ...RECORDED_V2.filter((_, index) => index % 6 === 0).map(({ name, before, after }) => ({
    name,
    code: before.v2,
    saved: after.v2,
  })),
];

function said(before: JsonObject, after: JsonObject): string[] {
  return differencesV2(canonicalV2(before, GRAFANA), canonicalV2(after, GRAFANA)).map(saidOf);
}

test.each(EDITOR_NAMES)("at least one dashboard has a place for this edit: %s", (editor) => {
  const places = Array.from({ length: 60 }, (_, place) => place);
  expect(CASES.some(({ code }) => places.some((place) => editV2(code, { editor, place }) !== undefined))).toBe(true);
});

describe("one edit in schema v2 is shown as this edit, in both directions", GENERATED, () => {
  test.each(CASES)("of $name", ({ code, saved }) => {
    let edits = 0;
    fc.assert(
      fc.property(choiceV2, (choice) => {
        const edit = editV2(code, choice);
        fc.pre(edit !== undefined);
        if (!edit) return;
        edits++;
        const onlyThat = (all: readonly string[], known: readonly string[]) => {
          const found = all.filter((one) => !known.includes(one));
          // Panels below move with it, which is not a separate change.
          const rest = edit.pushes ? found.filter((one) => !one.endsWith(".gridPos moved")) : found;
          expect(rest, choice.editor).toEqual(edit.expected.map((pattern) => expect.stringMatching(pattern)));
        };
        onlyThat(said(code, edit.next), []);
        onlyThat(said(edit.next, code), []);
        if (!saved) return;
        const theirs = said(saved, code);
        onlyThat(
          said(saved, edit.next),
          choice.editor === "changes the time range" ? theirs.filter((one) => one !== "changed time") : theirs,
        );
      }),
      { numRuns: runs(20), maxSkipsPerRun: 100 },
    );
    expect(edits).toBeGreaterThanOrEqual(runs(20));
  });
});
