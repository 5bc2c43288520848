import { expect, test } from "vitest";
import { connect } from "../../src/grafana/connection.ts";
import type { Client, Request } from "../../src/grafana/client.ts";
import type { KindContext } from "../../src/engine/kind-context.ts";
import { datasource } from "../../src/index.ts";
import { converge, planFor } from "../helpers/converge.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { KUBERNETES, MARKS } from "../helpers/mode.ts";
import { board, carryOut, collection, datasourceNow, edit, place, stored } from "./support.ts";

const METADATA_ALONE = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/** A context that records its requests, including those of the connection, like a second run of a user. */
async function watched(grafana: TestGrafana, owner: string): Promise<{ context: KindContext; sent: Request[] }> {
  const sent: Request[] = [];
  const context = await grafana.context(owner);
  const { client } = context.grafana;
  const spy: Client = {
    url: client.url,
    send(request) {
      sent.push(request);
      return client.send(request);
    },
    close: () => client.close(),
  };
  return { context: { ...context, grafana: await connect(spy, owner) }, sent };
}

/**
 * Omits other users' datasources on a shared Grafana, each of which costs a request, and lists of kinds that are not in
 * the code, which the command line doesn't read.
 */
function counted(sent: readonly Request[], own: readonly string[]): Request[] {
  return sent.filter(({ path }) => {
    if (path.startsWith("/api/v1/provisioning/") || path.startsWith("/api/ruler/")) return false;
    const uid = /^\/api\/datasources\/uid\/(.+)$/.exec(path)?.[1];
    return uid === undefined || own.includes(uid);
  });
}

const bodiesOf = (sent: readonly Request[]) =>
  sent.filter(({ method, path }) => method === "GET" && path.startsWith(`${collection("dashboard")}/`));
const listsOf = (sent: readonly Request[]) =>
  sent.filter(({ method, path }) => method === "GET" && path.startsWith(`${collection("dashboard")}?`));
const writesOf = (sent: readonly Request[]) => sent.filter(({ method }) => method !== "GET");

/** 60 dashboards in a folder, and a datasource. */
function sixty(grafana: TestGrafana) {
  const home = place(grafana.name("home"));
  const source = grafana.name("source");
  const uids = Array.from({ length: 60 }, (_, index) => grafana.name(`b${index}`));
  const code = (change: Record<string, string> = {}) => [
    home,
    datasource({ uid: source, name: source, type: "prometheus", url: "http://prometheus:9090" }),
    ...uids.map((uid) => board(uid, { folder: home, ...(change[uid] ? { expr: change[uid] } : {}) })),
  ];
  const versions = async () => ({
    folder: (await stored(grafana, "folder", home.uid ?? "")).metadata.resourceVersion,
    datasource: (await datasourceNow(grafana, source))?.version,
    dashboards: await Promise.all(
      uids.map(async (uid) => (await stored(grafana, "dashboard", uid)).metadata.resourceVersion),
    ),
  });
  return { home, source, uids, code, versions };
}

test.runIf(MARKS)(
  "60 dashboards: a run without changes reads only metadata and writes nothing; one change reads and writes one dashboard [needs marks]",
  async () => {
    const grafana = await testGrafana();
    const owner = grafana.name("own");
    const { source, uids, code, versions } = sixty(grafana);
    await converge(await grafana.context(owner), code());
    const before = await versions();

    const idle = await watched(grafana, owner);
    const nothing = await planFor(idle.context, code(), { prune: true });
    expect(await carryOut(idle.context, nothing)).toEqual([]);

    expect(nothing.plan).toMatchObject({ changes: [], unchanged: 62, orphans: [] });
    expect(writesOf(idle.sent)).toEqual([]);
    expect(bodiesOf(idle.sent)).toEqual([]);
    const whole = listsOf(idle.sent).filter(({ path }) => !path.includes("labelSelector"));
    expect(whole.map(({ headers }) => headers)).toEqual(whole.map(() => ({ Accept: METADATA_ALONE })));
    expect(counted(idle.sent, [source]).length).toBeLessThanOrEqual(12);
    expect(await versions()).toEqual(before);

    const [first = "", ...rest] = uids;
    const busy = await watched(grafana, owner);
    const one = await planFor(busy.context, code({ [first]: "changed" }), { prune: true });
    await carryOut(busy.context, one);

    const path = `${collection("dashboard")}/${first}`;
    expect(bodiesOf(busy.sent).map((request) => request.path)).toEqual([path]);
    const writes = writesOf(busy.sent).map((request) => [request.method, request.path.replace(/\?.*$/, "")]);
    expect(writes).toEqual([
      ["PUT", path],
      ["PUT", path],
    ]);
    expect(writesOf(busy.sent).map((request) => request.path.includes("dryRun=All"))).toEqual([true, false]);
    const after = await versions();
    expect(after.dashboards[0]).not.toBe(before.dashboards[0]);
    expect({ ...after, dashboards: after.dashboards.slice(1) }).toEqual({
      ...before,
      dashboards: before.dashboards.slice(1),
    });
    expect(rest).toHaveLength(59);
  },
);

test("a creation sends one request for each object, and no dry run", async () => {
  const grafana = await testGrafana();
  const owner = grafana.name("own");
  const home = place(grafana.name("home"));
  const uids = [grafana.name("a"), grafana.name("b")];
  const { context, sent } = await watched(grafana, owner);

  await carryOut(context, await planFor(context, [home, ...uids.map((uid) => board(uid, { folder: home }))]));

  expect(writesOf(sent).map(({ method, path }) => `${method} ${path.replace(/\?.*$/, "")}`)).toEqual([
    `POST ${collection("folder")}`,
    `POST ${collection("dashboard")}`,
    `POST ${collection("dashboard")}`,
  ]);
  expect(sent.filter(({ path }) => path.includes("dryRun"))).toEqual([]);
});

test.runIf(MARKS)(
  "objects that were saved in Grafana without a change are read, but not written [needs marks]",
  async () => {
    const grafana = await testGrafana();
    const owner = grafana.name("own");
    const [uid, untouched] = [grafana.name("resaved"), grafana.name("untouched")];
    await converge(await grafana.context(owner), [board(uid), board(untouched)]);
    await edit(grafana, "dashboard", uid, () => {});

    const { context, sent } = await watched(grafana, owner);
    const prepared = await planFor(context, [board(uid), board(untouched)]);
    await carryOut(context, prepared);

    expect(prepared.plan.changes).toEqual([]);
    expect(writesOf(sent)).toEqual([]);
    expect(bodiesOf(sent).map(({ path }) => path)).toEqual([`${collection("dashboard")}/${uid}`]);
  },
);

test.runIf(KUBERNETES)(
  "many changed dashboards are read in lists, not one by one [needs an API that lists bodies]",
  async () => {
    const grafana = await testGrafana();
    const owner = grafana.name("own");
    const { code, uids } = sixty(grafana);
    await converge(await grafana.context(owner), code());

    const { context, sent } = await watched(grafana, owner);
    const changed = Object.fromEntries(uids.slice(0, 30).map((uid) => [uid, "changed"]));
    const { plan } = await planFor(context, code(changed));

    expect(plan.changes).toHaveLength(30);
    expect(bodiesOf(sent)).toEqual([]);
  },
);

test("reordered JSON, null values and explicit defaults in the code are not differences", async () => {
  const grafana = await testGrafana();
  const owner = grafana.name("own");
  const uid = grafana.name("same");
  const context = await grafana.context(owner);
  await converge(context, [board(uid)]);

  const spelledOut = board(uid, { tags: [], timezone: "", editable: true, weekStart: undefined as never });
  const { plan } = await planFor(context, [spelledOut]);

  expect(plan.changes).toEqual([]);
});
