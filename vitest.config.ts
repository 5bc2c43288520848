import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Real sockets and child processes: a loaded machine is slow, and no test asserts a time.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // One real Grafana is shared by all files, and has one default datasource.
    fileParallelism: process.env["TEST_GRAFANA_URL"] === undefined,
    setupFiles: ["test/helpers/setup.ts"],
  },
  resolve: { conditions: ["grafana-provision-source"] },
  ssr: { resolve: { conditions: ["grafana-provision-source"] } },
});
