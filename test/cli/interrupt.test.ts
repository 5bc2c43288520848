import { spawn } from "node:child_process";
import { expect, test } from "vitest";
import { CLI, testProject } from "../helpers/cli.ts";

const COUNT = 150;

test.each(["SIGINT", "SIGTERM"] as const)(
  "%s waits for the requests in flight, prints the report and exits 5, also on the sandbox",
  async (signal) => {
    const dashboards = Array.from({ length: COUNT }, (_, index) => {
      const model = { uid: `d${index}`, title: `D ${index}`, schemaVersion: 42, panels: [] };
      return [`resources/d${index}.json`, JSON.stringify(model)] as const;
    });
    const project = await testProject(Object.fromEntries(dashboards));
    const child = spawn(process.execPath, [CLI, "apply"], {
      cwd: project.directory,
      env: { PATH: process.env["PATH"], HOME: process.env["HOME"], NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    child.stdout.on("data", (chunk: Buffer) => {
      // The plan is printed just before the first write.
      if (!stdout.includes("Plan:") && chunk.includes("Plan:")) child.kill(signal);
      stdout += chunk.toString();
    });
    const code = await new Promise<number | null>((resolve) => child.on("close", resolve));

    expect(code).toBe(5);
    expect(stdout).toMatch(/Applied: \d+ added, 0 changed, 0 destroyed, \d+ cancelled\./);
    const again = await project.run(["apply"]);
    expect(again.code).toBe(0);
    expect((await project.run(["plan"])).stdout).toContain(`${COUNT} unchanged.`);
  },
);
