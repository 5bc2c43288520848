import { once } from "node:events";
import { spawn } from "node:child_process";
import { describe, expect, onTestFinished, test } from "vitest";
import { alertingGrafana } from "../alerting/support.ts";
import { actions, declare, keepDefault, repository } from "../engine/support.ts";
import { CLI, type TestProject } from "../helpers/cli.ts";
import { planFor } from "../helpers/converge.ts";
import { faultyProxy } from "../helpers/faulty-proxy.ts";
import { MARKS } from "../helpers/mode.ts";
import { GENERATED, random, rounds as roundsOf, runs, SEED } from "../helpers/seed.ts";
import { dump, expectSame, runsIn } from "./support.ts";
import { states } from "./states.ts";
import { NODE_FLAGS } from "../helpers/node-flags.ts";

const REAL = process.env["TEST_GRAFANA_URL"] !== undefined;
const CONSENT = ["--yes", "--max-deletes", "50"];
const APPLY = ["apply", "--prune", ...CONSENT];

interface Ended {
  readonly code: number | null;
  readonly text: string;
  readonly writes: number;
}

/** Runs the command line in a process that is killed at one of its writes: before Grafana sees it, or after it answered. */
async function killedAt(
  project: TestProject,
  args: readonly string[],
  variables: Readonly<Record<string, string>>,
  { proxy, at, after }: { proxy: Awaited<ReturnType<typeof faultyProxy>>; at: number; after: boolean },
): Promise<Ended> {
  const child = spawn(process.execPath, [...NODE_FLAGS, CLI, ...args], {
    cwd: project.directory,
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], NO_COLOR: "1", ...variables },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let [text, writes] = ["", 0];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
  proxy.decide(async (request) => {
    const isWrite = request.method !== "GET" && !request.path.includes("dryRun");
    if (!isWrite || ++writes !== at) return "pass";
    if (after) await request.forward();
    child.kill("SIGKILL");
    return "reset";
  });
  const [code] = (await once(child, "close")) as [number | null];
  await proxy.idle();
  proxy.decide();
  return { code, text, writes };
}

/** In so many rounds, each of which kills the rollback with a probability of one half, one is expected. */
const ENOUGH = 6;

describe("after a killed run", GENERATED, () => {
  const rounds = REAL ? 4 : runs(MARKS ? 6 : 4, MARKS ? 16 : 8);
  test(`a rollback restores the former state, for each of ${rounds} killed applies and rollbacks`, async () => {
    const next = random(SEED);
    const grafana = await alertingGrafana();
    await keepDefault(grafana);
    const proxy = await faultyProxy(grafana.url);
    onTestFinished(() => proxy.close());
    const owner = grafana.name("own");
    const [one, two] = states(grafana, { plain: true });
    const project = await repository(owner, one);
    const variables = { ...grafana.variables, GRAFANA_URL: proxy.url };
    const context = await grafana.context(owner);
    const first = await project.run(APPLY, variables);
    expect(first.code, first.stdout + first.stderr).toBe(0);
    const before = await dump(grafana, owner);
    await declare(project, two);

    const whole = await killedAt(project, APPLY, variables, { proxy, at: 0, after: false });
    const undone = await killedAt(project, ["rollback", "latest", ...CONSENT], variables, {
      proxy,
      at: 0,
      after: false,
    });
    expect([whole.code, undone.code], whole.text + undone.text).toEqual([0, 0]);
    expectSame(await dump(grafana, owner), before, "undisturbed");

    let [tried, killed, twice] = [0, 0, 0];
    for (const round of roundsOf(rounds)) {
      tried++;
      const known = await runsIn(project);
      // The first write acquires the lock. A kill there leaves no run.
      const [at, after] = [2 + Math.floor(next() * (whole.writes - 1)), next() < 0.5];
      const what = `round ${round}, killed ${after ? "after" : "before"} write ${at}`;
      const apply = await killedAt(project, APPLY, variables, { proxy, at, after });
      if (apply.code === null) killed++;
      const run = (await runsIn(project)).find((id) => !known.includes(id)) ?? "";
      expect(run, `${what}: ${apply.text}`).not.toBe("");

      const again = { at: 1 + Math.floor(next() * undone.writes), after: next() < 0.5 };
      if (next() < 0.5) {
        const half = await killedAt(project, ["rollback", run, ...CONSENT], variables, { proxy, ...again });
        if (half.code === null) twice++;
      }
      const back = await project.run(["rollback", run, ...CONSENT], variables);
      expect(back.code, `${what}: ${back.stdout}${back.stderr}`).toBe(0);
      expectSame(
        await dump(grafana, owner),
        before,
        `${what}, then ${JSON.stringify(again)}: ${apply.text}${back.stdout}`,
      );
      expect(actions(await planFor(context, one, { prune: true })), what).toEqual({});
    }
    // The number of writes differs slightly between runs, so the last kills can come too late.
    expect(killed).toBeGreaterThan(tried * 0.7 - 1);
    expect(twice).toBeGreaterThan(tried < ENOUGH ? -1 : 0);
  });
});
