import childProcess from "node:child_process";
import { syncBuiltinESMExports } from "node:module";
import fc from "fast-check";
import { runs, SEED } from "./seed.ts";

// Tests must never connect to a user's Grafana that the shell's variables name.
for (const name of Object.keys(process.env)) {
  if (name.startsWith("GRAFANA_")) delete process.env[name];
}

// Makes suggested commands independent of the way in which the tests are started.
process.env["npm_command"] = "exec";

fc.configureGlobal({ seed: SEED, numRuns: runs(100) });

if (process.env["TEST_LANE"] === "unit") {
  const refuse = (): never => {
    throw new Error(
      "A test of npm run test:unit started a process. Add the helper that starts it to STARTS in vitest.config.ts.",
    );
  };
  Object.assign(childProcess, { spawn: refuse, spawnSync: refuse, fork: refuse, exec: refuse, execFile: refuse });
  syncBuiltinESMExports();
}
