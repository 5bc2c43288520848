import { expect } from "vitest";
import { alertingGrafana } from "../alerting/support.ts";
import { declare, repository } from "../engine/support.ts";
import { states } from "../faults/support.ts";
import type { TestProject } from "../helpers/cli.ts";
import type { TestGrafana } from "../helpers/grafana.ts";

export const PLAN = ["plan", "--prune", "--out", "plan.json"];
export const APPLY = ["apply", "plan.json", "--max-deletes", "50"];

export interface Scene {
  readonly grafana: TestGrafana;
  readonly owner: string;
  readonly project: TestProject;
  readonly codes: readonly [readonly object[], readonly object[]];
  readonly run: (...args: string[]) => Promise<{ code: number | null; stdout: string; stderr: string }>;
}

/** A project that was applied in its first state, with the code and a saved plan of its second. */
export async function scene(): Promise<Scene> {
  const grafana = await alertingGrafana();
  const owner = grafana.name("own");
  const codes = states(grafana);
  const project = await repository(owner, codes[0]);
  const run = (...args: string[]) => project.run(args, grafana.variables);
  const first = await run("apply");
  expect(first.code, first.stdout + first.stderr).toBe(0);
  await declare(project, codes[1]);
  const planned = await run(...PLAN);
  expect({ code: planned.code, stderr: planned.stderr }).toEqual({
    code: 0,
    stderr: expect.stringContaining("apply plan.json\n"),
  });
  return { grafana, owner, project, codes, run };
}
