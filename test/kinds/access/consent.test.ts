import { describe, expect, test } from "vitest";
import { testProject } from "../../helpers/cli.ts";
import { testGrafana } from "../../helpers/grafana.ts";
import { ONCE } from "../../helpers/mode.ts";
import { HAS_TERMINAL, KEYS, onTerminal } from "../../helpers/terminal.ts";
import { permissionsOn, setPermissions } from "./support.ts";

async function stage() {
  const grafana = await testGrafana();
  const [owner, uid] = [grafana.name("own"), grafana.name("home")];
  const file = (permissions: string) =>
    `import { folder, folderPermissions } from "grafana-provision";
export const home = folder({ uid: "${uid}", title: "${uid}" });
export const access = folderPermissions({ folder: home, permissions: ${permissions} });
`;
  const both = '[{ role: "Viewer", permission: "View" }, { role: "Editor", permission: "Edit" }]';
  const project = await testProject({
    "grafana.config.ts": `export default { project: "${owner}", resources: ["./resources"] };\n`,
    "resources/home.ts": file(both),
  });
  await project.run(["apply"], grafana.variables);
  const write = (permissions: string) => project.write({ "resources/home.ts": file(permissions) });
  await write('[{ role: "Viewer", permission: "View" }]');
  return { grafana, project, uid, write, permissions: () => permissionsOn(grafana, "folder", uid) };
}

const BOTH = ["Editor: Edit", "Viewer: View"];

describe.runIf(ONCE)("an apply that takes access away", () => {
  test("requires --yes without a terminal: exit 64, and a plan names what is taken away", async () => {
    const { grafana, project, permissions } = await stage();
    const refused = await project.run(["apply", "-o", "json"], grafana.variables);
    expect(refused.code).toBe(64);
    expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: "confirmation-required" } });
    expect(await permissions()).toEqual(BOTH);

    const plan = await project.run(["plan", "-o", "json"], grafana.variables);
    expect(JSON.parse(plan.stdout)).toMatchObject({
      changes: [{ revokes: expect.stringContaining("role/Editor") as unknown }],
    });

    expect(await project.run(["apply", "--yes"], grafana.variables)).toMatchObject({ code: 0 });
    expect(await permissions()).toEqual(["Viewer: View"]);
  });

  test("is rolled back without --yes, but a rollback that takes access away requires it", async () => {
    const { grafana, project, permissions, write } = await stage();
    expect(await project.run(["apply", "--yes"], grafana.variables)).toMatchObject({ code: 0 });
    expect(await project.run(["rollback", "latest"], grafana.variables)).toMatchObject({ code: 0 });
    expect(await permissions()).toEqual(BOTH);

    await write('[{ role: "Viewer", permission: "Edit" }, { role: "Editor", permission: "Edit" }]');
    expect(await project.run(["apply"], grafana.variables)).toMatchObject({ code: 0 });
    const refused = await project.run(["rollback", "latest"], grafana.variables);
    expect(refused).toMatchObject({ code: 64, stdout: expect.stringContaining("role/Viewer (keeps View)") as unknown });
    expect(await permissions()).toEqual(["Editor: Edit", "Viewer: Edit"]);
    const done = await project.run(["rollback", "latest", "--yes", "-o", "json"], grafana.variables);
    expect(done.code).toBe(0);
    expect(await permissions()).toEqual(BOTH);
  });

  test("is not made by a rollback to permissions that the ledger no longer lists", async () => {
    const { grafana, project, permissions, uid } = await stage();
    await project.write({
      "resources/home.ts": `import { folder } from "grafana-provision";
export const home = folder({ uid: "${uid}", title: "${uid}" });
`,
    });
    expect(await project.run(["apply", "--prune", "--yes"], grafana.variables)).toMatchObject({ code: 0 });
    await setPermissions(grafana, "folder", uid, [{ userId: 1, permission: 4 }]);
    const locked = await permissions();
    const result = await project.run(["rollback", "latest", "--yes"], grafana.variables);
    expect(result.code).not.toBe(0);
    expect(await permissions()).toEqual(locked);
  });

  test.runIf(HAS_TERMINAL)("asks on a terminal, and changes nothing without a yes", async () => {
    const { grafana, project, permissions } = await stage();
    const { code } = await onTerminal(project, ["apply"], grafana.variables, [["[y/N] ", `n${KEYS.enter}`]]);
    expect(code).toBe(5);
    expect(await permissions()).toEqual(BOTH);
  });
});
