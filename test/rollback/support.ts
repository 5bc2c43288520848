import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { apply } from "../../src/engine/apply.ts";
import type { Outcome } from "../../src/engine/events.ts";
import { equal, isObject, textOf, type Json, type JsonObject } from "../../src/util/json.ts";
import { EMPTY_LEDGER, readLedger } from "../../src/ownership/ledger.ts";
import { readLive } from "../../src/engine/live.ts";
import { NOTHING, type Selection } from "../../src/engine/selection.ts";
import type { ExecutablePlan } from "../../src/engine/executable-plan.ts";
import { address } from "../../src/engine/model.ts";
import type { KindContext } from "../../src/engine/kind-context.ts";
import { rollbackNotesOf } from "../../src/ownership/notes.ts";
import { comparableChanges } from "../../src/rollback/comparable-changes.ts";
import { readNamed } from "../../src/rollback/read-named.ts";
import { planRollback } from "../../src/rollback/plan.ts";
import { kinds } from "../../src/kinds/index.ts";
import { recordRun, type RunDescription, type Run } from "../../src/rollback/record-run.ts";
import { recordedChangesOf } from "../../src/rollback/load-run.ts";
import { sentSecretPlaces } from "../../src/rollback/secret-places.ts";
import { listRuns, readRun, type StoredRun } from "../../src/rollback/store.ts";
import { canonicalRule, fromRuler } from "../../src/kinds/alerting/rule.ts";
import { canonicalRoute } from "../../src/kinds/alerting/route.ts";
import { points, POINTS, POLICIES, TEMPLATES, TIMINGS } from "../alerting/support.ts";
import { everyLibraryPanel } from "../kinds/library-panel/support.ts";
import { everyExample } from "../kinds/api-object/support.ts";
import { everyPlaylist } from "../kinds/playlist/support.ts";
import { everyStored } from "../engine/support.ts";
import type { TestGrafana } from "../helpers/grafana.ts";

const ABOUT: RunDescription = {
  command: "apply",
  options: {},
  target: { type: "grafana", url: "http://localhost", version: "12.4.0", namespace: "default" },
  project: "test",
  who: { user: "me", host: "here" },
};

/** A directory for runs that is deleted after the test. */
export async function runsFolder(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "grafana-runs-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return join(directory, "runs");
}

/** Records the former state of what a plan changes, as a command does before its first write. */
export function recorded(
  context: KindContext,
  prepared: ExecutablePlan & { readonly context?: KindContext },
  directory: string,
): Promise<Run | undefined> {
  return recordRun(prepared.context ?? context, prepared, { kinds, config: { directory, keep: 50 }, about: ABOUT });
}

/** Executes a plan like a command, with a recorded run. */
export async function carriedOut(
  context: KindContext,
  prepared: ExecutablePlan & { readonly context?: KindContext },
  directory: string,
): Promise<{ run: Run | undefined; outcomes: Outcome[] }> {
  const own = prepared.context ?? context;
  const run = await recorded(context, prepared, directory);
  const outcomes = await apply(own, prepared, { kinds, concurrency: 8, emit: (event) => run?.emit(event) });
  await run?.end(outcomes);
  for (const { change, status, error } of outcomes) {
    expect(status, `${address(change)}: ${error?.message ?? "no error"}`).toBe("done");
  }
  return { run, outcomes };
}

/** The plan of a rollback of the run. */
export async function undoOf(
  context: KindContext,
  run: { readonly directory: string; readonly id: string },
  { overwriteDrift = NOTHING, only }: { overwriteDrift?: Selection; only?: readonly string[] } = {},
): Promise<ExecutablePlan & { readonly context: KindContext }> {
  const stored = await storedRun(run);
  const runs = await listRuns(dirname(run.directory));
  const { grafana } = context;
  const withLedger = { ...context, ledger: grafana.marks ? await readLedger(grafana, context) : EMPTY_LEDGER };
  const listed = await readLive(withLedger, [...kinds.values()], () => {});
  const live = new Map(
    await Promise.all(
      [...listed].map(
        async ([name, all]) => [name, (await kinds.get(name)?.reading?.bodies?.(withLedger, all)) ?? all] as const,
      ),
    ),
  );
  const recorded = await recordedChangesOf(withLedger, kinds, stored);
  const named = await readNamed(withLedger, kinds, recorded, live);
  const changes = await comparableChanges(withLedger, kinds, named.changes, named.live);
  const { ledgerFolder } = stored.record;
  const prepared = planRollback({
    project: "test",
    owner: context.owner,
    kinds,
    changes,
    live: named.live,
    ledger: withLedger.ledger,
    ...(ledgerFolder === null ? {} : { ledgerFolder }),
    secrets: context.secrets,
    selected: (one) => !only || only.includes(address(one)),
    overwriteDrift,
    later: new Map(),
    placesNow: (name) => sentSecretPlaces(runs, stored.record, name).places,
    notes: rollbackNotesOf(context),
  });
  return { ...prepared, context: withLedger };
}

async function storedRun({ directory, id }: { directory: string; id: string }): Promise<StoredRun> {
  const run = await readRun(directory, id);
  if (!run || !("record" in run)) throw new Error(`no run in ${directory}`);
  return run;
}

/** All files below a directory, by their paths in it. */
export async function filesIn(directory: string): Promise<Record<string, string>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    await Promise.all(
      files.map(async (file) => [file.slice(directory.length + 1), await readFile(file, "utf8")] as const),
    ),
  );
}

const APPLIED = "grafana-provision/applied";
const LEDGER = "grafana-provision/ledger";
const MARK = "grafana-provision";

/**
 * All objects of this test in Grafana, and the policy tree: bodies, folders, marks, provenance, default flags and the
 * ledger. Without values that Grafana sets: versions, times, ids.
 */
export async function dump(grafana: TestGrafana, owner: string): Promise<Record<string, Json>> {
  const get = async (path: string) => (await grafana.other.send({ method: "GET", path })) as Json;
  const mine = (text: unknown) => typeof text === "string" && text.includes(grafana.name(""));
  const result: Record<string, Json> = {};
  const ledger: JsonObject = {};

  const objects = [
    ...(await everyStored(grafana, "folder")).map((object) => ({ kind: "folder", ...object })),
    ...(await everyStored(grafana, "dashboard")).map((object) => ({ kind: "dashboard", ...object })),
    ...(await everyPlaylist(grafana)).map((object) => ({ kind: "playlist", ...object })),
    ...(await everyExample(grafana)).map((object) => ({ kind: "api-object", ...object })),
  ];
  for (const { kind, metadata, spec } of objects) {
    const { name, labels } = metadata;
    // Grafana omits empty ones.
    const annotations = without(metadata.annotations, []);
    const ours = annotations["grafana.app/managerId"] === owner;
    if (!mine(name) && !ours) continue;
    const record = annotations[LEDGER];
    if (typeof record === "string") ledger[name] = (JSON.parse(record) as JsonObject)["entries"] ?? null;
    result[`${kind}/${name}`] = {
      spec,
      labels: without(labels, ["grafana.app/deprecatedInternalID"]),
      annotations: unversioned(
        without(annotations, [
          LEDGER,
          "grafana.app/createdBy",
          "grafana.app/updatedBy",
          "grafana.app/updatedTimestamp",
          "grafana.app/message",
        ]),
      ),
    };
  }
  for (const { uid, name, folderUid, model } of await everyLibraryPanel(grafana)) {
    if (mine(uid)) result[`library-panel/${uid}`] = { name, folderUid, model };
  }
  for (const { uid } of (await get("/api/datasources")) as { uid: string }[]) {
    const body = (await get(`/api/datasources/uid/${uid}`)) as JsonObject;
    if (!mine(uid) && !mine(body["name"])) continue;
    const data = isObject(body["jsonData"]) ? body["jsonData"] : {};
    const mark = isObject(data[MARK]) ? { [MARK]: unversioned(data[MARK]) } : {};
    result[`datasource/${uid}`] = {
      ...without(body, ["id", "version", "accessControl", "apiVersion"]),
      jsonData: { ...data, ...mark },
    };
  }
  for (const [kind, path] of [
    ["mute-timing", TIMINGS],
    ["message-template", TEMPLATES],
  ] as const) {
    for (const one of ((await get(path)) ?? []) as JsonObject[]) {
      if (mine(one["name"])) result[`${kind}/${textOf(one["name"] ?? "")}`] = without(one, ["version"]);
    }
  }
  const clear = await inClear(grafana);
  for (const point of await points(grafana)) {
    if (!mine(point.name) && !mine(point.uid)) continue;
    result[`contact-point/${point.name}/${point.uid}`] = { ...point, clear: clear.get(point.uid) ?? null };
  }
  const tree = (await get(POLICIES)) as JsonObject;
  result["notification-policy"] = { ...canonicalRoute(tree), provenance: tree["provenance"] ?? "" };
  const ruler = ((await get("/api/ruler/grafana/api/v1/rules")) ?? {}) as Record<string, JsonObject[]>;
  for (const group of Object.values(ruler).flat()) {
    const nodes = objectsIn(group, "rules");
    const first = nodes[0]?.["grafana_alert"] as JsonObject;
    if (!mine(first["namespace_uid"])) continue;
    result[`rule-group/${textOf(first["namespace_uid"] ?? "")}/${textOf(group["name"] ?? "")}`] = {
      interval: group["interval"] ?? null,
      rules: nodes.map((node) => canonicalRule(fromRuler(node))),
      provenance: nodes.map((node) => (node["grafana_alert"] as JsonObject)["provenance"] ?? ""),
    };
  }
  result["ledger"] = ledger;
  return result;
}

/** The settings of all integrations with their secrets, which an administrator can export. */
async function inClear({ other }: TestGrafana): Promise<ReadonlyMap<string, Json>> {
  const path = `${POINTS}/export?format=json&decrypt=true`;
  const exported = (await other.send({ method: "GET", path })) as JsonObject;
  const receivers = objectsIn(exported, "contactPoints").flatMap((one) => objectsIn(one, "receivers"));
  return new Map(receivers.map(({ uid, settings }) => [textOf(uid), settings ?? null]));
}

function objectsIn(value: JsonObject, key: string): JsonObject[] {
  const list = value[key];
  return Array.isArray(list) ? list.filter(isObject) : [];
}

function without(value: Json | undefined, keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(isObject(value) ? value : {}).filter(([key]) => !keys.includes(key)));
}

/**
 * A mark without the version, which differs after every write, and without Grafana's uid, which differs after every
 * creation.
 */
function unversioned(value: JsonObject): JsonObject {
  const change = ([key, text]: [string, Json]): [string, Json] => {
    if (typeof text !== "string" || (key !== APPLIED && key !== "applied")) return [key, text];
    return [
      key,
      text
        .split(":")
        .filter((part) => !part.startsWith("object="))
        .map((part, index) => (index === 3 ? "" : part))
        .join(":"),
    ];
  };
  return Object.fromEntries(Object.entries(value).map(change));
}

/** Asserts that two dumps are equal, and reports every object that differs. */
export function expectSame(now: Record<string, Json>, before: Record<string, Json>, what = ""): void {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  const other = names.filter((name) => !equal(before[name], now[name]));
  const pick = (from: Record<string, Json>) =>
    Object.fromEntries(other.map((name) => [name, from[name] ?? "(not there)"]));
  expect(pick(now), what).toEqual(pick(before));
}

/** The ids of the runs of a repository, oldest first. */
export async function runsIn({ directory }: { readonly directory: string }): Promise<string[]> {
  const names = await readdir(join(directory, ".grafana-provision", "runs")).catch(() => []);
  return names.filter((name) => !name.startsWith(".")).toSorted();
}
