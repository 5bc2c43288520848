import { describe, expect, onTestFinished, test } from "vitest";
import { createClient } from "../../../src/grafana/client.ts";
import type { Credentials } from "../../../src/grafana/credentials.ts";
import { connect } from "../../../src/grafana/connection.ts";
import type { Emit, EngineEvent } from "../../../src/engine/events.ts";
import { kinds } from "../../../src/kinds/index.ts";
import type { Theme } from "../../../src/review/screenshots/camera.ts";
import { pixelsOf } from "../../../src/review/screenshots/png.ts";
import { takePictures, type Limits } from "../../../src/review/screenshots/pictures.ts";
import type { Review } from "../../../src/report/review.ts";
import { CHROMIUM } from "../../helpers/chromium.ts";
import { MARKS } from "../../helpers/mode.ts";
import { leftBy, scene, serviceAccount, type Panel, type Scene } from "./support.ts";

/** New dashboards with these panels. */
function reviewOf(dashboards: Readonly<Record<string, readonly Panel[]>>): Review {
  const all = Object.entries(dashboards);
  const change = { kind: "dashboard", action: "create", differences: [], verified: true, needs: [] } as const;
  return {
    plan: {
      version: 1,
      project: "test",
      changes: all.map(([id]) => ({ ...change, id, title: id })),
      unchanged: 0,
      unseen: [],
      orphans: [],
      uncheckedSecrets: [],
      notes: [],
    },
    target: "a test",
    sides: new Map(
      all.map(([id, panels]) => [
        `dashboard/${id}`,
        { after: { title: id, panels: panels.map(({ type = "text", ...panel }) => ({ type, ...panel })) } },
      ]),
    ),
  };
}

async function taken(
  { owner, proxy }: Scene,
  review: Review,
  {
    limits = {},
    credentials = ADMIN,
    theme = "light",
    emit = () => {},
  }: { limits?: Partial<Limits>; credentials?: Credentials; theme?: Theme; emit?: Emit } = {},
) {
  const options = { url: proxy.url, credentials };
  const client = await createClient(options);
  onTestFinished(() => client.close());
  const { pictures, notes } = await takePictures(review, {
    kinds,
    grafana: await connect(client, owner),
    client: options,
    owner,
    who: "me",
    variables: process.env,
    signal: new AbortController().signal,
    emit,
    limits,
    theme,
  });
  const names = [...pictures].flatMap(([address, panels]) => [...panels.keys()].map((key) => `${address} ${key}`));
  return { names, notes, pictures };
}

const ADMIN = { type: "basic", user: "admin", password: "admin" } as const;
const panels = (count: number, type = "text") =>
  Array.from({ length: count }, (_, index) => ({ id: index + 1, title: `Panel ${index + 1}`, type }));

describe.runIf(MARKS && CHROMIUM)("screenshots", () => {
  test("are in the order of the review, however long each takes", async () => {
    const stage = await scene();
    const { names, notes, pictures } = await taken(stage, reviewOf({ a: panels(4), b: panels(2) }));
    expect(names).toEqual(["a 1", "a 2", "a 3", "a 4", "b 1", "b 2"].map((name) => `dashboard/${name}`));
    expect(notes).toEqual([]);
    const urls = [...pictures.values()].flatMap((of) => [...of.values()].map(({ after }) => after));
    expect(new Set(urls).size, "each shows another panel").toBe(6);
  });

  test("are taken in loaded pages, one panel after another, and the progress counts them", async () => {
    const stage = await scene();
    const progress: EngineEvent[] = [];
    const { names, pictures } = await taken(stage, reviewOf({ a: panels(9), b: panels(3) }), {
      emit: (event) => progress.push(event),
    });
    expect(names).toHaveLength(12);
    const urls = [...pictures.values()].flatMap((of) => [...of.values()].map(({ after }) => after));
    expect(new Set(urls).size, "each shows another panel").toBe(12);
    expect(stage.pages.length, "loads of the front end").toBeLessThanOrEqual(4);
    expect(progress).toEqual(
      Array.from({ length: 12 }, (_, index) => ({ type: "shooting", done: index + 1, total: 12 })),
    );
  });

  test("are taken in new pages if the front end does not follow the history of a page", async () => {
    const stage = await scene();
    stage.decide(() => "pass", { follows: false });
    const { names, notes, pictures } = await taken(stage, reviewOf({ a: panels(6) }));
    expect({ count: names.length, notes }).toEqual({ count: 6, notes: [] });
    expect(new Set([...(pictures.get("dashboard/a")?.values() ?? [])].map(({ after }) => after)).size).toBe(6);
    expect(stage.pages).toHaveLength(6);
  });

  test("are taken in new pages if a panel appears only in a new page", async () => {
    const stage = await scene();
    const boards = { a: [...panels(2), ...panels(6, "stuck later").slice(2)] };
    const { names, notes } = await taken(stage, reviewOf(boards), { limits: { patience: 10_000 } });
    expect({ names, notes }).toEqual({ names: [1, 2, 3, 4, 5, 6].map((id) => `dashboard/a ${id}`), notes: [] });
  });

  test("are still taken in loaded pages after one of them was slow", async () => {
    const stage = await scene();
    const boards = { a: panels(12).map((panel) => (panel.id === 9 ? { ...panel, type: "stuck later" } : panel)) };
    const { names, notes } = await taken(stage, reviewOf(boards), { limits: { patience: 5_000 } });
    expect({ count: names.length, notes }).toEqual({ count: 12, notes: [] });
    expect(stage.pages.length, "loads of the front end").toBeLessThan(8);
  });

  test("are limited in number, and a note names the omitted ones", async () => {
    const stage = await scene();
    const { names, notes } = await taken(stage, reviewOf({ a: panels(4), b: panels(2) }), { limits: { count: 3 } });
    expect(names).toHaveLength(3);
    expect(notes).toEqual([
      "3 screenshots of dashboard/a, dashboard/b omitted: a report contains at most 3 screenshots and 10 MB.",
    ]);
  });

  test("are limited in size, and a note names the omitted ones", async () => {
    const stage = await scene();
    const size = 10_000;
    const { names, notes, pictures } = await taken(stage, reviewOf({ a: panels(9) }), { limits: { size } });
    const used = [...pictures.values()]
      .flatMap((of) => [...of.values()])
      .reduce((sum, { after = "" }) => sum + after.length, 0);
    expect(used).toBeLessThanOrEqual(size);
    expect(names.length).toBeGreaterThan(0);
    expect(names.length).toBeLessThan(9);
    expect(notes).toEqual([
      expect.stringMatching(new RegExp(`^${9 - names.length} screenshots? of dashboard/a omitted: `)),
    ]);
  });

  test.each(["busy", "computing"])("are omitted for a panel that never finishes loading: %s", async (type) => {
    const stage = await scene();
    const boards = { a: [...panels(1), { id: 2, title: "Busy", type }] };
    const { names, notes } = await taken(stage, reviewOf(boards), { limits: { patience: 4_000 } });
    expect(names).toEqual(["dashboard/a 1"]);
    expect(notes).toEqual(["No screenshot of dashboard/a panel 2 after: the panel was still loading after 4 seconds."]);
  });

  test.each([
    ["a script is never answered", '<script src="/public/build/slow.js"></script>'],
    ["the front end never replaces the preloader", '<div class="preloader">Loading Grafana</div>'],
  ])("name the limit of the front end if %s", async (_what, more) => {
    const stage = await scene();
    stage.decide(({ path }) => (path.endsWith("/slow.js") ? "stall" : "pass"), { more });
    const limits = { patience: 20_000, loading: 2_000 };
    const { names, notes } = await taken(stage, reviewOf({ a: panels(1) }), { limits });
    expect({ names, notes }).toEqual({
      names: [],
      notes: ["No screenshot of dashboard/a panel 1 after: Grafana's front end was not loaded within 2 seconds."],
    });
  });

  test("wait until a chart is drawn, and until the page is painted correctly", async () => {
    const stage = await scene();
    const late = [
      { id: 1, title: "Late chart", type: "chart", options: { wait: 2_000 } },
      { id: 2, title: "Tiled at first", type: "tiled", options: { wait: 2_000 } },
    ];
    const { names, notes, pictures } = await taken(stage, reviewOf({ a: late }));
    expect({ names, notes }).toEqual({ names: ["dashboard/a 1", "dashboard/a 2"], notes: [] });
    const [chart, tiled] = [...(pictures.get("dashboard/a")?.values() ?? [])].map(({ after = "" }) =>
      pixelsOf(Buffer.from(after.split(",")[1] ?? "", "base64")),
    );
    expect(chart?.colors.filter((color) => color === 0x0080ff)).toHaveLength(100 * 20);
    // The second title covers these rows.
    const { width = 0, colors } = tiled ?? {};
    const rows = [72, 76, 80, 84, 88].map((y) => colors?.subarray(y * width + 8, (y + 1) * width - 8) ?? []);
    expect(new Set(rows.flatMap((row) => [...row]))).toEqual(new Set([0xffffff]));
  });

  test("are omitted for panels that stay blank or tiled, which a note names", async () => {
    const stage = await scene();
    const boards = {
      a: [
        ...panels(1),
        { id: 2, title: "Empty chart", type: "chart" },
        { id: 3, title: "Tiled twice", type: "tiled" },
        { id: 4, title: "Empty panel", type: "empty" },
      ],
    };
    const { names, notes } = await taken(stage, reviewOf(boards), { limits: { patience: 4_000 } });
    expect(names).toEqual(["dashboard/a 1"]);
    expect(notes.toSorted()).toEqual([
      "No screenshot of dashboard/a panel 2 after, dashboard/a panel 4 after: the panel was still blank after 4 seconds.",
      "No screenshot of dashboard/a panel 3 after: the panel was still tiled after 4 seconds.",
    ]);
  });

  test("are in the light or dark theme, without Grafana's logo", async () => {
    const stage = await scene();
    await taken(stage, reviewOf({ a: panels(1) }));
    await taken(stage, reviewOf({ a: panels(1) }), { theme: "dark" });
    const queries = stage.pages.map((path) => new URL(path, stage.proxy.url).searchParams);
    expect(queries.map((query) => query.get("theme"))).toEqual(["light", "dark"]);
    expect(queries.map((query) => query.get("hideLogo"))).toEqual(["true", "true"]);
  });

  test("are not continued if no panel appears", async () => {
    const stage = await scene();
    const { names, notes } = await taken(stage, reviewOf({ a: panels(20, "stuck") }), { limits: { patience: 1_500 } });
    expect(names).toEqual([]);
    expect(notes).toEqual([
      expect.stringMatching(/^No screenshots: none of the first \d panels .* within 1\.5 seconds/),
    ]);
    expect(stage.pages.length).toBeLessThan(8);
    expect(await leftBy(stage)).toEqual([]);
  });

  test("include the panels in collapsed rows", async () => {
    const stage = await scene();
    const row = {
      id: 9,
      title: "More",
      type: "row",
      collapsed: true,
      panels: [{ id: 10, title: "Inner", type: "text" }],
    };
    const { names, notes } = await taken(stage, reviewOf({ a: [...panels(1), row] }));
    expect({ names, notes }).toEqual({ names: ["dashboard/a 1", "dashboard/a 10"], notes: [] });
  });

  test("need an Editor's token; with a Viewer's token, a note names the required permission", async () => {
    const stage = await scene();
    const review = reviewOf({ a: panels(1) });
    const editor = await taken(stage, review, { credentials: await serviceAccount(stage.grafana, "Editor") });
    expect(editor).toMatchObject({ names: ["dashboard/a 1"], notes: [] });
    const viewer = await taken(stage, review, { credentials: await serviceAccount(stage.grafana, "Viewer") });
    expect(viewer.names).toEqual([]);
    expect(viewer.notes).toEqual([expect.stringMatching(/^No screenshots: .*403.*permission to create folders/)]);
    expect(await leftBy(stage)).toEqual([]);
  });
});
