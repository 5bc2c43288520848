import { describe, expect, onTestFinished, test } from "vitest";
import { testProject } from "../../helpers/cli.ts";
import { faultyProxy } from "../../helpers/faulty-proxy.ts";
import { testGrafana, type TestGrafana } from "../../helpers/grafana.ts";
import { ONCE } from "../../helpers/mode.ts";
import { permissionsOn, setPermissions } from "./support.ts";

/** With SQLite, Grafana can store an object and then fail to store its permissions, because the database is locked. */
const LOCKED = { status: 500, body: JSON.stringify({ kind: "Status", message: "database is locked", code: 500 }) };

/** A folder at the root, a dashboard at the root and one in the folder. */
function filesOf(grafana: TestGrafana): Record<string, string> {
  const name = (stem: string) => grafana.name(stem);
  return {
    "resources/all.ts": `
import { dashboard, folder } from "grafana-provision";
export const team = folder({ uid: "${name("team")}", title: "${name("Team")}" });
export const root = dashboard({ uid: "${name("root")}", folder: null, spec: { title: "${name("Root")}" } });
export const inside = dashboard({ uid: "${name("inside")}", folder: team, spec: { title: "${name("Inside")}" } });
`,
  };
}

/** A proxy behind which each new folder and dashboard loses its permissions, and its creation fails. */
async function lockedGrafana(grafana: TestGrafana, mayRead: boolean): Promise<string> {
  const names = new Set(["team", "root", "inside"].map((stem) => grafana.name(stem)));
  const proxy = await faultyProxy(grafana.url, async ({ method, path, body, forward }) => {
    if (!mayRead && /^\/api\/(?:folders|dashboards)\/.*\/permissions/.test(path)) return { status: 403, body: "{}" };
    const [, plural] = /\/(folders|dashboards)(?:\?|$)/.exec(path) ?? [];
    if (method !== "POST" || plural === undefined || path.includes("dryRun")) return "pass";
    const { metadata } = JSON.parse(body) as { metadata: { name: string } };
    // A second request for the same object gets Grafana's answer.
    if (!names.delete(metadata.name)) return "pass";
    await forward();
    await setPermissions(grafana, plural === "folders" ? "folder" : "dashboard", metadata.name, []);
    return LOCKED;
  });
  onTestFinished(() => proxy.close());
  return proxy.url;
}

describe.runIf(ONCE)("a new object whose permissions Grafana failed to store", () => {
  test("gets those of a new object, and a note says so", async () => {
    const grafana = await testGrafana();
    const project = await testProject(filesOf(grafana));
    const url = await lockedGrafana(grafana, true);

    const done = await project.run(["apply", "--yes"], { ...grafana.variables, GRAFANA_URL: url });

    expect(done.code, done.stderr).toBe(0);
    const usual = ["Editor: Edit", "Viewer: View"];
    expect(await permissionsOn(grafana, "folder", grafana.name("team"))).toEqual(usual);
    expect(await permissionsOn(grafana, "dashboard", grafana.name("root"))).toEqual(usual);
    expect(await permissionsOn(grafana, "dashboard", grafana.name("inside"))).toEqual([]);
    for (const address of [`folder/${grafana.name("team")}`, `dashboard/${grafana.name("root")}`])
      expect(done.stdout + done.stderr).toContain(`${address} was created without permissions`);
    expect((await project.run(["plan"], grafana.variables)).code).toBe(0);
  });

  test("is named if the credentials can't read its permissions", async () => {
    const grafana = await testGrafana();
    const project = await testProject(filesOf(grafana));
    const url = await lockedGrafana(grafana, false);

    const done = await project.run(["apply", "--yes"], { ...grafana.variables, GRAFANA_URL: url });

    expect(done.code, done.stderr).toBe(0);
    expect(done.stdout + done.stderr).toContain(`dashboard/${grafana.name("root")} was created, but`);
    expect(done.stdout + done.stderr).not.toContain(grafana.name("inside") + " was created");
  });
});
