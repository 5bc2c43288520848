import { once } from "node:events";
import { request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  contactPoint,
  dashboard,
  datasource,
  folder,
  messageTemplate,
  muteTiming,
  notificationPolicy,
} from "../../src/index.ts";
import { localServer } from "../cli/support.ts";
import { actions, declare, repository, uidsOf } from "../engine/support.ts";
import type { TestProject } from "../helpers/cli.ts";
import { planFor } from "../helpers/converge.ts";
import type { TestGrafana } from "../helpers/grafana.ts";
import { MARKS } from "../helpers/mode.ts";
import { alert, alertingGrafana, group, hook, points, rules, TEMPLATES, TIMINGS, tree } from "./support.ts";

const CLI = join(import.meta.dirname, "../../src/cli.ts");
const APPLY = ["apply", "--prune", "--yes", "--max-deletes", "50"];
const REAL = process.env["TEST_GRAFANA_URL"] !== undefined;
/** Set it to have the same kills again. */
const SEED = Number(process.env["TEST_SEED"] ?? Date.now() % 1_000_000);

/** Mulberry32: numbers from 0 to 1 that a seed decides. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

interface Line {
  readonly url: string;
  /** Writes that arrived, since the last `watch`. A dry-run is none: it belongs to the plan. */
  readonly writes: () => number;
  /** Settles once Grafana has answered everything that arrived: who was killed sent some of it. */
  idle(): Promise<void>;
  /** Calls back once, at this write: before Grafana sees it, or after Grafana answered and before the answer goes on. */
  watch(at: number, when: "before" | "after", act: () => void): void;
}

/** Stands before a Grafana and counts the writes that pass. */
async function countingLine(grafana: TestGrafana): Promise<Line> {
  let [count, watched, moment] = [0, 0, "before"];
  let act: () => void = () => {};
  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    let body = "";
    for await (const chunk of incoming) body += String(chunk);
    const mine = incoming.method === "GET" || incoming.url?.includes("dryRun") ? -1 : ++count;
    if (mine === watched && moment === "before") act();
    const request = httpRequest(`${grafana.url}${incoming.url}`, {
      method: incoming.method,
      headers: incoming.headers,
    });
    request.end(body);
    const [answer] = (await once(request, "response")) as [IncomingMessage];
    if (mine === watched && moment === "after") act();
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  };
  const open = new Set<Promise<void>>();
  const { url } = await localServer((incoming, response) => {
    const handled: Promise<void> = handle(incoming, response)
      .catch(() => {})
      .finally(() => open.delete(handled));
    open.add(handled);
  });
  return {
    url,
    async idle() {
      while (open.size > 0) await Promise.all(open);
    },
    writes: () => count,
    watch(at, when, callback) {
      [count, watched, moment, act] = [0, at, when, callback];
    },
  };
}

/** Two states of one project: going from one to the other creates, changes and deletes objects of every kind. */
function states(grafana: TestGrafana): readonly [readonly object[], readonly object[]] {
  const state = (which: "one" | "two", other: string) => {
    const name = (stem: string) => grafana.name(stem);
    // The record is kept in the first root folder of the code, which is another one each time.
    const record = folder({ uid: name(`a-${which}`), title: name(`a-${which}`) });
    const home = folder({ uid: name("home"), title: `${name("home")} ${which}` });
    const words = messageTemplate({
      name: name("words"),
      template: `{{ define "${name("words")}" }}${which}{{ end }}`,
    });
    const own = messageTemplate({ name: name(`w-${which}`), template: `{{ define "${name(which)}" }}x{{ end }}` });
    const nights = muteTiming({
      name: name("nights"),
      time_intervals: [{ weekdays: [which === "one" ? "monday" : "tuesday"] }],
    });
    const holidays = muteTiming({ name: name(`t-${which}`), time_intervals: [{ months: ["may"] }] });
    // One keeps its name, and one is renamed with its uids: Grafana then renames it wherever it is used.
    const ops = contactPoint({
      name: name("ops"),
      integrations: [hook(`http://127.0.0.1:1/${which}`)],
      templates: [own],
    });
    const desk = contactPoint({
      name: name(`desk-${which}`),
      integrations: [hook(undefined, { uid: name("desk1") }), hook(undefined, { uid: name(`d-${which}`) })],
    });
    const policy = notificationPolicy({
      receiver: ops,
      group_by: ["alertname"],
      repeat_interval: which === "one" ? "1h" : "2h",
      routes: [{ receiver: desk, object_matchers: [["a", "=", "b"]], mute_time_intervals: [nights, holidays] }],
    });
    const source = datasource({ uid: name("ds"), name: name("ds"), type: "loki", url: `http://${which}:3100` });
    const passing = datasource({ uid: name(`ds-${which}`), name: name(`ds-${which}`), type: "loki", url: "http://x" });
    const rule = (stem: string) =>
      alert(name(stem), { for: which === "one" ? "1m" : "2m", notification_settings: { receiver: desk } });
    const moves = rule("moves");
    const title = `${which} ${other}`;
    return [
      record,
      home,
      words,
      own,
      nights,
      holidays,
      ops,
      desk,
      policy,
      source,
      passing,
      dashboard({ uid: name("board"), folder: home, spec: { title } }),
      dashboard({ uid: name(`b-${which}`), folder: record, spec: { title } }),
      group(home, "left", which === "one" ? [rule("left"), moves] : [rule("left")]),
      group(home, "right", which === "one" ? [rule("right")] : [moves, rule("right")]),
      group(home, `g-${which}`, [rule("home-comer")]),
    ];
  };
  return [state("one", "two"), state("two", "one")];
}

/** Everything of this test in Grafana, by what people would count. */
async function inventory(grafana: TestGrafana): Promise<readonly string[]> {
  const run = grafana.name("");
  const named = async (path: string) =>
    ((await grafana.other.send({ method: "GET", path })) ?? []) as { name: string }[];
  const listed = async (kind: "folder" | "dashboard") => (await uidsOf(grafana, kind)).map((uid) => ({ name: uid }));
  const found = await Promise.all([
    listed("folder"),
    listed("dashboard"),
    named("/api/datasources"),
    named(TEMPLATES),
    named(TIMINGS),
    points(grafana),
    rules(grafana).then((all) =>
      all.map((rule) => ({ name: `${rule.namespace_uid}/${rule.rule_group}/${rule.title}` })),
    ),
  ]);
  const names = found.flatMap((all, index) => all.map(({ name }) => `${index} ${name}`));
  const { receiver, routes } = await tree(grafana);
  return [...names.filter((name) => name.includes(run)).toSorted(), JSON.stringify({ receiver, routes })];
}

/** What history hangs on: it survives moves between groups, and a rule that was made again has another one. */
async function guids(grafana: TestGrafana): Promise<Record<string, string>> {
  const mine = (await rules(grafana)).filter(({ title }) => title.includes(grafana.name("")));
  return Object.fromEntries(mine.map(({ title, guid }) => [title, guid]));
}

interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

/** The command line as a child that can be killed. */
function start(project: TestProject, variables: Readonly<Record<string, string>>): Running {
  const child = spawn(process.execPath, [CLI, ...APPLY], {
    cwd: project.directory,
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], NO_COLOR: "1", ...variables },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, stdout, stderr }));
  return { child, ended };
}

interface Scene {
  readonly grafana: TestGrafana;
  readonly line: Line;
  readonly project: TestProject;
  readonly variables: Readonly<Record<string, string>>;
  readonly codes: readonly [readonly object[], readonly object[]];
  /** What Grafana holds in each state, from runs that nobody disturbed. */
  readonly inventories: readonly [readonly string[], readonly string[]];
  /** Writes that an undisturbed run from one state to the other takes. */
  readonly most: number;
}

/** A project in its second state, with what an undisturbed apply does. */
async function scene(): Promise<Scene> {
  const grafana = await alertingGrafana();
  const line = await countingLine(grafana);
  const codes = states(grafana);
  const project = await repository(grafana.name("own"), codes[0]);
  const variables = { ...grafana.variables, GRAFANA_URL: line.url };
  const inventories: (readonly string[])[] = [];
  // Where little may be deleted, each state leaves something behind, once.
  for (const code of MARKS ? codes : [...codes, ...codes]) {
    await declare(project, code);
    line.watch(-2, "before", () => {});
    const { code: exit, stdout, stderr } = await project.run(APPLY, variables);
    expect(exit, stdout + stderr).toBe(0);
    inventories.push(await inventory(grafana));
  }
  const most = line.writes();
  const [one = [], two = []] = inventories.slice(-2);
  return { grafana, line, project, variables, codes, inventories: [one, two], most };
}

/** Applies again after an interruption, and asserts that it ends as an undisturbed run would have. */
async function expectRecovery(scene: Scene, target: 0 | 1, history: Record<string, string>, what: string) {
  const { grafana, line, project, variables, codes, inventories } = scene;
  await line.idle();
  const context = await grafana.context(grafana.name("own"));
  const code = codes[target] as { kind: string }[];
  const between = Object.entries(actions(await planFor(context, code, { prune: true })));
  expect(
    between.filter(([, action]) => action.startsWith("left: ")),
    `${what}: all is ours, and nothing is taken for somebody else's change`,
  ).toEqual([]);

  const again = await project.run(APPLY, variables);
  expect(again.code, `${what}: ${again.stdout}${again.stderr}`).toBe(0);
  expect(actions(await planFor(context, code, { prune: true })), `${what}: the next plan is empty`).toEqual({});
  expect(await inventory(grafana), what).toEqual(inventories[target]);
  expect(await guids(grafana), `${what}: no rule was made again`).toEqual(history);
}

describe(`with TEST_SEED=${SEED}`, () => {
  const kills = REAL ? 8 : MARKS ? 30 : 8;
  // Each goes on from the state that the one before it left.
  test(
    `${kills} kills in the middle of an apply: running again converges, and nothing is lost`,
    { timeout: 300_000 },
    async () => {
      const next = random(SEED);
      const stage = await scene();
      const { grafana, line, project, variables, codes, most } = stage;
      const history = await guids(grafana);
      let killed = 0;
      for (let round = 0; round < kills; round++) {
        const target = round % 2 === 0 ? 0 : 1;
        const at = 1 + Math.floor(next() * most);
        const when = next() < 0.5 ? "before" : "after";
        await declare(project, codes[target]);
        const { promise: reached, resolve } = Promise.withResolvers<void>();
        line.watch(at, when, resolve);
        const { child, ended } = start(project, variables);
        await Promise.race([reached.then(() => child.kill("SIGKILL")), ended]);
        if ((await ended).code === null) killed++;
        line.watch(-2, "before", () => {});

        await expectRecovery(stage, target, history, `round ${round}, killed ${when} write ${at} of ${most}`);
      }
      // A write count differs by a few from run to run: the last ones may come too late.
      expect(killed).toBeGreaterThan(kills * 0.8);
    },
  );

  test(
    "Ctrl-C lets the requests in flight finish, reports, and exits 5; running again converges",
    { timeout: 120_000 },
    async () => {
      const next = random(SEED + 1);
      const stage = await scene();
      const { grafana, line, project, variables, codes, most } = stage;
      const history = await guids(grafana);
      for (let round = 0; round < 4; round++) {
        const target = round % 2 === 0 ? 0 : 1;
        const at = 1 + Math.floor((next() * most) / 2);
        await declare(project, codes[target]);
        const { promise: reached, resolve } = Promise.withResolvers<void>();
        line.watch(at, "before", resolve);
        const { child, ended } = start(project, variables);
        await reached;
        child.kill("SIGINT");
        const { code, stdout, stderr } = await ended;

        const what = `round ${round}, interrupted at write ${at} of ${most}`;
        expect(code, `${what}: ${stdout}${stderr}`).toBe(5);
        expect(stderr, what).toContain("Interrupted: waiting for the requests in flight.");
        expect(stdout, what).toMatch(/Applied: .*0 destroyed, \d+ cancelled/);
        expect(stdout, what).not.toMatch(/failed|✗/);
        line.watch(-2, "before", () => {});
        await expectRecovery(stage, target, history, what);
      }
    },
  );
});
