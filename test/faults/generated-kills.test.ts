import fc from "fast-check";
import { expect, test } from "vitest";
import { alertingGrafana, get, hook, points, TEMPLATES, theirPoint, theirTemplate } from "../alerting/support.ts";
import { destroyGoal } from "../../src/engine/destroy-goal.ts";
import type { KindContext } from "../../src/engine/kind-context.ts";
import { address } from "../../src/engine/model.ts";
import { execute, propose } from "../../src/engine/pipeline.ts";
import { contactPoint, datasource, messageTemplate } from "../../src/index.ts";
import {
  actions,
  board,
  carryOut,
  datasourceNow,
  edit,
  editDatasource,
  exprOf,
  find,
  make,
  panel,
  place,
  remove,
  setExpr,
  stored,
} from "../engine/support.ts";
import { consentOf, converge, only, planFor, workspaceOf } from "../helpers/converge.ts";
import type { TestGrafana } from "../helpers/grafana.ts";
import { MARKS } from "../helpers/mode.ts";
import { GENERATED, runs, timeShare } from "../helpers/seed.ts";

import { accused, applyUntil } from "./support.ts";

const MARK = "grafana-provision/applied";
const LEDGER = "grafana-provision/ledger";
const KINDS = ["point", "words", "board", "source"] as const;
type Kind = (typeof KINDS)[number];

/** The content of an object in the code; absent: the code does not have it. */
const contents = fc.record(
  Object.fromEntries(
    KINDS.map((kind) => [kind, fc.option(fc.constantFrom("one", "two"), { nil: undefined })]),
  ) as Record<Kind, fc.Arbitrary<"one" | "two" | undefined>>,
);
const ZEROS = "0".repeat(32);
/** Ledger entries that a user writes by hand. */
const FORGED: readonly (readonly unknown[])[] = [
  [ZEROS, ZEROS, "", ""],
  [ZEROS, ZEROS, "pending", ""],
  [ZEROS, ZEROS, "pending", "", null, { former: [ZEROS, ZEROS] }],
  [ZEROS, ZEROS, "pending", "", null, { deleted: true, former: null, parts: {} }],
  ["", "", "pending", ""],
];
const generated = fc.record({
  from: contents,
  to: contents,
  /** The write that the run is stopped at. */
  at: fc.integer({ min: 1, max: 10 }),
  after: fc.boolean(),
  edits: fc.subarray([...KINDS]),
  /** A forged entry for an object of others, or the copy of an own entry. */
  entry: fc.option(fc.oneof(fc.constantFrom(...FORGED), fc.constant("copy" as const)), { nil: undefined }),
  /** Whether the mark of an own dashboard is copied to a dashboard of others, and whether with its version. */
  copied: fc.constantFrom("no", "as it is", "with the version"),
  /** Whether the marks have ids. Then another repository with the same name runs as well, else another project. */
  identified: fc.boolean(),
});
type Case = typeof generated extends fc.Arbitrary<infer One> ? One : never;

function codeOf(grafana: TestGrafana, content: Case["from"]): { kind: string }[] {
  const name = (stem: string) => grafana.name(stem);
  const { point, words, board: expr, source } = content;
  return [
    place(name("home")),
    ...(point
      ? [
          contactPoint({
            name: name("point"),
            integrations: [hook(`http://127.0.0.1:1/${point}`, { uid: name("point") })],
          }),
        ]
      : []),
    ...(words
      ? [messageTemplate({ name: name("words"), template: `{{ define "${name("words")}" }}${words}{{ end }}` })]
      : []),
    ...(expr ? [board(name("board"), { expr })] : []),
    ...(source ? [datasource({ uid: name("ds"), name: name("ds"), type: "loki", url: `http://${source}:3100` })] : []),
  ];
}

/** The objects that can be edited, with what a test changes in them. Undefined: the object does not exist. */
const SUBJECTS: Readonly<
  Record<
    Kind,
    {
      stem: string;
      kind: string;
      readonly read: (grafana: TestGrafana, id: string) => Promise<unknown>;
      readonly change: (grafana: TestGrafana, id: string) => Promise<unknown>;
    }
  >
> = {
  point: {
    stem: "point",
    kind: "contact-point",
    read: async (grafana, id) => (await points(grafana)).find(({ uid }) => uid === id)?.settings["url"],
    change: (grafana, id) => theirPoint(grafana, id, { url: "http://127.0.0.1:1/by-hand" }),
  },
  words: {
    stem: "words",
    kind: "message-template",
    read: async (grafana, id) => (await get(grafana, `${TEMPLATES}/${id}`))?.["template"],
    change: (grafana, id) => theirTemplate(grafana, id, "by hand"),
  },
  board: {
    stem: "board",
    kind: "dashboard",
    read: async (grafana, id) => {
      const object = await find(grafana, "dashboard", id);
      return object && exprOf(object);
    },
    change: (grafana, id) => edit(grafana, "dashboard", id, (object) => setExpr(object, "by hand")),
  },
  source: {
    stem: "ds",
    kind: "datasource",
    read: async (grafana, id) => (await datasourceNow(grafana, id))?.["url"],
    change: (grafana, id) => editDatasource(grafana, id, { url: "http://by-hand:3100" }),
  },
};

/** Makes objects of others, and marks for them that the project did not write. */
async function forge(grafana: TestGrafana, { entry, copied }: Case): Promise<void> {
  const name = (stem: string) => grafana.name(stem);
  await theirPoint(grafana, name("theirs"));
  const spec = { title: name("their-board"), schemaVersion: 42, panels: [panel(1, "Requests", "theirs")] };
  await make(grafana, "dashboard", name("their-board"), { spec });
  const home = await find(grafana, "folder", name("home"));
  const text = home?.metadata.annotations[LEDGER];
  if (entry !== undefined && text !== undefined) {
    const ledger = JSON.parse(text) as { entries: Record<string, unknown> };
    const forged = entry === "copy" ? Object.values(ledger.entries)[0] : entry;
    if (forged !== undefined) ledger.entries[`contact-point/${name("theirs")}`] = forged;
    await edit(
      grafana,
      "folder",
      name("home"),
      ({ metadata }) => void (metadata.annotations[LEDGER] = JSON.stringify(ledger)),
    );
  }
  const mine = await find(grafana, "dashboard", name("board"));
  if (copied === "no" || !mine?.metadata.annotations[MARK]) return;
  await edit(grafana, "dashboard", name("their-board"), ({ metadata }) => {
    const [form, code, content, version, uid, ...rest] = (mine.metadata.annotations[MARK] ?? "").split(":");
    const own = copied === "as it is" ? [version, uid, ...rest] : [metadata.generation + 1, name("their-board")];
    Object.assign(metadata.annotations, mine.metadata.annotations, { [MARK]: [form, code, content, ...own].join(":") });
  });
}

async function theirs(grafana: TestGrafana): Promise<unknown[]> {
  const name = (stem: string) => grafana.name(stem);
  const point = (await points(grafana)).find(({ uid }) => uid === name("theirs"));
  return [point?.settings["url"], exprOf(await stored(grafana, "dashboard", name("their-board")))];
}

async function clear(grafana: TestGrafana, context: KindContext): Promise<void> {
  await remove(grafana, "dashboard", grafana.name("their-board"));
  const { uid = "" } = (await points(grafana)).find((one) => one.uid === grafana.name("theirs")) ?? {};
  await grafana.other.send({ method: "DELETE", path: `/api/v1/provisioning/contact-points/${uid}` });
  const goal = destroyGoal(() => true);
  const proposal = await propose(workspaceOf(context), goal, consentOf({}), () => {});
  const { plan } = await proposal.plan(consentOf({}));
  const edited = plan.changes.filter(({ left }) => left?.reason === "drift").map(address);
  const consent = consentOf({ overwriteDrift: only(...edited) });
  await execute(workspaceOf(context), { goal, consent, concurrency: 8, emit: () => {} });
  expect(await find(grafana, "folder", grafana.name("home"))).toBeUndefined();
}

test.runIf(MARKS)(
  "after a kill at any write, edits and objects of others are kept, also if a user has forged marks [needs marks]",
  GENERATED,
  async () => {
    const grafana = await alertingGrafana();
    const plain = await grafana.context(grafana.name("own"));
    const elsewhere = () => grafana.context(grafana.name("another"));
    const isOver = timeShare();
    await fc.assert(
      fc.asyncProperty(generated, async (one) => {
        if (isOver()) return;
        const context = one.identified ? { ...plain, repository: "first-repository" } : plain;
        const [from, to] = [codeOf(grafana, one.from), codeOf(grafana, one.to)];
        await converge(context, from, { prune: true });
        await applyUntil(context, to, { at: one.at, after: one.after });
        await forge(grafana, one);
        const edits = new Map<string, { kind: Kind; content: unknown }>();
        for (const kind of one.edits) {
          const { stem, kind: type, read, change } = SUBJECTS[kind];
          const id = grafana.name(stem);
          if ((await read(grafana, id)) === undefined) continue;
          await change(grafana, id);
          edits.set(`${type}/${id}`, { kind, content: await read(grafana, id) });
        }
        const before = await theirs(grafana);

        for (const code of [to, from, []]) {
          for (const consent of [{}, { overwriteDrift: { all: true, addresses: new Set<string>() } }]) {
            const planned = actions(await planFor(context, code, { prune: true, ...consent }));
            const isKept = (name: string) => planned[name]?.startsWith("left: ") ?? true;
            expect(
              [`contact-point/${grafana.name("theirs")}`, `dashboard/${grafana.name("their-board")}`].filter(
                (name) => !isKept(name),
              ),
            ).toEqual([]);
            const lost = [...edits.keys()].filter(
              (name) => !isKept(name) && (planned[name] === "delete" || !("overwriteDrift" in consent)),
            );
            expect(lost, JSON.stringify(planned)).toEqual([]);
          }
        }
        const other = one.identified ? { ...plain, repository: "second-repository" } : await elsewhere();
        const wanted = Object.values(actions(await planFor(other, [], { prune: true })));
        expect(wanted.filter((action) => !action.startsWith("left: "))).toEqual([]);
        await carryOut(context, await planFor(context, to, { prune: true }));
        expect(await theirs(grafana)).toEqual(before);
        for (const { kind, content } of edits.values()) {
          const { stem, read } = SUBJECTS[kind];
          expect(await read(grafana, grafana.name(stem))).toEqual(content);
        }
        await converge(context, to, { prune: true, overwriteDrift: only(...edits.keys()) });
        const forged = [`contact-point/${grafana.name("theirs")}`, `dashboard/${grafana.name("their-board")}`];
        expect(Object.keys(await accused(context, to)).filter((name) => !forged.includes(name))).toEqual([]);
        await clear(grafana, context);
      }),
      { numRuns: runs(25, 200), endOnFailure: true },
    );
  },
);
