import { describe, expect, test } from "vitest";
import { dashboard, folder } from "../../src/index.ts";
import { converge, planFor } from "../helpers/converge.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { MARKS } from "../helpers/mode.ts";
import { isDerivedUid, deriveUid } from "../../src/util/derived-uid.ts";

type Resource = { kind: string };

async function hintsFor(before: readonly Resource[], after: readonly Resource[], owner: string, prune = false) {
  const grafana = await testGrafana();
  const named = grafana.name(owner);
  await converge(await grafana.context(named), before);
  const { plan } = await planFor(await grafana.context(named), after, { prune });
  return plan.changes.flatMap(({ kind, sideEffect }) =>
    sideEffect?.includes("looks like") ? [[kind, sideEffect]] : [],
  );
}

describe.runIf(MARKS)("an object with a derived uid", () => {
  test.each([false, true])("that is renamed in the code is named with its uid (prune: %s)", async (prune) => {
    const hints = await hintsFor([folder({ title: "Payments" })], [folder({ title: "Billing" })], "rename", prune);
    expect(hints).toEqual([
      [
        "folder",
        expect.stringMatching(/^looks like a rename of folder\/payments-\w{8} "Payments"; .*uid: "payments-\w{8}"$/),
      ],
    ]);
  });

  test("that moves to another folder is named, but not the content of a renamed folder", async () => {
    const home = folder({ title: "Home" });
    const inner = (place: typeof home) => folder({ title: "Inner", parent: place });
    const board = (place: typeof home) => dashboard({ folder: place, spec: { title: "Board" } });
    const other = folder({ title: "Other" });

    const moved = await hintsFor([home, other, board(home)], [home, other, board(other)], "move");
    const renamed = folder({ title: "House" });
    const whole = await hintsFor([home, inner(home), board(home)], [renamed, inner(renamed), board(renamed)], "tree");

    expect(moved).toEqual([["dashboard", expect.stringMatching(/looks like a move of dashboard\/board-/)]]);
    expect(whole).toEqual([["folder", expect.stringMatching(/^looks like a rename of folder\/home-/)]]);
  });

  test("is not named if several match, if the code states its uid, or if nothing was removed", async () => {
    const three = ["A", "B", "C"].map((title) => folder({ title }));
    const two = ["D", "E"].map((title) => folder({ title }));
    const named = folder({ uid: `own-${Date.now().toString(36)}`, title: "Own" });
    expect(await hintsFor(three, two, "many")).toEqual([]);
    expect(await hintsFor([named], [folder({ title: "New" })], "named")).toEqual([]);
    expect(await hintsFor([two[0] ?? named], [...two], "more")).toEqual([]);
  });
});

test("derived uids are recognized by the title", () => {
  expect(isDerivedUid(deriveUid("Team A: Übersicht", ["p"]), "Team A: Übersicht")).toBe(true);
  expect(isDerivedUid(deriveUid("日本", ["p"]), "日本")).toBe(true);
  expect(isDerivedUid("team-a", "Team A")).toBe(false);
  expect(isDerivedUid(deriveUid("Team B", ["p"]), "Team A")).toBe(false);
});
