import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, onTestFinished, test } from "vitest";
import { CHROMIUM } from "../../helpers/chromium.ts";
import type { Decide, Passing } from "../../helpers/faulty-proxy.ts";
import { MARKS } from "../../helpers/mode.ts";
import { GENERATED, random, rounds, runs, SEED } from "../../helpers/seed.ts";
import { board, leftBy, scene, type Scene } from "./support.ts";
import { CLI } from "../../helpers/cli.ts";

const KILLS = runs(5, 10);

async function ready(): Promise<Scene> {
  const stage = await scene({ apart: true });
  const panels = [1, 2, 3].map((id) => ({ id, title: `Panel ${id}` }));
  await stage.project.write({
    "resources/a.ts": board(`${stage.owner}-a`, "A", panels),
    "resources/b.ts": board(`${stage.owner}-b`, "B", panels),
  });
  return stage;
}

/** Starts a review; `at` is called for every request, and can change its fate. */
async function running(
  stage: Scene,
  at: (count: number, request: Passing, child: ReturnType<typeof spawn>) => ReturnType<Decide>,
) {
  const child = spawn(process.execPath, [CLI, "review", "--screenshots"], {
    cwd: stage.project.directory,
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], NO_COLOR: "1", ...stage.variables },
    stdio: ["ignore", "ignore", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let [count, errors] = [0, ""];
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  // Includes pages, which are counted before this is called.
  stage.decide((request) => at(++count, request, child));
  const [code] = (await once(child, "exit")) as [number | null];
  stage.decide(() => "pass");
  await stage.proxy.idle();
  return { code, count, errors };
}

describe.runIf(MARKS && CHROMIUM)("review --screenshots", () => {
  test("if it is killed, leaves objects that the next run deletes", GENERATED, async () => {
    const stage = await ready();
    // From the first request that creates an object to the last one.
    let first = 0;
    const whole = await running(stage, (count, { method, path }) => {
      if (first === 0 && method === "POST" && path.includes("/folders")) first = count;
      return "pass";
    });
    expect(whole.code, whole.errors).toBe(0);
    expect(await leftBy(stage)).toEqual([]);

    const draw = random(SEED);
    let [left, killed] = [0, 0];
    let tried = 0;
    for (const kill of rounds(KILLS)) {
      tried++;
      const point = first + Math.floor(((draw() * KILLS + kill) / 2 / KILLS) * (whole.count - first));
      const carriedOut = draw() < 0.5;
      const { code } = await running(stage, async (count, request, child) => {
        if (count !== point) return "pass";
        if (carriedOut) await request.forward();
        child.kill("SIGKILL");
        return "reset";
      });
      if (code === null) killed++;
      const there = await leftBy(stage);
      left += there.length;
      // There is nothing to take screenshots of, but the cleanup is the same.
      const next = await stage.review(["--only", "folder"]);
      expect(next.code, next.stderr).toBe(0);
      expect(await leftBy(stage), `killed at request ${point}, which left ${there.join(", ")}`).toEqual([]);
    }
    expect(killed).toBeGreaterThanOrEqual(tried - 2);
    expect(left, "some runs must leave objects, or nothing is tested").toBeGreaterThan(tried < KILLS ? -1 : KILLS);
  });

  test.each(["SIGINT", "SIGTERM"] as const)("if it is interrupted by %s, cleans up and exits 5", async (signal) => {
    const stage = await ready();
    let sent = false;
    const { code, errors } = await running(stage, (_count, { path, method }, child) => {
      // The second copy is in flight.
      if (!sent && method === "POST" && path.includes("/dashboards") && stage.pages.length > 0) {
        sent = true;
        child.kill(signal);
      }
      return "pass";
    });
    expect(sent).toBe(true);
    expect(code, errors).toBe(5);
    expect(await leftBy(stage)).toEqual([]);
  });

  test("if Grafana fails, cleans up and reports why there are no screenshots", async () => {
    const stage = await ready();
    const { code } = await running(stage, (_count, { path, method }) =>
      method === "POST" && path.includes("/dashboards") && stage.pages.length > 0
        ? { status: 422, headers: { "content-type": "application/json" }, body: '{"message":"no such thing"}' }
        : "pass",
    );
    expect(code).toBe(0);
    expect(await leftBy(stage)).toEqual([]);
  });
});
