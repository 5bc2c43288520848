import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { lockFolder, whyNoLock, takeLock, type Lock, type LockOptions } from "../../src/ownership/lock.ts";
import { LEDGER, LOCK } from "../../src/ownership/annotations.ts";
import type { GrafanaConnection } from "../../src/grafana/connection.ts";
import { faultyProxy, type Fate } from "../helpers/faulty-proxy.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { MARKS } from "../helpers/mode.ts";
import { consentOf, converge, goalFor, planFor, workspaceOf } from "../helpers/converge.ts";
import { execute, propose } from "../../src/engine/pipeline.ts";
import { muteTiming } from "../../src/index.ts";
import { actions, collection, find, make, objectPath, place, remove, stored, uidsOf } from "./support.ts";

/** On a loaded machine the heartbeat of a running process may be late. */
const TIMES = { beat: 20, life: 600_000, look: 10, patience: 600_000 };

interface Scene {
  readonly grafana: TestGrafana;
  readonly owner: string;
  readonly connection: GrafanaConnection;
  /** The folder that stands for the turn. */
  readonly uid: string;
  readonly take: (who: string, options?: Partial<LockOptions>) => Promise<Lock>;
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
    async take(who, options = {}) {
      const holder = { command: "apply", who };
      const lease = await takeLock(connection, { owner, holder, times: TIMES, note: () => {}, ...options });
      if (!lease) throw new Error("a turn was expected");
      onTestFinished(() => lease.release());
      return lease;
    },
  };
}

/** What another run left there. */
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

describe.runIf(MARKS)("a turn", () => {
  test("is one run's at a time, in whatever number they come", async () => {
    const { take, grafana, uid } = await scene();
    let [inside, most] = [0, 0];
    const run = async (who: string) => {
      const lease = await take(who);
      most = Math.max(most, ++inside);
      await sleep(20);
      inside--;
      await lease.release();
    };
    await Promise.all(["a", "b", "c", "d", "e", "f"].map(run));

    expect(most).toBe(1);
    expect(await find(grafana, "folder", uid), "nothing of it stays").toBeUndefined();
  });

  test("is not one for another owner", async () => {
    const { take, connection, owner } = await scene();
    await take("a");
    const options = { owner: `${owner}-2`, holder: { command: "apply", who: "b" }, times: TIMES, note: () => {} };
    const other = await takeLock(connection, options);
    await other?.release();

    expect(other).toBeDefined();
  });

  test("is waited for, with a word on whose it is, and no longer than there is patience", async () => {
    const { take } = await scene();
    await take("maria@laptop");
    const notes: string[] = [];
    const waiting = take("b", { times: { ...TIMES, patience: 100 }, note: (message) => notes.push(message) });

    await expect(waiting).rejects.toMatchObject({
      exitCode: 7,
      message: expect.stringMatching(
        /^Another run of this project was still at work after 0\.1 seconds \(apply of maria@laptop, since .*\); nothing was changed$/,
      ),
    });
    expect(notes).toEqual([
      expect.stringMatching(/^Waiting for another run of this project: apply of maria@laptop, since /),
    ]);
  });

  test("is not waited for any longer when the run is interrupted", async () => {
    const { take } = await scene();
    await take("a");
    const interrupt = new AbortController();
    const waiting = take("b", { signal: interrupt.signal });
    interrupt.abort();

    await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
  });

  test("of a run elsewhere is waited for as long as it shows that it lives, and taken over after that", async () => {
    const stage = await scene();
    const { take, grafana, uid } = stage;
    await leave(stage, OTHER);
    const clock = vi.spyOn(performance, "now").mockReturnValue(0);
    onTestFinished(() => clock.mockRestore());
    const taking = take("b", { times: { ...TIMES, life: 500 } });
    let taken = false;
    void taking.then(() => (taken = true));
    const looks = () => grafana.requests.filter(({ path }) => path.includes(uid)).length;
    for (let beat = 1; beat <= 5; beat++) {
      const before = looks();
      // The first request was answered before the second was sent.
      while (looks() < before + 2) await sleep(5);
      clock.mockReturnValue(beat * 400);
      const body = { metadata: { annotations: { [LOCK]: JSON.stringify({ ...OTHER, beat }) } } };
      const headers = { "Content-Type": "application/merge-patch+json" };
      await grafana.other.send({ method: "PATCH", path: objectPath("folder", uid), body, headers });
    }
    expect(taken).toBe(false);

    let now = 10_000;
    clock.mockImplementation(() => (now += 500));
    await taking;
    expect((await stored(grafana, "folder", uid)).metadata.annotations[LOCK]).toContain('"who":"b"');
  });

  test("of a process of this machine that was killed is taken over at once", async () => {
    const stage = await scene();
    const { take, grafana, uid } = stage;
    await (await take("a")).release();
    const child = spawn(process.execPath, ["-e", ""]);
    await once(child, "exit");
    const lease = await take("a");
    const own = JSON.parse((await stored(grafana, "folder", uid)).metadata.annotations[LOCK] ?? "");
    await lease.release();
    await leave(stage, { ...OTHER, place: own.place, pid: child.pid });

    const next = await take("b", { times: { ...TIMES, life: 600_000 } });
    expect(next.lost.aborted).toBe(false);
  });

  test("that can't be read is nobody's", async () => {
    const stage = await scene();
    await leave(stage, { something: "else" });

    await expect(stage.take("b")).resolves.toBeDefined();
  });

  test("is lost when another run took this one for dead, and then not given up in its place", async () => {
    const { take, grafana, uid } = await scene();
    const lease = await take("a");
    const body = { metadata: { annotations: { [LOCK]: JSON.stringify(OTHER) } } };
    const headers = { "Content-Type": "application/merge-patch+json" };
    await grafana.other.send({ method: "PATCH", path: objectPath("folder", uid), body, headers });
    if (!lease.lost.aborted) await once(lease.lost, "abort");
    await lease.release();

    expect((await stored(grafana, "folder", uid)).metadata.annotations[LOCK]).toBe(JSON.stringify(OTHER));
  });

  test("is lost when nothing shows any more that this run lives", async () => {
    const { grafana, owner } = await scene();
    const proxy = await faultyProxy(grafana.url);
    onTestFinished(() => proxy.close());
    const { grafana: connection } = await grafana.context(owner, { url: proxy.url, timeout: 100 });
    const options = { owner, holder: { command: "apply", who: "a" }, times: { ...TIMES, life: 300 }, note: () => {} };
    const lease = await takeLock(connection, options);
    proxy.decide(() => "reset");
    if (lease && !lease.lost.aborted) await once(lease.lost, "abort");

    expect(lease?.lost.aborted).toBe(true);
    proxy.decide();
    await lease?.release();
  });

  test("is this run's where the answer to its request was lost", async () => {
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
    const lease = await takeLock(connection, options);
    await lease?.release();

    expect({ broken, lease: lease?.lost.aborted }).toEqual({ broken: 1, lease: false });
    expect(await find(grafana, "folder", uid)).toBeUndefined();
  });

  test("is in nobody's plan", async () => {
    const { grafana, owner, uid, take } = await scene();
    const context = await grafana.context(owner);
    await take("a");
    expect(await uidsOf(grafana, "folder")).toContain(uid);
    const home = place(grafana.name("home"));

    expect(actions(await planFor(context, [home], { prune: true }))).toEqual({ [`folder/${home.uid}`]: "create" });
  });

  test("is there for whoever may make folders", async () => {
    const { connection } = await scene();
    const permissions = { "folders:create": ["folders:uid:platform"] };

    expect(whyNoLock({ ...connection, permissions })).toBe(
      "these credentials may not make a folder for that (missing: folders:create on folders:uid:general)",
    );
    expect(whyNoLock({ ...connection, marks: false })).toBe("this Grafana keeps no marks");
    expect(whyNoLock({ ...connection, permissions: { "folders:create": ["folders:*"] } })).toBeUndefined();
  });
});

describe.runIf(MARKS)("a run", () => {
  /** A project with a ledger in its folder, applied. */
  async function appliedProject() {
    const stage = await scene();
    const { grafana, owner } = stage;
    const context = await grafana.context(owner);
    const folderUid = grafana.name("home");
    const times = [{ weekdays: ["monday"] }];
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

  test("that would only update the ledger waits for the lock, and writes nothing if another run did", async () => {
    const { grafana, owner, context, folderUid, resources, take, setLedger } = await appliedProject();
    const { annotations } = (await stored(grafana, "folder", folderUid)).metadata;
    // The other run has written the mute timing, and not yet the ledger.
    await setLedger((text) => text.replace(',"",', ',"pending",'));
    const other = await take("maria@laptop");
    const before = await stored(grafana, "folder", folderUid);

    const waiting = Promise.withResolvers<string>();
    const executing = execute(workspaceOf(context), {
      goal: goalFor(owner, resources, {}),
      consent: consentOf({}),
      lock: { command: "apply", who: "b" },
      concurrency: 8,
      emit: (event) => void (event.type === "note" && waiting.resolve(event.message)),
    });
    await Promise.race([waiting.promise, executing]);
    expect((await stored(grafana, "folder", folderUid)).metadata).toEqual(before.metadata);
    await setLedger(() => annotations[LEDGER] ?? "");
    const after = await stored(grafana, "folder", folderUid);
    await other.release();

    expect((await executing).outcomes).toEqual([]);
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
});
