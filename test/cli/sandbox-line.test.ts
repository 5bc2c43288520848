import { expect, test } from "vitest";
import { testProject } from "../helpers/cli.ts";

const FILES = {
  "grafana.config.ts": `export default { project: "own", resources: ["./folders.ts"] };\n`,
  "folders.ts": `import { folder } from "grafana-provision";
export default folder({ uid: "own", title: "Own" });
`,
};

test("every command names the sandbox once, and the first apply shows how to connect a Grafana", async () => {
  const project = await testProject(FILES);
  const run = async (...args: string[]) => {
    const { stdout, stderr } = await project.run(args);
    return stdout + stderr;
  };
  const outputs = {
    plan: await run("plan"),
    apply: await run("apply"),
    again: await run("apply"),
    drift: await run("drift"),
    destroy: await run("destroy", "--yes"),
    named: await run("apply", "--sandbox"),
  };
  for (const [command, output] of Object.entries(outputs)) {
    expect(output.match(/^Sandbox: /gm), command).toHaveLength(1);
    const saysHow = /set GRAFANA_URL and GRAFANA_TOKEN/.test(output);
    expect(saysHow, command).toBe(command === "apply");
  }
});
