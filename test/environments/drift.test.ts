import { describe, expect, test } from "vitest";
import { ReportSchema } from "../../src/index.ts";
import { testProject } from "../helpers/cli.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { api, config } from "./support.ts";

const TOKENS = { GRAFANA_TOKEN_A: "admin:admin", GRAFANA_TOKEN_B: "admin:admin" };

describe.runIf(process.env["TEST_GRAFANA_URL"] === undefined)("drift of several environments", () => {
  test("is reported for each, with a table", async () => {
    const [a, b] = [await testGrafana(), await testGrafana()];
    const project = await testProject({
      "grafana.config.ts": config(`{ a: { url: "${a.url}" }, b: { url: "${b.url}" } }`),
      "resources/a.ts": api('export const own = folder({ uid: "own", title: "Own" });'),
    });
    await project.run(["apply", "--env-all"], TOKENS);
    await b.other.send({ method: "PUT", path: "/api/folders/own", body: { title: "Edited", overwrite: true } });

    const json = await project.run(["drift", "--env-all", "-o", "json"], TOKENS);
    const text = await project.run(["drift", "--env", "a,b"], TOKENS);
    const rejected = await project.run(["drift", "--env-all", "--write"], TOKENS);

    expect(json.code, json.stderr).toBe(2);
    const { environments = [] } = ReportSchema.parse(JSON.parse(json.stdout));
    expect(environments.map(({ name, exitCode, drift = [] }) => [name, exitCode, drift.length])).toEqual([
      ["a", 0, 0],
      ["b", 2, 1],
    ]);
    expect(text.code).toBe(2);
    expect(text.stdout).toMatch(/folder\/own +- +changed/);
    expect(rejected.code).toBe(64);
  });
});
