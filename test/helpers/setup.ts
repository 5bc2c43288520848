import fc from "fast-check";
import { runs, SEED } from "./seed.ts";

// A test must never reach a user's Grafana, whatever the shell that runs it has set.
for (const name of Object.keys(process.env)) {
  if (name.startsWith("GRAFANA_")) delete process.env[name];
}

fc.configureGlobal({ seed: SEED, numRuns: runs(100) });
