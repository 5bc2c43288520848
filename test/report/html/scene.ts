import { spawn } from "node:child_process";
import { cp, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CLI } from "../../helpers/cli.ts";
import { NODE_FLAGS } from "../../helpers/node-flags.ts";

const ROOT = join(import.meta.dirname, "../../..");

/**
 * The output of `plan -o html` for a realistic change to this repository's dashboards and alerts: a higher limit, one
 * panel added, one removed, and another route for warnings.
 */
export async function reviewOfOwnChange(): Promise<string> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), "grafana-provision-review-")));
  try {
    for (const path of ["dashboards", "datasources", "alerts", "grafana.config.ts"])
      await cp(join(ROOT, path), join(directory, path), { recursive: true });
    await command(directory, "apply");
    for (const [file, from, to] of EDITS) {
      const text = await readFile(join(directory, file), "utf8");
      if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
      await writeFile(join(directory, file), text.replace(from, to));
    }
    return await command(directory, "plan", "-o", "html");
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const SLOW_REQUESTS = `
    timeseries("Requests slower than 2 s", "How many requests took longer than two seconds, by route.")
      .span(24)
      .unit(units.RequestsPerSecond)
      .withTarget(
        query("A", \`sum by (method, path) (rate(\${histogram}_count{\${filter}}[5m]) - ignoring(le) rate(\${histogram}_bucket{\${filter}, le="2"}[5m]))\`, "{{method}} {{path}}"),
      ),
  ],`;

const EDITS: readonly (readonly [file: string, from: string, to: string])[] = [
  ["dashboards/_shared/limits.ts", "errorRatio: 0.05", "errorRatio: 0.1"],
  ["dashboards/fastapi/_requests.ts", "\n  ],", SLOW_REQUESTS],
  ["dashboards/fastapi/_status-codes.ts", ".span(8)", ".span(12)"],
  ["dashboards/fastapi/_status-codes.ts", ".span(8)", ".span(12)"],
  ["dashboards/fastapi/_status-codes.ts", "\n    donut(", "\n    ...[].map(() => donut("],
  ["dashboards/fastapi/_status-codes.ts", ".overrides(colors),\n  ],", ".overrides(colors)),\n  ],"],
  ["dashboards/fastapi/_requests.ts", `"Response time",`, `"Response time of requests",`],
  ["alerts/critical.ts", `for: "5m"`, `for: "10m"`],
  ["alerts/policies.ts", `repeat_interval: "1h"`, `repeat_interval: "4h"`],
  [
    "alerts/policies.ts",
    `    {\n      // Catches alerts without a valid severity`,
    `    {\n      receiver: email,\n      object_matchers: [["service", "=", "redis"]],\n      group_wait: "10s",\n    },\n    {\n      // Catches alerts without a valid severity`,
  ],
];

async function command(cwd: string, ...args: string[]): Promise<string> {
  const child = spawn(process.execPath, [...NODE_FLAGS, CLI, ...args], {
    cwd,
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const code = await new Promise((resolve) => child.on("close", resolve));
  if (code !== 0) throw new Error(`${args.join(" ")} exited ${String(code)}:\n${stderr}`);
  return stdout;
}
