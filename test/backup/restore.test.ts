import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { datasourceNow, edit, editDatasource, find, make, makeDatasource, panel, remove } from "../engine/support.ts";
import { start } from "../faults/support.ts";
import { testProject } from "../helpers/cli.ts";
import { faultyProxy, type Fate } from "../helpers/faulty-proxy.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { ONCE } from "../helpers/mode.ts";
import { element, grid, makeInV2, readIn, spec, storedVersion } from "../helpers/schema-v2.ts";
import { backedUp, changesIn, damage, failed, manifestOf, restored, type Scene } from "./support.ts";

/** A Grafana with a folder, a dashboard in it and another one, of which a backup exists. */
async function scene(): Promise<Scene> {
  const grafana = await testGrafana();
  const name = (stem: string) => grafana.name(stem);
  await make(grafana, "folder", name("team"), { spec: { title: "Team A" } });
  for (const [stem, folder] of [
    ["shop", { "grafana.app/folder": name("team") }],
    ["root", {}],
  ] as const)
    await make(grafana, "dashboard", name(stem), {
      spec: { title: stem, panels: [panel(1, "Requests", "up")], schemaVersion: 42 },
      annotations: folder,
    });
  return { grafana, project: await testProject(), name };
}

/** Whether a request creates a dashboard. */
function isCreation(method: string, path: string): boolean {
  return method === "POST" && /\/dashboards(?!.*dryRun)/.test(path);
}

const BOARDS = ["--only", "folder", "dashboard"];

async function setTitle({ grafana }: Scene, uid: string, title: string): Promise<void> {
  await edit(grafana, "dashboard", uid, (object) => void Object.assign(object.spec, { title }));
}

describe.runIf(ONCE)("a restore", () => {
  test("names an object that was changed since, and replaces it only with consent", async () => {
    const stage = await scene();
    const { grafana, project, name } = stage;
    await backedUp(project, grafana.variables, BOARDS);
    await setTitle(stage, name("shop"), "edited");
    await remove(grafana, "dashboard", name("root"));

    const first = await restored(project, grafana.variables);

    expect(changesIn(first).toSorted()).toEqual([
      `create dashboard/${name("root")}`,
      `update dashboard/${name("shop")} (drift)`,
    ]);
    expect(first).toMatchObject({ command: "restore", exitCode: 8, summary: { done: 1, unchanged: 1 } });
    expect(await find(grafana, "dashboard", name("shop"))).toMatchObject({ spec: { title: "edited" } });

    const second = await restored(project, grafana.variables, ["--overwrite-drift", `dashboard/${name("shop")}`]);
    expect(second).toMatchObject({ exitCode: 0, summary: { done: 1 } });
    expect(await find(grafana, "dashboard", name("shop"))).toMatchObject({ spec: { title: "shop" } });
    expect(changesIn(await restored(project, grafana.variables))).toEqual([]);

    const undone = await project.run(["rollback", "latest", "--yes"], grafana.variables);
    expect(undone.code, undone.stdout + undone.stderr).toBe(0);
    expect(await find(grafana, "dashboard", name("shop"))).toMatchObject({ spec: { title: "edited" } });
  });

  test("asks before it replaces an object that another user created while it ran", async () => {
    const { grafana, project, name } = await scene();
    await backedUp(project, grafana.variables, BOARDS);
    for (const stem of ["root", "shop"]) await remove(grafana, "dashboard", name(stem));
    const theirs = { title: "theirs", panels: [panel(3, "Theirs", "up")], schemaVersion: 42 };
    const proxy = await faultyProxy(grafana.url);
    onTestFinished(() => proxy.close());
    let taken = "";
    proxy.decide(async ({ method, path, body }): Promise<Fate> => {
      if (taken === "" && isCreation(method, path)) {
        taken = body.includes(`"${name("shop")}"`) ? name("shop") : name("root");
        await make(grafana, "dashboard", taken, { spec: theirs });
      }
      return "pass";
    });
    const variables = { ...grafana.variables, GRAFANA_URL: proxy.url };

    const first = await restored(project, variables, ["--yes"]);
    expect(first, JSON.stringify(first.changes)).toMatchObject({ exitCode: 7, summary: { done: 1 } });
    const second = await restored(project, variables, ["--yes"]);

    expect(changesIn(second)).toEqual([`update dashboard/${taken} (drift)`]);
    expect(second.exitCode).toBe(8);
    expect(await find(grafana, "dashboard", taken)).toMatchObject({ spec: { title: "theirs" } });
  });

  test("asks before it replaces an object that it had not begun to create when it was killed", async () => {
    const { grafana, project, name } = await scene();
    await backedUp(project, grafana.variables, BOARDS);
    for (const stem of ["root", "shop"]) await remove(grafana, "dashboard", name(stem));
    const proxy = await faultyProxy(grafana.url);
    onTestFinished(() => proxy.close());
    const variables = { ...grafana.variables, GRAFANA_URL: proxy.url };
    const running = start(project, variables, ["restore", "saved", "--yes", "--concurrency", "1"]);
    let sent = "";
    proxy.decide(({ method, path, body }): Fate => {
      if (!isCreation(method, path)) return "pass";
      sent = body.includes(`"${name("shop")}"`) ? name("shop") : name("root");
      running.child.kill("SIGKILL");
      return "reset";
    });
    await running.ended;
    proxy.decide();
    await proxy.idle();
    const other = sent === name("shop") ? name("root") : name("shop");
    await make(grafana, "dashboard", other, { spec: { title: "theirs", schemaVersion: 42 } });

    const again = await restored(project, variables, ["--yes"]);

    expect(changesIn(again).toSorted()).toEqual(
      [`create dashboard/${sent}`, `update dashboard/${other} (drift)`].toSorted(),
    );
    expect(await find(grafana, "dashboard", other)).toMatchObject({ spec: { title: "theirs" } });
  });

  test("writes nothing with --dry-run, and only what is selected", async () => {
    const { grafana, project, name } = await scene();
    await backedUp(project, grafana.variables, BOARDS);
    await remove(grafana, "dashboard", name("shop"));
    await remove(grafana, "dashboard", name("root"));

    const dry = await restored(project, grafana.variables, ["--dry-run", "--folder", "Team A"]);
    expect(changesIn(dry)).toEqual([`create dashboard/${name("shop")}`]);
    expect(dry).toMatchObject({ exitCode: 0, summary: { unchanged: 1 } });
    expect(await find(grafana, "dashboard", name("shop"))).toBeUndefined();

    const one = await restored(project, grafana.variables, ["--only", `dashboard/${name("root")}`]);
    expect(changesIn(one)).toEqual([`create dashboard/${name("root")}`]);
    expect(await find(grafana, "dashboard", name("shop"))).toBeUndefined();
  });

  test("sends nothing if a file or the manifest was changed, and names it", async () => {
    const { grafana, project, name } = await scene();
    await backedUp(project, grafana.variables, BOARDS);
    const { objects } = await manifestOf(project);
    await remove(grafana, "dashboard", name("root"));
    const file = objects.find(({ id }) => id === name("shop"))?.file ?? "";

    for (const path of [file, "manifest.json"]) {
      await damage(join(project.directory, "saved", path));
      const done = await project.run(["restore", "saved", "--yes", "-o", "json"], grafana.variables);
      expect(done.code, done.stdout).toBe(1);
      expect(failed(done)).toMatchObject({ message: expect.stringContaining(path) as unknown });
      expect(["backup-checksum-mismatch", "backup-invalid"]).toContain(failed(done).code);
      await damage(join(project.directory, "saved", path));
    }
    await project.remove(`saved/${file}`);
    const done = await project.run(["restore", "saved", "-o", "json"], grafana.variables);
    expect(failed(done).code).toBe("backup-checksum-mismatch");
    expect(await find(grafana, "dashboard", name("root"))).toBeUndefined();
  });

  test("rejects a directory without a manifest, and a name that the backup lacks", async () => {
    const { grafana, project } = await scene();
    await backedUp(project, grafana.variables, BOARDS);

    const missing = await project.run(["restore", "elsewhere", "-o", "json"], grafana.variables);
    expect([missing.code, failed(missing).code]).toEqual([64, "backup-missing"]);
    const unknown = await project.run(
      ["restore", "saved", "-o", "json", "--overwrite-drift", "dashboard/nothing"],
      grafana.variables,
    );
    expect([unknown.code, failed(unknown).code]).toEqual([64, "option-invalid"]);
  });

  test("restores a dashboard in the schema in which it was stored", async () => {
    const { grafana, project, name } = await scene();
    const content = spec("Grid", { one: element(1, "One") }, grid("one"));
    await makeInV2(grafana, name("v2"), content);
    const before = await readIn(grafana, "v2beta1", name("v2"));
    await backedUp(project, grafana.variables, BOARDS);
    await remove(grafana, "dashboard", name("v2"));

    expect((await restored(project, grafana.variables)).exitCode).toBe(0);

    expect(await storedVersion(grafana, name("v2"))).toBe("v2beta1");
    expect((await readIn(grafana, "v2beta1", name("v2"))).spec).toEqual(before.spec);
    expect(changesIn(await restored(project, grafana.variables))).toEqual([]);
  });

  test("keeps the secrets that Grafana has, and sends those whose variables are set", async () => {
    const { grafana, project, name } = await scene();
    const uid = name("ds");
    const secrets = { secureJsonData: { password: "hunter2-password" } };
    await makeDatasource(grafana, uid, {
      type: "loki",
      url: "http://me:hunter2@loki:3100",
      isDefault: false,
      ...secrets,
    });
    await backedUp(project, grafana.variables, ["--only", "datasource"]);
    const [place] = (await manifestOf(project)).objects.find(({ id }) => id === uid)?.secrets ?? [];
    await editDatasource(grafana, uid, { jsonData: { maxLines: 5 } });

    const kept = await restored(project, grafana.variables, ["--overwrite-drift"]);
    expect(kept, JSON.stringify(kept.changes)).toMatchObject({ exitCode: 0, summary: { done: 1 } });
    expect(await datasourceNow(grafana, uid)).toMatchObject({
      url: "http://me:hunter2@loki:3100",
      secureJsonFields: { password: true },
    });

    await grafana.other.send({ method: "DELETE", path: `/api/datasources/uid/${uid}` });
    const without = await restored(project, grafana.variables);
    expect(without.notes?.join(" ")).toContain(place?.variable);
    expect((await datasourceNow(grafana, uid))?.secureJsonFields ?? {}).toEqual({});
    expect(changesIn(await restored(project, grafana.variables))).toEqual([]);

    const filled = await restored(project, { ...grafana.variables, [place?.variable ?? ""]: "hunter2-again" });
    expect(filled).toMatchObject({ exitCode: 0, summary: { done: 1 } });
    expect(await datasourceNow(grafana, uid)).toMatchObject({ secureJsonFields: { password: true } });
    expect(filled.stderr + JSON.stringify(filled)).not.toContain("hunter2-again");
  });

  test("names a contact point whose webhook was redirected, and restores it with its URL", async () => {
    const { grafana, project, name } = await scene();
    const [uid, point] = [name("hook"), name("ops")];
    const path = "/api/v1/provisioning/contact-points";
    const bodyWith = (url: string) => ({ uid, name: point, type: "webhook", settings: { url } });
    const urlNow = async () => {
      const all = (await grafana.other.send({ method: "GET", path })) as { uid: string; settings: { url: string } }[];
      return all.find((one) => one.uid === uid)?.settings.url;
    };
    const [former, other] = ["http://127.0.0.1:1/hunter2-former", "http://127.0.0.1:2/hunter2-other"];
    await grafana.other.send({ method: "POST", path, body: bodyWith(former) });
    await backedUp(project, grafana.variables, ["--only", "contact-point"]);
    const selected = ["--only", `contact-point/${point}`];
    expect(changesIn(await restored(project, grafana.variables, selected))).toEqual([]);
    const { objects } = await manifestOf(project);
    const variable = objects.find(({ id }) => id === point)?.secrets?.[0]?.variable ?? "";
    await grafana.other.send({ method: "PUT", path: `${path}/${uid}`, body: bodyWith(other) });

    const unset = await restored(project, grafana.variables, [...selected, "--overwrite-drift"]);
    expect(changesIn(unset)).toEqual([`update contact-point/${point} (obstacle)`]);
    expect(unset.notes?.join(" ")).toContain(variable);
    expect(await urlNow()).toBe(other);

    const variables = { ...grafana.variables, [variable]: former };
    expect(changesIn(await restored(project, variables, selected))).toEqual([`update contact-point/${point} (drift)`]);
    const done = await restored(project, variables, [...selected, "--overwrite-drift"]);
    expect(done, JSON.stringify(done.changes)).toMatchObject({ exitCode: 0, summary: { done: 1 } });
    expect(await urlNow()).toBe(former);
    expect(changesIn(await restored(project, grafana.variables, selected))).toEqual([]);
    expect(JSON.stringify([unset, done])).not.toContain("hunter2");
  });

  test("keeps a credential in a text whose index has changed", async () => {
    const { grafana, project, name } = await scene();
    const uid = name("linked");
    const url = "https://bot:hunter2hunter2@api.example.org/x";
    const linked = { ...panel(1, "Linked", "up"), links: [{ title: "API", url }] };
    await make(grafana, "dashboard", uid, { spec: { title: "linked", panels: [linked], schemaVersion: 42 } });
    await backedUp(project, grafana.variables, ["--only", "dashboard"]);
    await edit(grafana, "dashboard", uid, ({ spec: now }) => {
      Object.assign(now, { panels: [panel(2, "New", "up"), linked] });
    });

    const done = await restored(project, grafana.variables, ["--overwrite-drift", `dashboard/${uid}`]);

    expect(done, JSON.stringify(done.changes)).toMatchObject({ exitCode: 0, summary: { done: 1 } });
    expect(await find(grafana, "dashboard", uid)).toMatchObject({ spec: { panels: [{ links: [{ url }] }] } });
  });

  test("leaves out users whom the organization lacks", async () => {
    const { grafana, project, name } = await scene();
    const path = `/api/folders/${name("team")}/permissions`;
    const body = { login: name("ada"), password: "password of ada" };
    const ada = (await grafana.other.send({ method: "POST", path: "/api/admin/users", body })) as { id: number };
    await grafana.other.send({ method: "POST", path, body: { items: [{ userId: ada.id, permission: 2 }] } });
    await backedUp(project, grafana.variables, ["--only", "folder", "folder-permissions"]);
    await grafana.other.send({ method: "DELETE", path: `/api/admin/users/${ada.id}` });
    await grafana.other.send({ method: "POST", path, body: { items: [] } });

    const first = await restored(project, grafana.variables, ["--yes"]);
    expect(first.notes?.join(" ")).toContain(`user/${name("ada")}`);
    expect(changesIn(first)).toEqual([]);
  });

  test("skips permissions of a folder that Grafana lacks and the restore leaves out", async () => {
    const { grafana, project, name } = await scene();
    const permissions = `folder-permissions/${name("team")}`;
    await backedUp(project, grafana.variables, ["--only", "folder", permissions]);
    for (const stem of ["shop", "root"]) await remove(grafana, "dashboard", name(stem));
    await remove(grafana, "folder", name("team"));

    const report = await restored(project, grafana.variables, ["--yes", "--only", permissions]);

    expect(changesIn(report)).toEqual([`create ${permissions} (dependency)`]);
    expect(report.summary).toMatchObject({ failed: 0 });
    expect((await restored(project, grafana.variables, ["--yes"])).exitCode).toBe(0);
  });

  test("skips an object whose type Grafana does not serve in its version", async () => {
    const { grafana, project, name } = await scene();
    const all = "/apis/example.grafana.app/v1alpha1/namespaces/default/examples";
    const [apiVersion, kind, id] = ["example.grafana.app/v1alpha1", "Example", name("any")];
    const body = { apiVersion, kind, metadata: { name: id }, spec: {} };
    await grafana.other.send({ method: "POST", path: all, body });
    const selected = ["--only", `api-object/example.grafana.app/Example/${id}`];
    await backedUp(project, grafana.variables, [...selected, "--api", "example.grafana.app/Example"]);
    await grafana.other.send({ method: "DELETE", path: `${all}/${id}` });
    // Another version of Grafana serves another version of the type.
    const proxy = await faultyProxy(grafana.url, async ({ path, forward }) => {
      if (path !== "/apis") return "pass";
      const { status, body: all = "" } = await forward();
      return {
        status,
        body: String(all).replaceAll(`"${apiVersion}"`, '"example.grafana.app/v9"').replaceAll("v1alpha1", "v9"),
      };
    });
    onTestFinished(() => proxy.close());

    const options = ["--yes", ...selected];
    const report = await restored(project, { ...grafana.variables, GRAFANA_URL: proxy.url }, options);

    expect(changesIn(report), JSON.stringify(report)).toEqual([
      `create api-object/example.grafana.app/Example/${id} (obstacle)`,
    ]);
    expect(report.summary?.failed ?? 0).toBe(0);
    expect(changesIn(await restored(project, grafana.variables, options))).toEqual([
      `create api-object/example.grafana.app/Example/${id}`,
    ]);
  });

  test("asks before it grants permissions that a user has reset", async () => {
    const { grafana, project, name } = await scene();
    const path = `/api/folders/${name("team")}/permissions`;
    const defaults = [
      { role: "Viewer", permission: 1 },
      { role: "Editor", permission: 2 },
    ];
    const set = (items: readonly object[]) => grafana.other.send({ method: "POST", path, body: { items } });
    const address = `folder-permissions/${name("team")}`;
    await set([{ role: "Viewer", permission: 4 }]);
    await backedUp(project, grafana.variables, ["--only", "folder", address]);
    await set(defaults);

    const first = await restored(project, grafana.variables, ["--yes"]);
    expect(changesIn(first)).toEqual([`update ${address} (drift)`]);
    expect(await grafana.other.send({ method: "GET", path })).not.toContainEqual(
      expect.objectContaining({ role: "Viewer", permission: 4 }),
    );
    const second = await restored(project, grafana.variables, ["--yes", "--overwrite-drift", address]);
    expect(second).toMatchObject({ exitCode: 0, summary: { done: 1 } });
  });

  test("maps references to the datasources of the environment", async () => {
    const { grafana, project, name } = await scene();
    for (const stem of ["from", "to"]) await makeDatasource(grafana, name(stem), { isDefault: false });
    const of = (uid: string) => ({ type: "prometheus", uid });
    await make(grafana, "dashboard", name("mapped"), {
      spec: { title: "mapped", panels: [{ ...panel(1, "A", "up"), datasource: of(name("from")) }], schemaVersion: 42 },
    });
    await backedUp(project, grafana.variables, ["--only", "dashboard", "datasource"]);
    await remove(grafana, "dashboard", name("mapped"));
    const { GRAFANA_URL: url, ...credentials } = grafana.variables;
    await project.write({
      "grafana.config.ts": `export default { project: "test", environments: { staging: { url: ${JSON.stringify(url)},
        datasources: { ${JSON.stringify(name("from"))}: ${JSON.stringify(name("to"))} } } } };\n`,
    });

    const report = await restored(project, credentials, ["--env", "staging"]);

    expect(report.exitCode, report.stderr).toBe(0);
    expect(await find(grafana, "dashboard", name("mapped"))).toMatchObject({
      spec: { panels: [{ datasource: of(name("to")) }] },
    });
    expect(report.notes?.join(" ")).toContain(`datasource/${name("from")}`);
  });
});
