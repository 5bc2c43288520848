import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { secretVariables } from "../../src/secrets/sources.ts";

/** A program that starts another one, which keeps its output open: without an end, the command has no result. */
const PARENT = `const { spawn } = require("node:child_process");
spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: ["ignore", "inherit", "ignore"] });
setInterval(() => {}, 1000);`;

test("a command that does not end is ended together with the programs that it started", async () => {
  const directory = await mkdtemp(join(tmpdir(), "grafana-provision-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const secrets = secretVariables(
    { token: { command: [process.execPath, "-e", PARENT] } },
    { environment: {}, directory, forCommands: { PATH: process.env["PATH"] }, timeout: 5000 },
  );

  const failures = await secrets.fetch(["token"]);

  expect(failures.get("token")).toContain("SIGTERM");
  expect(secrets.variables["token"]).toBeUndefined();
});
