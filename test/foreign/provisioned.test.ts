import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { stringify } from "yaml";
import { cleanUp } from "../alerting/support.ts";
import { testProject } from "../helpers/cli.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { differences, variablesIn } from "./support.ts";

/** The provisioning directory of the Grafana at `TEST_GRAFANA_URL`. */
const PROVISIONING = process.env["TEST_GRAFANA_PROVISIONING"];

async function reload({ other }: TestGrafana, ...kinds: readonly string[]): Promise<void> {
  for (const kind of kinds) await other.send({ method: "POST", path: `/api/admin/provisioning/${kind}/reload` });
}

/** Why objects can't be adopted, by address. */
async function locked(project: Awaited<ReturnType<typeof testProject>>, variables: Readonly<Record<string, string>>) {
  const { stdout } = await project.run(["plan", "--adopt", "-o", "json"], variables);
  const { changes } = JSON.parse(stdout) as { changes: { address: string; left?: { reason: string } }[] };
  return changes.flatMap(({ address, left }) => (left?.reason === "locked" ? address : [])).toSorted();
}

test.skipIf(PROVISIONING === undefined)(
  "objects that Grafana provisioned from files are adopted in the order of the guide, and then the files can be removed",
  async () => {
    const grafana = await testGrafana();
    onTestFinished(() => cleanUp(grafana));
    const name = (stem: string) => grafana.name(stem);
    const boards = await mkdtemp(join(tmpdir(), "grafana-provision-boards-"));
    onTestFinished(() => rm(boards, { recursive: true, force: true }));
    const run = name("file");
    const fileOf = (kind: string) => join(PROVISIONING ?? "", kind, `${run}.yaml`);
    const write = (kind: string, content: object) =>
      writeFileSync(fileOf(kind), stringify({ apiVersion: 1, ...content }));
    onTestFinished(() => {
      for (const kind of ["datasources", "dashboards", "alerting"]) rmSync(fileOf(kind), { force: true });
    });
    const [metrics, team, orders, point] = [name("metrics"), name("team"), name("orders"), name("on-call")];
    const source = { name: metrics, uid: metrics, type: "prometheus", access: "proxy", url: "http://127.0.0.1:9" };
    const datasources = [
      { ...source, jsonData: { httpMethod: "POST" }, secureJsonData: { basicAuthPassword: "hidden-1" } },
    ];
    const provider = { name: run, folder: name("Team"), folderUid: team, type: "file", options: { path: boards } };
    const query = {
      refId: "A",
      datasourceUid: metrics,
      relativeTimeRange: { from: 600, to: 0 },
      model: { refId: "A", expr: "up" },
    };
    const rule = { uid: name("rule"), title: "Down", condition: "A", for: "5m", isPaused: true, data: [query] };
    const receiver = { uid: name("hook"), type: "webhook", settings: { url: "http://127.0.0.1:9/hidden-2" } };
    const alerting = {
      contactPoints: [{ name: point, receivers: [receiver] }],
      groups: [{ name: name("group"), folder: name("Rules"), interval: "1m", rules: [rule] }],
    };
    write("datasources", { datasources });
    write("dashboards", { providers: [provider] });
    write("alerting", alerting);
    mkdirSync(boards, { recursive: true });
    const board = join(boards, "orders.json");
    const panel = {
      id: 1,
      type: "timeseries",
      title: "Up",
      datasource: { type: "prometheus", uid: metrics },
      targets: [{ refId: "A", expr: "up" }],
    };
    writeFileSync(board, JSON.stringify({ uid: orders, title: name("Orders"), schemaVersion: 39, panels: [panel] }));
    await reload(grafana, "datasources", "dashboards", "alerting");

    const project = await testProject();
    await project.remove("grafana.config.ts");
    const files = ["datasources", "dashboards", "alerting"].map(fileOf);
    const imported = await project.run(["import", ...files, "--out", ".", "--url", grafana.url], grafana.variables);
    expect(imported.code, imported.stdout + imported.stderr).toBe(0);
    const variables = { ...grafana.variables, ...variablesIn(project) };
    const all = [`contact-point/${point}`, `dashboard/${orders}`, `datasource/${metrics}`];
    expect(await locked(project, variables)).toEqual(expect.arrayContaining(all));

    // The order of docs/migrate-file-provisioning.md.
    write("dashboards", { providers: [{ ...provider, disableDeletion: true }] });
    write("datasources", { datasources: datasources.map((one) => ({ ...one, editable: true })) });
    await reload(grafana, "dashboards", "datasources");
    rmSync(board);
    write("datasources", {});
    write("alerting", { deleteRules: [{ orgId: 1, uid: rule.uid }] });
    await reload(grafana, "dashboards", "datasources", "alerting");
    write("alerting", { deleteContactPoints: [{ orgId: 1, uid: receiver.uid }] });
    await reload(grafana, "alerting");
    expect(await locked(project, variables)).toEqual([]);
    const plan = await differences(project, variables);
    // Datasources, dashboards and folders are in Grafana as in the code.
    expect(plan.differences.map((one) => one.replace(/\/.*(?= is missing)/, "")).toSorted()).toEqual([
      "contact-point is missing",
      "rule-group is missing",
    ]);

    const applied = await project.run(["apply", "--adopt", "--yes"], variables);
    expect(applied.code, applied.stdout + applied.stderr).toBe(0);
    for (const kind of ["datasources", "dashboards", "alerting"]) rmSync(fileOf(kind), { force: true });
    await reload(grafana, "dashboards", "datasources", "alerting");
    expect((await project.run(["plan", "--detailed-exitcode"], variables)).code).toBe(0);
  },
);
