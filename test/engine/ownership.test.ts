import { describe, expect, test } from "vitest";
import { ownershipOf, tagOf } from "../../src/ownership/annotations.ts";
import type { KindContext } from "../../src/engine/kind-context.ts";
import type { Client } from "../../src/grafana/client.ts";
import { datasource } from "../../src/index.ts";
import { datasourceKind } from "../../src/kinds/datasource/datasource.ts";
import { liveFolder } from "../../src/kinds/folder/live.ts";
import { converge, only, planFor } from "../helpers/converge.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { MARKS, remarks } from "../helpers/mode.ts";
import {
  actions,
  board,
  carryOut,
  changeOf,
  copy,
  datasourceNow,
  edit,
  editDatasource,
  exprOf,
  find,
  make,
  makeDatasource,
  panel,
  place,
  repository,
  setExpr,
  stored,
} from "./support.ts";

/**
 * One object of each kind that another user created, and resources of the code with the same uids. Without folders if
 * these can't be marked, because then their owner is unknown.
 */
async function foreignObjects(grafana: TestGrafana) {
  const [uid, source] = [grafana.name("theirs"), grafana.name("source")];
  if (MARKS) await make(grafana, "folder", uid, { spec: { title: "Their folder" } });
  await make(grafana, "dashboard", uid, { spec: { title: "Theirs", schemaVersion: 42, panels: [panel(1, "P", "1")] } });
  await makeDatasource(grafana, source, { jsonData: { httpMethod: "GET" } });
  const resources = [
    ...(MARKS ? [place(uid)] : []),
    board(uid),
    datasource({ uid: source, name: source, type: "prometheus", url: "http://mine:9090" }),
  ];
  const names = [...(MARKS ? [`folder/${uid}`] : []), `dashboard/${uid}`, `datasource/${source}`];
  const read = async () => [
    await find(grafana, "folder", uid),
    await stored(grafana, "dashboard", uid),
    await datasourceNow(grafana, source),
  ];
  return { uid, source, resources, names, read };
}

describe("objects of other users", () => {
  test("is unchanged without adoption, and the plan names it with the fix", async () => {
    const grafana = await testGrafana();
    const { resources, names, read } = await foreignObjects(grafana);
    const before = await read();
    const project = await repository(grafana.name("own"), resources);

    const { code, stdout } = await project.run(["apply", "--prune", "--yes"], grafana.variables);

    expect(code).toBe(4);
    for (const name of names) {
      expect(stdout).toContain(name);
      expect(stdout).toContain(`--adopt ${name}`);
    }
    expect(await read()).toEqual(before);
  });

  test("is never deleted by a prune or a destroy of another project", async () => {
    const grafana = await testGrafana();
    const { read } = await foreignObjects(grafana);
    const before = await read();
    const context = await grafana.context(grafana.name("own"));

    await converge(context, [board(grafana.name("mine"))], { prune: true });
    await converge(context, [], { prune: true });

    expect(await read()).toEqual(before);
  });

  test("is updated and marked by an adoption, and in sync afterwards", async () => {
    const grafana = await testGrafana();
    const { uid, source, resources, names } = await foreignObjects(grafana);
    const owner = grafana.name("own");
    const context = await grafana.context(owner);

    // Plans again, and fails unless the plan is empty.
    await converge(context, resources, { adopt: only(...names) });

    expect(exprOf(await stored(grafana, "dashboard", uid))).toBe("up");
    expect((await datasourceNow(grafana, source))?.["url"]).toBe("http://mine:9090");
    expect((await stored(grafana, "dashboard", uid)).spec["tags"] ?? []).toEqual(MARKS ? [] : [tagOf(owner)]);
    expect((await find(grafana, "folder", uid))?.spec["title"]).toBe(MARKS ? uid : undefined);
    const marked = MARKS ? [await stored(grafana, "folder", uid), await stored(grafana, "dashboard", uid)] : [];
    for (const { metadata } of marked) {
      expect(metadata.annotations).toMatchObject({
        "grafana.app/managedBy": "kubectl",
        "grafana.app/managerId": owner,
        "grafana.app/managerAllowsEdits": "true",
        "grafana.app/sourcePath": "test.ts",
      });
    }
  });

  test.runIf(MARKS)("is only marked if it already equals the code [needs marks]", async () => {
    const grafana = await testGrafana();
    const uid = grafana.name("same");
    const context = await grafana.context(grafana.name("own"));
    const spec = { title: "Same", schemaVersion: 42, panels: [panel(1, "Requests", "up")] };
    await make(grafana, "dashboard", uid, { spec });
    await make(grafana, "folder", uid, { spec: { title: uid } });
    const before = await stored(grafana, "dashboard", uid);

    const { plan } = await converge(context, [place(uid), board(uid, { title: "Same" })], {
      adopt: { all: true, addresses: new Set() },
    });

    expect(plan.changes.map(({ action, differences }) => ({ action, differences }))).toEqual([
      { action: "adopt", differences: [] },
      { action: "adopt", differences: [] },
    ]);
    const after = await stored(grafana, "dashboard", uid);
    expect(after.spec).toEqual(before.spec);
    expect(after.metadata.annotations["grafana.app/managedBy"]).toBe("kubectl");
  });

  test("is adopted on the command line by name", async () => {
    const grafana = await testGrafana();
    const uid = grafana.name("theirs");
    await make(grafana, "dashboard", uid, { spec: { title: "Theirs", schemaVersion: 42, panels: [] } });
    const project = await repository(grafana.name("own"), [board(uid)]);

    const adopted = await project.run(["apply", "--adopt", `dashboard/${uid}`], grafana.variables);
    const next = await project.run(["plan", "--detailed-exitcode"], grafana.variables);

    expect(adopted).toMatchObject({ code: 0 });
    expect(remarks(adopted)).toBe("");
    expect(adopted.stdout).toContain("adopted");
    expect(next).toMatchObject({ code: 0 });
  });

  test("without names, --adopt requires --yes if there is no interactive terminal", async () => {
    const grafana = await testGrafana();
    const uid = grafana.name("theirs");
    await make(grafana, "dashboard", uid, { spec: { title: "Theirs", schemaVersion: 42, panels: [] } });
    const before = await stored(grafana, "dashboard", uid);
    const project = await repository(grafana.name("own"), [board(uid)]);

    const { code, stderr } = await project.run(["apply", "--adopt"], grafana.variables);

    expect(code).toBe(64);
    expect(stderr).toContain("--yes");
    expect(await stored(grafana, "dashboard", uid)).toEqual(before);
  });
});

describe("another manager", () => {
  test.runIf(MARKS)("such as terraform is named, and its objects can be adopted [needs marks]", async () => {
    const grafana = await testGrafana();
    const uid = grafana.name("tf");
    const context = await grafana.context(grafana.name("own"));
    await make(grafana, "dashboard", uid, {
      spec: { title: "TF", schemaVersion: 42, panels: [] },
      annotations: { "grafana.app/managedBy": "terraform", "grafana.app/managerId": "platform" },
    });

    const { left } = changeOf(await planFor(context, [board(uid)]), `dashboard/${uid}`);
    expect(left).toMatchObject({ reason: "foreign", hint: expect.stringContaining(`--adopt dashboard/${uid}`) });
    expect(left?.message).toContain("terraform platform");

    await converge(context, [board(uid)], { adopt: only(`dashboard/${uid}`) });
  });

  test.runIf(MARKS)("such as a plugin has objects that can't be adopted: nothing is sent [needs marks]", async () => {
    const grafana = await testGrafana();
    const uid = grafana.name("plugin");
    const context = await grafana.context(grafana.name("own"));
    const annotations = { "grafana.app/managedBy": "plugin", "grafana.app/managerId": "some-app" };
    await make(grafana, "folder", uid, { spec: { title: "Plugin" }, annotations });
    const before = await stored(grafana, "folder", uid);

    const prepared = await planFor(context, [place(uid)], { adopt: only(`folder/${uid}`) });
    const outcomes = await carryOut(context, prepared);

    expect(actions(prepared)).toEqual({ [`folder/${uid}`]: "left: locked" });
    expect(changeOf(prepared, `folder/${uid}`).left?.message).toContain("plugin some-app");
    expect(outcomes).toEqual([]);
    expect(await stored(grafana, "folder", uid)).toEqual(before);
  });

  // Only Grafana itself can create such objects.
  test.each([
    ["repo", "Git"],
    ["classic-file-provisioning", "file"],
  ])("such as %s prevents an adoption, and the reason names the place to change the object", (manager, word) => {
    const annotations = { "grafana.app/managedBy": manager, "grafana.app/managerId": "main" };
    const metadata = { name: "a", resourceVersion: "1", generation: 1, annotations };

    expect(ownershipOf({ metadata }, { owner: "own" }).ownership).toMatchObject({
      state: "locked",
      manager: `${manager} main`,
      why: expect.stringContaining(word),
    });
  });

  test("such as file provisioning doesn't prevent the adoption of a folder, which Grafana never restores", async () => {
    const annotations = { "grafana.app/managedBy": "classic-file-provisioning", "grafana.app/managerId": "main" };
    const metadata = { name: "a", resourceVersion: "1", generation: 1, annotations };
    const context = { grafana: { marks: true, folders: {} }, owner: "own" } as unknown as KindContext;

    expect(liveFolder({ metadata, spec: { title: "A" } }, context).ownership).toEqual({
      state: "foreign",
      manager: "classic-file-provisioning main",
    });
  });

  test("such as file provisioning prevents the adoption of a datasource", async () => {
    const body = { uid: "prom", name: "Prometheus", type: "prometheus", readOnly: true, version: 1, jsonData: {} };
    const client: Client = {
      url: "http://grafana.test",
      send: ({ path }) => Promise.resolve(path === "/api/datasources" ? [body] : body),
      close() {},
    };
    const context = { grafana: { client, organization: "default" }, owner: "own" } as unknown as KindContext;

    const [listed] = await datasourceKind.list(context);

    expect(listed?.ownership).toMatchObject({ state: "locked", why: expect.stringContaining("file") });
  });

  test("such as another project of this tool is named, and its objects are neither changed nor pruned", async () => {
    const grafana = await testGrafana();
    const [one, two] = [grafana.name("one"), grafana.name("two")];
    const [first, second] = [await grafana.context(one), await grafana.context(two)];
    const shared = place(grafana.name("shared"));
    const [mine, theirs] = [grafana.name("mine"), grafana.name("their")];
    const source = datasource({
      uid: grafana.name("ds"),
      name: grafana.name("ds"),
      type: "loki",
      url: "http://l:3100",
    });
    await converge(first, [shared, source, board(theirs, { folder: shared })]);
    const before = [
      await stored(grafana, "folder", shared.uid ?? ""),
      await stored(grafana, "dashboard", theirs),
      await datasourceNow(grafana, source.uid ?? ""),
    ];
    const inTheirs = board(mine, { folder: { ...shared, existing: true } as never });

    await converge(second, [inTheirs]);
    const wanted = await planFor(second, [board(theirs, { expr: "mine" })], { prune: true });
    expect(actions(wanted)).toEqual({ [`dashboard/${theirs}`]: "left: foreign", [`dashboard/${mine}`]: "delete" });
    expect(changeOf(wanted, `dashboard/${theirs}`).left?.message).toContain(MARKS ? `kubectl ${one}` : tagOf(two));
    await converge(second, [], { prune: true });

    expect(await find(grafana, "dashboard", mine)).toBeUndefined();
    expect([
      await stored(grafana, "folder", shared.uid ?? ""),
      await stored(grafana, "dashboard", theirs),
      await datasourceNow(grafana, source.uid ?? ""),
    ]).toEqual(before);
  });
});

describe("a copy that was made in Grafana", () => {
  test.runIf(MARKS)(
    "of a dashboard or a folder is not owned, never pruned, and reported as a copy [needs marks]",
    async () => {
      const grafana = await testGrafana();
      const [uid, twin] = [grafana.name("original"), grafana.name("twin")];
      const context = await grafana.context(grafana.name("own"));
      await converge(context, [place(uid), board(uid)]);
      await copy(grafana, "dashboard", uid, twin);
      await copy(grafana, "folder", uid, twin);
      const before = await stored(grafana, "dashboard", twin);

      const { plan } = await converge(context, [place(uid), board(uid)], { prune: true });
      expect(plan.changes).toEqual([]);
      const named = await planFor(context, [place(uid), board(uid), board(twin)]);
      expect(changeOf(named, `dashboard/${twin}`).left?.message).toContain(`copy of ${uid}`);
      await converge(context, [], { prune: true });

      expect(await find(grafana, "dashboard", uid)).toBeUndefined();
      expect(await stored(grafana, "dashboard", twin)).toEqual(before);
      expect(await find(grafana, "folder", twin)).toBeDefined();
    },
  );

  test("of a datasource is not owned, never pruned, and reported as a copy", async () => {
    const grafana = await testGrafana();
    const [uid, twin] = [grafana.name("original"), grafana.name("twin")];
    const context = await grafana.context(grafana.name("own"));
    const original = datasource({ uid, name: uid, type: "loki", url: "http://loki:3100" });
    await converge(context, [original]);
    await makeDatasource(grafana, twin, { jsonData: (await datasourceNow(grafana, uid))?.["jsonData"] });

    const named = await planFor(context, [original, { ...original, uid: twin, name: twin }]);
    expect(changeOf(named, `datasource/${twin}`).left?.message).toContain(`copy of ${uid}`);
    await converge(context, [], { prune: true });

    expect(await datasourceNow(grafana, uid)).toBeUndefined();
    expect(await datasourceNow(grafana, twin)).toBeDefined();
  });
});

describe("a lost mark", () => {
  test("of a dashboard that an old client saved: the dashboard is skipped until it is adopted again", async () => {
    const grafana = await testGrafana();
    const uid = grafana.name("lost");
    const context = await grafana.context(grafana.name("own"));
    await converge(context, [board(uid)]);
    await grafana.other.send({
      method: "POST",
      path: "/api/dashboards/db",
      body: { dashboard: { uid, title: "Saved by another client", panels: [] }, overwrite: true },
    });

    const prepared = await planFor(context, [board(uid)], { prune: true });
    expect(actions(prepared)).toEqual({ [`dashboard/${uid}`]: "left: foreign" });
    expect(changeOf(prepared, `dashboard/${uid}`).left?.message).toContain(
      MARKS ? "mark" : `it has no tag "${tagOf(context.owner)}"`,
    );
    expect(await carryOut(context, prepared)).toEqual([]);
    expect((await stored(grafana, "dashboard", uid)).spec["title"]).toBe("Saved by another client");

    await converge(context, [board(uid)], { adopt: only(`dashboard/${uid}`) });
    expect(exprOf(await stored(grafana, "dashboard", uid))).toBe("up");
  });

  test.runIf(MARKS)(
    "is reported as lost if only the record of the applied content is missing [needs marks]",
    async () => {
      const grafana = await testGrafana();
      const uid = grafana.name("lost");
      const context = await grafana.context(grafana.name("own"));
      await converge(context, [board(uid)]);
      await edit(grafana, "dashboard", uid, ({ metadata }) => {
        delete metadata.annotations["grafana-provision/applied"];
      });

      const { left } = changeOf(await planFor(context, [board(uid)]), `dashboard/${uid}`);

      expect(left).toMatchObject({ reason: "foreign", message: expect.stringContaining("mark") });
    },
  );

  test.runIf(MARKS)("is not assumed for an object that was written only once [needs marks]", async () => {
    const grafana = await testGrafana();
    const uid = grafana.name("theirs");
    const context = await grafana.context(grafana.name("own"));
    await make(grafana, "dashboard", uid, { spec: { title: "Theirs", schemaVersion: 42, panels: [] } });

    const { left } = changeOf(await planFor(context, [board(uid)]), `dashboard/${uid}`);

    expect(left?.message).toBe("exists in Grafana, not owned by this project");
  });

  test("of a datasource whose settings another client replaced: the datasource is skipped", async () => {
    const grafana = await testGrafana();
    const uid = grafana.name("lost");
    const context = await grafana.context(grafana.name("own"));
    const source = datasource({ uid, name: uid, type: "loki", url: "http://loki:3100" });
    await converge(context, [source]);
    await editDatasource(grafana, uid, { jsonData: {} });

    const prepared = await planFor(context, [source], { prune: true });

    expect(actions(prepared)).toEqual({ [`datasource/${uid}`]: "left: foreign" });
  });
});

describe("annotations of others on an owned object", () => {
  test.runIf(MARKS)(
    "and their labels are kept by an adoption and an update, and so is their lock against changes [needs marks]",
    async () => {
      const grafana = await testGrafana();
      const uid = grafana.name("noted");
      const context = await grafana.context(grafana.name("own"));
      await make(grafana, "dashboard", uid, {
        spec: { title: "Noted", schemaVersion: 42, panels: [] },
        annotations: { "example.org/runbook": "https://example.org/r", "grafana.app/managerAllowsEdits": "false" },
        labels: { team: "platform" },
      });

      await converge(context, [board(uid)], { adopt: only(`dashboard/${uid}`) });
      await converge(context, [board(uid, { expr: "changed" })]);

      const { metadata, spec } = await stored(grafana, "dashboard", uid);
      expect(exprOf({ metadata, spec })).toBe("changed");
      expect(metadata.labels).toMatchObject({ team: "platform" });
      expect(metadata.annotations).toMatchObject({
        "example.org/runbook": "https://example.org/r",
        "grafana.app/managerAllowsEdits": "false",
      });
    },
  );

  test("are not differences", async () => {
    const grafana = await testGrafana();
    const uid = grafana.name("noted");
    const context = await grafana.context(grafana.name("own"));
    await converge(context, [place(uid), board(uid)]);
    for (const kind of ["folder", "dashboard"] as const) {
      await edit(grafana, kind, uid, ({ metadata }) => {
        metadata.annotations["example.org/runbook"] = "https://example.org/r";
      });
    }

    const { plan } = await converge(context, [place(uid), board(uid)]);

    expect(plan.changes).toEqual([]);
    expect(plan.unchanged).toBe(2);
  });

  test.runIf(MARKS)("don't prevent changes in Grafana to an adopted dashboard [needs marks]", async () => {
    const grafana = await testGrafana();
    const uid = grafana.name("editable");
    const context = await grafana.context(grafana.name("own"));
    await make(grafana, "dashboard", uid, { spec: { title: "Theirs", schemaVersion: 42, panels: [] } });
    await converge(context, [board(uid)], { adopt: only(`dashboard/${uid}`) });

    await edit(grafana, "dashboard", uid, (object) => setExpr(object, "edited"));

    const { metadata, spec } = await stored(grafana, "dashboard", uid);
    expect(metadata.annotations["grafana.app/managerAllowsEdits"]).toBe("true");
    expect(exprOf({ metadata, spec })).toBe("edited");
  });
});
