import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { SandboxBusyError, SandboxDataError } from "../../src/sandbox/errors.ts";
import { startSandbox } from "../../src/sandbox/server.ts";
import { call, dashboard, dashboardsPath, folder, foldersPath, sandbox, temporaryDirectory } from "./support.ts";

test("all acknowledged writes persist across a restart", async () => {
  const dataDirectory = await temporaryDirectory();
  const first = await startSandbox({ dataDirectory });
  await call(first, "POST", foldersPath, folder("parent"));
  await call(first, "POST", foldersPath, folder("child", "parent"));
  const inChild = { annotations: { "grafana.app/folder": "child", "a/b": "c" }, labels: { l: "v" } };
  await call(first, "POST", dashboardsPath, dashboard("kept", { tags: ["t"] }, inChild));
  await call(first, "POST", dashboardsPath, dashboard("gone"));
  await call(first, "DELETE", `${dashboardsPath}/gone`);
  await call(first, "POST", "/api/dashboards/db", { dashboard: { uid: "Old", title: "Old" } });
  const datasource = { uid: "ds", name: "DS", type: "loki", access: "proxy", url: "http://x" };
  await call(first, "POST", "/api/datasources", { ...datasource, secureJsonData: { password: "s3cret" } });
  const paths = [
    foldersPath,
    `${foldersPath}/child`,
    dashboardsPath,
    `${dashboardsPath}/kept`,
    `${dashboardsPath}/Old`,
    `${dashboardsPath}?labelSelector=grafana.app%2Fget-trash%3Dtrue`,
    "/api/dashboards/uid/Old",
    "/api/datasources/uid/ds",
    "/api/search",
  ];
  const read = async (server: { url: string }) =>
    Promise.all(paths.map(async (path) => withoutListVersion(await call(server, "GET", path))));
  const before = await read(first);
  await first.close();

  const second = await sandbox(dataDirectory);

  expect(await read(second)).toEqual(before);
  expect(before.map(({ status }) => status)).toEqual(paths.map(() => 200));
  expect((await call(second, "GET", "/api/datasources/uid/ds")).body.secureJsonFields).toEqual({ password: true });
});

function withoutListVersion(answer: Awaited<ReturnType<typeof call>>) {
  const { metadata } = answer.body;
  if (answer.body.items === undefined || metadata === undefined) return answer;
  return { ...answer, body: { ...answer.body, metadata: { ...metadata, resourceVersion: "" } } };
}

test("resource versions increase across a restart and after the clock was set back", async () => {
  const dataDirectory = await temporaryDirectory();
  const first = await startSandbox({ dataDirectory });
  await call(first, "POST", dashboardsPath, dashboard("one"));
  await first.close();
  const file = join(dataDirectory, "dashboards/one.json");
  const inFuture = String((Date.now() + 3_600_000) * 1000);
  const stored = await readFile(file, "utf8");
  await writeFile(file, stored.replace(/"resourceVersion":"\d+"/, `"resourceVersion":"${inFuture}"`));

  const second = await sandbox(dataDirectory);
  const updated = await call(second, "PUT", `${dashboardsPath}/one`, dashboard("one", { title: "new" }));

  expect(Number(updated.body.metadata?.resourceVersion)).toBeGreaterThan(Number(inFuture));
  expect(updated.body.metadata?.generation).toBe(2);
});

test("files contain the names of secrets, but no values", async () => {
  const dataDirectory = await temporaryDirectory();
  const server = await sandbox(dataDirectory);
  const datasource = { uid: "ds", name: "DS", type: "loki", access: "proxy", url: "http://x" };
  await call(server, "POST", "/api/datasources", { ...datasource, secureJsonData: { password: "s3cret" } });
  await call(server, "PUT", "/api/datasources/uid/ds", { ...datasource, secureJsonData: { token: "t0ken" } });

  const object = await readFile(join(dataDirectory, "datasources/ds.json"), "utf8");
  const secrets = await readFile(join(dataDirectory, "secrets/ds.json"), "utf8");
  const { mode } = await stat(join(dataDirectory, "secrets/ds.json"));

  expect(object).not.toContain("s3cret");
  expect(JSON.parse(secrets)).toEqual({ uid: "ds", names: ["password", "token"] });
  expect(mode & 0o777).toBe(0o600);
  await call(server, "DELETE", "/api/datasources/uid/ds");
  const left = await readdir(join(dataDirectory, "secrets"));
  expect(left.filter((name) => name.endsWith(".json"))).toEqual([]);
});

test("values of secrets that an earlier version wrote are removed", async () => {
  const dataDirectory = await temporaryDirectory();
  const first = await startSandbox({ dataDirectory });
  const datasource = { uid: "ds", name: "DS", type: "loki", access: "proxy", url: "http://x" };
  await call(first, "POST", "/api/datasources", { ...datasource, secureJsonData: { password: "s3cret" } });
  await first.close();
  const file = join(dataDirectory, "secrets/ds.json");
  await writeFile(file, JSON.stringify({ uid: "ds", secureJsonData: { password: "s3cret" } }));
  await writeFile(
    join(dataDirectory, "secrets/gone.json"),
    JSON.stringify({ uid: "gone", secureJsonData: { a: "b" } }),
  );

  const second = await sandbox(dataDirectory);

  expect((await call(second, "GET", "/api/datasources/uid/ds")).body.secureJsonFields).toEqual({ password: true });
  expect(JSON.parse(await readFile(file, "utf8"))).toEqual({ uid: "ds", names: ["password"] });
  const left = await readdir(join(dataDirectory, "secrets"));
  expect(left.filter((name) => name.endsWith(".json"))).toEqual(["ds.json"]);
});

test("a kill during writes loses no acknowledged write", async () => {
  const dataDirectory = await temporaryDirectory();
  const child = fork(new URL("./child.ts", import.meta.url), [dataDirectory], { execArgv: [] });
  const [url] = (await once(child, "message")) as [string];
  const answered: string[] = [];
  let number = 0;
  const write = async (): Promise<void> => {
    for (;;) {
      number += 1;
      const name = `d${number}`;
      const panels = Array.from({ length: 20 }, (_, id) => ({ type: "text", title: "x".repeat(500), id: id + 1 }));
      const { status } = await call({ url }, "POST", dashboardsPath, dashboard(name, { panels }));
      if (status === 201) answered.push(name);
      if (answered.length === 100) child.kill("SIGKILL");
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: 8 }, write));
  // A kill between creating and renaming a file leaves this behind.
  const leftover = join(dataDirectory, "dashboards/half.json.123456");
  await writeFile(leftover, '{"metadata":');

  const server = await sandbox(dataDirectory);

  expect(ends.every(({ status }) => status === "rejected")).toBe(true);
  expect(answered.length).toBeGreaterThanOrEqual(100);
  for (const name of answered) {
    expect((await call(server, "GET", `${dashboardsPath}/${name}`)).status).toBe(200);
  }
  const files = await readdir(join(dataDirectory, "dashboards"));
  expect(files.filter((file) => !file.endsWith(".json"))).toEqual([]);
  for (const file of files) {
    const stored = JSON.parse(await readFile(join(dataDirectory, "dashboards", file), "utf8")) as unknown;
    expect(stored).toMatchObject({ kind: "Dashboard", spec: { schemaVersion: 42 } });
  }
});

test("a corrupt file is reported with its path", async () => {
  const dataDirectory = await temporaryDirectory();
  const file = join(dataDirectory, "dashboards/broken.json");
  await mkdir(join(dataDirectory, "dashboards"), { recursive: true });
  await writeFile(file, "{");

  const failed = startSandbox({ dataDirectory });

  await expect(failed).rejects.toThrow(SandboxDataError);
  await expect(failed).rejects.toMatchObject({ code: "sandbox-data-invalid", exitCode: 1, file });
  await writeFile(file, JSON.stringify({ metadata: { name: "broken" }, spec: {} }));
  await expect(startSandbox({ dataDirectory })).rejects.toThrow(/metadata\.(namespace|uid)/);
});

test("two sandboxes can't share a data directory", async () => {
  const dataDirectory = await temporaryDirectory();
  const first = await startSandbox({ dataDirectory });

  const second = startSandbox({ dataDirectory });
  await expect(second).rejects.toThrow(SandboxBusyError);
  await expect(second).rejects.toMatchObject({ code: "sandbox-directory-in-use", exitCode: 1, dataDirectory });

  await first.close();
  const third = await sandbox(dataDirectory);
  expect((await call(third, "GET", "/api/health")).status).toBe(200);
});

test("uids that differ only in case are two objects with two files", async () => {
  const dataDirectory = await temporaryDirectory();
  const server = await sandbox(dataDirectory);
  await call(server, "POST", dashboardsPath, dashboard("abc"));
  await call(server, "POST", dashboardsPath, dashboard("ABC"));

  const files = await readdir(join(dataDirectory, "dashboards"));

  expect(new Set(files.map((file) => file.toLowerCase())).size).toBe(2);
  expect((await call(server, "GET", `${dashboardsPath}/ABC`)).body.spec?.["title"]).toBe("ABC");
});
