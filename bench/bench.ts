// Compares the command line with the bare requests in one run, on the Grafana at --url or on the sandbox.
import { rmSync } from "node:fs";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, Option } from "commander";
import { bundledPackage } from "../scripts/bundle.ts";
import { startSandbox } from "../src/sandbox/server.ts";
import { ALERTING, generateAlerting } from "./alerting.ts";
import { manyEnvironments, oneEnvironment } from "./environments.ts";
import { floorOf } from "./floor.ts";
import { kinds } from "../src/kinds/index.ts";
import { reviewHtml } from "../src/report/html.ts";
import { dashboardFile, extensionOf, generate, writeDashboard, type Format } from "./generate.ts";
import { measureImport } from "./import.ts";
import { printLarge } from "./large.ts";
import { lintTime } from "./lint.ts";
import { countRequests, importTime, median, runNode, wall } from "./measure.ts";
import { largeReview } from "./review.ts";

const program = new Command("bench")
  .description(
    "Measures a first apply, a no-op plan, a change of one dashboard, a no-op plan of alerting, lint of 2,000 queries, the start of the command line, an import of 5,000 dashboards, and a plan for 50 environments, for dashboards in the classic schema and in schema v2, and compares them with bare requests.",
  )
  .option("--dashboards <n>", "number of dashboards, with 20 panels each", Number, 300)
  .addOption(
    new Option("--format <format>", "format of the dashboards: the file format, or v2 for JSON in schema v2")
      .choices(["json", "ts", "v2", "all"])
      .default("all"),
  )
  .option("--runs <n>", "runs per figure, of which the median is reported", Number, 3)
  .option("--large", "compares 5,000 dashboards with 250 instead: time and memory of apply, plan, a change, a prune")
  .option(
    "--url <url>",
    "a Grafana with the login admin:admin; its notification policies are reset (default: a sandbox)",
  )
  .parse();
const options = program.opts<{
  dashboards: number;
  format: Format | "all";
  runs: number;
  large?: true;
  url?: string;
}>();

interface Figure {
  readonly what: string;
  readonly took: number;
  readonly floor: number;
  readonly limit: number;
  readonly rule: string;
}

/** Limits for the time of a no-op plan, and for the memory of a no-op plan and a first apply. Node keeps every imported `.ts` file. */
const GOALS = {
  json: { plan: (list: number) => list + 0.4, rule: "list of bodies + 0.4 s", mebibytes: 160 },
  v2: { plan: (list: number) => list + 0.4, rule: "list of bodies + 0.4 s", mebibytes: 160 },
  ts: { plan: (list: number) => 1.5 * list + 1.5, rule: "1.5 × list of bodies + 1.5 s", mebibytes: 400 },
} as const;

/** The number of dashboards of the import, whose goal is about large Grafanas. */
const IMPORTED = 5000;

const failures: string[] = [];
/** What users install, rather than the sources of the checkout. */
const packageDirectory = await mkdtemp(join(tmpdir(), "grafana-bench-"));
process.on("exit", () => rmSync(packageDirectory, { recursive: true, force: true }));
const CLI = await bundledPackage(packageDirectory);
const formats = options.format === "all" ? (["json", "ts", "v2"] as const) : [options.format];

if (options.large) {
  for (const format of formats) failures.push(...(await printLarge(CLI, 250, 5000, format)));
  for (const failure of failures) console.log(`OVER THE LIMIT: ${failure}`);
  process.exit(failures.length > 0 ? 1 : 0);
}

const dataDirectory = await mkdtemp(join(tmpdir(), "grafana-bench-"));
const sandbox = options.url === undefined ? await startSandbox({ dataDirectory }) : undefined;
const url = options.url ?? sandbox?.url ?? "";
try {
  console.log(
    `${options.dashboards} dashboards of 20 panels on ${sandbox ? "the sandbox" : url}, median of ${options.runs}\n`,
  );
  await benchHelp();
  await benchReview();
  await benchLint();
  for (const format of formats) await benchFormat(format);
  await benchAlerting();
  await benchImport();
  await benchEnvironments();
} finally {
  await sandbox?.close();
  await rm(dataDirectory, { recursive: true, force: true });
}
for (const failure of failures) console.log(`OVER THE LIMIT: ${failure}`);
// The limits apply only to a real Grafana: the sandbox competes with the measured process for CPU.
if (failures.length > 0 && !sandbox) process.exitCode = 1;

async function benchHelp(): Promise<void> {
  const [bare, help]: number[][] = [[], []];
  for (let run = 0; run < Math.max(7, options.runs); run++) {
    bare?.push(await wall(["-e", "0"]));
    help?.push(await wall([CLI, "--help"]));
  }
  const floor = median(bare ?? []);
  print({ what: "--help", took: median(help ?? []), floor, limit: 4 * floor, rule: "4 × node -e 0" });
}

/** Changes every panel of all dashboards. */
async function benchReview(): Promise<void> {
  const review = largeReview(options.dashboards);
  const times: number[] = [];
  let size = 0;
  for (let run = 0; run < options.runs; run++) {
    const start = performance.now();
    size = Buffer.byteLength(await reviewHtml(review, kinds)) / 1e6;
    times.push((performance.now() - start) / 1000);
  }
  console.log(`  review as HTML         ${median(times).toFixed(2)} s, ${size.toFixed(1)} MB`);
  if (size > 10) failures.push(`${size.toFixed(1)} MB for a review as HTML`);
}

/** Checks 2,000 different expressions, including the time to load the grammars in the first run. */
async function benchLint(): Promise<void> {
  const seconds = await lintTime(2000, options.runs);
  console.log(`  lint, 2,000 queries    ${seconds.toFixed(2)} s`);
  if (seconds > 2) failures.push(`${seconds.toFixed(2)} s for lint of 2,000 queries`);
}

async function benchFormat(format: Format): Promise<void> {
  const floor = floorOf(url, format);
  const creates: number[] = [];
  const applies: number[] = [];
  const lists: number[] = [];
  const plans: number[] = [];
  const changes: number[] = [];
  const imports: number[] = [];
  let [memory, applyMemory, requests] = [0, 0, 0];
  for (let run = 0; run < options.runs; run++) {
    const [prefix, bare] = [`bench-${format}-${process.pid}-${run}`, `bare-${format}-${process.pid}-${run}`];
    const directory = await mkdtemp(join(tmpdir(), "grafana-bench-"));
    try {
      await generate(directory, prefix, options.dashboards, format);
      if (format === "ts") imports.push(await bareImport(prefix, options.dashboards));
      creates.push(await floor.create(bare, options.dashboards));
      await floor.clear(bare);
      const apply = await command(directory, ["apply"]);
      applies.push(apply.seconds);
      applyMemory = Math.max(applyMemory, apply.mebibytes);
      lists.push(await floor.listBodies());
      const plan = await command(directory, ["plan", "--detailed-exitcode"]);
      plans.push(plan.seconds);
      memory = Math.max(memory, plan.mebibytes);
      await writeDashboard(directory, prefix, 0, format, " changed");
      changes.push((await command(directory, ["apply"])).seconds);
      if (run === 0) {
        requests = await countRequests(url, async (proxy) => {
          await command(directory, ["plan", "--detailed-exitcode"], proxy);
        });
      }
    } finally {
      await floor.clear(prefix);
      await rm(directory, { recursive: true, force: true });
    }
  }
  floor.close();

  const [create, list] = [median(creates), median(lists)];
  // Nothing is written before all files were imported, so their import can't overlap with the requests.
  const load = format === "ts" ? median(imports) : 0;
  console.log(`\nfrom ${nameOf(format)}`);
  print({
    what: "first apply",
    took: median(applies),
    floor: create,
    limit: 1.25 * create + load + 0.6,
    rule: `1.25 × creates + ${format === "ts" ? `${load.toFixed(2)} s for a bare import of the files + ` : ""}0.6 s`,
  });
  const { plan, rule, mebibytes } = GOALS[format];
  print({ what: "no-op plan", took: median(plans), floor: list, limit: plan(list), rule });
  console.log(`  one dashboard changed  ${median(changes).toFixed(2)} s`);
  console.log(`  first apply            ${applyMemory.toFixed(0)} MiB at its peak`);
  console.log(`  no-op plan             ${requests} requests, ${memory.toFixed(0)} MiB at its peak`);
  if (requests > 12) failures.push(`${requests} requests for a no-op plan`);
  if (applyMemory > mebibytes) failures.push(`${applyMemory.toFixed(0)} MiB for a first apply from ${nameOf(format)}`);
  if (memory > mebibytes) failures.push(`${memory.toFixed(0)} MiB for a no-op plan from ${nameOf(format)}`);
}

/** Seconds to import as many other files of the same form: the measured command must find its own files for the first time. */
async function bareImport(prefix: string, count: number): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), "grafana-bench-"));
  try {
    await generate(directory, `${prefix}-imported`, count, "ts");
    // The command finds the SDK in its own package. Bare Node looks for it here.
    await symlink(join(import.meta.dirname, "../node_modules"), join(directory, "node_modules"));
    const files = Array.from({ length: count }, (_, index) => dashboardFile(directory, index, "ts"));
    return await importTime(files, directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function nameOf(format: Format): string {
  return `.${extensionOf(format)}${format === "v2" ? " in schema v2" : ""}`;
}

/** Replaces the notification policies of the organization, and resets them at the end. */
async function benchAlerting(): Promise<void> {
  const prefix = `bench-alerting-${process.pid}`;
  const directory = await mkdtemp(join(tmpdir(), "grafana-bench-"));
  const floor = floorOf(url);
  const lists: number[] = [];
  const plans: number[] = [];
  let memory = 0;
  try {
    await generateAlerting(directory, prefix);
    const first = await command(directory, ["apply", "--yes", "--adopt"]);
    for (let run = 0; run < options.runs; run++) {
      lists.push(await floor.listAlerting());
      const plan = await command(directory, ["plan", "--detailed-exitcode"]);
      plans.push(plan.seconds);
      memory = Math.max(memory, plan.mebibytes);
    }
    const list = median(lists);
    console.log(`\n${ALERTING}`);
    console.log(`  first apply            ${first.seconds.toFixed(2)} s`);
    print({ what: "no-op plan", took: median(plans), floor: list, limit: list + 0.5, rule: "lists + 0.5 s" });
    console.log(`  no-op plan             ${memory.toFixed(0)} MiB at its peak`);
  } finally {
    await command(directory, ["destroy", "--yes", "--max-deletes", "1000"]);
    floor.close();
    await rm(directory, { recursive: true, force: true });
  }
}

/** Milliseconds that requests take to a Grafana that is not on the same machine. */
const LATENCY = 20;

/** The tool should be faster than a client that gets each dashboard, although it writes its code. */
async function benchImport(): Promise<void> {
  const { run, sequential, requests } = await measureImport(CLI, url, IMPORTED, LATENCY);
  console.log(`\nimport of ${IMPORTED} dashboards of 20 panels, with a latency of ${LATENCY} ms`);
  print({
    what: "import",
    took: run.seconds,
    floor: sequential,
    limit: sequential,
    rule: "a sequential GET of each dashboard",
  });
  console.log(`  import                 ${(run.seconds / sequential).toFixed(2)} × the GETs`);
  console.log(`  import                 ${requests} requests, ${run.mebibytes.toFixed(0)} MiB at its peak`);
  if (requests >= IMPORTED) failures.push(`${requests} requests for an import of ${IMPORTED} dashboards`);
  if (run.mebibytes > 500) failures.push(`${run.mebibytes.toFixed(0)} MiB for an import of ${IMPORTED} dashboards`);
}

/** One plan for many small Grafana instances must not take much longer than one for a large one. Always on sandboxes. */
async function benchEnvironments(): Promise<void> {
  const [count, each] = [50, 100];
  const { plan, requests } = await manyEnvironments(CLI, count, each);
  const { seconds: floor } = await oneEnvironment(CLI, count * each);
  console.log(`\n${count} environments with ${each} dashboards, compared with ${count * each} in one`);
  print({ what: "no-op plan", took: plan.seconds, floor, limit: 1.5 * floor, rule: "1.5 × one environment" });
  console.log(
    `  no-op plan             ${Math.max(...requests)} requests for each, ${plan.mebibytes.toFixed(0)} MiB at its peak`,
  );
  if (plan.mebibytes > 500) failures.push(`${plan.mebibytes.toFixed(0)} MiB for a plan for ${count} environments`);
}

async function command(directory: string, args: readonly string[], at = url) {
  const env = { GRAFANA_URL: at, GRAFANA_USER: "admin", GRAFANA_PASSWORD: "admin", CI: "1" };
  const run = await runNode([CLI, ...args], { cwd: directory, env });
  if (run.code !== 0) throw new Error(`${args.join(" ")} exited ${run.code}:\n${run.output.slice(-2000)}`);
  return run;
}

function print({ what, took, floor, limit, rule }: Figure): void {
  const within = took <= limit;
  if (!within) failures.push(`${what}: ${took.toFixed(2)} s, allowed ${limit.toFixed(2)} s`);
  const ratio = (took / floor).toFixed(2);
  console.log(
    `  ${what.padEnd(22)} ${took.toFixed(2)} s, floor ${floor.toFixed(2)} s, ratio ${ratio}; allowed ${limit.toFixed(2)} s (${rule})`,
  );
}
