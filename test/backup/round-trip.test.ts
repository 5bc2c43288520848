import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  dashboard,
  dashboardPermissions,
  folder,
  folderPermissions,
  organizationPreferences,
  publicDashboards,
  serviceAccount,
  team,
} from "../../src/index.ts";
import { make, panel } from "../engine/support.ts";
import { testProject } from "../helpers/cli.ts";
import { converge } from "../helpers/converge.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { ONCE } from "../helpers/mode.ts";
import { person } from "../kinds/access/support.ts";
import { secretContext, states } from "../rollback/states.ts";
import { backedUp, changesIn, emptyGrafana, HAS_TARGET, manifestOf, restored, sha256, textIn } from "./support.ts";

const VALUES = { url: "http://127.0.0.1:1/restored", other: "restored-secret" };

test.runIf(ONCE && HAS_TARGET)(
  "an empty Grafana gets everything, and then a second restore plans nothing",
  async () => {
    const source = await testGrafana();
    const owner = source.name("own");
    const context = await secretContext(source, owner);
    const [code] = states(source);
    const ada = await person(source, "ada");
    const home = folder({ uid: source.name("access"), title: source.name("access") });
    const sre = team({ name: source.name("SRE"), email: "sre@example.com", members: [], admins: [] });
    const deploy = serviceAccount({ name: source.name("deploy"), role: "Editor" });
    const status = dashboard({ uid: source.name("status"), folder: home, spec: { title: "Status" } });
    await converge(context, [
      ...code,
      home,
      sre,
      deploy,
      status,
      folderPermissions({
        folder: home,
        permissions: [
          { role: "Viewer", permission: "View" },
          { team: sre, permission: "Edit" },
          { serviceAccount: deploy, permission: "Admin" },
          { user: ada.login, permission: "Admin" },
        ],
      }),
      dashboardPermissions({ dashboard: status, permissions: [{ team: sre, permission: "Admin" }] }),
      organizationPreferences({ theme: "light", homeDashboard: status }),
      publicDashboards({ dashboards: [{ dashboard: status, timeSelection: true }] }),
    ]);
    await make(source, "dashboard", source.name("theirs"), {
      spec: { title: "Theirs", panels: [panel(7, "Theirs", "up")], schemaVersion: 42 },
    });

    const project = await testProject({
      "grafana.config.ts": `export default { project: ${JSON.stringify(owner)} };\n`,
    });
    const report = await backedUp(project, source.variables);
    expect(report).toMatchObject({ exitCode: 0, unreadable: [], partial: [] });
    const manifest = await manifestOf(project);
    for (const { file, sha256: recorded } of manifest.objects)
      expect(sha256(await readFile(join(project.directory, "saved", file), "utf8"))).toBe(recorded);
    expect(await textIn(join(project.directory, "saved"))).not.toContain("hunter2");

    const target = await emptyGrafana();
    const values = Object.fromEntries(
      manifest.objects.flatMap(({ secrets = [] }) =>
        secrets.map(({ variable }) => [variable, variable.endsWith("URL") ? VALUES.url : VALUES.other]),
      ),
    );
    const variables = { ...target.variables, ...values };
    const first = await restored(project, variables, ["--yes"]);
    expect(first, first.stderr).toMatchObject({ exitCode: 0, summary: { failed: 0, left: 0 } });
    const second = await restored(project, variables, ["--yes"]);
    expect(changesIn(second), JSON.stringify(second.changes, null, 1)).toEqual([]);
  },
);
