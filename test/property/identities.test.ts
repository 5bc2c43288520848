import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { alert, alertingGrafana, group, rules } from "../alerting/support.ts";
import { everyStored } from "../engine/support.ts";
import { accused, applyUntil } from "../faults/support.ts";
import { converge } from "../helpers/converge.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { MARKS } from "../helpers/mode.ts";
import { GENERATED, runs, timeShare } from "../helpers/seed.ts";
import { everyLibraryPanel } from "../kinds/library-panel/support.ts";
import { everyPlaylist, SERVED } from "../kinds/playlist/support.ts";
import { dashboard, datasource, folder, libraryPanel, playlist } from "../../src/index.ts";

const UIDS = ["a", "b", "c", "d"] as const;

/** Names by uid. Every name is used once. */
type Names = Readonly<Record<string, string>>;

/** Names for some uids, or for all. A name can equal another object's uid. */
function namesOf(least: number): fc.Arbitrary<Names> {
  return fc
    .tuple(
      fc.subarray([...UIDS], { minLength: least }),
      fc.shuffledSubarray(["A", "B", "C", "D", "a"], { minLength: 4 }),
    )
    .map(([uids, names]) => Object.fromEntries(uids.map((uid, index) => [uid, names[index] ?? uid])));
}

function expected(grafana: TestGrafana, names: Names): Record<string, string> {
  return Object.fromEntries(Object.entries(names).map(([uid, name]) => [grafana.name(uid), grafana.name(name)]));
}

async function datasourcesNow(grafana: TestGrafana): Promise<Record<string, string>> {
  const all = (await grafana.other.send({ method: "GET", path: "/api/datasources" })) as {
    uid: string;
    name: string;
  }[];
  return Object.fromEntries(
    all.filter(({ uid }) => uid.endsWith(grafana.name(""))).map(({ uid, name }) => [uid, name]),
  );
}

describe("objects that exchange their names, get other uids, or both", GENERATED, () => {
  test("datasources: one apply converges, also after a run that was stopped between two requests", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const code = (names: Names) =>
      Object.entries(names).map(([uid, name]) =>
        datasource({ uid: grafana.name(uid), name: grafana.name(name), type: "loki", url: "http://loki:3100" }),
      );
    const stop = fc.option(fc.record({ at: fc.integer({ min: 1, max: 9 }), after: fc.boolean(), back: fc.boolean() }));
    const isOver = timeShare();
    await fc.assert(
      fc.asyncProperty(namesOf(1), namesOf(1), stop, async (one, two, stopped) => {
        if (isOver()) return;
        await converge(context, code(one), { prune: true });
        if (stopped) await applyUntil(context, code(two), stopped);
        expect([await accused(context, code(two)), await accused(context, code(one))]).toEqual([{}, {}]);
        const back = stopped?.back ? one : two;
        await converge(context, code(back), { prune: true });
        expect(await datasourcesNow(grafana)).toEqual(expected(grafana, back));
        await converge(context, code(two), { prune: true });
        expect(await datasourcesNow(grafana)).toEqual(expected(grafana, two));
      }),
      { numRuns: runs(25) },
    );
    await converge(context, [], { prune: true });
  });

  test.runIf(MARKS)("folders, dashboards, library panels, playlists and rules [needs marks]", async () => {
    const grafana = await alertingGrafana();
    const context = await grafana.context(grafana.name("own"));
    const code = (names: Names, grouped: readonly boolean[]) => {
      const home = folder({ uid: grafana.name("home"), title: grafana.name("home") });
      const entries = Object.entries(names).map(([uid, name]) => [grafana.name(uid), grafana.name(name)] as const);
      const own = entries.map(([uid, name], index) => ({
        first: grouped[index] === true,
        rule: alert(name, { uid }),
      }));
      const groups = [true, false].flatMap((first) => {
        const inside = own.filter((one) => one.first === first).map(({ rule }) => rule);
        return inside.length > 0 ? [group(home, first ? "first" : "second", inside)] : [];
      });
      return [
        home,
        ...groups,
        ...entries.flatMap(([uid, name]) => [
          folder({ uid: `f-${uid}`, title: name }),
          dashboard({ uid, folder: home, spec: { title: name } }),
          libraryPanel({ uid, name, folder: home, model: { type: "text", title: "same" } }),
          ...(SERVED ? [playlist({ uid, title: name, interval: "5m", items: [{ tag: "same" }] })] : []),
        ]),
      ];
    };
    const mine = (uid: string) => uid.endsWith(grafana.name(""));
    const pairs = (all: readonly (readonly [string, unknown])[]) =>
      Object.fromEntries(all.filter(([uid]) => mine(uid) && uid !== grafana.name("home")));
    const now = async () => ({
      folders: pairs(
        (await everyStored(grafana, "folder")).map(({ metadata, spec }) => [metadata.name, spec["title"]]),
      ),
      dashboards: pairs(
        (await everyStored(grafana, "dashboard")).map(({ metadata, spec }) => [metadata.name, spec["title"]]),
      ),
      shared: pairs((await everyLibraryPanel(grafana)).map(({ uid, name }) => [uid, name])),
      playlists: pairs((await everyPlaylist(grafana)).map(({ metadata, spec }) => [metadata.name, spec.title])),
      rules: pairs((await rules(grafana)).map(({ uid, title }) => [uid, title])),
    });
    const grouped = fc.tuple(...UIDS.map(() => fc.boolean()));
    const isOver = timeShare();
    await fc.assert(
      fc.asyncProperty(namesOf(2), namesOf(2), grouped, grouped, async (one, two, before, after) => {
        if (isOver()) return;
        await converge(context, code(one, before), { prune: true });
        const { plan } = await converge(context, code(two, after), { prune: true });
        expect(plan.changes.flatMap(({ left }) => left ?? [])).toEqual([]);
        const names = expected(grafana, two);
        const folders = Object.fromEntries(Object.entries(names).map(([uid, name]) => [`f-${uid}`, name]));
        expect(await now()).toEqual({
          folders,
          dashboards: names,
          shared: names,
          playlists: SERVED ? names : {},
          rules: names,
        });
      }),
      { numRuns: runs(10) },
    );
    await converge(context, [], { prune: true });
  });
});
