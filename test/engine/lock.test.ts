import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { KindContext } from "../../src/engine/kind-context.ts";
import { lockFolder, waitForLock, whyNoLock, type Lock, type LockOptions } from "../../src/ownership/lock.ts";
import { LEDGER, LOCK } from "../../src/ownership/annotations.ts";
import type { GrafanaConnection } from "../../src/grafana/connection.ts";
import { watchHeartbeat } from "../../src/ownership/heartbeat.ts";
import { thisProcess } from "../../src/ownership/process.ts";
import { faultyProxy, type Fate } from "../helpers/faulty-proxy.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { MARKS } from "../helpers/mode.ts";
import { consentOf, converge, goalFor, planFor, workspaceOf } from "../helpers/converge.ts";
import { apply } from "../../src/engine/apply.ts";
import { kinds } from "../../src/kinds/index.ts";
import { execute, propose } from "../../src/engine/pipeline.ts";
import { folder, muteTiming } from "../../src/index.ts";
import { actions, collection, edit, find, make, objectPath, place, remove, stored, uidsOf } from "./support.ts";

/** The ttl and the timeout are too long to pass on a loaded machine: tests move the clock. */
const TIMES = { heartbeatInterval: 20, ttl: 600_000, pollInterval: 10, timeout: 600_000 };

interface Scene {
  readonly grafana: TestGrafana;
  readonly owner: string;
  readonly connection: GrafanaConnection;
  /** The uid of the lock's folder. */
  readonly uid: string;
  readonly acquire: (who: string, options?: Partial<LockOptions>) => Promise<Lock>;
}

async function scene(): Promise<Scene> {
  const grafana = await testGrafana();
  const owner = grafana.name("own");
  const { grafana: connection } = await grafana.context(owner);
  const uid = lockFolder(owner);
  onTestFinished(async () => {
    if (await find(grafana, "folder", uid)) await remove(grafana, "folder", uid);
  });
  return {
    grafana,
    owner,
    connection,
    uid,
    async acquire(who, options = {}) {
      const holder = { command: "apply", who };
      const lock = await waitForLock(connection, { owner, holder, times: TIMES, note: () => {}, ...options });
      if (!lock) throw new Error("a lock was expected");
      onTestFinished(() => lock.release());
      return lock;
    },
  };
}

/** Creates the lock as another run left it. */
async function leave({ grafana, uid }: Scene, stored: object): Promise<void> {
  const annotations = { [LOCK]: JSON.stringify(stored), "grafana.app/grant-permissions": "default" };
  await make(grafana, "folder", uid, { spec: { title: uid }, annotations });
}

const OTHER = {
  run: "1",
  command: "apply",
  who: "maria@elsewhere",
  since: "12:00",
  place: "elsewhere",
  pid: 1,
  beat: 0,
};

const HOLDER = { command: "apply", who: "a" };

/** Changes the holder that the lock names. */
async function annotate({ grafana, uid }: Pick<Scene, "grafana" | "uid">, holder: object): Promise<void> {
  const body = { metadata: { annotations: { [LOCK]: JSON.stringify(holder) } } };
  const headers = { "Content-Type": "application/merge-patch+json" };
  await grafana.other.send({ method: "PATCH", path: objectPath("folder", uid), body, headers });
}

describe.runIf(MARKS)("the lock", () => {
  test("is held by one run at a time", async () => {
    const { acquire, grafana, uid } = await scene();
    let [inside, most] = [0, 0];
    const run = async (who: string) => {
      const lock = await acquire(who);
      most = Math.max(most, ++inside);
      await sleep(20);
      inside--;
      await lock.release();
    };
    await Promise.all(["a", "b", "c", "d", "e", "f"].map(run));

    expect(most).toBe(1);
    expect(await find(grafana, "folder", uid), "no folder is left").toBeUndefined();
  });

  test("does not lock other owners", async () => {
    const { acquire, connection, owner } = await scene();
    await acquire("a");
    const options = { owner: `${owner}-2`, holder: { command: "apply", who: "b" }, times: TIMES, note: () => {} };
    const other = await waitForLock(connection, options);
    await other?.release();

    expect(other).toBeDefined();
  });

  test("is waited for until the timeout, and a note names the holder", async () => {
    const { acquire, owner } = await scene();
    await acquire("maria@laptop");
    const notes: string[] = [];
    const waiting = acquire("b", { times: { ...TIMES, timeout: 100 }, note: (message) => notes.push(message) });

    const holder = "apply by maria@laptop, since ";
    await expect(waiting).rejects.toMatchObject({ exitCode: 7, message: expect.stringContaining(holder) });
    expect(notes).toEqual([expect.stringContaining(`project ${owner}: ${holder}`)]);
  });

  test("is not waited for after an interrupt", async () => {
    const { acquire } = await scene();
    await acquire("a");
    const interrupt = new AbortController();
    const waiting = acquire("b", { signal: interrupt.signal });
    interrupt.abort();

    await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
  });

  test("of another machine's run is waited for while it sends heartbeats, and taken over after the ttl", async () => {
    const stage = await scene();
    const { acquire, grafana, uid } = stage;
    await leave(stage, OTHER);
    const clock = vi.spyOn(performance, "now").mockReturnValue(0);
    onTestFinished(() => clock.mockRestore());
    const acquiring = acquire("b", { times: { ...TIMES, heartbeatInterval: 10_000, ttl: 20_000 } });
    let acquired = false;
    void acquiring.then(() => (acquired = true));
    const polls = () => grafana.requests.filter(({ path }) => path.includes(uid)).length;
    for (let beat = 1; beat <= 5; beat++) {
      const before = polls();
      // The first request was answered before the second was sent.
      while (polls() < before + 2) await sleep(5);
      clock.mockReturnValue(beat * 8_000);
      await annotate(stage, { ...OTHER, beat });
    }
    expect(acquired).toBe(false);

    let now = 50_000;
    clock.mockImplementation(() => (now += 100));
    await acquiring;
    expect((await stored(grafana, "folder", uid)).metadata.annotations[LOCK]).toContain('"who":"b"');
  });

  test("of a process of this machine that runs is never taken over", async () => {
    const stage = await scene();
    const { acquire, grafana, uid } = stage;
    await leave(stage, { ...OTHER, ...thisProcess() });
    const before = await stored(grafana, "folder", uid);
    let now = 0;
    const clock = vi.spyOn(performance, "now").mockImplementation(() => (now += 100));
    onTestFinished(() => clock.mockRestore());

    const times = { ...TIMES, heartbeatInterval: 10_000, ttl: 20_000, timeout: 100_000 };
    await expect(acquire("b", { times })).rejects.toMatchObject({ exitCode: 7 });
    expect(await stored(grafana, "folder", uid)).toEqual(before);
  });

  test("of a process of this machine that was killed is taken over at once", async () => {
    const stage = await scene();
    const child = spawn(process.execPath, ["-e", ""]);
    await once(child, "exit");
    await leave(stage, { ...OTHER, ...thisProcess(), pid: child.pid });

    expect((await stage.acquire("b")).lost.aborted).toBe(false);
  });

  test("of a killed process whose pid another process has is taken over at once", async () => {
    const stage = await scene();
    await leave(stage, { ...OTHER, ...thisProcess(), started: "1" });

    expect((await stage.acquire("b")).lost.aborted).toBe(false);
  });

  test("is taken over if it names no holder", async () => {
    const stage = await scene();
    await leave(stage, { something: "else" });

    await expect(stage.acquire("b")).resolves.toBeDefined();
  });

  test("is lost when another run takes it over, and is not released then", async () => {
    const stage = await scene();
    const { acquire, grafana, uid } = stage;
    const lock = await acquire("a");
    await annotate(stage, OTHER);
    if (!lock.lost.aborted) await once(lock.lost, "abort");
    await lock.release();

    expect((await stored(grafana, "folder", uid)).metadata.annotations[LOCK]).toBe(JSON.stringify(OTHER));
  });

  test("is lost when no heartbeat reaches Grafana for the ttl", async () => {
    const { grafana, owner } = await scene();
    const proxy = await faultyProxy(grafana.url);
    onTestFinished(() => proxy.close());
    const { grafana: connection } = await grafana.context(owner, { url: proxy.url, retryDelay: 1 });
    const lock = await waitForLock(connection, { owner, holder: HOLDER, times: TIMES, note: () => {} });
    proxy.decide(() => "reset");
    const later = performance.now() + TIMES.ttl;
    const clock = vi.spyOn(performance, "now").mockReturnValue(later);
    onTestFinished(() => clock.mockRestore());
    if (lock && !lock.lost.aborted) await once(lock.lost, "abort");

    expect(lock?.lost.aborted).toBe(true);
    proxy.decide();
    await lock?.release();
  });

  describe("is confirmed before a write", () => {
    /** An interval that does not pass during a test. */
    const HOUR = 3_600_000;

    /** A holder that has sent no heartbeat, and the clock. */
    async function paused() {
      const stage = await scene();
      const lock = await stage.acquire("a", { times: { ...TIMES, heartbeatInterval: HOUR, ttl: 3 * HOUR } });
      const before = stage.grafana.requests.length;
      const start = performance.now();
      const clock = vi.spyOn(performance, "now");
      onTestFinished(() => clock.mockRestore());
      return {
        ...stage,
        lock,
        pause: (milliseconds: number) => void clock.mockReturnValue(start + milliseconds),
        sent: () => stage.grafana.requests.length - before,
      };
    }

    test("without a request after a recent heartbeat", async () => {
      const { lock, pause, sent } = await paused();
      pause(1.5 * HOUR);
      await lock.confirm();

      expect({ sent: sent(), lost: lock.lost.aborted }).toEqual({ sent: 0, lost: false });
    });

    test("with a heartbeat after a pause", async () => {
      const { lock, pause, grafana, uid } = await paused();
      pause(60 * HOUR);
      await lock.confirm();

      expect(lock.lost.aborted).toBe(false);
      expect((await stored(grafana, "folder", uid)).metadata.annotations[LOCK]).toContain('"beat":1');
    });

    test("and is lost if another run took it over during the pause", async () => {
      const { lock, pause, ...stage } = await paused();
      await annotate(stage, OTHER);
      pause(60 * HOUR);
      await lock.confirm();

      expect(lock.lost.aborted).toBe(true);
    });
  });

  test("is acquired even if the response to the request was lost", async () => {
    const { grafana, owner, uid } = await scene();
    let broken = 0;
    const proxy = await faultyProxy(grafana.url, async ({ method, path, forward }) => {
      if (method !== "POST" || !path.startsWith(collection("folder"))) return "pass";
      await forward();
      broken++;
      return "reset";
    });
    onTestFinished(() => proxy.close());
    const { grafana: connection } = await grafana.context(owner, { url: proxy.url });
    const options = { owner, holder: { command: "apply", who: "a" }, times: TIMES, note: () => {} };
    const lock = await waitForLock(connection, options);
    await lock?.release();

    expect({ broken, lock: lock?.lost.aborted }).toEqual({ broken: 1, lock: false });
    expect(await find(grafana, "folder", uid)).toBeUndefined();
  });

  test("is in no plan", async () => {
    const { grafana, owner, uid, acquire } = await scene();
    const context = await grafana.context(owner);
    await acquire("a");
    expect(await uidsOf(grafana, "folder")).toContain(uid);
    const home = place(grafana.name("home"));

    expect(actions(await planFor(context, [home], { prune: true }))).toEqual({ [`folder/${home.uid}`]: "create" });
  });

  test("requires the permission to create folders", async () => {
    const { connection } = await scene();
    const permissions = { "folders:create": ["folders:uid:platform"] };

    expect(whyNoLock({ ...connection, permissions })).toBe(
      "the credentials lack the permission to create its folder (missing: folders:create on folders:uid:general)",
    );
    expect(whyNoLock({ ...connection, marks: false })).toBe("this Grafana stores no annotations");
    expect(whyNoLock({ ...connection, permissions: { "folders:create": ["folders:*"] } })).toBeUndefined();
  });
});

describe("the heartbeat of another run", () => {
  const TTL = { heartbeatInterval: 10, ttl: 30 };

  test("is missing after the ttl without a new version", () => {
    const isExpired = watchHeartbeat(TTL);
    expect([0, 10, 20, 29, 30].map((now) => isExpired("1", now))).toEqual([false, false, false, false, true]);
  });

  test("counts from each new version", () => {
    const isExpired = watchHeartbeat(TTL);
    for (const now of [0, 10, 20]) expect(isExpired("1", now)).toBe(false);
    expect([28, 38, 48, 58].map((now) => isExpired("2", now))).toEqual([false, false, false, true]);
  });

  test("counts again after a poll that came late", () => {
    const isExpired = watchHeartbeat(TTL);
    for (const now of [0, 10, 20]) expect(isExpired("1", now)).toBe(false);
    expect([100, 110, 120, 130].map((now) => isExpired("1", now))).toEqual([false, false, false, true]);
  });
});

describe.runIf(MARKS)("a run", () => {
  /** A project with a ledger in its folder, applied. */
  async function appliedProject() {
    const stage = await scene();
    const { grafana, owner } = stage;
    const context = await grafana.context(owner);
    const folderUid = grafana.name("home");
    const times = [{ weekdays: ["monday" as const] }];
    const resources = [place(folderUid), muteTiming({ name: grafana.name("nights"), time_intervals: times })];
    await converge(context, resources);
    const setLedger = async (change: (text: string) => string) => {
      const { annotations } = (await stored(grafana, "folder", folderUid)).metadata;
      const body = { metadata: { annotations: { [LEDGER]: change(annotations[LEDGER] ?? "") } } };
      const headers = { "Content-Type": "application/merge-patch+json" };
      await grafana.other.send({ method: "PATCH", path: objectPath("folder", folderUid), body, headers });
    };
    return { ...stage, context, folderUid, resources, setLedger };
  }

  /** Starts a run; resolves when it waits for the lock, or has ended. */
  const waitingRun = async (context: KindContext, owner: string, code: readonly { kind: string }[]) => {
    const waiting = Promise.withResolvers<string>();
    const ended = execute(workspaceOf(context), {
      goal: goalFor(owner, code, {}),
      consent: consentOf({}),
      lock: { command: "apply", who: "b" },
      concurrency: 8,
      emit: (event) => void (event.type === "note" && waiting.resolve(event.message)),
    });
    await Promise.race([waiting.promise, ended]);
    return { ended };
  };

  test("that would only write a mark waits for the lock", async () => {
    const { grafana, owner, context, folderUid, acquire } = await appliedProject();
    const described = (description: string) => folder({ uid: folderUid, title: folderUid, description });
    await edit(grafana, "folder", folderUid, ({ spec }) => (spec["description"] = "by hand"));
    const before = await stored(grafana, "folder", folderUid);
    const other = await acquire("maria@laptop");

    const executing = await waitingRun(context, owner, [described("by hand")]);
    expect((await stored(grafana, "folder", folderUid)).metadata).toEqual(before.metadata);
    await other.release();

    expect((await executing.ended).outcomes).toEqual([]);
    expect((await planFor(context, [described("by hand")])).takenOver.size).toBe(0);
  });

  test("that would only update the ledger waits for the lock, and writes nothing if another run did", async () => {
    const { grafana, owner, context, folderUid, resources, acquire, setLedger } = await appliedProject();
    const { annotations } = (await stored(grafana, "folder", folderUid)).metadata;
    // The other run has written the mute timing, and not yet the ledger.
    await setLedger((text) => text.replace(',"",', ',"pending",'));
    const other = await acquire("maria@laptop");
    const before = await stored(grafana, "folder", folderUid);

    const executing = await waitingRun(context, owner, resources);
    expect((await stored(grafana, "folder", folderUid)).metadata).toEqual(before.metadata);
    await setLedger(() => annotations[LEDGER] ?? "");
    const after = await stored(grafana, "folder", folderUid);
    await other.release();

    expect((await executing.ended).outcomes).toEqual([]);
    expect((await stored(grafana, "folder", folderUid)).metadata).toEqual(after.metadata);
  });

  test("plans again if the ledger changed between its read and the lists", async () => {
    const { grafana, owner, resources, setLedger } = await appliedProject();
    let changed = false;
    const proxy = await faultyProxy(grafana.url, async ({ method, path, forward }): Promise<Fate> => {
      if (method !== "GET" || !path.startsWith(collection("folder")) || changed) return "pass";
      changed = true;
      await forward();
      await setLedger((text) =>
        text.replace(/"serial":(\d+)/, (_, serial: string) => `"serial":${Number(serial) + 1}`),
      );
      return "pass";
    });
    onTestFinished(() => proxy.close());
    const context = await grafana.context(owner, { url: proxy.url });
    const proposal = await propose(workspaceOf(context), goalFor(owner, resources, {}), consentOf({}), () => {});

    expect(await proposal.isCurrent()).toBe(false);
    expect(changed).toBe(true);
    const again = await propose(workspaceOf(context), goalFor(owner, resources, {}), consentOf({}), () => {});
    expect(await again.isCurrent()).toBe(true);
  });

  test("that loses the lock starts no change, and leaves the ledger to its new holder", async () => {
    const { grafana, owner, context, folderUid, resources } = await appliedProject();
    const changed = [...resources, place(grafana.name("new"))];
    const goal = goalFor(owner, changed, {});
    const proposal = await propose(workspaceOf(context), goal, consentOf({}), () => {});
    const prepared = await proposal.plan(consentOf({}));
    const before = await stored(grafana, "folder", folderUid);
    const lost = new AbortController();
    const lock = { lost: lost.signal, confirm: async () => lost.abort() };
    const options = { kinds, concurrency: 8, emit: () => {}, signal: lost.signal, lock };
    const outcomes = await apply(proposal.context, prepared, options);

    expect(outcomes.map(({ status }) => status)).toEqual(["cancelled"]);
    expect(await find(grafana, "folder", grafana.name("new"))).toBeUndefined();
    expect(await stored(grafana, "folder", folderUid)).toEqual(before);
  });
});
