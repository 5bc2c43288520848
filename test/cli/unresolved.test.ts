import { describe, expect, test } from "vitest";
import type { Report } from "../../src/index.ts";
import { testProject, type TestProject } from "../helpers/cli.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { faultsIn } from "./support.ts";

/** A project with JSON dashboards that query two datasources: one exists only in Grafana, the other doesn't exist. */
async function scene(
  count: number,
): Promise<{ project: TestProject; grafana: TestGrafana; there: string; gone: string }> {
  const grafana = await testGrafana();
  const [there, gone] = [grafana.name("there"), grafana.name("gone")];
  const body = { uid: there, name: there, type: "prometheus", access: "proxy", url: "http://localhost:9090" };
  await grafana.other.send({ method: "POST", path: "/api/datasources", body });
  const panels = [there, gone].map((uid, id) => ({
    id: id + 1,
    type: "text",
    datasource: { type: "prometheus", uid },
  }));
  const files = Array.from({ length: count }, (_, index) => {
    const uid = grafana.name(`board${index}`);
    return [`resources/board${index}.json`, JSON.stringify({ uid, title: uid, schemaVersion: 42, panels })] as const;
  });
  const config = `export default { project: "${grafana.name("own")}", resources: ["./resources"] };\n`;
  return {
    project: await testProject({ "grafana.config.ts": config, ...Object.fromEntries(files) }),
    grafana,
    there,
    gone,
  };
}

const notesOf = (stdout: string) => (JSON.parse(stdout) as Report).notes ?? [];

describe("datasources that only JSON dashboards name", () => {
  test("are one note for each that Grafana lacks, however many dashboards query it, and none for existing ones", async () => {
    const { project, grafana, there, gone } = await scene(3);
    const { code, stdout, stderr } = await project.run(["plan", "-o", "json"], grafana.variables);
    expect({ code, faults: faultsIn({ stderr }) }).toEqual({ code: 0, faults: [] });
    const notes = notesOf(stdout).filter((note) => note.includes(there) || note.includes(gone));
    expect(notes).toEqual([
      expect.stringMatching(new RegExp(`^resources/board0\\.json .*"${gone}".*\\b2 other files\\b`)),
    ]);

    const text = await project.run(["plan"], grafana.variables);
    expect(text.stdout.split(gone)).toHaveLength(2);
    expect(text.stdout + text.stderr).not.toContain(there);
  });

  test("are in no note of a plan that --only limits to other objects", async () => {
    const { project, grafana, gone } = await scene(1);
    await project.write({
      "resources/folder.ts": `import { folder } from "grafana-provision";\nexport default folder({ uid: "${grafana.name("f")}", title: "F" });\n`,
    });
    const { stdout } = await project.run(["plan", "-o", "json", "--only", "folder"], grafana.variables);
    expect(notesOf(stdout).filter((note) => note.includes(gone))).toEqual([]);
  });

  test("are one warning each in validate, which can't ask Grafana", async () => {
    const { project, there, gone } = await scene(3);
    const { code, stderr } = await project.run(["validate"]);
    expect(code).toBe(0);
    expect(faultsIn({ stderr })).toMatchObject(
      [there, gone].map((uid) => ({
        level: "warning",
        place: expect.stringMatching(/^resources\/board0\.json panels\[/),
        message: expect.stringMatching(new RegExp(`"${uid}".*\\b2 other files\\b`)),
      })),
    );
  });
});
