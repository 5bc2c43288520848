import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import {
  contactPoint,
  dashboard,
  datasource,
  folder,
  libraryPanel,
  messageTemplate,
  muteTiming,
  notificationPolicy,
  playlist,
  type DashboardV2,
  type Folder,
} from "../../src/index.ts";
import { everyLibraryPanel } from "../kinds/library-panel/support.ts";
import { everyExample, example, OBJECTS } from "../kinds/api-object/support.ts";
import { everyPlaylist } from "../kinds/playlist/support.ts";
import { uidsOf } from "../engine/support.ts";
import { alert, group, hook, points, rules, TEMPLATES, TIMINGS, tree } from "../alerting/support.ts";
import { apply } from "../../src/engine/apply.ts";
import { connect } from "../../src/grafana/connection.ts";
import type { Request } from "../../src/grafana/client.ts";
import { driftOf, isDrift } from "../../src/engine/drift.ts";
import { address } from "../../src/engine/model.ts";
import type { KindContext } from "../../src/engine/kind-context.ts";
import { kinds } from "../../src/kinds/index.ts";
import { CLI, type TestProject } from "../helpers/cli.ts";
import { planFor } from "../helpers/converge.ts";
import { faultyProxy, type Fate } from "../helpers/faulty-proxy.ts";
import type { TestGrafana } from "../helpers/grafana.ts";
import { MARKS } from "../helpers/mode.ts";
import { grid, spec, tab, tabs } from "../helpers/schema-v2.ts";
import { NODE_FLAGS } from "../helpers/node-flags.ts";

export const APPLY = ["apply", "--prune", "--yes", "--max-deletes", "50"];
export interface Line {
  readonly url: string;
  /** The number of writes since the last `watch`. A dry run does not count, because it belongs to the plan. */
  readonly writes: () => number;
  /** Settles when Grafana has responded to all requests, including those of killed processes. */
  idle(): Promise<void>;
  /**
   * Calls back once, at this write: before Grafana receives it, or after its response and before the client receives
   * that.
   */
  watch(at: number, when: "before" | "after", act: () => void): void;
}

/** A proxy to a Grafana that counts writes. */
export async function countingLine(grafana: TestGrafana): Promise<Line> {
  let [count, watched, moment] = [0, 0, "before"];
  let act: () => void = () => {};
  const proxy = await faultyProxy(grafana.url, async ({ method, path, forward }): Promise<Fate> => {
    const mine = method === "GET" || path.includes("dryRun") ? -1 : ++count;
    if (mine !== watched) return "pass";
    if (moment === "after") await forward();
    act();
    return "pass";
  });
  onTestFinished(() => proxy.close());
  return {
    url: proxy.url,
    idle: () => proxy.idle(),
    writes: () => count,
    watch(at, when, callback) {
      [count, watched, moment, act] = [0, at, when, callback];
    },
  };
}

/** A dashboard in schema v2. */
function inTabs(uid: string, title: string, home: Folder): DashboardV2 {
  return dashboard({ uid, folder: home, spec: spec(title, {}, tabs(tab(title, grid()))) as never });
}

/** Two states of one project. A change from one to the other creates, changes and deletes objects of every kind. */
export function states(grafana: Pick<TestGrafana, "name">): readonly [readonly object[], readonly object[]] {
  const state = (which: "one" | "two", other: string) => {
    const name = (stem: string) => grafana.name(stem);
    // The ledger is in the first root folder of the code, which differs between the states.
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
    // One contact point keeps its name, and one is renamed with its uids, which Grafana then renames in all
    // references.
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
    // Two exchange their names, and one is replaced by one with another uid.
    const named = [`swap-${which}`, `swap-${other}`, "replaced"].map((title, index) =>
      datasource({
        uid: name(index === 2 ? `r-${which}` : `swap${index}`),
        name: name(title),
        type: "loki",
        url: "http://x",
      }),
    );
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
      ...named,
      dashboard({ uid: name("board"), folder: home, spec: { title } }),
      ...(MARKS
        ? [name("dynamic"), name(`b-${which}`)].map((uid) => inTabs(uid, title, record))
        : [dashboard({ uid: name(`b-${which}`), folder: record, spec: { title } })]),
      ...[name("shared"), name(`l-${which}`)].map((uid) =>
        libraryPanel({ uid, name: uid, folder: home, model: { type: "text", title } }),
      ),
      ...[name("wall"), name(`p-${which}`)].map((uid) =>
        playlist({ uid, title: uid, interval: "5m", items: [{ tag: title }] }),
      ),
      ...(OBJECTS ? [name("object"), name(`o-${which}`)].map((one) => example(one, title)) : []),
      group(home, "left", which === "one" ? [rule("left"), moves] : [rule("left")]),
      group(home, "right", which === "one" ? [rule("right")] : [moves, rule("right")]),
      group(home, `g-${which}`, [rule("home-comer")]),
    ];
  };
  return [state("one", "two"), state("two", "one")];
}

/** The content of all objects of this test in Grafana. */
export async function inventory(grafana: TestGrafana): Promise<readonly string[]> {
  const run = grafana.name("");
  const named = async (path: string) =>
    ((await grafana.other.send({ method: "GET", path })) ?? []) as { name: string }[];
  const names = (uids: readonly string[]) => uids.map((name) => ({ name }));
  const found = await Promise.all([
    uidsOf(grafana, "folder").then(names),
    uidsOf(grafana, "dashboard").then(names),
    everyPlaylist(grafana).then((all) => all.map(({ metadata }) => metadata)),
    everyExample(grafana).then((all) => all.map(({ metadata }) => metadata)),
    everyLibraryPanel(grafana).then((all) => all.map(({ uid }) => ({ name: uid }))),
    named("/api/datasources"),
    named(TEMPLATES),
    named(TIMINGS),
    points(grafana),
    rules(grafana).then((all) =>
      all.map((rule) => ({ name: `${rule.namespace_uid}/${rule.rule_group}/${rule.title}` })),
    ),
  ]);
  const everything = found.flatMap((all, index) => all.map(({ name }) => `${index} ${name}`));
  const { receiver, routes } = await tree(grafana);
  return [...everything.filter((name) => name.includes(run)).toSorted(), JSON.stringify({ receiver, routes })];
}

/** Identifies the history of a rule: it stays the same if the rule moves, and differs if the rule is created again. */
export async function guids(grafana: TestGrafana): Promise<Record<string, string>> {
  const mine = (await rules(grafana)).filter(({ title }) => title.includes(grafana.name("")));
  return Object.fromEntries(mine.map(({ title, guid }) => [title, guid]));
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

/** Runs the command line as a child process that can be killed. */
export function start(
  project: TestProject,
  variables: Readonly<Record<string, string>>,
  args: readonly string[] = APPLY,
): Running {
  const child = spawn(process.execPath, [...NODE_FLAGS, CLI, ...args], {
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

/** All incomplete JSON files in these directories. */
export async function brokenFiles(...folders: readonly (string | undefined)[]): Promise<string[]> {
  const broken: string[] = [];
  for (const folder of folders) {
    if (folder === undefined) continue;
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
    for (const entry of entries.filter((one) => one.isFile() && one.name.endsWith(".json"))) {
      const file = join(entry.parentPath, entry.name);
      try {
        JSON.parse(await readFile(file, "utf8"));
      } catch {
        broken.push(file);
      }
    }
  }
  return broken;
}

/** The changes made in Grafana that `drift` would report. */
export async function accused(
  context: KindContext,
  code: readonly { kind: string }[],
): Promise<Record<string, string>> {
  const { plan, comparisons, context: read } = await planFor(context, code, { prune: true });
  const { drift } = driftOf({ plan, comparisons, ledger: read.ledger, marks: true, kinds, past: new Map() });
  // An object with its own mark doesn't show whether it was ever applied.
  const known = drift.filter(({ kind, state }) => state !== "missing" || kinds.get(kind)?.marking === "ledger");
  return Object.fromEntries(known.filter(isDrift).map((one) => [address(one), one.state]));
}

class Killed extends Error {}

/** The same, up to this write: nothing is sent afterwards. `after`: Grafana has executed it. */
async function dyingAt(
  context: KindContext,
  at: number,
  after: boolean,
): Promise<{ dying: KindContext; idle: () => Promise<unknown> }> {
  const { client } = context.grafana;
  let count = 0;
  const sent: Promise<unknown>[] = [];
  const forward = (request: Request) => {
    const answer = client.send(request);
    sent.push(answer);
    return answer;
  };
  const send = async (request: Request) => {
    const isWrite = request.method !== "GET" && !request.path.includes("dryRun");
    if (isWrite) count++;
    if (count < at) return forward(request);
    if (isWrite && count === at && after) await forward(request);
    throw new Killed();
  };
  const dying = { ...context, grafana: await connect({ ...client, send }, context.owner) };
  return { dying, idle: () => Promise.allSettled(sent) };
}

/** Applies until the run is stopped at that write. Returns whether it was stopped. */
export async function applyUntil(
  context: KindContext,
  code: readonly { kind: string }[],
  { at, after }: { at: number; after: boolean },
): Promise<boolean> {
  const prepared = await planFor(context, code, { prune: true });
  const { dying, idle } = await dyingAt(context, at, after);
  try {
    await apply({ ...dying, ledger: prepared.context.ledger }, prepared, { kinds, concurrency: 8, emit: () => {} });
    return false;
  } catch (error) {
    if (error instanceof Killed) return true;
    throw error;
  } finally {
    await idle();
  }
}
