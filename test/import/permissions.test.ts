import { globSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { alertRule, above, dashboard, datasource, folder, promql, ruleGroup } from "../../src/index.ts";
import { startSandbox } from "../../src/sandbox/server.ts";
import { alertingGrafana } from "../alerting/support.ts";
import { testProject, type TestProject } from "../helpers/cli.ts";
import { converge } from "../helpers/converge.ts";
import type { TestGrafana } from "../helpers/grafana.ts";
import { KUBERNETES } from "../helpers/mode.ts";

/** The text of all written files, by path. */
function filesOf({ directory }: TestProject): ReadonlyMap<string, string> {
  const names = globSync("{dashboards,alerts,datasources}/**/*.ts", { cwd: directory });
  return new Map(names.map((name) => [name.replaceAll("\\", "/"), readFileSync(join(directory, name), "utf8")]));
}

function resourcesOf(name: (stem: string) => string) {
  const [open, closed] = ["open", "closed"].map((stem) => folder({ uid: name(stem), title: name(stem) }));
  const source = datasource({
    uid: name("prom"),
    name: name("Prom"),
    type: "prometheus",
    url: "http://p:9090",
    isDefault: false,
  });
  const panels = [{ type: "stat", title: "Up", datasource: { type: "prometheus", uid: name("prom") } }];
  const boards = [open, closed].map((where, index) =>
    dashboard({
      uid: name(`board-${index}`),
      ...(where ? { folder: where } : {}),
      allowMissing: true,
      spec: { title: `Board ${index}`, panels },
    }),
  );
  const rules = [alertRule({ title: "Down", query: promql(source, "up"), when: above(0) })];
  const group = open ? [ruleGroup({ folder: open, title: "group", interval: 60, rules })] : [];
  return [...[open, closed].filter((one) => one !== undefined), source, ...boards, ...group];
}

describe.runIf(KUBERNETES)("a token that is allowed to read only some kinds", () => {
  // A real Grafana has custom roles only with an Enterprise license.
  test.skipIf(process.env["TEST_GRAFANA_URL"] !== undefined)(
    "imports these kinds, names the others with the missing permissions, and exits 3",
    async () => {
      const dataDirectory = await mkdtemp(join(tmpdir(), "grafana-sandbox-"));
      const sandbox = await startSandbox({ dataDirectory, mode: "unified" });
      onTestFinished(async () => {
        await sandbox.close();
        await rm(dataDirectory, { recursive: true, force: true });
      });
      const source = await testProject({ "grafana.config.ts": 'export default { project: "source" };\n' });
      const admin = { GRAFANA_URL: sandbox.url, GRAFANA_USER: "admin", GRAFANA_PASSWORD: "admin" };
      await source.write({
        "dashboards/all.ts": `
          import { alertRule, above, dashboard, datasource, folder, promql, ruleGroup } from "grafana-provision";
          export const home = folder({ uid: "home", title: "Home" });
          export const prom = datasource({ uid: "prom", name: "Prom", type: "prometheus", url: "http://p:9090" });
          const panels = [{ type: "stat", title: "Up", datasource: prom.ref }];
          export const board = dashboard({ uid: "board", folder: home, spec: { title: "Board", panels } });
          const rules = [alertRule({ title: "Down", query: promql(prom, "up"), when: above(0) })];
          export const group = ruleGroup({ folder: home, title: "Group", interval: 60, rules });
        `,
      });
      const applied = await source.run(["apply"], admin);
      expect(applied.code, applied.stdout + applied.stderr).toBe(0);

      const permissions = {
        "folders:read": ["folders:*"],
        "dashboards:read": ["folders:*", "dashboards:*"],
        "alert.rules:read": ["folders:*"],
      };
      const variables = { GRAFANA_URL: sandbox.url, GRAFANA_TOKEN: sandbox.token({ permissions }) };
      const project = await testProject({
        "grafana.config.ts": 'export default { project: "other" };\n',
      });
      const { code, stdout, stderr } = await project.run(["import"], variables);
      expect(code, stdout + stderr).toBe(3);
      expect(stdout).toMatch(/^ {2}datasources: .*datasources:read/m);
      expect(stdout).toMatch(/^ {2}contact points: .*alert\.notifications/m);
      expect(stdout).toMatch(/rule-group\/\S+ "Group"/);
      expect(stdout).toContain("not allowed to read");
      const files = filesOf(project);
      expect([...files.keys()].toSorted()).toEqual(["dashboards/folders.ts", "dashboards/home/board.ts"]);
      expect(files.get("dashboards/home/board.ts")).toContain("allowMissing: true");
      const plan = await project.run(["plan", "--adopt", "-o", "json"], admin);
      expect(plan.code, plan.stderr).toBe(0);
      const { changes } = JSON.parse(plan.stdout) as { changes: { address: string; differences: unknown[] }[] };
      expect(changes.map(({ address }) => address).toSorted()).toEqual(["dashboard/board", "folder/home"]);
      expect(changes.flatMap(({ differences }) => differences)).toEqual([]);
    },
  );

  test("that sees one folder imports its objects, and the report says that others can be missing", async () => {
    const grafana = await alertingGrafana();
    const name = (stem: string) => grafana.name(stem);
    await converge(await grafana.context(name("team")), resourcesOf(name));
    const token = await tokenFor(grafana, name("open"));
    const project = await testProject({ "grafana.config.ts": `export default { project: "${name("other")}" };\n` });
    const { code, stdout, stderr } = await project.run(["import"], { GRAFANA_URL: grafana.url, GRAFANA_TOKEN: token });
    expect(code, stdout + stderr).toBe(3);
    expect(stdout).toMatch(/^ {2}datasources: /m);
    expect(stdout).toMatch(/lists only the .*dashboards/);
    const text = [...filesOf(project).values()].join("\n");
    expect(text).toContain(name("board-0"));
    expect(text).not.toContain(name("board-1"));
    expect(text).not.toContain(name("closed"));
  });
});

/** A token without a role that is allowed to read one folder. */
async function tokenFor(grafana: TestGrafana, folderUid: string): Promise<string> {
  const send = (path: string, body: object) => grafana.other.send({ method: "POST", path, body });
  const account = (await send("/api/serviceaccounts", { name: folderUid, role: "None" })) as { id: number };
  onTestFinished(
    async () => void (await grafana.other.send({ method: "DELETE", path: `/api/serviceaccounts/${account.id}` })),
  );
  await send(`/api/folders/${folderUid}/permissions`, { items: [{ userId: account.id, permission: 1 }] });
  const { key } = (await send(`/api/serviceaccounts/${account.id}/tokens`, { name: folderUid })) as { key: string };
  return key;
}
