import { describe, expect, onTestFinished, test } from "vitest";
import { ReportSchema, type Report } from "../../src/index.ts";
import { config } from "../environments/support.ts";
import { testProject, type CliResult, type TestProject } from "../helpers/cli.ts";
import { faultyProxy, type Decide, type FaultyProxy } from "../helpers/faulty-proxy.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { start } from "./support.ts";

const NAMES = ["north", "east", "west"] as const;
const TOKENS = Object.fromEntries(NAMES.map((name) => [`GRAFANA_TOKEN_${name.toUpperCase()}`, "admin:admin"]));
const APPLY = ["apply", "--env-all", "--yes", "-o", "json"];
/** Each of three environments: dashboards, a folder, a datasource and alerting objects. */
const RESOURCES = 7;

const CODE = `import { contactPoint, dashboard, datasource, email, environment, existing, folder, ruleGroup } from "grafana-provision";
const { name, values } = environment();
const prometheus = existing.datasource("prometheus", "prometheus");
export const team = folder({ uid: "team", title: \`Team \${name}\` });
export const own = datasource({ uid: "own", name: "Own", type: "prometheus", url: String(values["prometheus"]) });
const panel = (expr) => ({ id: 1, type: "stat", title: "Up", gridPos: { x: 0, y: 0, w: 6, h: 4 }, datasource: prometheus.ref, targets: [{ refId: "A", expr, datasource: prometheus.ref }] });
export const dashboards = ["one", "two", "three"].map((uid) => dashboard({ uid, folder: team, spec: { title: uid + "NOTE", panels: [panel(\`up{job="\${uid}"}\`)] } }));
export const ops = contactPoint({ name: "ops", integrations: [email({ addresses: \`\${name}@example.org\` })] });
const query = { refId: "A", datasource: prometheus, relativeTimeRange: { from: 60, to: 0 }, model: { expr: "up" } };
const condition = { refId: "C", datasourceUid: "__expr__", model: { type: "threshold", expression: "A", conditions: [{ evaluator: { type: "gt", params: [1] } }] } };
export const group = ruleGroup({ folder: team, title: "critical", interval: 60, rules: [{ title: "Down", condition: "C", data: [query, condition], notification_settings: { receiver: ops } }] });
`;

interface Fleet {
  readonly grafanas: readonly TestGrafana[];
  readonly proxies: readonly FaultyProxy[];
  readonly project: TestProject;
}

/** Three Grafana instances whose datasources have other uids, behind proxies. */
async function fleet(): Promise<Fleet> {
  const grafanas: TestGrafana[] = [];
  const proxies: FaultyProxy[] = [];
  const environments: string[] = [];
  for (const name of NAMES) {
    const grafana = await testGrafana();
    const body = { uid: `mimir-${name}`, name: "Metrics", type: "prometheus", access: "proxy", url: "http://mimir" };
    await grafana.other.send({ method: "POST", path: "/api/datasources", body });
    const proxy = await faultyProxy(grafana.url);
    onTestFinished(() => proxy.close());
    grafanas.push(grafana);
    proxies.push(proxy);
    environments.push(
      `${name}: { url: "${proxy.url}", datasources: { prometheus: "mimir-${name}" }, values: { prometheus: "http://${name}:9090" } }`,
    );
  }
  const project = await testProject({
    "grafana.config.ts": config(`{ ${environments.join(", ")} }`),
    "resources/a.ts": code(),
  });
  return { grafanas, proxies, project };
}

/** `note`: changes the dashboards. */
function code(note = ""): string {
  return CODE.replace("NOTE", note);
}

function environmentsIn({ stdout }: Pick<CliResult, "stdout">): NonNullable<Report["environments"]> {
  return ReportSchema.parse(JSON.parse(stdout)).environments ?? [];
}

/** What `apply --env-all` must lead to, whatever happened before. */
async function mustConverge({ grafanas, proxies, project }: Fleet, note = ""): Promise<void> {
  for (const proxy of proxies) {
    proxy.decide();
    await proxy.idle();
  }
  const applied = await project.run(APPLY, TOKENS);
  expect(applied.code, applied.stdout + applied.stderr).toBe(0);
  const plan = await project.run(["plan", "--env-all", "--detailed-exitcode", "--prune", "-o", "json"], TOKENS);
  expect(plan.code, plan.stdout).toBe(0);
  expect(environmentsIn(plan).map(({ summary }) => summary?.unchanged)).toEqual(NAMES.map(() => RESOURCES));
  for (const [index, { other }] of grafanas.entries()) {
    const name = NAMES[index] ?? "";
    expect(await panelOf(other)).toMatchObject({ title: `one${note}`, uid: `mimir-${name}` });
    const points = (await other.send({ method: "GET", path: "/api/v1/provisioning/contact-points" })) as Point[];
    expect(points.find((one) => one.name === "ops")?.settings.addresses).toBe(`${name}@example.org`);
  }
}

interface Point {
  readonly name: string;
  readonly settings: { readonly addresses?: string };
}

async function panelOf(other: TestGrafana["other"]): Promise<{ title: string; uid: string }> {
  const { dashboard } = (await other.send({ method: "GET", path: "/api/dashboards/uid/one" })) as {
    dashboard: { title: string; panels: { datasource: { uid: string } }[] };
  };
  return { title: dashboard.title, uid: dashboard.panels[0]?.datasource.uid ?? "" };
}

describe.runIf(process.env["TEST_GRAFANA_URL"] === undefined)("apply to three environments", () => {
  test("killed at several requests: running it again converges, and the second plan is empty everywhere", async () => {
    const all = await fleet();
    const { proxies, project } = all;
    let [round, killed] = [0, 0];
    for (const at of [1, 4, 9, 14, 20, 26]) {
      const note = ` ${++round}`;
      await project.write({ "resources/a.ts": code(note) });
      let count = 0;
      const running = start(project, TOKENS, APPLY);
      const decide: Decide = async ({ method, path, forward }) => {
        if (method === "GET" || path.includes("dryRun") || ++count !== at) return "pass";
        // Grafana has executed some of these requests, and the tool does not know.
        if (at % 2 === 0) await forward();
        running.child.kill("SIGKILL");
        return "reset";
      };
      for (const proxy of proxies) proxy.decide(decide);
      const { code: exitCode } = await running.ended;
      if (exitCode === null) killed++;
      await mustConverge(all, note);
    }
    expect(killed).toBeGreaterThanOrEqual(4);
  });

  test.each([
    ["500", { status: 500, body: "{}" }],
    ["403", { status: 403, body: '{"message":"no"}' }],
  ] as const)(
    "a Grafana that answers writes with %s leaves the others right, and is reported",
    async (_name, answer) => {
      const all = await fleet();
      const { grafanas, proxies, project } = all;
      proxies[1]?.decide(({ method, path }) => (method !== "GET" && path.includes("/dashboards") ? answer : "pass"));

      const result = await project.run(APPLY, TOKENS);

      const environments = environmentsIn(result);
      expect(environments.map((one) => [one.name, one.exitCode])).toEqual([
        ["north", 0],
        ["east", 4],
        ["west", 0],
      ]);
      expect(result.code).toBe(4);
      for (const index of [0, 2]) {
        const grafana = grafanas[index];
        if (!grafana) throw new Error("three were started");
        expect(await panelOf(grafana.other)).toEqual({ title: "one", uid: `mimir-${NAMES[index]}` });
      }
      await mustConverge(all);
    },
  );

  test("drift in one: it is kept and reported, and the others are changed", async () => {
    const all = await fleet();
    const { grafanas, project } = all;
    await mustConverge(all);
    const [, east] = grafanas;
    const path = "/apis/dashboard.grafana.app/v1beta1/namespaces/default/dashboards/one";
    const stored = (await east?.other.send({ method: "GET", path })) as { spec: object };
    await east?.other.send({ method: "PUT", path, body: { ...stored, spec: { ...stored.spec, title: "Edited" } } });
    await project.write({ "resources/a.ts": code(" changed") });

    const result = await project.run(APPLY, TOKENS);

    expect(result.code).toBe(8);
    expect(environmentsIn(result).map(({ exitCode, summary }) => [exitCode, summary?.done, summary?.left])).toEqual([
      [0, 3, 0],
      [8, 2, 1],
      [0, 3, 0],
    ]);
    const titles = await Promise.all(grafanas.map(async ({ other }) => (await panelOf(other)).title));
    expect(titles).toEqual(["one changed", "Edited", "one changed"]);
    const forced = await project.run([...APPLY, "--overwrite-drift"], TOKENS);
    expect(forced.code, forced.stdout).toBe(0);
    await mustConverge(all, " changed");
  });
});
