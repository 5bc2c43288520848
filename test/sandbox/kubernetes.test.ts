import { expect, test } from "vitest";
import {
  call,
  dashboard,
  dashboardsPath,
  folder,
  foldersPath,
  inParallel,
  listAll,
  mergePatch,
  metadataOnly,
  sandbox,
} from "./support.ts";

const withFolder = (name: string) => ({ annotations: { "grafana.app/folder": name } });

test("a list of 1,200 dashboards is complete", async () => {
  const server = await sandbox();
  const names = Array.from({ length: 1200 }, (_, index) => `d${String(index).padStart(4, "0")}`);
  await inParallel(names, 16, async (name) => {
    expect((await call(server, "POST", dashboardsPath, dashboard(name))).status).toBe(201);
  });

  const objects = await listAll(server, dashboardsPath);
  const metadata = await listAll(server, `${dashboardsPath}?limit=700`, metadataOnly);

  expect(objects).toEqual({ names, pages: [500, 500, 200] });
  expect(metadata).toEqual({ names, pages: [700, 500] });
});

test("a page ends at 2 MiB", async () => {
  const server = await sandbox();
  const names = ["a", "b", "c", "d", "e"];
  const description = "x".repeat(900_000);
  await inParallel(names, 2, async (name) => {
    await call(server, "POST", dashboardsPath, dashboard(name, { description }));
  });

  expect(await listAll(server, dashboardsPath)).toEqual({ names, pages: [3, 2] });
  expect((await listAll(server, dashboardsPath, metadataOnly)).pages).toEqual([3, 2]);
});

test("of two concurrent writes with the same resourceVersion exactly one succeeds", async () => {
  const server = await sandbox();
  for (const [path, body] of [
    [dashboardsPath, dashboard],
    [
      foldersPath,
      (name: string, _spec: unknown, metadata: Record<string, unknown>) => folder(name, undefined, metadata),
    ],
  ] as const) {
    const created = await call(server, "POST", path, body("raced", {}, {}));
    const resourceVersion = created.body.metadata?.resourceVersion;
    const answers = await Promise.all(
      ["one", "two"].map(async (title) => {
        const sent = body("raced", {}, { resourceVersion });
        return call(server, "PUT", `${path}/raced`, { ...sent, spec: { ...sent.spec, title } });
      }),
    );

    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
    const stored = await call(server, "GET", `${path}/raced`);
    const winner = answers.find(({ status }) => status === 200);
    expect(stored.body.spec).toEqual(winner?.body.spec);
    expect(stored.body.metadata?.generation).toBe(2);
  }
});

test("concurrent patches of a dashboard are all applied", async () => {
  const server = await sandbox();
  await call(server, "POST", dashboardsPath, dashboard("patched"));
  const keys = Array.from({ length: 20 }, (_, index) => `test/k${index}`);

  await inParallel(keys, 20, async (key) => {
    const patch = { metadata: { annotations: { [key]: "yes" } } };
    expect((await call(server, "PATCH", `${dashboardsPath}/patched`, patch, mergePatch)).status).toBe(200);
  });

  const { metadata } = (await call(server, "GET", `${dashboardsPath}/patched`)).body;
  expect(Object.keys(metadata?.annotations ?? {})).toEqual(expect.arrayContaining(keys));
  expect(metadata?.generation).toBe(21);
});

test("a dry run stores nothing", async () => {
  const server = await sandbox();
  await call(server, "POST", foldersPath, folder("f"));
  await call(server, "POST", dashboardsPath, dashboard("kept", { title: "before" }));
  const before = await call(server, "GET", `${dashboardsPath}/kept`);

  const answers = [
    await call(server, "POST", `${dashboardsPath}?dryRun=All`, dashboard("new")),
    await call(server, "PUT", `${dashboardsPath}/other?dryRun=All`, dashboard("other")),
    await call(server, "PUT", `${dashboardsPath}/kept?dryRun=All`, dashboard("kept", { title: "after" })),
    await call(server, "PATCH", `${dashboardsPath}/kept?dryRun=All`, { spec: { title: "after" } }, mergePatch),
    await call(server, "DELETE", `${dashboardsPath}/kept?dryRun=All`),
    await call(server, "POST", `${foldersPath}?dryRun=All`, folder("g", "f")),
    await call(server, "DELETE", `${foldersPath}/f?dryRun=All`),
  ];

  expect(answers.map(({ status }) => status)).toEqual([201, 201, 200, 200, 200, 201, 200]);
  expect(answers[2]?.body.spec?.["title"]).toBe("after");
  expect(await call(server, "GET", `${dashboardsPath}/kept`)).toEqual(before);
  expect((await listAll(server, dashboardsPath)).names).toEqual(["kept"]);
  expect((await listAll(server, foldersPath)).names).toEqual(["f"]);
});

test("every write of a dashboard increments its generation; for a folder only changes do", async () => {
  const server = await sandbox();
  await call(server, "POST", dashboardsPath, dashboard("d"));
  await call(server, "POST", foldersPath, folder("f"));

  const identical = await call(server, "PUT", `${dashboardsPath}/d`, dashboard("d"));
  const folderIdentical = await call(server, "PUT", `${foldersPath}/f`, folder("f"));
  const annotated = await call(server, "PUT", `${foldersPath}/f`, folder("f", undefined, { labels: { a: "b" } }));
  const renamed = await call(server, "PATCH", `${foldersPath}/f`, { spec: { title: "F" } }, mergePatch);

  expect(identical.body.metadata?.generation).toBe(2);
  expect(folderIdentical.body.metadata).toMatchObject({ generation: 1 });
  // Grafana stores nothing in this case, and its response has no version.
  expect(folderIdentical.body.metadata?.resourceVersion).toBeUndefined();
  expect(annotated.body.metadata?.generation).toBe(1);
  expect(renamed.body).toMatchObject({ metadata: { generation: 2, labels: { a: "b" } }, spec: { title: "F" } });
});

test("every creation gets a new uid and the client's name, regardless of the manifest", async () => {
  const server = await sandbox();
  const first = await call(server, "POST", dashboardsPath, dashboard("d"), { "User-Agent": "first/1.0" });
  await call(server, "DELETE", `${dashboardsPath}/d`);
  const { resourceVersion: _, ...metadata } = first.body.metadata ?? {};
  const again = { ...first.body, metadata };
  const second = await call(server, "POST", dashboardsPath, again, { "User-Agent": "second" });
  const patch = { metadata: { labels: { a: "b" } } };
  const patched = await call(server, "PATCH", `${dashboardsPath}/d`, patch, { ...mergePatch, "User-Agent": "third" });

  const managers = [first, second, patched].map(({ body }) =>
    body.metadata?.managedFields?.map(({ manager }) => manager),
  );
  expect(managers).toEqual([["first"], ["second"], ["second", "third"]]);
  expect(second.body.metadata?.uid).not.toBe(first.body.metadata?.uid);
});

test("PUT creates a missing object and rejects a mismatching name, uid or version", async () => {
  const server = await sandbox();
  const created = await call(server, "PUT", `${dashboardsPath}/d`, dashboard("d"));

  const refused = await Promise.all([
    call(server, "PUT", `${dashboardsPath}/d`, dashboard("e")),
    call(server, "PUT", `${dashboardsPath}/d`, dashboard("d", {}, { uid: "other" })),
    call(server, "PUT", `${dashboardsPath}/d`, dashboard("d", {}, { resourceVersion: "1" })),
    call(server, "PUT", `${dashboardsPath}/missing`, dashboard("missing", {}, { resourceVersion: "1" })),
    call(server, "PUT", `${dashboardsPath}/d`, { ...dashboard("d"), apiVersion: "dashboard.grafana.app/v0alpha1" }),
    call(server, "PATCH", `${dashboardsPath}/missing`, {}, mergePatch),
    call(server, "PATCH", `${dashboardsPath}/d`, {}),
  ]);

  expect(created.status).toBe(201);
  expect(refused.map(({ status }) => status)).toEqual([400, 500, 409, 500, 400, 404, 415]);
  expect((await call(server, "GET", `${dashboardsPath}/d`)).body).toEqual(created.body);
});

test("lists support label selectors", async () => {
  const server = await sandbox();
  await call(server, "POST", dashboardsPath, dashboard("a", {}, { labels: { "x/team": "red", tier: "1" } }));
  await call(server, "POST", dashboardsPath, dashboard("b", {}, { labels: { "x/team": "blue" } }));
  await call(server, "POST", dashboardsPath, dashboard("c"));
  const select = async (selector: string): Promise<string[]> =>
    (await listAll(server, `${dashboardsPath}?labelSelector=${encodeURIComponent(selector)}`)).names;

  expect(await select("x/team=red")).toEqual(["a"]);
  expect(await select("x/team==blue")).toEqual(["b"]);
  expect(await select("x/team!=red")).toEqual(["b", "c"]);
  expect(await select("x/team in (red, blue)")).toEqual(["a", "b"]);
  expect(await select("x/team in (red,blue),tier")).toEqual(["a"]);
  expect(await select("x/team notin (red)")).toEqual(["b", "c"]);
  expect(await select("x/team")).toEqual(["a", "b"]);
  expect(await select("!x/team")).toEqual(["c"]);
  expect((await call(server, "GET", `${dashboardsPath}?labelSelector=a%20b`)).status).toBe(400);
});

test("annotations of more than 262,144 bytes and malformed labels are rejected", async () => {
  const server = await sandbox();
  const send = async (metadata: object) =>
    call(server, "PUT", `${dashboardsPath}/d`, dashboard("d", {}, { ...metadata }));

  expect((await send({ annotations: { "a/b": "x".repeat(262_144) } })).status).toBe(422);
  expect((await send({ labels: { "bad key!": "v" } })).status).toBe(422);
  expect((await send({ labels: { k: "v".repeat(64) } })).status).toBe(422);
  expect((await send({ annotations: { k: 3 } })).status).toBe(400);
  expect((await send({ annotations: { "a/b": "x".repeat(262_141) } })).status).toBe(201);
});

test("only an empty folder can be deleted, and a folder can't become its own ancestor", async () => {
  const server = await sandbox();
  for (const [name, parent] of [["f1"], ["f2", "f1"], ["f3", "f2"], ["f4", "f3"], ["f5", "f4"]] as const) {
    expect((await call(server, "POST", foldersPath, folder(name, parent))).status).toBe(201);
  }

  expect((await call(server, "POST", foldersPath, folder("f6", "f5"))).status).toBe(500);
  expect((await call(server, "PUT", `${foldersPath}/f1`, folder("f1", "f3"))).status).toBe(500);
  expect((await call(server, "PUT", `${foldersPath}/f1`, folder("f1", "f1"))).status).toBe(500);
  expect((await call(server, "PUT", `${foldersPath}/f1`, folder("f1", "missing"))).status).toBe(500);
  expect((await call(server, "DELETE", `${foldersPath}/f1`)).status).toBe(400);
  await call(server, "POST", dashboardsPath, dashboard("d", {}, withFolder("f5")));
  expect((await call(server, "DELETE", `${foldersPath}/f5`)).status).toBe(400);
  await call(server, "DELETE", `${dashboardsPath}/d`);
  for (const name of ["f5", "f4", "f3", "f2", "f1"]) {
    expect((await call(server, "DELETE", `${foldersPath}/${name}`)).status).toBe(200);
  }
});

test("no dashboard remains in a folder that is deleted concurrently", async () => {
  const server = await sandbox();
  for (let round = 0; round < 20; round += 1) {
    await call(server, "POST", foldersPath, folder("f"));
    const [created, removed] = await Promise.all([
      call(server, "POST", dashboardsPath, dashboard("d", {}, withFolder("f"))),
      call(server, "DELETE", `${foldersPath}/f`),
    ]);

    expect([created.status, removed.status]).toSatisfy(
      ([first, second]: number[]) => (first === 201 && second === 400) || (first === 404 && second === 200),
    );
    await call(server, "DELETE", `${dashboardsPath}/d`);
    await call(server, "DELETE", `${foldersPath}/f`);
  }
});

test("the older folder API deletes a folder with its contents", async () => {
  const server = await sandbox();
  await call(server, "POST", foldersPath, folder("f"));
  await call(server, "POST", foldersPath, folder("g", "f"));
  await call(server, "POST", dashboardsPath, dashboard("in", {}, withFolder("g")));
  await call(server, "POST", dashboardsPath, dashboard("out"));

  expect((await call(server, "DELETE", "/api/folders/f")).status).toBe(200);

  expect((await listAll(server, dashboardsPath)).names).toEqual(["out"]);
  expect((await listAll(server, foldersPath)).names).toEqual([]);
});

test("the trash lists deleted dashboards except managed and restored ones", async () => {
  const server = await sandbox();
  const managed = { annotations: { "grafana.app/managedBy": "kubectl", "grafana.app/managerId": "x" } };
  await call(server, "POST", dashboardsPath, dashboard("back"));
  await call(server, "POST", dashboardsPath, dashboard("gone"));
  await call(server, "POST", dashboardsPath, dashboard("managed", {}, managed));
  for (const name of ["back", "gone", "managed"]) await call(server, "DELETE", `${dashboardsPath}/${name}`);
  await call(server, "POST", dashboardsPath, dashboard("back"));

  const trash = await listAll(server, `${dashboardsPath}?labelSelector=grafana.app%2Fget-trash%3Dtrue`);

  expect(trash.names).toEqual(["gone"]);
  expect((await call(server, "GET", `${dashboardsPath}/back`)).body.metadata?.generation).toBe(1);
});

test("unsupported API versions return an error that names them", async () => {
  const server = await sandbox();

  const newer = await call(server, "GET", dashboardsPath.replace("v1beta1", "v2alpha1"));
  const unknown = await call(server, "GET", foldersPath.replace("v1beta1", "v9"));

  expect(newer.status).toBe(501);
  expect(newer.body.message).toContain("dashboard.grafana.app/v1beta1");
  expect(unknown).toMatchObject({ status: 404, body: { kind: "Status" } });
});
