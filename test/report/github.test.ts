import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { lineOf } from "../../src/report/github.ts";
import { testProject } from "../helpers/cli.ts";

const CODE = `import { dashboard, folder, type Dashboard } from "grafana-provision";

// export const home = nothing
export const homeward = folder({ uid: "homeward", title: "Homeward" });
export const home = folder({ uid: "home", title: "100%: here,\\nthere" });
const last = folder({ uid: "last", title: "Last" });

export const [one, two] = [1, 2].map((n) => folder({ uid: \`n\${n}\`, title: String(n) }));
export {
  last as ending,
};
export default dashboard({ folder: home, spec: { uid: "queue", title: "Queue" } });
`;
const ON_GITHUB = { GITHUB_ACTIONS: "true" };

describe("annotations", () => {
  test("are at the line of the export, with the path in the checkout, and can't be ended by their text", async () => {
    const project = await testProject({
      "ops/grafana.config.ts": 'export default { project: "test", resources: ["./res,1"] };\n',
    });
    await project.write({ "ops/res,1/all.ts": CODE });
    const args = ["plan", "--config", "ops/grafana.config.ts"];
    const { code, stderr, stdout } = await project.run(args, { ...ON_GITHUB, GITHUB_WORKSPACE: project.directory });
    expect(code, stderr).toBe(0);
    expect(stdout).not.toContain("::notice");
    const lines = stderr.split("\n").filter((line) => line.startsWith("::"));
    expect(lines).toContain("::notice file=ops/res%2C1/all.ts,line=5,title=folder/home::100%25: here, there: is added");
    expect(lines).toContain(
      "::notice file=ops/res%2C1/all.ts,line=11,title=dashboard/queue::Queue: is added".replace("11", "12"),
    );
    expect(lines).toHaveLength(6);
  });

  test("show faults, also if a command fails because of them", async () => {
    const project = await testProject({ "resources/all.ts": CODE.replace('title: "Last"', 'titel: "Last"') });
    const { code, stderr } = await project.run(["validate"], { ...ON_GITHUB, GITHUB_WORKSPACE: project.directory });
    expect(code).toBe(65);
    expect(stderr).toMatch(/^::error file=resources\/all\.ts,line=10,title=titel::.+/m);
  });

  test("are limited to the number that GitHub shows, and report this", async () => {
    const many = `import { folder } from "grafana-provision";
export default Array.from({ length: 30 }, (_, n) => folder({ uid: \`n\${n}\`, title: String(n) }));
`;
    const project = await testProject({ "resources/all.ts": many });
    const { stderr } = await project.run(["plan"], { ...ON_GITHUB, GITHUB_WORKSPACE: project.directory });
    const lines = stderr.split("\n").filter((line) => line.startsWith("::notice"));
    expect(lines).toHaveLength(10);
    expect(lines.at(-1)).toBe("::notice title=More::21 more; see the output of this step");
  });

  test("don't exist elsewhere", async () => {
    const project = await testProject({ "resources/all.ts": CODE });
    expect((await project.run(["plan"])).stderr).not.toContain("::");
  });
});

test("the line of an export is found for all notations", async () => {
  const { directory } = await testProject();
  const file = join(directory, "all.ts");
  await writeFile(file, CODE);
  const found = ["homeward", "home", "home[3]", "two", "ending", "default", "nowhere"].map((name) => [
    name,
    lineOf(file, name),
  ]);
  expect(Object.fromEntries(found)).toEqual({
    homeward: 4,
    home: 5,
    "home[3]": 5,
    two: 8,
    ending: 10,
    default: 12,
    nowhere: 1,
  });
  expect(lineOf(join(directory, "missing.ts"), "home")).toBe(1);
  expect(lineOf(join(directory, "board.json"), "")).toBe(1);
});
