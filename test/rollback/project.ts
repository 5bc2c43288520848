import { expect } from "vitest";
import { board, declare, exprOf, place, repository, stored } from "../engine/support.ts";
import type { TestProject } from "../helpers/cli.ts";
import type { TestGrafana } from "../helpers/grafana.ts";

export interface Scene {
  readonly grafana: TestGrafana;
  readonly project: TestProject;
  readonly owner: string;
  readonly a: string;
  readonly b: string;
  readonly home: string;
  run(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }>;
  done(...args: string[]): Promise<string>;
  code(a: string | undefined, b: string | undefined): Promise<void>;
}

/** A project with a folder and up to two dashboards, whose queries the tests change. */
export async function projectOn(grafana: TestGrafana): Promise<Scene> {
  const [owner = "", a = "", b = "", home = ""] = ["own", "a", "b", "home"].map((stem) => grafana.name(stem));
  const folder = place(home);
  const code = (one: string | undefined, two: string | undefined) => [
    folder,
    ...(one === undefined ? [] : [board(a, { folder, expr: one })]),
    ...(two === undefined ? [] : [board(b, { folder, expr: two })]),
  ];
  const project = await repository(owner, code("up", "up"));
  const run = (...args: string[]) => project.run(args, grafana.variables);
  return {
    grafana,
    project,
    owner,
    a,
    b,
    home,
    run,
    async done(...args) {
      const { code: exit, stdout, stderr } = await run(...args);
      expect(exit, stdout + stderr).toBe(0);
      return stdout;
    },
    code: (one, two) => declare(project, code(one, two)),
  };
}

export async function expr(scene: Scene, uid: string): Promise<unknown> {
  return exprOf(await stored(scene.grafana, "dashboard", uid));
}
