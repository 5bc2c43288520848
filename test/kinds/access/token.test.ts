import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createClient } from "../../../src/grafana/client.ts";
import { EXIT } from "../../../src/util/errors.ts";
import { testProject } from "../../helpers/cli.ts";
import { testGrafana } from "../../helpers/grafana.ts";
import { ONCE } from "../../helpers/mode.ts";
import { HAS_TERMINAL, onTerminal } from "../../helpers/terminal.ts";
import { dropAccount, findAccount } from "./support.ts";

const KEY = /glsa_[\w-]+/;

async function scene() {
  const grafana = await testGrafana();
  const name = grafana.name("ci");
  dropAccount(grafana, name);
  const body = { name, role: "Viewer" };
  await grafana.other.send({ method: "POST", path: "/api/serviceaccounts", body });
  const project = await testProject({
    // Writes its input to a file, and both streams of its output.
    "store.mjs": `import { readFileSync, writeFileSync } from "node:fs";
const text = readFileSync(0, "utf8");
writeFileSync("stored", text);
console.log(text);
console.error(text);
process.exit(Number(process.argv[2] ?? 0));
`,
  });
  const tokens = async () => (await findAccount(grafana, name))?.tokens;
  const login = async (token: string) => {
    const client = await createClient({ url: grafana.url, credentials: { type: "token", token } });
    const user = (await client.send({ method: "GET", path: "/api/user" })) as { login: string };
    client.close();
    return user.login;
  };
  return { grafana, name, project, tokens, login };
}

describe.runIf(ONCE)("token", () => {
  test("passes a token to the standard input of a command, and shows it nowhere", async () => {
    const { grafana, name, project, tokens, login } = await scene();
    const result = await project.run(
      ["token", name, "--token-name", "first", "--expires", "1d", "--", process.execPath, "store.mjs"],
      grafana.variables,
    );

    expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining("first") as unknown });
    expect(result.stdout + result.stderr).not.toMatch(KEY);
    const key = await readFile(join(project.directory, "stored"), "utf8");
    expect(key).toMatch(new RegExp(`^${KEY.source}$`));
    expect(await login(key)).toContain(name.toLowerCase());
    expect(await tokens()).toBe(1);
    const account = await findAccount(grafana, name);
    const path = `/api/serviceaccounts/${account?.id}/tokens`;
    expect(await grafana.other.send({ method: "GET", path })).toMatchObject([
      { name: "first", expiration: expect.any(String) as unknown },
    ]);
  });

  test.each([
    ["fails", [process.execPath, "store.mjs", "3"]],
    ["can't be started", ["no-such-program-exists"]],
  ])("is deleted if the command %s: exit 1", async (_what, store) => {
    const { grafana, name, project, tokens } = await scene();
    const result = await project.run(["token", name, "--", ...store], grafana.variables);
    expect(result.code).toBe(EXIT.failure);
    expect(result.stdout + result.stderr).not.toMatch(KEY);
    expect(await tokens()).toBe(0);
  });

  test("is deleted if the tool is interrupted while the command runs: exit 5", async () => {
    const { grafana, name, project, tokens } = await scene();
    await project.write({
      "slow.mjs": `import { readFileSync } from "node:fs";
readFileSync(0);
process.kill(process.ppid, "SIGINT");
setInterval(() => {}, 1000);
`,
    });
    const result = await project.run(["token", name, "--", process.execPath, "slow.mjs"], grafana.variables);
    expect(result.code).toBe(EXIT.cancelled);
    expect(result.stdout + result.stderr).not.toMatch(KEY);
    expect(await tokens()).toBe(0);
  });

  test("is deleted if the command exceeds its time limit: exit 1", async () => {
    const { grafana, name, project, tokens } = await scene();
    await project.write({ "endless.mjs": "setInterval(() => {}, 1000);\n" });
    const limit = ["--store-timeout", "1"];
    const result = await project.run(
      ["token", name, ...limit, "--", process.execPath, "endless.mjs"],
      grafana.variables,
    );
    expect(result.code).toBe(EXIT.failure);
    expect(result.stdout + result.stderr).not.toMatch(KEY);
    expect(await tokens()).toBe(0);
  });

  test("is passed to a command of the current directory, not of the configuration's", async () => {
    const { grafana, name, project, tokens } = await scene();
    await project.write({
      "conf/grafana.config.ts": 'export default { project: "test", resources: ["./resources"] };\n',
    });
    const config = ["--config", "conf/grafana.config.ts"];
    const store = ["--", process.execPath, "store.mjs"];
    const result = await project.run(["token", name, ...config, ...store], grafana.variables);
    expect(result).toMatchObject({ code: 0 });
    expect(await tokens()).toBe(1);
  });

  test("without a terminal and without a command is an error before any request: exit 64", async () => {
    const { grafana, name, project, tokens } = await scene();
    const result = await project.run(["token", name], grafana.variables);
    expect(result).toMatchObject({ code: EXIT.usage, stdout: "" });
    expect(await tokens()).toBe(0);
  });

  test("of an account that does not exist is an error with the name that was meant: exit 1", async () => {
    const { grafana, name, project } = await scene();
    const result = await project.run(["token", name.slice(1), "--", "cat"], grafana.variables);
    expect(result).toMatchObject({ code: EXIT.failure, stderr: expect.stringContaining(`"${name}"`) as unknown });
  });

  test.runIf(HAS_TERMINAL)("is printed once on a terminal", async () => {
    const { grafana, name, project, login } = await scene();
    const { code, stdout } = await onTerminal(project, ["token", name], grafana.variables);
    expect(code).toBe(0);
    const keys = stdout.match(new RegExp(KEY.source, "g")) ?? [];
    expect(keys).toHaveLength(1);
    expect(await login(keys[0] ?? "")).toContain(name.toLowerCase());
  });
});
