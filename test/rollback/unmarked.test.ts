import { expect, onTestFinished, test } from "vitest";
import { alertingGrafana, get, TEMPLATES, theirTemplate } from "../alerting/support.ts";
import { board, find, make, place, remove, stored } from "../engine/support.ts";
import { converge, planFor } from "../helpers/converge.ts";
import { faultyProxy } from "../helpers/faulty-proxy.ts";
import { MARKS } from "../helpers/mode.ts";
import { address } from "../../src/engine/model.ts";
import { createClient } from "../../src/grafana/client.ts";
import { connect } from "../../src/grafana/connection.ts";
import { messageTemplate } from "../../src/index.ts";
import { folderKind } from "../../src/kinds/folder/folder.ts";
import { carriedOut, runsFolder, undoOf } from "./support.ts";

// Where Grafana keeps no marks, a run's record is all that proves what the run made.

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

const overwriteDrift = { all: true, addresses: new Set<string>() };

test("what the run made and nobody changed is deleted, whether or not it carries a mark", async () => {
  const { grafana, context, run, home, words } = await scene();
  const undo = await undoOf(context, run);
  expect(undo.plan.notes.join().includes("keeps no marks")).toBe(!MARKS);
  await carriedOut(context, undo, await runsFolder());
  expect(await find(grafana, "folder", home)).toBeUndefined();
  expect(await get(grafana, `${TEMPLATES}/${words}`)).toBeUndefined();
});

test("what somebody changed since is deleted by --overwrite-drift where a mark proves whose it is, and nowhere else", async () => {
  const { grafana, context, run, words } = await scene();
  await theirTemplate(grafana, words, "theirs");
  const name = `message-template/${words}`;
  const lineOf = async (options: Parameters<typeof undoOf>[2]) =>
    (await undoOf(context, run, options)).plan.changes.find((one) => address(one) === name);

  expect((await lineOf({}))?.left).toMatchObject({ reason: MARKS ? "drift" : "obstacle" });
  const forced = await lineOf({ overwriteDrift });
  const unproven = expect.stringContaining(
    "nothing proves any more that this project made it: delete it by hand",
  ) as unknown;
  expect(forced?.left?.message).toEqual(MARKS ? undefined : unproven);
});

test("a folder that somebody put something into stays, and so does what came between the plan and its deletion", async () => {
  const { grafana, context, run, home, board: uid } = await scene();
  const theirs = grafana.name("theirs");
  await make(grafana, "dashboard", theirs, {
    spec: { title: "Theirs", schemaVersion: 42 },
    annotations: { "grafana.app/folder": home },
  });
  const { plan } = await undoOf(context, run);
  const line = plan.changes.find((one) => address(one) === `folder/${home}`);
  expect(line?.left?.message).toContain(`it holds dashboard/${theirs}, which is not deleted with it`);

  const live = await folderKind.find(context, home);
  if (!live) throw new Error("the folder is there");
  await expect(folderKind.remove(context, live)).rejects.toThrow(
    "is not empty: it holds what the plan did not know of",
  );
  await stored(grafana, "dashboard", theirs);
  await remove(grafana, "dashboard", theirs);
  await remove(grafana, "dashboard", uid);
});

test.skipIf(MARKS)("a folder is not deleted where Grafana does not tell what is in it", async () => {
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
  await expect(folderKind.remove(blind, live)).rejects.toThrow("this Grafana does not tell what is in it");
  expect(await find(grafana, "folder", home)).toBeDefined();
});

test("a destroy and a prune delete no folder that carries no mark", async () => {
  const { grafana, context, home, words } = await scene();
  await converge(context, [], { prune: true });
  expect((await find(grafana, "folder", home)) === undefined).toBe(MARKS);
  expect((await get(grafana, `${TEMPLATES}/${words}`)) === undefined).toBe(MARKS);
});
