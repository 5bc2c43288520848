import { once } from "node:events";
import { describe, expect, onTestFinished, test } from "vitest";
import { REVIEW } from "../../../src/ownership/annotations.ts";
import type { HeartbeatTimes } from "../../../src/ownership/heartbeat.ts";
import { createClient } from "../../../src/grafana/client.ts";
import { connect, type GrafanaConnection } from "../../../src/grafana/connection.ts";
import {
  findLeftovers,
  makeTemporaryFolder,
  removeLeftovers,
} from "../../../src/review/screenshots/temporary-folder.ts";
import { testGrafana, type TestGrafana } from "../../helpers/grafana.ts";
import { MARKS } from "../../helpers/mode.ts";
import { leftBy, serviceAccount } from "./support.ts";

/** The ttl is too long for the heartbeat of a running process to be late on a loaded machine. */
const TIMES = { heartbeatInterval: 30, ttl: 600_000 };
/** The mark of a run without a heartbeat. */
const EXPIRED = { heartbeatInterval: 600_000, ttl: 100 };
const SPEC = { title: "Queue", schemaVersion: 42, panels: [] };

interface Stage {
  readonly grafana: TestGrafana;
  readonly owner: string;
  readonly connection: GrafanaConnection;
  readonly sweep: () => Promise<string[]>;
}

async function stage(times: HeartbeatTimes = EXPIRED): Promise<Stage> {
  const grafana = await testGrafana();
  const owner = grafana.name("own");
  const { grafana: connection } = await grafana.context(owner);
  const signal = new AbortController().signal;
  return {
    grafana,
    owner,
    connection,
    sweep: async () =>
      removeLeftovers(connection, await findLeftovers(connection, owner), { times, pollInterval: 20 }, signal),
  };
}

/** The leftovers of a run on another machine. */
async function leftElsewhere({ connection, owner }: Stage, run = "1"): Promise<string> {
  const uid = `review-${owner}-${run}`;
  const mark = { uid, owner, run, who: "maria@elsewhere", since: "12:00", place: "elsewhere", pid: 1 };
  const annotations = { [REVIEW]: JSON.stringify(mark), "grafana.app/grant-permissions": "default" };
  await connection.folders.create({ metadata: { name: uid, annotations }, spec: { title: uid } });
  return uid;
}

async function put({ connection }: Stage, uid: string, folder: string, mark?: object): Promise<void> {
  const annotations = { "grafana.app/folder": folder, ...(mark ? { [REVIEW]: JSON.stringify(mark) } : {}) };
  await connection.dashboards.create({ metadata: { name: uid, annotations }, spec: SPEC });
}

describe.runIf(MARKS)("the temporary folder", () => {
  test("and its content are visible only to its creator, and deleted together", async () => {
    const { grafana, owner, connection } = await stage();
    const folder = await makeTemporaryFolder(connection, { owner, who: "me" });
    const uids = [await folder.put(SPEC), await folder.put(SPEC)];
    expect(await leftBy({ grafana, owner })).toHaveLength(3);
    const grants = (await grafana.other.send({ method: "GET", path: `/api/folders/${folder.uid}/permissions` })) as {
      role?: string;
    }[];
    expect(grants.filter(({ role }) => role)).toEqual([]);
    expect(uids.every((uid) => uid.startsWith(folder.uid) && uid.length <= 40)).toBe(true);

    expect(await folder.remove()).toEqual([]);
    expect(await leftBy({ grafana, owner })).toEqual([]);
  });

  test.each(["Editor", "Admin"] as const)("can be created and deleted with the token of an %s", async (role) => {
    const { grafana, owner } = await stage();
    const client = await createClient({ url: grafana.url, credentials: await serviceAccount(grafana, role) });
    onTestFinished(() => client.close());
    const folder = await makeTemporaryFolder(await connect(client, owner), { owner, who: "ci" });
    await folder.put(SPEC);
    expect(await folder.remove()).toEqual([]);
    expect(await leftBy({ grafana, owner })).toEqual([]);
  });

  test("is kept with content of other users, and a note says so", async () => {
    const scene = await stage();
    const { grafana, owner, connection } = scene;
    const folder = await makeTemporaryFolder(connection, { owner, who: "me" });
    const copy = await folder.put(SPEC);
    const [theirs, copied] = [grafana.name("theirs"), grafana.name("copied")];
    await put(scene, theirs, folder.uid);
    // A copy that a user made in the UI has the mark too, but the mark names another dashboard.
    const { metadata } = (await connection.dashboards.find(copy))!;
    await put(scene, copied, folder.uid, JSON.parse(metadata.annotations?.[REVIEW] ?? "") as object);

    const [note] = await folder.remove();
    expect(note).toContain(
      `The temporary folder ${folder.uid} was not deleted: it contains dashboards that this tool did not create`,
    );
    expect(note).toContain(theirs);
    expect(note).toContain(copied);
    expect(await connection.dashboards.find(copy)).toBeUndefined();
    expect(await connection.dashboards.find(copied)).toBeDefined();

    await grafana.other.send({ method: "DELETE", path: `/api/dashboards/uid/${theirs}` });
    await grafana.other.send({ method: "DELETE", path: `/api/dashboards/uid/${copied}` });
    // The process of the folder still runs, so only its missing heartbeat shows that it is left.
    expect(await scene.sweep()).toEqual([]);
    expect(await connection.folders.find(folder.uid)).toBeUndefined();
  });

  test("is kept with another folder in it", async () => {
    const { grafana, owner, connection, sweep } = await stage();
    const folder = await makeTemporaryFolder(connection, { owner, who: "me" });
    const inner = grafana.name("inner");
    const annotations = { "grafana.app/folder": folder.uid };
    await connection.folders.create({ metadata: { name: inner, annotations }, spec: { title: "Inner" } });
    const [note] = await folder.remove();
    expect(note).toContain(`The temporary folder ${folder.uid} was not deleted: `);
    expect(await connection.folders.find(inner)).toBeDefined();
    await connection.folders.remove((await connection.folders.find(inner))!);
    await sweep();
    expect(await leftBy({ grafana, owner })).toEqual([]);
  });

  test("of a running run is not a leftover", async () => {
    const { connection, owner, sweep } = await stage(TIMES);
    const folder = await makeTemporaryFolder(connection, { owner, who: "me", times: TIMES });
    const copy = await folder.put(SPEC);
    expect(await sweep()).toEqual([]);
    expect(await connection.dashboards.find(copy)).toBeDefined();
    expect(folder.lost.aborted).toBe(false);
    expect(await folder.remove()).toEqual([]);
  });

  test("of a run on another machine without a heartbeat is deleted with all objects that the run created", async () => {
    const scene = await stage();
    const { grafana, owner, sweep } = scene;
    const uid = await leftElsewhere(scene);
    await put(scene, `${uid}-1`, uid, { uid: `${uid}-1`, owner, run: "1" });
    expect(await leftBy({ grafana, owner })).toHaveLength(2);
    expect(await sweep()).toEqual([]);
    expect(await leftBy({ grafana, owner })).toEqual([]);
  });

  test("of another owner is not a leftover", async () => {
    const scene = await stage();
    const other = { ...scene, owner: scene.grafana.name("another") };
    const uid = await leftElsewhere(other);
    await scene.sweep();
    const folder = await scene.connection.folders.find(uid);
    expect(folder).toBeDefined();
    await scene.connection.folders.remove(folder!);
  });

  test("is lost if another run takes it", async () => {
    const { connection, owner } = await stage();
    const folder = await makeTemporaryFolder(connection, { owner, who: "me", times: TIMES });
    await connection.folders.annotate?.(folder.uid, { [REVIEW]: JSON.stringify({ uid: folder.uid, owner, run: "2" }) });
    if (!folder.lost.aborted) await once(folder.lost, "abort");
    expect(folder.lost.aborted).toBe(true);
    expect(await folder.remove()).toEqual([]);
    const there = await connection.folders.find(folder.uid);
    expect(there).toBeDefined();
    await connection.folders.remove(there!);
  });
});
