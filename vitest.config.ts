import { globSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";

const URL = process.env["TEST_GRAFANA_URL"];
const MODE = process.env["TEST_GRAFANA_MODE"];
const MODES = ["unified", "legacy-storage", "legacy-api"];

/** Takes minutes: a project of its own, which `npm test` leaves out. */
const LARGE = "test/large/*.test.ts";

/** Needs a container engine: the same. */
const CONTAINERS = "test/containers/*.test.ts";

/** What works against a Grafana is tested against every Grafana that there is; the rest runs once. */
const WITH_GRAFANA = globSync("test/**/*.test.ts").filter(
  (file) =>
    /\b(testGrafana|alertingGrafana)\(/.test(readFileSync(file, "utf8")) &&
    // There is no ledger that could say where secrets were.
    !file.endsWith("former-secrets.test.ts"),
);

export default defineConfig({
  test: {
    // A real Grafana is one of them.
    projects: [
      ...(MODE ? [MODE] : URL ? ["unified"] : MODES).map((mode) => ({
        extends: true as const,
        test: {
          name: mode,
          include: mode === "unified" ? ["test/**/*.test.ts"] : WITH_GRAFANA,
          exclude: [LARGE, CONTAINERS],
          env: { TEST_GRAFANA_MODE: mode },
        },
      })),
      { extends: true as const, test: { name: "large", include: [LARGE] } },
      {
        extends: true as const,
        test: { name: "containers", include: [CONTAINERS] },
      },
    ],
    tags: [{ name: "generated", description: "Draws its cases from a seed: test/helpers/seed.ts" }],
    // No test asserts a time, and a loaded machine is slow: these end what hangs. `TEST_RUNS` may take hours.
    testTimeout: process.env["TEST_RUNS"] ? 0 : 900_000,
    hookTimeout: 900_000,
    // Most of the time they wait for other processes, and some for time to pass.
    maxWorkers: availableParallelism() + 1,
    // One real Grafana is shared by all files, and has one default datasource.
    fileParallelism: URL === undefined,
    setupFiles: ["test/helpers/setup.ts"],
    globalSetup: ["test/helpers/print-seed.ts"],
  },
  resolve: {
    alias: [
      { find: "grafana-provision/stack", replacement: join(import.meta.dirname, "src/stack/index.ts") },
      { find: "grafana-provision", replacement: join(import.meta.dirname, "src/index.ts") },
    ],
  },
});
