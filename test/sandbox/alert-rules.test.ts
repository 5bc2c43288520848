import { expect, test } from "vitest";
import { startSandbox } from "../../src/sandbox/server.ts";
import {
  groupsPath,
  makeFolders,
  pointsPath,
  putGroup,
  rule,
  rulerPath,
  rulerRules,
  rulesPath,
  webhook,
} from "./alerting-support.ts";
import { call, folder, foldersPath, sandbox, temporaryDirectory } from "./support.ts";

test("rules persist across a restart, and their ids are never reused", async () => {
  const dataDirectory = await temporaryDirectory();
  const first = await startSandbox({ dataDirectory });
  await makeFolders(first, "f");
  await call(first, "POST", pointsPath, webhook("cp", "point"));
  const settings = { receiver: "point", group_wait: "90s", mute_time_intervals: [] };
  const labels = { b: "1", a: "2" };
  const record = { metric: "m:x", from: "A", target_datasource_uid: "prom" };
  await putGroup(first, "f/g", [
    rule("one", { labels, notification_settings: settings, isPaused: true, missingSeriesEvalsToResolve: 3 }),
    rule("two", { record }),
    rule("gone"),
  ]);
  await call(first, "DELETE", `${rulesPath}/gone`);
  const paths = [rulesPath, rulerPath, `${groupsPath}/f/rule-groups/g`, `${rulesPath}/one`];
  const read = async (server: { url: string }) => Promise.all(paths.map(async (path) => call(server, "GET", path)));
  const before = await read(first);
  await first.close();

  const second = await sandbox(dataDirectory);

  expect(await read(second)).toEqual(before);
  expect(before.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  await putGroup(second, "f/other", [rule("later")]);
  expect((await call(second, "GET", `${rulesPath}/later`)).body).toMatchObject({ id: 4, for: "5m" });
});

test("a moved rule keeps its id, and the remaining rules are renumbered", async () => {
  const server = await sandbox();
  await makeFolders(server, "f", "other");
  await putGroup(server, "f/a", [rule("one"), rule("two"), rule("three")]);
  const before = new Map((await rulerRules(server)).map((item) => [item.uid, item]));

  expect(await putGroup(server, "other/b", [rule("two")], { interval: 120 })).toBe(200);

  const after = new Map((await rulerRules(server)).map((item) => [item.uid, item]));
  const place = { namespace_uid: "other", rule_group: "b", intervalSeconds: 120, version: 2 };
  expect(after.get("two")).toMatchObject({ ...place, guid: before.get("two")?.guid });
  expect([...after.keys()]).toEqual(["one", "three", "two"]);
  expect([after.get("one")?.version, after.get("three")?.version]).toEqual([2, 2]);

  // In the opposite order, the rule is deleted and created again.
  await putGroup(server, "other/b", [rule("four")]);
  await putGroup(server, "f/a", [rule("two")]);
  const again = (await rulerRules(server)).find(({ uid }) => uid === "two");
  expect(again).toMatchObject({ version: 1, rule_group: "a" });
  expect(again?.guid).not.toBe(before.get("two")?.guid);
});

test("every PUT adds a version, or two if rules swap titles", async () => {
  const server = await sandbox();
  await makeFolders(server, "f");
  await putGroup(server, "f/g", [rule("one"), rule("two")]);
  await putGroup(server, "f/g", [rule("one"), rule("two")]);
  expect((await rulerRules(server)).map(({ version }) => version)).toEqual([2, 2]);

  await putGroup(server, "f/g", [rule("one", { title: "two" }), rule("two", { title: "one" })]);
  expect((await rulerRules(server)).map(({ version }) => version)).toEqual([4, 4]);
});

test("a group with one invalid rule changes nothing", async () => {
  const server = await sandbox();
  await makeFolders(server, "f");
  await putGroup(server, "f/g", [rule("one"), rule("two")]);
  const before = await rulerRules(server);
  const query = { refId: "A", datasourceUid: "prom", model: {}, relativeTimeRange: { from: 0, to: 0 } };
  const invalid = [
    rule("bad uid"),
    rule("new", { title: "" }),
    rule("new", { for: "" }),
    rule("new", { noDataState: "Maybe" }),
    rule("new", { data: [] }),
    rule("new", { data: [query] }),
    rule("new", { labels: { __grafana_receiver__: "x" } }),
    rule("new", { annotations: { __dashboardUid__: "d" } }),
    rule("new", { notification_settings: { receiver: "nobody" } }),
    rule("new", { record: { metric: "", from: "A" } }),
    rule("new", { missingSeriesEvalsToResolve: 0 }),
  ];

  for (const item of invalid) expect(await putGroup(server, "f/g", [rule("one"), item])).toBe(400);
  expect(await putGroup(server, "f/g", [rule("one"), rule("one")])).toBe(409);

  expect(await rulerRules(server)).toEqual(before);
});

test("a POST uses the group's interval and the first position; a PUT keeps the interval", async () => {
  const server = await sandbox();
  await makeFolders(server, "f");
  await putGroup(server, "f/g", [rule("one"), rule("two")], { interval: 30 });
  const place = { folderUID: "f", ruleGroup: "g" };

  const created = await call(server, "POST", rulesPath, rule("three", place));
  const taken = await call(server, "POST", rulesPath, rule("three", place));
  const elsewhere = { folderUID: "f", ruleGroup: "new" };
  const moved = await call(server, "PUT", `${rulesPath}/two`, rule("ignored", elsewhere));
  const released = await call(server, "PUT", `${rulesPath}/two`, rule("two", place), { "x-disable-provenance": "1" });

  expect([created.status, taken.status, moved.status, released.status]).toEqual([201, 409, 200, 500]);
  const rules = (await rulerRules(server)).map((item) => [item.uid, item.rule_group, item.intervalSeconds]);
  expect(rules).toEqual([
    ["one", "g", 30],
    ["three", "g", 30],
    ["two", "new", 30],
  ]);
});

test("a folder with rules in it or in a descendant is deleted only if forced", async () => {
  const server = await sandbox();
  await makeFolders(server, "top");
  await call(server, "POST", foldersPath, folder("inner", "top"));
  await putGroup(server, "inner/g", [rule("one")]);

  const paths = [`${foldersPath}/inner`, `${foldersPath}/top`, "/api/folders/inner", "/api/folders/top"];
  const answers = await Promise.all(paths.map(async (path) => call(server, "DELETE", path)));
  expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400]);
  expect(await rulerRules(server)).toHaveLength(1);
  expect((await call(server, "DELETE", "/api/folders/top?forceDeleteRules=true")).status).toBe(200);
  expect((await call(server, "GET", rulesPath)).body).toEqual([]);
});

test("concurrent writes of groups are all stored", async () => {
  const server = await sandbox();
  await makeFolders(server, "f");
  const groups = Array.from({ length: 50 }, (_, index) => `g${index}`);
  const uids = Array.from({ length: 10 }, (_, index) => index);

  const answers = await Promise.all(
    groups.map(async (group) =>
      putGroup(
        server,
        `f/${group}`,
        uids.map((uid) => rule(`${group}-${uid}`)),
      ),
    ),
  );

  expect(new Set(answers)).toEqual(new Set([200]));
  const { body } = await call(server, "GET", rulesPath);
  const rules = body as unknown as { id: number }[];
  expect(new Set(rules.map(({ id }) => id)).size).toBe(500);
  expect(await rulerRules(server)).toHaveLength(500);
});
