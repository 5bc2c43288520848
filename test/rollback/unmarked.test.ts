import { expect, onTestFinished, test } from "vitest";
import { alertingGrafana, get, TEMPLATES, theirTemplate } from "../alerting/support.ts";
import { board, find, make, place, remove, stored } from "../engine/support.ts";
import { converge, only, planFor } from "../helpers/converge.ts";
import { faultyProxy } from "../helpers/faulty-proxy.ts";
import { MARKS } from "../helpers/mode.ts";
import { address } from "../../src/engine/model.ts";
import { createClient } from "../../src/grafana/client.ts";
import { connect } from "../../src/grafana/connection.ts";
import { messageTemplate } from "../../src/index.ts";
import { folderKind } from "../../src/kinds/folder/folder.ts";
import { carriedOut, runsFolder, undoOf } from "./support.ts";

// Without marks, only the record of a run proves which objects the run created.

async function scene() {
  const grafana = await alertingGrafana();
  const context = await grafana.context(grafana.name("own"));
  const [home, words] = [grafana.name("home"), grafana.name("words")];
  const code = [
    place(home),
    messageTemplate({ name: words, template: `{{ define "${words}" }}ours{{ end }}` }),
    board(grafana.name("board"), { folder: place(home) }),
  ];
  const { run } = await carriedOut(context, await planFor(context, code), await runsFolder());
  if (!run) throw new Error("a run was expected");
  return { grafana, context, run, home, words, board: grafana.name("board"), code };
}

const ALL = { all: true, addresses: new Set<string>() };

test("unchanged objects that the run created are deleted, with or without a mark", async () => {
  const { grafana, context, run, home, words } = await scene();
  const undo = await undoOf(context, run);
  expect(undo.plan.notes.join().includes("does not store ownership marks")).toBe(!MARKS);
  await carriedOut(context, undo, await runsFolder());
  expect(await find(grafana, "folder", home)).toBeUndefined();
  expect(await get(grafana, `${TEMPLATES}/${words}`)).toBeUndefined();
});

test("objects that were changed since are deleted if --overwrite-drift names them and a mark proves their owner", async () => {
  const { grafana, context, run, words } = await scene();
  await theirTemplate(grafana, words, "theirs");
  const name = `message-template/${words}`;
  const lineOf = async (options: Parameters<typeof undoOf>[2]) =>
    (await undoOf(context, run, options)).plan.changes.find((one) => address(one) === name);

  expect((await lineOf({}))?.left).toMatchObject({ reason: MARKS ? "drift" : "obstacle" });
  expect((await lineOf({ overwriteDrift: ALL }))?.left, "without its name").toBeDefined();
  const forced = await lineOf({ overwriteDrift: only(name) });
  const unproven = expect.stringContaining("delete it manually") as unknown;
  expect(forced?.left?.message).toEqual(MARKS ? undefined : unproven);
});

test("a folder with content of other users is kept, and so are objects that were created between plan and deletion", async () => {
  const { grafana, context, run, home, board: uid } = await scene();
  const theirs = grafana.name("theirs");
  await make(grafana, "dashboard", theirs, {
    spec: { title: "Theirs", schemaVersion: 42 },
    annotations: { "grafana.app/folder": home },
  });
  const { plan } = await undoOf(context, run);
  const line = plan.changes.find((one) => address(one) === `folder/${home}`);
  expect(line?.left?.message).toContain(`it contains dashboard/${theirs}`);

  const live = await folderKind.find(context, home);
  if (!live) throw new Error("the folder is there");
  await expect(folderKind.remove(context, live)).rejects.toThrow(
    "is not empty: it contains objects that were created since the plan",
  );
  await stored(grafana, "dashboard", theirs);
  await remove(grafana, "dashboard", theirs);
  await remove(grafana, "dashboard", uid);
});

test.skipIf(MARKS)("a folder is not deleted if Grafana does not report its content", async () => {
  const { grafana, context, home, board: uid } = await scene();
  await remove(grafana, "dashboard", uid);
  const proxy = await faultyProxy(grafana.url, ({ path }) =>
    path.endsWith("/counts") ? { status: 404, body: '{"message":"Folder not found"}' } : "pass",
  );
  onTestFinished(() => proxy.close());
  const client = await createClient({
    url: proxy.url,
    credentials: { type: "basic", user: "admin", password: "admin" },
  });
  onTestFinished(() => client.close());
  const blind = { ...context, grafana: await connect(client, context.owner) };
  const live = await folderKind.find(blind, home);
  if (!live) throw new Error("the folder is there");
  await expect(folderKind.remove(blind, live)).rejects.toThrow("does not report its content");
  expect(await find(grafana, "folder", home)).toBeDefined();
});

test("a destroy and a prune delete no folder without a mark", async () => {
  const { grafana, context, home, words } = await scene();
  await converge(context, [], { prune: true });
  expect((await find(grafana, "folder", home)) === undefined).toBe(MARKS);
  expect((await get(grafana, `${TEMPLATES}/${words}`)) === undefined).toBe(MARKS);
});
