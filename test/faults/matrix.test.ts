import { expect, test } from "vitest";
import { exitCodeOf } from "../../src/cli/exit-code.ts";
import type { Outcome } from "../../src/engine/events.ts";
import { execute } from "../../src/engine/pipeline.ts";
import { address } from "../../src/engine/model.ts";
import type { KindContext } from "../../src/engine/kind-context.ts";
import { ProvisionError } from "../../src/util/errors.ts";
import { createClient } from "../../src/grafana/client.ts";
import { GrafanaError } from "../../src/grafana/errors.ts";
import { consentOf, goalFor, planFor, workspaceOf } from "../helpers/converge.ts";
import { faultyProxy, type FaultyProxy, type Passing } from "../helpers/faulty-proxy.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { MARKS } from "../helpers/mode.ts";
import { FULL } from "../helpers/seed.ts";
import { faults, type Ends, type HttpFault } from "./faults.ts";
import { ONLY_ONE, scenes, through, type Observed, type Scene, type Version } from "./scenes.ts";

/** In this order, each operation leaves the object in the state that the next one needs. */
const OPERATIONS = ["create", "list", "update", "delete"] as const;
/** `after`: from the first possible request on, all requests fail. */
const MODES = ["the first", "the second", "every", "all after"] as const;
type Operation = (typeof OPERATIONS)[number];
type Mode = (typeof MODES)[number];

let cases = 0;

/** A kind with its own Grafana, because there is only one policy tree. */
interface Stage {
  readonly scene: Scene;
  readonly grafana: TestGrafana;
  readonly proxy: FaultyProxy;
  /** Without the proxy. */
  readonly context: KindContext;
  readonly stem: string;
  readonly foreign: string;
}

async function stageOf(scene: Scene): Promise<Stage> {
  const grafana = await testGrafana({ apart: true });
  const proxy = await faultyProxy(grafana.url);
  const stem = grafana.name("m");
  const foreign = grafana.name("foreign");
  await scene.makeForeign?.(grafana, foreign);
  const context = await grafana.context(stem);
  await run(context, scene.base(stem));
  return { scene, grafana, proxy, context, stem, foreign };
}

interface Run {
  readonly outcomes: readonly Outcome[];
  readonly ends: number;
  readonly error?: unknown;
  readonly left: readonly string[];
  /** Kinds that could not be read. */
  readonly unseen: readonly string[];
}

/** The result of `apply`, with its exit code. */
async function run(context: KindContext, code: readonly { kind: string }[], prune = false): Promise<Run> {
  try {
    const { prepared, outcomes } = await execute(workspaceOf(context), {
      goal: goalFor(context.owner, code, { prune }),
      consent: consentOf({}),
      concurrency: 8,
      lookUpDelay: 1,
      emit: () => {},
    });
    const { plan } = prepared;
    const left = plan.changes.filter((change) => change.left).map(address);
    const unseen = plan.unseen.map(({ kind }) => kind);
    return { outcomes, left, unseen, ends: exitCodeOf(outcomes, plan) };
  } catch (error) {
    if (!(error instanceof ProvisionError)) throw error;
    return { outcomes: [], left: [], unseen: [], ends: error.exitCode, error };
  }
}

/** The possible operations on the object of a scene in this mode. */
function operationsOf({ erase, operations = OPERATIONS }: Scene): readonly Operation[] {
  return OPERATIONS.filter((one) => operations.includes(one) && (one !== "delete" || !erase));
}

/** `npm run test:all` tries every fault in every mode with marks; otherwise one mode for each fault, kind and operation. */
const ALL_MODES = FULL && MARKS;

/** `npm test` tries one operation for each fault and kind, which covers every fault with each operation, and every kind. */
const ALL_OPERATIONS = FULL;

/** One of the modes in which the fault always occurs, a different one for each fault, kind and operation. */
function modeOf(fault: number, scene: number, operation: number): Mode {
  const sure = MODES.filter((one) => one !== "the second");
  return sure[(fault + scene + operation) % sure.length] ?? "every";
}

function isSelected(scene: Scene, fault: number, operation: number): boolean {
  if (ALL_OPERATIONS) return true;
  const { samples = () => true } = scene;
  return samples(fault) && (fault + scenes.indexOf(scene)) % operationsOf(scene).length === operation;
}

/** The number of selected operations. */
function selectedIn(scene: Scene): number {
  const operations = operationsOf(scene);
  return faults.flatMap((_, fault) => operations.filter((__, one) => isSelected(scene, fault, one))).length;
}

/** Puts the object into the state that an operation starts from; `check` asserts this state. */
async function bring({ scene, context, stem }: Stage, name: string, version: Version | undefined): Promise<void> {
  await run(context, [...scene.base(stem), ...(version ? [scene.object(stem, name, version)] : [])], true);
}

/** Applies the fault to the requests of this mode. Returns the number of affected requests. */
function arm({ scene, proxy }: Stage, { fate }: HttpFault, operation: Operation, mode: Mode): () => number {
  const own: (request: Passing) => boolean =
    operation === "list" ? scene.read : operation === "delete" ? scene.remove : scene.write;
  let [seen, met] = [0, 0];
  proxy.decide((request) => {
    const mine = own(request);
    if (mine) seen++;
    const meets = {
      "the first": mine && seen === 1,
      "the second": mine && seen === 2,
      every: mine,
      "all after": seen > 0,
    }[mode];
    if (!meets) return "pass";
    met++;
    return fate(request);
  });
  return () => met;
}

const BEFORE: Record<Operation, Version | undefined> = {
  create: undefined,
  list: "one",
  update: "two",
  delete: "one",
};
const AFTER: Record<Operation, Version | undefined> = { create: "one", list: "two", update: "one", delete: undefined };

async function check(stage: Stage, name: string, fault: HttpFault, operation: Operation, mode: Mode): Promise<void> {
  const { scene, grafana, proxy, context, stem } = stage;
  const [before, after] = [BEFORE[operation], AFTER[operation]];
  const code = [...scene.base(stem), ...(after ? [scene.object(stem, name, after)] : [])];
  const prune = operation === "delete";
  const id = scene.isOnlyOne === true ? ONLY_ONE : name;
  const others = (all: readonly Observed[]) => all.filter((one) => one.name !== id).map(({ raw }) => raw);
  const says = (all: readonly Observed[]) => all.filter((one) => one.name === id).map((one) => one.says);
  const was = await scene.observe(grafana);
  expect(says(was), "the state that the case starts from").toEqual(before ? [before] : []);

  const client = await createClient({
    url: proxy.url,
    credentials: { type: "basic", user: "admin", password: "admin" },
    retryDelay: 2,
    // A loaded machine can be slow.
    timeout: 600_000,
    patience: 600_000,
  });
  const line = await through(context, client);
  const met = arm(stage, fault, operation, mode);
  const { outcomes, ends, error, unseen, left } = await run(line, code, prune);
  client.close();
  const hits = met();
  proxy.decide();
  await proxy.idle();

  const now = await scene.observe(grafana);
  const told = JSON.stringify({
    ends,
    error: String(error),
    outcomes: outcomes.map((one) => [one.status, String(one.error)]),
  });
  if (mode !== "the second") expect(hits, "the fault occurred").toBeGreaterThan(0);
  expect(others(now), `no other object is changed: ${told}`).toEqual(others(was));
  expect(outcomes.length, `only the object is written: ${told}`).toBeLessThanOrEqual(1);
  const [outcome] = outcomes;
  if (ends === 0) expect(says(now), `a reported success is one: ${told}`).toEqual(after ? [after] : []);
  else {
    const problem = error ?? outcome?.error;
    if (unseen.length + left.length === 0)
      expect(problem, `a failure has its reason: ${told}`).toBeInstanceOf(GrafanaError);
    const halves = (scene.halves ?? []).map((half) => [half]);
    const states = [before ? [before] : [], after ? [after] : [], ...halves];
    expect(states, `nothing is lost or duplicated: ${told}`).toContainEqual(says(now));
    if (error !== undefined) expect(now, `a run that fails while planning writes nothing: ${told}`).toEqual(was);
  }
  // An object that always exists is changed by its first write.
  const written = scene.alwaysExists && operation === "create" ? "update" : operation;
  const ending = scene.instead ? undefined : endingOf(fault, written, mode);
  if (hits === 0) expect(ends, told).toBe(0);
  else if (ending !== undefined) expect(ends, told).toBe(ending === "done" ? 0 : ending);

  const again = await run(context, code, prune);
  expect(
    { ends: again.ends, left: again.left },
    `run again: ${String(again.outcomes[0]?.error ?? again.error)}`,
  ).toEqual({ ends: 0, left: [] });
  if (ends === 0) expect(again.outcomes, `after a success, the plan is empty: ${told}`).toEqual([]);
  if (again.outcomes.length > 0)
    expect((await planFor(context, code, { prune })).plan.changes, "the plan after that").toEqual([]);
  const settled = await scene.observe(grafana);
  expect(says(settled)).toEqual(after ? [after] : []);
  expect(others(settled)).toEqual(others(was));
}

function endingOf({ list, write, change = write }: HttpFault, operation: Operation, mode: Mode): Ends | undefined {
  const [once, always] = operation === "list" ? list : operation === "create" ? write : change;
  if (mode === "the first") return once;
  return mode === "every" ? always : undefined;
}

/** Applies all faults to one kind, with the selected operations and modes. Returns unexpected results. */
async function wrongOf(scene: Scene): Promise<string[]> {
  if (selectedIn(scene) === 0) return [];
  const stage = await stageOf(scene);
  const wrong: string[] = [];
  const place = scenes.indexOf(scene);
  const tried: readonly (Mode | undefined)[] = ALL_MODES ? MODES : [undefined];
  const all = faults.flatMap((fault, number) => tried.map((mode) => ({ fault, number, mode })));
  for (const [index, { fault, number, mode: one }] of all.entries()) {
    const name = `${stage.stem}-${index}`;
    let state: Version | undefined;
    for (const [turn, operation] of operationsOf(scene).entries()) {
      if (!isSelected(scene, number, turn)) continue;
      const mode = one ?? modeOf(number, place, turn);
      cases++;
      try {
        if (state !== BEFORE[operation]) await bring(stage, name, BEFORE[operation]);
        await check(stage, name, fault, operation, mode);
      } catch (error) {
        const problem = error instanceof Error ? error.message : String(error);
        wrong.push(`${scene.instead ?? scene.kind}: ${operation}, ${mode} request meets ${fault.name}: ${problem}`);
        stage.proxy.decide();
        await bring(stage, name, AFTER[operation]);
      }
      state = AFTER[operation];
    }
    if (scene.erase) await scene.erase(stage.grafana, stage.stem, name);
    else if (state !== undefined) await bring(stage, name, undefined);
  }
  await stage.proxy.close();
  return wrong;
}

test(`${faults.length} faults have the expected outcomes`, async () => {
  const wrong = await Promise.all(scenes.map(wrongOf));
  const operations = scenes.flatMap(operationsOf).length;
  const every = faults.length * operations * MODES.length;
  process.stderr.write(`matrix: ${cases.toLocaleString("en")} of ${every.toLocaleString("en")} cases\n`);
  expect(wrong.flat()).toEqual([]);
  const selected = scenes.map(selectedIn).reduce((sum, count) => sum + count, 0);
  expect(cases, "no case is skipped").toBe(selected * (ALL_MODES ? MODES.length : 1));
});
