import { fork } from "node:child_process";
import { once } from "node:events";
import { cp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Mode } from "../../src/sandbox/mode.ts";
import {
  call,
  dashboard,
  dashboardsPath,
  folder,
  foldersPath,
  inParallel,
  mergePatch,
  sandbox,
  temporaryDirectory,
} from "./support.ts";

const kubernetes: readonly Mode[] = ["unified", "legacy-storage"];

interface Version {
  readonly generation: number | undefined;
  readonly title: unknown;
}

async function versions(server: { url: string }, name: string, path = dashboardsPath): Promise<Version[]> {
  const selector = `labelSelector=grafana.app/get-history=true&fieldSelector=metadata.name=${name}`;
  const { body } = await call(server, "GET", `${path}?${selector}`);
  return (body.items ?? []).map(({ metadata, spec }) => ({
    generation: metadata?.generation,
    title: spec?.["title"],
  }));
}

async function save(server: { url: string }, name: string, title: string): Promise<void> {
  const { status } = await call(server, "PUT", `${dashboardsPath}/${name}`, dashboard(name, { title }));
  expect([200, 201]).toContain(status);
}

/** All files in a directory and its subdirectories; empty if it does not exist. */
async function filesIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

describe.each(kubernetes)("in %s mode", (mode) => {
  test("the newest 20 versions are kept and files of older ones are removed", async () => {
    const dataDirectory = await temporaryDirectory();
    const server = await sandbox(dataDirectory, mode);
    for (let number = 1; number <= 23; number++) await save(server, "d", `Title ${number}`);

    const found = await versions(server, "d");

    expect(found).toHaveLength(20);
    expect(found.at(0)).toEqual({ generation: 23, title: "Title 23" });
    expect(found.at(-1)).toEqual({ generation: 4, title: "Title 4" });
    expect(await filesIn(join(dataDirectory, "history"))).toHaveLength(19);
  });

  test("versions persist across a restart", async () => {
    const dataDirectory = await temporaryDirectory();
    const first = await sandbox(dataDirectory, mode);
    for (const title of ["One", "Two", "Three"]) await save(first, "Upper_Case", title);
    const before = await versions(first, "Upper_Case");
    await first.close();

    const second = await sandbox(dataDirectory, mode);
    const after = await versions(second, "Upper_Case");
    await save(second, "Upper_Case", "Four");

    expect(before.map(({ title }) => title)).toEqual(["Three", "Two", "One"]);
    expect(after).toEqual(before);
    expect((await versions(second, "Upper_Case")).map(({ title }) => title)).toEqual(["Four", "Three", "Two", "One"]);
  });

  test("an object without updates has no version files, and neither has a deleted one", async () => {
    const dataDirectory = await temporaryDirectory();
    const server = await sandbox(dataDirectory, mode);
    await call(server, "POST", dashboardsPath, dashboard("d"));
    const created = await filesIn(join(dataDirectory, "history"));
    await save(server, "d", "Two");
    const saved = await filesIn(join(dataDirectory, "history"));
    await call(server, "DELETE", `${dashboardsPath}/d`);

    expect(created).toEqual([]);
    expect(saved).toHaveLength(1);
    expect(await filesIn(join(dataDirectory, "history"))).toEqual([]);
  });

  test("a version file of a killed process without its write is ignored", async () => {
    const dataDirectory = await temporaryDirectory();
    const first = await sandbox(dataDirectory, mode);
    for (const title of ["One", "Two"]) await save(first, "d", title);
    const [old] = await filesIn(join(dataDirectory, "history"));
    await save(first, "d", "Three");
    await first.close();
    const directory = join(dataDirectory, "history/dashboards/d");
    // The state between keeping "Two" and writing "Three".
    const kept = (await filesIn(directory)).find((file) => file !== old) ?? "";
    await cp(kept, join(dataDirectory, "dashboards/d.json"));
    await writeFile(join(directory, "half.json.123456"), '{"metadata":');
    const server = await sandbox(dataDirectory, mode);

    const found = await versions(server, "d");
    await save(server, "d", "Three again");

    expect(found.map(({ title }) => title)).toEqual(["Two", "One"]);
    expect((await versions(server, "d")).map(({ title }) => title)).toEqual(["Three again", "Two", "One"]);
    expect((await filesIn(directory)).filter((file) => !file.endsWith(".json"))).toEqual([]);
  });

  test("versions of writes that were lost in a power failure are ignored permanently", async () => {
    const dataDirectory = await temporaryDirectory();
    const first = await sandbox(dataDirectory, mode);
    await save(first, "d", "One");
    const lost = await readFile(join(dataDirectory, "dashboards/d.json"), "utf8");
    for (const title of ["Two", "Three", "Four"]) await save(first, "d", title);
    await first.close();
    // The version files exist, but the newer writes are lost.
    await rm(join(dataDirectory, "dashboards/d.json"));
    await writeFile(join(dataDirectory, "dashboards/d.json"), lost);
    const server = await sandbox(dataDirectory, mode);

    const found = await versions(server, "d");
    for (const title of ["B", "C", "D"]) await save(server, "d", title);

    expect(found.map(({ title }) => title)).toEqual(["One"]);
    expect((await versions(server, "d")).map(({ title }) => title)).toEqual(["D", "C", "B", "One"]);
  });

  test("a corrupt file is reported with its path", async () => {
    const dataDirectory = await temporaryDirectory();
    const server = await sandbox(dataDirectory, mode);
    for (const title of ["One", "Two"]) await save(server, "d", title);
    const [file = ""] = await filesIn(join(dataDirectory, "history"));
    await rm(file);
    await writeFile(file, "{");

    const selector = "labelSelector=grafana.app/get-history=true&fieldSelector=metadata.name=d";
    const { status, body } = await call(server, "GET", `${dashboardsPath}?${selector}`);

    expect(status).toBe(500);
    expect(body.message).toContain(file);
  });
});

test("a kill during saves leaves complete versions, including all acknowledged saves", async () => {
  const dataDirectory = await temporaryDirectory();
  const child = fork(new URL("./child.ts", import.meta.url), [dataDirectory], { execArgv: [] });
  const [url] = (await once(child, "message")) as [string];
  const names = Array.from({ length: 8 }, (_, index) => `d${index}`);
  const answered = new Map<string, number>();
  let total = 0;
  const ends = await Promise.allSettled(
    names.map(async (name) => {
      for (let number = 1; ; number++) {
        const panels = Array.from({ length: 20 }, (_, id) => ({ type: "text", title: "x".repeat(500), id: id + 1 }));
        const body = dashboard(name, { title: `Title ${number}`, panels });
        const { status } = await call({ url }, "PUT", `${dashboardsPath}/${name}`, body);
        if (status < 300) answered.set(name, number);
        if (++total === 80) child.kill("SIGKILL");
      }
    }),
  );

  const server = await sandbox(dataDirectory);

  expect(ends.every(({ status }) => status === "rejected")).toBe(true);
  await inParallel(names, 4, async (name) => {
    const last = answered.get(name) ?? 0;
    const titles = (await versions(server, name)).map(({ title }) => title);
    // The last save may be stored without a response.
    const newest = titles[0] === `Title ${last + 1}` ? last + 1 : last;
    const all = Array.from({ length: newest }, (_, index) => `Title ${newest - index}`);
    expect(titles).toEqual(all.slice(0, 20));
  });
  for (const file of await filesIn(join(dataDirectory, "history"))) {
    expect(JSON.parse(await readFile(file, "utf8"))).toMatchObject({ kind: "Dashboard", spec: { schemaVersion: 42 } });
  }
});

test("data without history keep working, and their history starts with the next write", async () => {
  const dataDirectory = await temporaryDirectory();
  const first = await sandbox(dataDirectory);
  for (const title of ["One", "Two"]) await save(first, "d", title);
  await first.close();
  await rm(join(dataDirectory, "history"), { recursive: true });
  const server = await sandbox(dataDirectory);
  const before = await versions(server, "d");

  await save(server, "d", "Three");

  expect(before.map(({ title }) => title)).toEqual(["Two"]);
  expect((await versions(server, "d")).map(({ title }) => title)).toEqual(["Three", "Two"]);
});

test("a write without changes adds no version; a write of only annotations does", async () => {
  const server = await sandbox();
  await call(server, "POST", foldersPath, folder("f"));
  await call(server, "PUT", `${foldersPath}/f`, folder("f"));
  const unchanged = await versions(server, "f", foldersPath);

  const patch = { metadata: { annotations: { "example.org/mark": "x" } } };
  await call(server, "PATCH", `${foldersPath}/f`, patch, mergePatch);

  expect(unchanged).toEqual([{ generation: 1, title: "f" }]);
  expect(await versions(server, "f", foldersPath)).toEqual([
    { generation: 1, title: "f" },
    { generation: 1, title: "f" },
  ]);
});

test("deleting a folder with its contents deletes their history", async () => {
  const dataDirectory = await temporaryDirectory();
  const server = await sandbox(dataDirectory);
  await call(server, "POST", foldersPath, folder("f"));
  const inside = { annotations: { "grafana.app/folder": "f" } };
  await call(server, "POST", dashboardsPath, dashboard("d", {}, inside));
  await call(server, "PUT", `${dashboardsPath}/d`, dashboard("d", { title: "Two" }, inside));
  expect(await filesIn(join(dataDirectory, "history"))).toHaveLength(1);

  await call(server, "DELETE", "/api/folders/f?forceDeleteRules=true");

  expect(await filesIn(join(dataDirectory, "history"))).toEqual([]);
});

test("legacy-api mode keeps no history", async () => {
  const dataDirectory = await temporaryDirectory();
  const server = await sandbox(dataDirectory, "legacy-api");
  for (const title of ["One", "Two"]) {
    const body = { dashboard: { uid: "d", title }, overwrite: true };
    expect((await call(server, "POST", "/api/dashboards/db", body)).status).toBe(200);
  }

  expect(await filesIn(join(dataDirectory, "history"))).toEqual([]);
});
