// Edits objects of a sandbox, writes the edits back and plans again, in a separate process, because a test runner would
// transform the project's modules itself. Prints the result as JSON.
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { loadConfig } from "../../src/code/config.ts";
import { desire } from "../../src/code/desired.ts";
import { load } from "../../src/code/load.ts";
import { newRevision } from "../../src/code/revision.ts";
import { codeGoal } from "../../src/engine/code-goal.ts";
import { driftOf, readPast } from "../../src/engine/drift.ts";
import type { KindContext } from "../../src/engine/kind-context.ts";
import { address } from "../../src/engine/model.ts";
import { linkTargets } from "../../src/engine/linked.ts";
import { execute, propose } from "../../src/engine/pipeline.ts";
import { NOTHING } from "../../src/engine/selection.ts";
import { createClient } from "../../src/grafana/client.ts";
import { connect } from "../../src/grafana/connection.ts";
import { formatterFor, wholeText } from "../../src/import/format.ts";
import { importObjects } from "../../src/import/import.ts";
import { existing } from "../../src/index.ts";
import { kinds } from "../../src/kinds/index.ts";
import { EMPTY_LEDGER } from "../../src/ownership/ledger.ts";
import { startSandbox } from "../../src/sandbox/server.ts";
import { secretValues } from "../../src/secrets/values.ts";
import { namedIn } from "../../src/secrets/named-in-code.ts";
import { parseTree } from "../../src/update/source/syntax-tree.ts";
import { allPanels } from "../../src/kinds/dashboard/model/panels.ts";
import { isObject, type Json } from "../../src/util/json.ts";
import { evaluatorFor } from "../../src/update/evaluate.ts";
import { loadSdk } from "../../src/import/sdk/sdk.ts";
import { sdkNames } from "../../src/update/sdk-names.ts";
import { targetsOf } from "../../src/update/targets.ts";
import { proposeUpdate, writeUpdate } from "../../src/update/update.ts";
import { random, rounds } from "../helpers/seed.ts";
import { editsOf, recordedEdits, recordedUid, type MadeEdit } from "./edits.ts";
import { RECORDED } from "../corpus/recorded.ts";
import { isLiteral } from "./literal.ts";

export interface Job {
  readonly directory: string;
  /** How the code of the project is written. */
  readonly scene: "own" | "code" | "json" | "yaml" | "recorded";
  readonly seed: number;
  readonly rounds: number;
  /** Only these edits of panels. */
  readonly only?: readonly string[];
  /** A real Grafana without objects. Default: a new sandbox. */
  readonly url?: string;
}

export interface JobResult {
  readonly edits: readonly (MadeEdit & {
    readonly status: "written" | "left";
    readonly reason?: string;
  })[];
  /** What the edits changed, by the paths of the plan. */
  readonly differences: readonly ChangedValue[];
  /** What must not happen. */
  readonly faults: readonly string[];
}

export interface ChangedValue {
  readonly address: string;
  readonly what: string;
  readonly path: string;
  readonly old?: Json;
  readonly now?: Json;
  /** Whether it is an edit to a literal. */
  readonly literal: boolean;
  /** Absent: written. */
  readonly reason?: string;
}

const ROOT = resolve(import.meta.dirname, "../..");
const CONFIG =
  'export default { project: "written-back", resources: ["./dashboards", "./alerts", "./datasources"] };\n';
const ALL = { ...NOTHING, all: true };

const job = JSON.parse(process.argv[2] ?? "") as Job;
const { directory } = job;
const next = random(job.seed);
const running = job.url === undefined ? await startSandbox({ dataDirectory: join(directory, ".sandbox") }) : undefined;
const url = job.url ?? running?.url ?? "";
const client = await createClient({ url, credentials: { type: "basic", user: "admin", password: "admin" } });

async function projectCode() {
  const loadedConfig = await loadConfig(undefined, directory);
  const revision = newRevision(new Map());
  const { loaded, faults } = await load(loadedConfig, { revision });
  const code = desire(loaded, kinds, loadedConfig.config.project);
  const errors = [...faults, ...code.faults].filter(({ level }) => level === "error");
  const goal = codeGoal({ code, configFile: loadedConfig.file, prune: true, selected: () => true });
  return { loadedConfig, code, errors, goal };
}

type Project = Awaited<ReturnType<typeof projectCode>>;

async function workspaceFor({ code }: Project) {
  const secrets = secretValues({
    variables: {},
    named: namedIn(code.desired, kinds),
    standIn: { for: "all", value: (name) => `https://secret.invalid/${name}` },
  });
  const context: KindContext = {
    grafana: await connect(client, "written-back"),
    owner: "written-back",
    repository: undefined,
    ledger: EMPTY_LEDGER,
    settings: {},
    secrets,
  };
  return { context, kinds, project: "written-back" };
}

async function apply(project: Project): Promise<void> {
  const { outcomes } = await execute(await workspaceFor(project), {
    goal: project.goal,
    consent: { adopt: ALL, overwriteDrift: ALL },
    concurrency: 8,
    emit: () => {},
  });
  for (const { status, change, error } of outcomes)
    if (status !== "done") throw new Error(`${address(change)}: ${status} ${error?.message ?? ""}`);
}

/** Replaces the project by its imported code. */
async function importAs(format: "code" | "json" | "yaml", project: Project): Promise<void> {
  const { context } = await workspaceFor(project);
  const written = new Map<string, string>();
  await importObjects({
    context,
    kinds,
    project: "written-back",
    existing,
    format,
    selected: () => true,
    known: new Map(),
    emit: () => {},
    async write(path, source) {
      const text = wholeText(source);
      // Only dashboards can be documents.
      written.set(text.startsWith("import ") ? path.replace(/\.\w+$/, ".ts") : path, text);
    },
  });
  const { rm } = await import("node:fs/promises");
  for (const one of ["dashboards", "alerts", "datasources"]) await rm(join(directory, one), { recursive: true });
  const formatted = await formatterFor(directory);
  for (const [path, text] of written) {
    const file = join(directory, path);
    await mkdir(dirname(file), { recursive: true });
    const lines = path.endsWith(".yaml") ? `# ${path}\n${text.replace(/^(  title: .*)$/m, "$1 # its title")}` : text;
    writeFileSync(file, await formatted(file, lines));
  }
}

/** The texts of all comments of a file. */
function commentsIn(file: string, text: string): string[] {
  if (/\.ya?ml$/.test(file)) return text.match(/(^|\s)#.*$/gm) ?? [];
  const { comments } = parseTree(text, file.endsWith(".json"));
  return comments.map(({ start, end }) => text.slice(start, end));
}

await mkdir(directory, { recursive: true });
writeFileSync(join(directory, "grafana.config.ts"), CONFIG);
if (job.scene === "recorded") {
  for (const { name, live } of RECORDED) {
    await mkdir(join(directory, "dashboards"), { recursive: true });
    for (const panel of allPanels(live)) {
      const { uid, name } = isObject(panel["libraryPanel"]) ? panel["libraryPanel"] : {};
      const body = { uid: uid ?? null, name: name ?? null, kind: 1, model: { type: "text" } };
      // Some are in several panels.
      if (uid !== undefined) await client.send({ method: "POST", path: "/api/library-elements", body }).catch(() => {});
    }
    const text = JSON.stringify({ uid: recordedUid(name), ...live }, undefined, 2);
    writeFileSync(join(directory, "dashboards", `${recordedUid(name)}.json`), `${text}\n`);
  }
  writeFileSync(join(directory, "grafana.config.ts"), 'export default { project: "written-back" };\n');
} else {
  for (const one of ["dashboards", "alerts", "datasources"])
    cpSync(join(ROOT, one), join(directory, one), { recursive: true });
}
let project = await projectCode();
await apply(project);
if (job.scene !== "own" && job.scene !== "recorded") {
  await importAs(job.scene, project);
  project = await projectCode();
  if (project.errors.length > 0) throw new Error(JSON.stringify(project.errors));
  await apply(project);
}

const edits: JobResult["edits"][number][] = [];
const faults: string[] = [];
const differences: ChangedValue[] = [];
const sdk = sdkNames(await loadSdk());
for (const round of rounds(job.rounds)) {
  const made = job.scene === "recorded" ? await recordedEdits(client) : await editsOf(client, next, round, job.only);
  const workspace = await workspaceFor(project);
  const proposal = await propose(workspace, project.goal, { adopt: ALL, overwriteDrift: NOTHING }, () => {});
  const { plan } = await proposal.plan({ adopt: NOTHING, overwriteDrift: NOTHING });
  const { context, comparisons } = proposal;
  const about = { plan, comparisons, ledger: context.ledger, marks: context.grafana.marks, kinds };
  const report = driftOf({ ...about, past: await readPast(context, about) });
  const redacted = (text: string) => workspace.context.secrets.redacted(text);
  const { loadedConfig } = project;
  const lists = Map.groupBy(comparisons, ({ desired }) => desired.kind);
  const live = new Map([...lists].map(([kind, all]) => [kind, all.flatMap((one) => one.live ?? [])]));
  const links = await linkTargets(context, project.code.desired, live, { kinds, selected: () => true });
  const { targets } = targetsOf({ report, comparisons, kinds, mapping: undefined, redacted, links });
  const evaluator = await evaluatorFor(loadedConfig);
  const literals = new Set<string>();
  for (const target of targets)
    for (const one of target.wanted)
      if (await isLiteral(one, target, evaluator, sdk, directory))
        literals.add(`${address(target.desired)} ${one.path}`);
  await evaluator.end();
  const proposed = await proposeUpdate({
    loadedConfig,
    kinds,
    report,
    comparisons,
    desired: project.code.desired,
    redacted,
    context,
    existing,
    emit: () => {},
  });
  const done = await writeUpdate(proposed, loadedConfig.directory);
  for (const [file, { before, after }] of done.files) {
    const name = relative(directory, file);
    if (readFileSync(file, "utf8") !== after) faults.push(`${name} was not written`);
    const [had, has] = [commentsIn(file, before), commentsIn(file, after)];
    for (const one of had) if (!has.includes(one)) faults.push(`${name} lost the comment ${one}`);
  }
  project = await projectCode();
  for (const error of project.errors) faults.push(`${error.file}: ${error.message}`);
  const after = await propose(
    await workspaceFor(project),
    project.goal,
    { adopt: NOTHING, overwriteDrift: NOTHING },
    () => {},
  );
  const rest = (await after.plan({ adopt: NOTHING, overwriteDrift: NOTHING })).plan.changes;
  const leftOf = new Map(done.left.map((one) => [one.address, one.reason]));
  for (const change of rest) {
    if (!leftOf.has(address(change)))
      faults.push(
        `the plan after round ${round} has ${address(change)}: ${change.differences.map(({ path }) => path).join(", ")}`,
      );
    for (const { path } of change.differences)
      if (!done.left.some((one) => one.address === address(change) && (one.path === "" || one.path === path)))
        faults.push(`${address(change)} ${path} was not reported as left`);
  }
  for (const target of targets)
    for (const { path, before: now, after: old } of target.wanted) {
      const name = address(target.desired);
      const left = done.left.find((one) => one.address === name && one.path === path);
      const what = made.find((one) => one.address === name)?.what ?? "";
      const value = {
        address: name,
        what,
        path,
        ...(old === undefined ? {} : { old }),
        ...(now === undefined ? {} : { now }),
      };
      differences.push({
        ...value,
        literal: literals.has(`${name} ${path}`),
        ...(left ? { reason: left.reason } : {}),
      });
    }
  const drifted = new Set(report.drift.map(address));
  // An edit can set the value that the object has.
  for (const one of made.filter((edit) => drifted.has(edit.address))) {
    const reason = leftOf.get(one.address);
    const isWritten =
      one.path === undefined
        ? reason === undefined
        : done.written.some(({ address, path }) => address === one.address && path === one.path);
    edits.push({
      ...one,
      status: isWritten ? "written" : "left",
      ...(reason ? { reason } : {}),
    });
    if (reason === undefined && !done.written.some((edit) => edit.address === one.address))
      faults.push(`${one.address} (${one.what}) is neither written nor left`);
  }
  await apply(project);
}
client.close();
await running?.close();
process.stdout.write(JSON.stringify({ edits, differences, faults } satisfies JobResult));
