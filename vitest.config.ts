import { execFileSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { NODE_FLAGS } from "./test/helpers/node-flags.ts";

const URL = process.env["TEST_GRAFANA_URL"];
const MODE = process.env["TEST_GRAFANA_MODE"];
const MODES = ["unified", "legacy-storage", "legacy-api"];

/** A separate project that `npm test` excludes, because it takes minutes. */
const LARGE = "test/large/*.test.ts";

/** A separate project that `npm test` excludes, because it needs a container engine. */
const CONTAINERS = "test/containers/*.test.ts";

/** A separate project that `npm test` excludes, because it installs the packed package, as users do. CI runs it. */
const PACKAGE = "test/package/*.test.ts";

/** A separate project that `npm test` and CI exclude, because it needs a real Grafana and a running backend. */
const END_TO_END = "test/e2e/*.test.ts";

/**
 * `npm test` excludes these files, unless a test file is named: failures, kills, screenshots, edits written back, and most tests
 * of secrets, environments and imports take more than half of the whole time. `npm run test:slow` runs them, and CI a part of them.
 */
const SLOW = [
  "test/alerting/adopted-losses.test.ts",
  "test/alerting/property.test.ts",
  "test/alerting/secrets.test.ts",
  "test/alerting/unreadable-ledger.test.ts",
  "test/backup/kills.test.ts",
  "test/backup/restore.test.ts",
  "test/backup/round-trip.test.ts",
  "test/cli/first-mistakes.test.ts",
  "test/cli/interrupt.test.ts",
  "test/cli/process-end.test.ts",
  "test/cli/prune-guards.test.ts",
  "test/cli/saved-plan.test.ts",
  "test/cli/secrets-on-disk.test.ts",
  "test/cli/stale-plan.test.ts",
  "test/cli/terminal.test.ts",
  "test/code/formats.test.ts",
  "test/engine/destroy-drift.test.ts",
  "test/engine/repository-id.test.ts",
  "test/environments/apply.test.ts",
  "test/environments/html.test.ts",
  "test/environments/import.test.ts",
  "test/environments/mapping.test.ts",
  "test/environments/saved-plans.test.ts",
  "test/environments/secrets.test.ts",
  "test/environments/several.test.ts",
  "test/environments/values.test.ts",
  ...globSync("test/faults/*.test.ts"),
  "test/foreign/files.test.ts",
  "test/foreign/terraform.test.ts",
  "test/import/alerting.test.ts",
  "test/import/command.test.ts",
  "test/import/next.test.ts",
  "test/import/split-projects.test.ts",
  "test/kinds/access/consent.test.ts",
  "test/report/html/browser.test.ts",
  "test/review/base.test.ts",
  "test/review/code-host/drift-pull-request.test.ts",
  "test/review/screenshots/kills.test.ts",
  "test/review/screenshots/limits.test.ts",
  "test/review/screenshots/screenshots.test.ts",
  "test/review/screenshots/stuck-panel.test.ts",
  "test/rollback/common-secrets.test.ts",
  "test/rollback/concurrent.test.ts",
  "test/rollback/kills.test.ts",
  "test/rollback/property.test.ts",
  "test/rollback/recorded-secrets.test.ts",
  "test/rollback/rollback.test.ts",
  "test/rollback/runs.test.ts",
  "test/rollback/schema-v2.test.ts",
  "test/rollback/secrets-only.test.ts",
  "test/secrets/credentials.test.ts",
  "test/secrets/messages.test.ts",
  "test/stack/environment.test.ts",
  "test/update/schema-v2.test.ts",
  "test/update/write-back-command.test.ts",
  "test/update/write-back.test.ts",
];

/** The slowest of `LEGACY`. Without them, `npm test` still rolls back in all modes: `test/rollback/everything.test.ts`. */
const SLOW_LEGACY = ["test/rollback/rollback.test.ts"];

/** CI runs one of this many parts of the slow and the large tests, so that it ends within 20 minutes. */
const PARTS = 8;

/** The part that CI runs, which depends on the commit, so that a failure is repeatable. `TEST_PART` (0 to 7) overrides it. */
function partOfCi(): number {
  const given = process.env["TEST_PART"];
  if (given !== undefined) {
    if (!/^[0-7]$/.test(given)) throw new Error(`TEST_PART must be a number from 0 to ${PARTS - 1}, but is "${given}"`);
    return Number(given);
  }
  const head = execFileSync("git", ["rev-parse", "HEAD"], { cwd: import.meta.dirname, encoding: "utf8" });
  return Number.parseInt(head.slice(0, 8), 16) % PARTS;
}

/** Divides the files among the parts, the longest first, so that all parts take about the same time. */
function otherParts(part: number): string[] {
  const place = (file: string) => (LONGEST.includes(file) ? LONGEST.indexOf(file) : LONGEST.length);
  const files = [...SLOW, ...globSync(LARGE)].toSorted((a, b) => place(a) - place(b) || a.localeCompare(b));
  return files.filter((_, index) => index % PARTS !== part);
}

const IS_FILE_NAMED = process.argv.some((argument) => argument.endsWith(".test.ts"));

const FILES = globSync("test/**/*.test.ts").map((file) => ({ file, text: readFileSync(file, "utf8") }));

/** Tests that use a Grafana. `npm run test:all` runs them in all modes. */
const WITH_GRAFANA = FILES.filter(
  ({ file, text }) =>
    /\b(testGrafana|alertingGrafana)\(/.test(text) &&
    // Requires a ledger, which only unified storage has.
    !file.endsWith("former-secrets.test.ts"),
).map(({ file }) => file);

/**
 * Tests whose results differ on older Grafana versions (other requests for folders and dashboards, ownership and rollback without
 * marks, alerting without a ledger). `npm test` runs them in all modes, and all other tests only on unified storage.
 */
const LEGACY = [
  "test/alerting/behaviour.test.ts",
  "test/cli/provision.test.ts",
  "test/engine/conflict.test.ts",
  "test/engine/no-needless-write.test.ts",
  "test/engine/ownership.test.ts",
  "test/engine/permissions.test.ts",
  "test/engine/prune.test.ts",
  "test/engine/users.test.ts",
  "test/grafana/history.test.ts",
  "test/grafana/role-none.test.ts",
  "test/kinds/api-object/api-object.test.ts",
  "test/kinds/canonical.test.ts",
  "test/kinds/dashboard/v2/unsupported.test.ts",
  "test/kinds/folder.test.ts",
  "test/kinds/library-panel/library-panel.test.ts",
  "test/kinds/playlist/playlist.test.ts",
  "test/property/dashboards.test.ts",
  "test/property/datasources-and-folders.test.ts",
  "test/rollback/everything.test.ts",
  "test/rollback/rollback.test.ts",
  "test/rollback/stored-schema.test.ts",
  "test/rollback/unmarked.test.ts",
];

/** Helpers that start a process, a browser or a server. `npm run test:unit` excludes tests that use one. */
const STARTS =
  /\b(node:child_process|testProject|repository|startChromium|CHROMIUM|faultyProxy|localServer|createServer|webServer|socketServer|apart: true|docs\/(examples|fill))\b/;
const UNIT = FILES.filter(({ text }) => !STARTS.test(text)).map(({ file }) => file);

/** These files take longest. They start first, so that no worker runs one of them alone at the end. */
const LONGEST = [
  "test/containers/stack.test.ts",
  "test/review/code-host/drift-pull-request.test.ts",
  "test/update/write-back.test.ts",
  "test/foreign/files.test.ts",
  "test/foreign/terraform.test.ts",
  "test/faults/kills-edits.test.ts",
  "test/engine/repository-id.test.ts",
  "test/faults/messages.test.ts",
  "test/large/memory.test.ts",
  "test/review/screenshots/screenshots.test.ts",
  "test/faults/kills.test.ts",
  "test/cli/stale-plan.test.ts",
  "test/update/write-back-command.test.ts",
  "test/review/base.test.ts",
  "test/cli/drift.test.ts",
  "test/import/split-projects.test.ts",
  "test/review/screenshots/kills.test.ts",
  "test/rollback/common-secrets.test.ts",
  "test/secrets/credentials.test.ts",
  "test/rollback/schema-v2.test.ts",
  "test/stack/kubernetes.test.ts",
  "test/stack/render.test.ts",
  "test/stack/swarm.test.ts",
  "test/package/workflows.test.ts",
  "test/alerting/secrets.test.ts",
  "test/cli/saved-plan.test.ts",
  "test/cli/secrets-on-disk.test.ts",
  "test/package/package.test.ts",
  "test/content/docs.test.ts",
  "test/review/screenshots/limits.test.ts",
  "test/rollback/rollback.test.ts",
  "test/rollback/runs.test.ts",
  "test/cli/first-mistakes.test.ts",
  "test/cli/target.test.ts",
  "test/grafana/client.test.ts",
  "test/faults/matrix.test.ts",
  "test/stack/cardinality.test.ts",
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const found = LONGEST.findIndex((file) => moduleId.endsWith(file));
      return found < 0 ? LONGEST.length : found;
    };
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b));
  }
}

/** `--mode unit` for `npm run test:unit`, `--mode ci` for `.ci/run`, `--mode full` for `npm run test:all`. */
export default defineConfig(({ mode }) => ({
  test: {
    // Fewer collections of the garbage of the first seconds: a tenth of the processor time.
    execArgv: NODE_FLAGS,
    // A real Grafana has one mode.
    projects: [
      ...(MODE ? [MODE] : URL || mode === "unit" ? ["unified"] : MODES).map((grafana) => ({
        extends: true as const,
        test: {
          name: grafana,
          include: grafana === "unified" ? unifiedFiles(mode) : legacyFiles(mode),
          exclude: [LARGE, CONTAINERS, PACKAGE, END_TO_END, ...slowFiles(grafana, mode)],
          env: { TEST_GRAFANA_MODE: grafana },
        },
      })),
      { extends: true as const, test: { name: "large", include: [LARGE], exclude: partFiles(mode) } },
      { extends: true as const, test: { name: "containers", include: [CONTAINERS] } },
      { extends: true as const, test: { name: "package", include: [PACKAGE] } },
      ...(mode === "ci" ? [] : [{ extends: true as const, test: { name: "e2e", include: [END_TO_END] } }]),
    ],
    env: { TEST_LANE: mode },
    // Omitted for `npm run test:explore`, whose own sequencer shuffles the tests.
    ...(process.argv.some((argument) => argument.startsWith("--sequence."))
      ? {}
      : { sequence: { sequencer: LongestFirst } }),
    tags: [{ name: "generated", description: "Generates its cases from a seed: test/helpers/seed.ts" }],
    // Only to end tests that hang: no test asserts a time, and a loaded machine is slow. With `TEST_RUNS`, tests can take hours.
    testTimeout: process.env["TEST_RUNS"] ? 0 : 900_000,
    hookTimeout: 900_000,
    // Test files share the modules of their worker: loading them again for each file takes a third of the fast lane.
    isolate: false,
    // Workers mostly wait for other processes or for timers.
    maxWorkers: availableParallelism() + 1,
    // All files share a real Grafana, which has only one default datasource.
    fileParallelism: URL === undefined,
    setupFiles: ["test/helpers/setup.ts"],
    globalSetup: ["test/helpers/print-seed.ts", "test/helpers/bundled-package.ts"],
  },
  resolve: {
    alias: [
      { find: "grafana-provision/stack", replacement: join(import.meta.dirname, "src/stack/index.ts") },
      { find: "grafana-provision/testing", replacement: join(import.meta.dirname, "src/testing/index.ts") },
      { find: "grafana-provision", replacement: join(import.meta.dirname, "src/index.ts") },
    ],
  },
}));

function unifiedFiles(mode: string): string[] {
  if (mode === "slow") return SLOW;
  return mode === "unit" ? UNIT : ["test/**/*.test.ts"];
}

/** All tests that use a Grafana, if one mode, one file or everything was requested. Otherwise `LEGACY`. */
function legacyFiles(mode: string): string[] {
  if (mode === "slow") return SLOW_LEGACY;
  return mode === "full" || MODE || IS_FILE_NAMED ? WITH_GRAFANA : LEGACY;
}

/** The files that this run excludes because they are slow. */
function slowFiles(grafana: string, mode: string): string[] {
  if (IS_FILE_NAMED) return [];
  if (mode === "ci") return partFiles(mode);
  if (mode !== "test") return [];
  return grafana === "unified" ? SLOW : SLOW_LEGACY;
}

/** The slow and large files that this run of CI excludes. */
function partFiles(mode: string): string[] {
  return mode === "ci" && !IS_FILE_NAMED ? otherParts(partOfCi()) : [];
}
