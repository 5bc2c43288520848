import fc from "fast-check";
import { expect, test } from "vitest";
import type { KindContext } from "../../src/engine/kind-context.ts";
import { destroyGoal } from "../../src/engine/destroy-goal.ts";
import { address } from "../../src/engine/model.ts";
import { execute, propose } from "../../src/engine/pipeline.ts";
import { dashboard, datasource, libraryPanel } from "../../src/index.ts";
import { actions, carryOut, edit, everyStored, make, place, remove, statuses } from "../engine/support.ts";
import { consentOf, converge, only, planFor, workspaceOf } from "../helpers/converge.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { MARKS } from "../helpers/mode.ts";
import { GENERATED, runs, timeShare } from "../helpers/seed.ts";
import { everyLibraryPanel, LIBRARY_PANELS, removeLibraryPanel } from "../kinds/library-panel/support.ts";
import { everyPlaylist, makePlaylist, removePlaylist } from "../kinds/playlist/support.ts";

const SOURCES = [0, 1, 2] as const;
const SHARED = [0, 1] as const;
const BOARDS = [0, 1, 2] as const;

/** Which datasources and library panels something refers to. */
interface Uses {
  readonly sources: readonly number[];
  readonly shared: readonly number[];
}

interface Board extends Uses {
  /** What becomes of it before the second apply. */
  readonly fate: "same" | "moved" | "gone" | "edited" | "edited and moved" | "edited and gone";
}

interface Case {
  /** The datasources and the library panels that the second code still has. */
  readonly kept: Uses;
  /** For each library panel, its datasource. */
  readonly queried: readonly number[];
  readonly boards: readonly Board[];
  /** Other users' dashboards, library panels (a datasource each) and playlists (a dashboard each). */
  readonly theirs: {
    readonly boards: readonly Uses[];
    readonly shared: readonly number[];
    readonly playlists: readonly number[];
  };
}

const uses: fc.Arbitrary<Uses> = fc.record({ sources: fc.subarray([...SOURCES]), shared: fc.subarray([...SHARED]) });
const generated: fc.Arbitrary<Case> = fc.record({
  kept: uses,
  queried: fc.tuple(...SHARED.map(() => fc.constantFrom(...SOURCES))),
  boards: fc.tuple(
    ...BOARDS.map(() =>
      fc.record({
        sources: fc.subarray([...SOURCES], { maxLength: 2 }),
        shared: fc.subarray([...SHARED], { maxLength: 1 }),
        fate: fc.constantFrom("same", "moved", "gone", "edited", "edited and moved", "edited and gone"),
      }),
    ),
  ),
  theirs: fc.record({
    boards: fc.array(uses, { maxLength: 2 }),
    shared: fc.array(fc.constantFrom(...SOURCES), { maxLength: 1 }),
    playlists: fc.array(fc.constantFrom(...BOARDS), { maxLength: 1 }),
  }),
});

/** All that this project owns and other users have, for one case. */
function world(grafana: TestGrafana) {
  const uid = (kind: string, index: number) => grafana.name(`${kind}${index}`);
  const home = place(grafana.name("home"));
  const source = (index: number) =>
    datasource({ uid: uid("source", index), name: uid("source", index), type: "prometheus", url: "http://p:9090" });
  const shared = (index: number, queried: number) =>
    libraryPanel({
      uid: uid("shared", index),
      name: uid("shared", index),
      model: { type: "timeseries", title: "S", datasource: source(queried).ref },
    });
  const panels = ({ sources, shared: shown }: Uses) => [
    ...sources.map((index, id) => ({
      id: id + 1,
      type: "timeseries",
      title: `P${id}`,
      datasource: { type: "prometheus", uid: uid("source", index) },
      targets: [{ refId: "A", expr: "up" }],
    })),
    ...shown.map((index, id) => ({
      id: 10 + id,
      title: "",
      gridPos: { h: 8, w: 12, x: 0, y: 8 * id },
      libraryPanel: { uid: uid("shared", index), name: uid("shared", index) },
    })),
  ];
  const board = (index: number, used: Uses) =>
    dashboard({ uid: uid("board", index), spec: { title: uid("board", index), panels: panels(used) as never } });
  return { uid, home, source, shared, panels, board };
}

/** The addresses in the JSON of dashboards, library panels and playlists, by the address of the object that has them. */
async function references(grafana: TestGrafana): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  const [boards, shared, playlists] = await Promise.all([
    everyStored(grafana, "dashboard"),
    everyLibraryPanel(grafana),
    everyPlaylist(grafana),
  ]);
  const among = (json: object) => {
    const text = JSON.stringify(json);
    return [...text.matchAll(/"((?:source|shared|board)\d-[\w-]+)"/g)].map(([, uid = ""]) => uid);
  };
  for (const { metadata, spec } of boards) found.set(metadata.name, among({ ...spec, title: "" }));
  for (const { uid, model } of shared) found.set(uid, among(model));
  for (const { metadata, spec } of playlists) found.set(metadata.name, among(spec.items));
  return found;
}

async function existingUids(grafana: TestGrafana): Promise<Set<string>> {
  const datasources = (await grafana.other.send({ method: "GET", path: "/api/datasources" })) as { uid: string }[];
  return new Set([...(await references(grafana)).keys(), ...datasources.map(({ uid }) => uid)]);
}

async function makeTheirs(grafana: TestGrafana, { theirs }: Case): Promise<void> {
  const { uid, panels } = world(grafana);
  for (const [index, used] of theirs.boards.entries())
    await make(grafana, "dashboard", uid("theirs", index), {
      spec: { title: "Theirs", schemaVersion: 42, panels: panels(used) },
    });
  for (const [index, source] of theirs.shared.entries()) {
    const model = { type: "stat", title: "T", datasource: { uid: uid("source", source) } };
    const body = { uid: uid("theirs-shared", index), name: "Theirs", kind: 1, model };
    await grafana.other.send({ method: "POST", path: LIBRARY_PANELS, body });
  }
  for (const [index, board] of theirs.playlists.entries())
    await makePlaylist(grafana, uid("theirs-list", index), {
      items: [{ type: "dashboard_by_uid", value: uid("board", board) }],
    });
}

async function clear(grafana: TestGrafana, context: KindContext, { theirs }: Case): Promise<void> {
  const { uid } = world(grafana);
  for (const index of theirs.boards.keys()) await remove(grafana, "dashboard", uid("theirs", index));
  for (const index of theirs.shared.keys()) await removeLibraryPanel(grafana, uid("theirs-shared", index));
  for (const index of theirs.playlists.keys()) await removePlaylist(grafana, uid("theirs-list", index));
  const goal = destroyGoal(() => true);
  const proposal = await propose(workspaceOf(context), goal, consentOf({}), () => {});
  const { plan } = await proposal.plan(consentOf({}));
  const edited = plan.changes.filter(({ left }) => left?.reason === "drift").map(address);
  const consent = consentOf({ overwriteDrift: only(...edited) });
  const { outcomes } = await execute(workspaceOf(context), { goal, consent, concurrency: 8, emit: () => {} });
  expect(new Set(Object.values(statuses(outcomes)))).toEqual(new Set(["done"]));
}

test.runIf(MARKS)(
  "--prune deletes exactly the objects to which no object of any owner refers afterwards [needs marks]",
  GENERATED,
  async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const { uid, home, source, shared, board } = world(grafana);
    const isOver = timeShare();
    await fc.assert(
      fc.asyncProperty(generated, async (one) => {
        if (isOver()) return;
        const { kept, queried, boards } = one;
        const sharedOf = (indexes: readonly number[]) => indexes.map((index) => shared(index, queried[index] ?? 0));
        await converge(context, [
          home,
          ...SOURCES.map(source),
          ...sharedOf(SHARED),
          ...boards.map((used, index) => board(index, used)),
        ]);
        await makeTheirs(grafana, one);
        for (const [index, { fate }] of boards.entries())
          if (fate.startsWith("edited"))
            await edit(grafana, "dashboard", uid("board", index), ({ spec }) => (spec["description"] = "by hand"));

        // What the code still has refers to nothing that left it.
        const sharedKept = kept.shared.filter((index) => kept.sources.includes(queried[index] ?? 0));
        const after = boards.flatMap(({ fate, sources, shared: shown }, index) => {
          if (fate.endsWith("gone")) return [];
          const moved = fate.endsWith("moved");
          const still = {
            sources: (moved ? kept.sources : sources).filter((one) => kept.sources.includes(one)),
            shared: (moved ? sharedKept : shown).filter((one) => sharedKept.includes(one)),
          };
          return [board(index, still)];
        });
        const code = [home, ...kept.sources.map(source), ...sharedOf(sharedKept), ...after];
        const there = await existingUids(grafana);
        const prepared = await planFor(context, code, { prune: true });
        const outcomes = await carryOut(context, prepared);

        expect([...new Set(Object.values(statuses(outcomes)))].filter((status) => status !== "done")).toEqual([]);
        const now = await existingUids(grafana);
        const used = await references(grafana);
        const broken = [...used].flatMap(([user, targets]) =>
          targets.filter((target) => there.has(target) && !now.has(target)).map((target) => `${user} → ${target}`),
        );
        expect(broken, "references to deleted objects").toEqual([]);
        const remaining = new Set([...used.values()].flat());
        const edited = new Set(
          Object.entries(actions(prepared)).flatMap(([name, action]) =>
            action === "left: drift" ? [name.split("/")[1]] : [],
          ),
        );
        const wanted = new Set(code.map(({ uid: id }) => id));
        const orphans = [...now].filter(
          (id) => /^(source|shared|board)\d-/.test(id) && id.endsWith(grafana.name("")) && !wanted.has(id),
        );
        expect(
          orphans.filter((orphan) => !remaining.has(orphan) && !edited.has(orphan)),
          "orphans that stay although nothing uses them",
        ).toEqual([]);
        await clear(grafana, context, one);
      }),
      { numRuns: runs(15) },
    );
  },
);
