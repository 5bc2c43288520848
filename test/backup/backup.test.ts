import { readFile, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { BackupSchema } from "../../src/index.ts";
import { datasourceNow, make, makeDatasource, panel, remove } from "../engine/support.ts";
import { testProject } from "../helpers/cli.ts";
import { faultyProxy } from "../helpers/faulty-proxy.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { ONCE } from "../helpers/mode.ts";
import { element, grid, makeInV2, spec } from "../helpers/schema-v2.ts";
import { dropAccount, person, setPermissions } from "../kinds/access/support.ts";
import { backedUp, failed, fileOf, manifestOf, restored, textIn, type Scene } from "./support.ts";

/** A Grafana with a folder and a dashboard in it. */
async function scene(): Promise<Scene> {
  const grafana = await testGrafana();
  const name = (stem: string) => grafana.name(stem);
  await make(grafana, "folder", name("team"), { spec: { title: "Team A" } });
  await make(grafana, "dashboard", name("shop"), {
    spec: { title: "Shop", panels: [panel(1, "Requests", "up")], schemaVersion: 42 },
    annotations: { "grafana.app/folder": name("team") },
  });
  return { grafana, project: await testProject(), name };
}

const only = (...names: string[]) => ["--only", ...names];

describe.runIf(ONCE)("a backup", () => {
  test("has a readable file for each object, in directories like the folders", async () => {
    const { grafana, project, name } = await scene();

    const { objects = [] } = await backedUp(project, grafana.variables, only("folder", "dashboard"));

    const shop = objects.find(({ address }) => address === `dashboard/${name("shop")}`);
    expect(shop?.file).toBe(`dashboards/team-a.${name("team")}/shop.${name("shop")}.json`);
    expect(await fileOf(project, `dashboard/${name("shop")}`)).toMatchObject({
      apiVersion: "dashboard.grafana.app/v1beta1",
      kind: "Dashboard",
      metadata: { name: name("shop"), annotations: { "grafana.app/folder": name("team") } },
      spec: { title: "Shop", panels: [{ title: "Requests" }] },
    });
    const manifest = await manifestOf(project);
    expect(manifest).toMatchObject({
      version: 1,
      grafana: { url: grafana.url, version: expect.stringMatching(/^12\./) as unknown },
    });
    expect(manifest.objects.find(({ id }) => id === name("shop"))).toMatchObject({ folder: name("team") });
  });

  test("has a dashboard in the schema in which it is stored", async () => {
    const { grafana, project, name } = await scene();
    const content = spec("Tabs", { one: element(1, "One") }, grid("one"));
    await makeInV2(grafana, name("tabs"), content);

    await backedUp(project, grafana.variables, only("dashboard"));

    const file = await fileOf(project, `dashboard/${name("tabs")}`);
    expect(file).toMatchObject({ apiVersion: "dashboard.grafana.app/v2beta1", spec: content });
    expect(Object.keys(file)).toEqual(["apiVersion", "kind", "metadata", "spec"]);
  });

  test("names secrets and credentials in plain text, without their values", async () => {
    const { grafana, project, name } = await scene();
    await makeDatasource(grafana, name("ds"), {
      type: "loki",
      url: "http://me:hunter2-url@loki:3100",
      secureJsonData: { basicAuthPassword: "hunter2-password" },
    });
    await grafana.other.send({
      method: "POST",
      path: "/api/v1/provisioning/contact-points",
      body: {
        uid: name("hook"),
        name: name("ops"),
        type: "webhook",
        settings: { url: "http://127.0.0.1:1/hunter2-hook", authorization_credentials: "hunter2-token" },
      },
    });

    await backedUp(project, grafana.variables);

    const { objects } = await manifestOf(project);
    const secretsOf = (id: string) => objects.find((one) => one.id === id)?.secrets?.map(({ path }) => path.join("."));
    expect(secretsOf(name("ds"))).toEqual(["secureJsonData.basicAuthPassword", "url"]);
    expect(secretsOf(name("ops"))).toEqual(
      expect.arrayContaining(["integrations.0.settings.url", "integrations.0.settings.authorization_credentials"]),
    );
    const variables = objects.flatMap(({ secrets = [] }) => secrets.map(({ variable }) => variable));
    expect(variables.every((one) => one.startsWith("RESTORE_"))).toBe(true);
    expect(await textIn(join(project.directory, "saved"))).not.toContain("hunter2");
  });

  test("has no credential that begins with $ or that is a number, and the restore sets them", async () => {
    const { grafana, project, name } = await scene();
    const [uid, board] = [name("ds"), name("tokens")];
    const constant = (id: string, query: string) => ({ name: id, type: "constant", query });
    await makeDatasource(grafana, uid, {
      isDefault: false,
      jsonData: { apiKey: 998_877_665_544, timeInterval: "30s" },
    });
    await make(grafana, "dashboard", board, {
      spec: {
        title: "tokens",
        schemaVersion: 42,
        templating: { list: [constant("api_token", "$ecret2024"), constant("region", "$datasource")] },
      },
    });

    await backedUp(project, grafana.variables, only("datasource", "dashboard"));

    const text = await textIn(join(project.directory, "saved"));
    expect(text).not.toMatch(/ecret2024|998877665544/);
    expect(text).toContain("$datasource");
    const { objects } = await manifestOf(project);
    const [place] = objects.find(({ id }) => id === uid)?.secrets ?? [];
    expect(place?.path).toEqual(["jsonData", "apiKey"]);
    await grafana.other.send({ method: "DELETE", path: `/api/datasources/uid/${uid}` });
    const variables = { ...grafana.variables, [place?.variable ?? ""]: "998877665544" };
    expect(await restored(project, variables)).toMatchObject({ exitCode: 0, summary: { done: 1 } });
    expect(await datasourceNow(grafana, uid)).toMatchObject({ jsonData: { apiKey: 998_877_665_544 } });
  });

  test("has no value of a secret of the code, wherever it is in Grafana", async () => {
    const { grafana, project, name } = await scene();
    await project.write({
      "resources/ds.ts": `import { datasource, env, secret } from "grafana-provision";
        export default datasource({ uid: "x", name: "x", type: "loki", url: "http://x", secureJsonData: { a: secret(env("PASSPHRASE")) } });`,
    });
    await make(grafana, "dashboard", name("leak"), { spec: { title: "see correct horse battery", schemaVersion: 42 } });

    await backedUp(project, { ...grafana.variables, PASSPHRASE: "correct horse battery" }, only("dashboard"));

    const { objects } = await manifestOf(project);
    expect(objects.map(({ title }) => title)).toContain("see (secret)");
    expect((await textIn(join(project.directory, "saved"))).toLowerCase()).not.toMatch(/horse.?battery/);
  });

  test("has what a Viewer can read, and names the missing permissions", async () => {
    const { grafana, project, name } = await scene();

    const { login } = await person(grafana, "reader");
    const credentials = { GRAFANA_URL: grafana.url, GRAFANA_USER: login, GRAFANA_PASSWORD: `password of ${login}` };

    const report = await backedUp(project, credentials, [], 3);

    const kinds = new Set(report.objects?.map(({ address }) => address.split("/")[0]));
    expect(kinds).toContain("dashboard");
    expect(report.unreadable).toEqual(
      expect.arrayContaining([{ kind: "service-account", missing: "serviceaccounts:read" }]),
    );
    expect((await manifestOf(project)).unreadable).toEqual(report.unreadable);
    expect(report.objects?.some(({ address }) => address === `dashboard/${name("shop")}`)).toBe(true);
  });

  test("has objects of any type that Grafana serves", async () => {
    const { grafana, project, name } = await scene();
    const path = "/apis/example.grafana.app/v1alpha1/namespaces/default/examples";
    const body = {
      apiVersion: "example.grafana.app/v1alpha1",
      kind: "Example",
      metadata: { name: name("any") },
      spec: {},
    };
    await grafana.other.send({ method: "POST", path, body });
    const address = `api-object/example.grafana.app/Example/${name("any")}`;
    const has = async (...options: string[]) =>
      (await backedUp(project, grafana.variables, ["--force", ...options])).objects?.some(
        (one) => one.address === address,
      );

    expect(await has()).toBe(false);
    expect(await has("--api", "example.grafana.app/Example")).toBe(true);
    expect(await has("--api")).toBe(true);
  });

  test("names a type whose objects these credentials can't list", async () => {
    const { grafana, project } = await scene();
    const isList = (path: string) => path.startsWith("/apis/example.grafana.app/") && path.includes("/examples");
    const proxy = await faultyProxy(grafana.url, ({ path }) => (isList(path) ? { status: 403, body: "{}" } : "pass"));
    onTestFinished(() => proxy.close());
    const unreadable = { kind: "api-object", id: "example.grafana.app/Example", missing: "list" };

    for (const types of [[], ["example.grafana.app/Example"]]) {
      await rm(join(project.directory, "saved"), { recursive: true, force: true });
      const options = [...only("api-object"), "--api", ...types];
      const report = await backedUp(project, { ...grafana.variables, GRAFANA_URL: proxy.url }, options, 3);
      expect(report.unreadable).toContainEqual(unreadable);
      expect((await manifestOf(project)).unreadable).toContainEqual(unreadable);
    }
  });

  test.each(["playlist.grafana.app/Playlist", "secret.grafana.app/SecureValue", "prometheus.datasource.grafana.app/X"])(
    "refuses %s as a type",
    async (type) => {
      const { grafana, project } = await scene();

      const refused = await project.run(["backup", "--out", "saved", "-o", "json", "--api", type], grafana.variables);

      expect([refused.code, failed(refused).code]).toEqual([64, "option-invalid"]);
      expect(failed(refused).message).toContain(type);
      expect((await readdir(project.directory)).filter((one) => one.startsWith("saved"))).toEqual([]);
    },
  );

  test("leaves out permissions of service accounts whose names it can't read", async () => {
    const { grafana, project, name } = await scene();
    const account = (await grafana.other.send({
      method: "POST",
      path: "/api/serviceaccounts",
      body: { name: name("deploy"), role: "Viewer" },
    })) as { id: number };
    dropAccount(grafana, name("deploy"));
    await setPermissions(grafana, "folder", name("team"), [{ userId: account.id, permission: 2 }]);
    const id = `folder-permissions/${name("team")}`;
    const proxy = await faultyProxy(grafana.url, ({ path }) =>
      path.startsWith("/api/serviceaccounts") ? { status: 403, body: "{}" } : "pass",
    );
    onTestFinished(() => proxy.close());

    const report = await backedUp(project, { ...grafana.variables, GRAFANA_URL: proxy.url }, only(id), 3);

    expect(report.objects).toEqual([]);
    expect(report.unreadable).toEqual([
      { kind: "folder-permissions", id: name("team"), missing: "serviceaccounts:read" },
    ]);
    await rm(join(project.directory, "saved"), { recursive: true });
    const complete = await backedUp(project, grafana.variables, only(id));
    expect(complete.objects?.map(({ address }) => address)).toEqual([id]);
    expect(await fileOf(project, id)).toMatchObject({
      permissions: { [`service-account/${name("deploy")}`]: "Edit" },
    });
  });

  test("replaces only a former backup, and only with --force", async () => {
    const { grafana, project } = await scene();
    await backedUp(project, grafana.variables, only("folder"));
    await project.write({
      "other/mine.txt": "mine",
      "web/manifest.json": '{ "name": "web" }',
      "web/index.html": "mine",
    });
    const run = (...args: string[]) =>
      project.run(["backup", "-o", "json", ...only("folder"), ...args], grafana.variables);

    const refuses = async (...args: string[]) => {
      const refused = await run("--out", ...args);
      expect(refused.code).toBe(64);
      expect(failed(refused).code).toBe("backup-exists");
    };
    await refuses("saved");
    await refuses("other", "--force");
    await refuses("web", "--force");
    for (const mine of ["other/mine.txt", "web/index.html"])
      expect(await readFile(join(project.directory, mine), "utf8")).toBe("mine");
    expect((await run("--out", "saved", "--force")).code).toBe(0);

    // Another file in a former backup would be lost.
    await project.write({ "saved/folders/.git/HEAD": "mine" });
    await refuses("saved", "--force");
    await rm(join(project.directory, "saved/folders/.git"), { recursive: true });
    expect((await run("--out", "saved", "--force")).code).toBe(0);
    expect((await readdir(project.directory)).filter((one) => one.startsWith("saved"))).toEqual(["saved"]);
  });

  test("keeps a former backup that has more", async () => {
    const { grafana, project, name } = await scene();
    const both = only(`folder/${name("team")}`, `dashboard/${name("shop")}`, "service-account", "api-object");
    await backedUp(project, grafana.variables, [...both, "--api"]);
    const former = await manifestOf(project);
    const { login } = await person(grafana, "reader");
    const reader = { GRAFANA_URL: grafana.url, GRAFANA_USER: login, GRAFANA_PASSWORD: `password of ${login}` };
    const proxy = await faultyProxy(grafana.url);
    onTestFinished(() => proxy.close());

    const keeps = async (variables: Readonly<Record<string, string>>, ...options: string[]) => {
      const refused = await project.run(["backup", "--out", "saved", "-o", "json", "--force", ...options], variables);
      expect([refused.code, failed(refused).code], refused.stdout).toEqual([3, "backup-incomplete"]);
      expect(await manifestOf(project)).toEqual(former);
    };
    await keeps(reader, ...both, "--api");
    await keeps(grafana.variables, "--api", ...only(`dashboard/${name("shop")}`));
    await keeps(grafana.variables, ...both);
    await keeps({ ...grafana.variables, GRAFANA_URL: proxy.url }, ...both, "--api");
    await backedUp(project, grafana.variables, [...both, "--api", "--force"]);
    expect((await readdir(project.directory)).filter((one) => one.startsWith("saved"))).toEqual(["saved"]);
  });

  test("keeps a former backup if it finds nothing", async () => {
    const { grafana, project, name } = await scene();
    const shop = only(`dashboard/${name("shop")}`);
    await backedUp(project, grafana.variables, shop);
    await remove(grafana, "dashboard", name("shop"));

    const refused = await project.run(
      ["backup", "--out", "saved", "-o", "json", "--force", ...shop],
      grafana.variables,
    );

    expect([refused.code, failed(refused).code]).toEqual([3, "backup-incomplete"]);
    expect((await manifestOf(project)).objects.map(({ id }) => id)).toEqual([name("shop")]);
  });

  test("leaves nothing if it fails", async () => {
    const { project } = await scene();

    const done = await project.run(["backup", "--out", "saved", "-o", "json"], {
      GRAFANA_URL: "http://127.0.0.1:1",
      GRAFANA_TOKEN: "glsa_x",
    });

    expect(done.code).toBe(1);
    expect((await readdir(project.directory)).filter((one) => one.startsWith("saved"))).toEqual([]);
  });
});

test.runIf(ONCE)("the published schema of the JSON output is up to date", async () => {
  const published: unknown = JSON.parse(
    await readFile(new URL("../../schema/backup.v1.json", import.meta.url), "utf8"),
  );
  expect(published).toEqual(JSON.parse(JSON.stringify(z.toJSONSchema(BackupSchema))));
});
