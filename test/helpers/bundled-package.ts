import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { bundledPackage } from "../../scripts/bundle.ts";

/** Runs before all tests of each project: bundles the package once. Tests start its command, which starts faster than the checkout's. */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (process.env["TEST_CLI"] || project.config.env["TEST_LANE"] === "unit") return undefined;
  const directory = await realpath(await mkdtemp(join(tmpdir(), "grafana-provision-bundle-")));
  process.env["TEST_CLI"] = await bundledPackage(directory);
  return () => rm(directory, { recursive: true, force: true });
}
