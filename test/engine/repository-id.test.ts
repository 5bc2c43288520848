import { describe, expect, test } from "vitest";
import type { Report } from "../../src/index.ts";
import { EXIT } from "../../src/util/errors.ts";
import { alertingGrafana, points, team, theirPoint } from "../alerting/support.ts";
import { testProject, type TestProject } from "../helpers/cli.ts";
import type { TestGrafana } from "../helpers/grafana.ts";
import { MARKS } from "../helpers/mode.ts";
import { everyLibraryPanel } from "../kinds/library-panel/support.ts";
import { everyPlaylist } from "../kinds/playlist/support.ts";
import { contactPoint, datasource, folder, libraryPanel, playlist } from "../../src/index.ts";
import { board, datasourceNow, declare, edit, find, place, stored } from "./support.ts";

const MARK = "grafana-provision/applied";
const LEDGER = "grafana-provision/ledger";
const [FIRST, SECOND] = ["first-repository", "second-repository"];

/** A repository of the project that all repositories of a test share. */
async function repositoryOf(grafana: TestGrafana, id: string | undefined, resources: readonly object[]) {
  const project = await testProject();
  await identify(project, grafana, id);
  await declare(project, resources);
  const run = (...args: string[]) => project.run(args, grafana.variables);
  return {
    project,
    run,
    async done(...args: string[]) {
      const { code, stdout, stderr } = await run(...args);
      expect(code, stdout + stderr).toBe(EXIT.done);
      return stdout;
    },
    async report(...args: string[]): Promise<Report> {
      return JSON.parse((await run(...args, "-o", "json")).stdout) as Report;
    },
  };
}

function identify(project: TestProject, grafana: TestGrafana, id: string | undefined): Promise<void> {
  const config = { project: grafana.name("own"), ...(id === undefined ? {} : { id }), resources: ["./resources"] };
  return project.write({ "grafana.config.ts": `export default ${JSON.stringify(config)};\n` });
}

/** An object of every kind. */
function everyKind(grafana: TestGrafana) {
  const name = (stem: string) => grafana.name(stem);
  const { all, home } = team(grafana);
  return [
    ...all,
    board(name("board"), { folder: home }),
    datasource({ uid: name("ds"), name: name("ds"), type: "loki", url: "http://loki:3100" }),
    libraryPanel({ uid: name("shared"), name: name("shared"), folder: home, model: { type: "text", title: "ours" } }),
    playlist({ uid: name("list"), title: name("list"), interval: "5m", items: [{ tag: "x" }] }),
  ];
}

async function scene(id: string | undefined) {
  const grafana = await alertingGrafana();
  const code = everyKind(grafana);
  const first = await repositoryOf(grafana, id, code);
  await first.done("apply");
  return { grafana, code, first };
}

async function ledgerIn(grafana: TestGrafana, folder: string): Promise<{ repository?: string; entries: object }> {
  const text = (await stored(grafana, "folder", folder)).metadata.annotations[LEDGER] ?? "{}";
  return JSON.parse(text) as { repository?: string; entries: object };
}

function mail(name: string) {
  return contactPoint({ name, integrations: [{ type: "email", settings: { addresses: "x@example.org" } }] });
}

/** What exists of the first repository. */
async function rest(grafana: TestGrafana): Promise<string[]> {
  const mine = (name: string) => name.includes(grafana.name(""));
  return [
    ...(await points(grafana)).map(({ name }) => `contact-point/${name}`),
    ...(await everyLibraryPanel(grafana)).map(({ uid }) => `library-panel/${uid}`),
    ...(await everyPlaylist(grafana)).map(({ metadata }) => `playlist/${metadata.name}`),
    ...((await find(grafana, "dashboard", grafana.name("board"))) ? [`dashboard/${grafana.name("board")}`] : []),
    ...((await datasourceNow(grafana, grafana.name("ds"))) ? [`datasource/${grafana.name("ds")}`] : []),
  ].filter(mine);
}

describe.runIf(MARKS)("two repositories with the same project name [needs marks]", () => {
  test("do not delete each other's objects with --prune or destroy", async () => {
    const { grafana, first } = await scene(FIRST);
    const before = await rest(grafana);
    expect(before).toHaveLength(5);
    const other = place(grafana.name("other"));
    const second = await repositoryOf(grafana, SECOND, [other]);
    await second.done("apply", "--prune", "--yes");
    expect((await second.report("plan", "--prune")).changes).toEqual([]);
    await second.done("destroy", "--yes");
    expect(await rest(grafana)).toEqual(before);
    expect((await first.report("plan")).changes).toEqual([]);
  });

  test("list the other's objects as owned by another repository, and take them over only by name", async () => {
    const { grafana, code } = await scene(FIRST);
    const changed = [
      ...code.filter(({ kind }) => kind !== "dashboard"),
      board(grafana.name("board"), { expr: "rate" }),
    ];
    const second = await repositoryOf(grafana, SECOND, changed);
    const planned = await second.report("plan");
    expect(planned.changes).toHaveLength(code.length);
    for (const change of planned.changes ?? []) {
      expect(change, change.address).toMatchObject({ action: "adopt", left: { reason: "foreign" } });
      expect(change.left?.message).toContain(FIRST);
      expect(change.left?.hint).toContain(`--adopt ${change.address}`);
      expect(change.left?.hint).toContain(`id: "${FIRST}"`);
    }
    for (const args of [["--adopt", "--yes"], ["--overwrite-drift"]]) {
      const { changes = [] } = await second.report("apply", ...args);
      expect(changes.filter(({ left }) => !left)).toEqual([]);
    }
    const drift = await second.report("drift");
    expect(new Set(drift.drift?.map(({ state }) => state))).toEqual(new Set(["foreign"]));
    expect((await second.run("drift")).code).toBe(EXIT.done);

    const names = planned.changes?.map(({ address }) => address) ?? [];
    await second.done("apply", "--adopt", ...names);
    expect((await second.report("plan")).changes).toEqual([]);
  });

  test("an object that was taken over is no longer owned by the first one, whose --prune keeps it", async () => {
    const { grafana, first } = await scene(FIRST);
    const home = place(grafana.name("mine"));
    const [board1, ops] = [board(grafana.name("board")), contactPoint({ ...team(grafana).ops, templates: [] })];
    const second = await repositoryOf(grafana, SECOND, [home, board1, ops]);
    const names = [`dashboard/${grafana.name("board")}`, `contact-point/${grafana.name("ops")}`];
    await second.done("apply", "--adopt", ...names);
    await declare(first.project, [place(grafana.name("home"))]);
    const { changes = [] } = await first.report("plan", "--prune");
    const deleted = changes.filter(({ action, left }) => action === "delete" && !left).map(({ address }) => address);
    expect(deleted).toContain(`datasource/${grafana.name("ds")}`);
    expect(deleted).not.toContain(names[0]);
    expect(deleted).not.toContain(names[1]);

    await second.done("rollback", "latest", "--yes");
    expect((await stored(grafana, "dashboard", grafana.name("board"))).metadata.annotations[MARK]).toContain(FIRST);
  });

  test("keep their ledgers apart, also without folders in the code", async () => {
    const grafana = await alertingGrafana();
    const point = (stem: string) =>
      contactPoint({ name: grafana.name(stem), integrations: [{ type: "email", settings: { addresses: stem } }] });
    const first = await repositoryOf(grafana, FIRST, [point("a")]);
    const second = await repositoryOf(grafana, SECOND, [point("b")]);
    await first.done("apply");
    await second.done("apply");
    await declare(first.project, []);
    await first.done("apply", "--prune", "--yes", "--allow-empty");
    expect((await points(grafana)).map(({ name }) => name).filter((name) => name.includes(grafana.name("")))).toEqual([
      grafana.name("b"),
    ]);
    expect((await second.report("plan")).changes).toEqual([]);
    await second.done("destroy", "--yes");
  });

  test("a folder that holds the ledger of another one is rejected as ledgerFolder", async () => {
    const { grafana } = await scene(FIRST);
    const second = await repositoryOf(grafana, SECOND, [place(grafana.name("mine")), mail(grafana.name("mail"))]);
    const config = {
      project: grafana.name("own"),
      id: SECOND,
      resources: ["./resources"],
      ledgerFolder: grafana.name("home"),
    };
    await second.project.write({ "grafana.config.ts": `export default ${JSON.stringify(config)};\n` });
    const result = await second.run("apply");
    expect(result.code).toBe(EXIT.invalid);
    expect(result.stderr).toContain(FIRST);
  });
});

describe.runIf(MARKS)("marks without an id [needs marks]", () => {
  test("stay valid, and get an id with the next write that has another reason", async () => {
    const { grafana, code, first } = await scene(undefined);
    const [home, uid] = [grafana.name("home"), grafana.name("board")];
    expect(await ledgerIn(grafana, home)).not.toHaveProperty("repository");
    const before = await stored(grafana, "folder", home);
    await identify(first.project, grafana, FIRST);
    await first.done("apply", "--prune", "--yes");
    expect(await stored(grafana, "folder", home)).toEqual(before);

    const changed = code.map((one) =>
      one.kind === "dashboard" ? board(uid, { expr: "rate", folder: place(home) }) : one,
    );
    await declare(first.project, [
      ...changed,
      contactPoint({ name: grafana.name("new"), integrations: [{ type: "email", settings: { addresses: "x" } }] }),
    ]);
    const { changes } = await first.report("apply");
    expect(changes?.map(({ address }) => address)).toEqual(
      [`contact-point/${grafana.name("new")}`, `dashboard/${uid}`].toSorted((a, b) => (a < b ? 1 : -1)),
    );
    expect((await stored(grafana, "dashboard", uid)).metadata.annotations[MARK]).toContain(`:repository=${FIRST}`);
    expect((await ledgerIn(grafana, home)).repository).toBe(FIRST);
    expect((await stored(grafana, "folder", home)).metadata.annotations[MARK]).not.toContain(FIRST);
  });

  test("code without an id does not own objects with one", async () => {
    const { grafana, first } = await scene(FIRST);
    await identify(first.project, grafana, undefined);
    const { changes = [] } = await first.report("plan");
    expect(new Set(changes.map(({ left }) => left?.reason))).toEqual(new Set(["foreign"]));
    await identify(first.project, grafana, FIRST);
    expect((await first.report("plan")).changes).toEqual([]);
  });
});

/** Rewrites the ledger as a user with write permission on its folder can. */
async function forge(grafana: TestGrafana, folder: string, entries: Readonly<Record<string, unknown>>): Promise<void> {
  await edit(grafana, "folder", folder, ({ metadata }) => {
    const ledger = JSON.parse(metadata.annotations[LEDGER] ?? "{}") as { entries: object };
    metadata.annotations[LEDGER] = JSON.stringify({ ...ledger, entries: { ...ledger.entries, ...entries } });
  });
}

describe.runIf(MARKS)("a mark that the project did not write [needs marks]", () => {
  const ZEROS = "0".repeat(32);
  const FORGED: readonly (readonly [string, readonly unknown[]])[] = [
    ["final", [ZEROS, ZEROS, "", ""]],
    ["pending", [ZEROS, ZEROS, "pending", ""]],
    ["pending with a transition", [ZEROS, ZEROS, "pending", "", null, { former: [ZEROS, ZEROS] }]],
    [
      "that says that it is being deleted",
      [ZEROS, ZEROS, "pending", "", null, { deleted: true, former: null, parts: {} }],
    ],
    ["of an older form", [ZEROS, ZEROS, "", "", null, { form: 0 }]],
    ["without hashes", ["", "", "pending", ""]],
  ];

  test.each(FORGED)(
    "because of a ledger entry %s, an object of others is not deleted, unless it is named",
    async (_what, entry) => {
      const grafana = await alertingGrafana();
      const home = grafana.name("home");
      const own = contactPoint({
        name: grafana.name("ours"),
        integrations: [{ type: "email", settings: { addresses: "x" } }],
      });
      const repository = await repositoryOf(grafana, FIRST, [place(home), own]);
      await repository.done("apply");
      await theirPoint(grafana, grafana.name("theirs"));
      const name = `contact-point/${grafana.name("theirs")}`;
      await forge(grafana, home, { [name]: entry });

      for (const args of [
        ["apply", "--prune", "--yes"],
        ["apply", "--prune", "--yes", "--overwrite-drift"],
      ]) {
        const { changes = [], exitCode } = await repository.report(...args);
        expect(exitCode, args.join(" ")).toBe(EXIT.driftLeft);
        expect(changes.find(({ address }) => address === name)?.left?.reason, args.join(" ")).toBe("drift");
      }
      await repository.run("destroy", "--yes");
      expect(await rest(grafana)).toEqual([name]);
      await repository.done("destroy", "--yes", "--overwrite-drift", name);
      expect(await rest(grafana)).toEqual([]);
    },
  );

  test("annotations that were copied to another dashboard, with its version, do not delete it", async () => {
    const grafana = await alertingGrafana();
    const [home, mine, theirs] = [place(grafana.name("home")), grafana.name("mine"), grafana.name("theirs")];
    const repository = await repositoryOf(grafana, FIRST, [home, board(mine, { folder: home })]);
    await repository.done("apply");
    const { annotations } = (await stored(grafana, "dashboard", mine)).metadata;
    const [form, code, content, , , ...more] = (annotations[MARK] ?? "").split(":");
    const other = await repositoryOf(grafana, undefined, [board(theirs, { expr: "theirs" })]);
    await other.project.write({
      "grafana.config.ts": `export default { project: "${grafana.name("else")}", resources: ["./resources"] };\n`,
    });
    await other.done("apply");
    await edit(grafana, "dashboard", theirs, ({ metadata }) => {
      const repositoryId = more.find((one) => one.startsWith("repository=")) ?? "";
      metadata.annotations = {
        ...annotations,
        [MARK]: [form, code, content, metadata.generation + 1, theirs, repositoryId].join(":"),
      };
    });

    const { changes = [], exitCode } = await repository.report("apply", "--prune", "--yes", "--overwrite-drift");
    expect(exitCode).toBe(EXIT.driftLeft);
    expect(changes.map(({ address, left }) => [address, left?.reason])).toEqual([[`dashboard/${theirs}`, "drift"]]);
    expect(await find(grafana, "dashboard", theirs)).toBeDefined();
    await repository.done("apply", "--prune", "--yes", "--overwrite-drift", `dashboard/${theirs}`);
    expect(await find(grafana, "dashboard", theirs)).toBeUndefined();
  });

  test("a mark that was copied to a datasource does not delete it", async () => {
    const grafana = await alertingGrafana();
    const source = (stem: string, url: string) =>
      datasource({ uid: grafana.name(stem), name: grafana.name(stem), type: "loki", url });
    const repository = await repositoryOf(grafana, FIRST, [source("mine", "http://mine:3100")]);
    await repository.done("apply");
    const mark = (await datasourceNow(grafana, grafana.name("mine")))?.["jsonData"] as Record<
      string,
      { applied: string }
    >;
    const applied = (mark["grafana-provision"]?.applied ?? "").replace(grafana.name("mine"), grafana.name("theirs"));
    const body = { ...source("theirs", "http://theirs:3100"), access: "proxy" };
    const jsonData = { "grafana-provision": { ...mark["grafana-provision"], applied } };
    await grafana.other.send({ method: "POST", path: "/api/datasources", body: { ...body, jsonData } });
    const { exitCode } = await repository.report("apply", "--prune", "--yes", "--overwrite-drift");
    expect(exitCode).toBe(EXIT.driftLeft);
    expect(await datasourceNow(grafana, grafana.name("theirs"))).toBeDefined();
  });
});

test.each(["short", "has space in it", 'quote"quote'])("the id %j is rejected: exit 65", async (id) => {
  const project = await testProject({ "resources/a.ts": "export {};\n" });
  await project.write({
    "grafana.config.ts": `export default ${JSON.stringify({ project: "own", id, resources: ["./resources"] })};\n`,
  });
  const result = await project.run(["validate"]);
  expect(result.code).toBe(EXIT.invalid);
  expect(result.stderr).toContain("id");
});

describe.runIf(MARKS)("a ledger that was copied from a folder of another project", () => {
  test.each([
    ["neither has an id", undefined],
    ["only the second one has an id", SECOND],
  ])("does not delete its objects if %s", async (_what, id) => {
    const grafana = await alertingGrafana();
    const name = (stem: string) => grafana.name(stem);
    const projectOf = async (stem: string, more: object, point: string) => {
      const config = { project: name(stem), ...more, resources: ["./resources"] };
      const project = await testProject({ "grafana.config.ts": `export default ${JSON.stringify(config)};\n` });
      const home = folder({ uid: name(`${stem}-home`), title: name(`${stem}-home`) });
      await declare(project, [home, mail(name(point))]);
      const run = (...args: string[]) => project.run(args, grafana.variables);
      expect(await run("apply")).toMatchObject({ code: EXIT.done });
      return { project, home, run };
    };
    await projectOf("theirs", {}, "victim");
    const own = await projectOf("ours", id === undefined ? {} : { id }, "mine");
    const ledger = (await stored(grafana, "folder", name("theirs-home"))).metadata.annotations[LEDGER];
    await edit(grafana, "folder", name("ours-home"), ({ metadata }) => {
      metadata.annotations[LEDGER] = ledger ?? "";
    });

    await declare(own.project, [own.home]);
    expect((await own.run("plan", "--prune")).stdout).not.toContain(name("victim"));
    await own.run("apply", "--prune", "--yes");
    await own.run("destroy", "--yes");
    expect((await points(grafana)).map((point) => point.name)).toContain(name("victim"));
  });
});

test("init writes another id into each project", async () => {
  const project = await testProject();
  const idOf = async (name: string) => {
    const made = await project.run(["init", name, "--ci", "none"]);
    expect(made.code, made.stderr).toBe(EXIT.done);
    const { readFile } = await import("node:fs/promises");
    return /id: "([\w-]{8,64})"/.exec(await readFile(`${project.directory}/${name}/grafana.config.ts`, "utf8"))?.[1];
  };
  const [one, two] = [await idOf("one"), await idOf("two")];
  expect(one).toMatch(/^[0-9a-f]{16}$/);
  expect(two).toMatch(/^[0-9a-f]{16}$/);
  expect(one).not.toBe(two);
});
