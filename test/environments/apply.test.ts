import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { ReportSchema, type Report } from "../../src/index.ts";
import { faultsIn, untouchable } from "../cli/support.ts";
import { testProject, type CliResult, type TestProject } from "../helpers/cli.ts";
import { faultyProxy } from "../helpers/faulty-proxy.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { HAS_TERMINAL, KEYS, onTerminal } from "../helpers/terminal.ts";
import { config } from "./support.ts";

const NAMES = ["canary", "eu-west", "us"] as const;
const TOKENS = Object.fromEntries(
  NAMES.map((name) => [`GRAFANA_TOKEN_${name.toUpperCase().replace("-", "_")}`, "admin:admin"]),
);
const WAVES = 'waves: [["canary"], ["eu-*"], ["*"]],';

const CODE = `import { environment, folder } from "grafana-provision";
export const own = folder({ uid: "own", title: String(environment().values["title"]) });
export const common = folder({ uid: "common", title: "Common" });
`;

async function projectOn(grafanas: readonly { readonly url: string }[], more = ""): Promise<TestProject> {
  const environments = grafanas.map(
    ({ url }, index) => `"${NAMES[index]}": { url: "${url}", values: { title: "Own ${NAMES[index]}" } }`,
  );
  return testProject({
    "grafana.config.ts": config(`{ ${environments.join(", ")} }`, more),
    "resources/a.ts": CODE,
  });
}

async function three(): Promise<[TestGrafana, TestGrafana, TestGrafana]> {
  return [await testGrafana(), await testGrafana(), await testGrafana()];
}

function reportOf({ stdout }: CliResult): Report {
  return ReportSchema.parse(JSON.parse(stdout));
}

async function titleIn({ other }: TestGrafana, uid: string): Promise<unknown> {
  const all = (await other.send({ method: "GET", path: "/api/folders" })) as { uid: string; title: string }[];
  return all.find((one) => one.uid === uid)?.title;
}

async function edit({ other }: TestGrafana, uid: string, title: string): Promise<void> {
  await other.send({ method: "PUT", path: `/api/folders/${uid}`, body: { title, overwrite: true } });
}

describe.runIf(process.env["TEST_GRAFANA_URL"] === undefined)("apply to several environments", () => {
  test("all are changed, each has a run, and the second plan is empty", async () => {
    const grafanas = await three();
    const project = await projectOn(grafanas);

    const first = await project.run(["apply", "--env-all", "-o", "json"], TOKENS);
    const second = await project.run(["plan", "--env-all", "--detailed-exitcode"], TOKENS);

    expect(first.code, first.stderr).toBe(0);
    const { environments = [] } = reportOf(first);
    expect(environments.map(({ name, exitCode, wave, summary }) => [name, exitCode, wave, summary?.done])).toEqual(
      NAMES.map((name) => [name, 0, 1, 2]),
    );
    expect(new Set(environments.map(({ run }) => run?.id)).size).toBe(3);
    expect(await readdir(join(project.directory, ".grafana-provision/runs"))).toHaveLength(4);
    for (const [index, grafana] of grafanas.entries())
      expect(await titleIn(grafana, "own")).toBe(`Own ${NAMES[index]}`);
    expect(second.code, second.stdout).toBe(0);

    const undone = await project.run(["rollback", environments[1]?.run?.id ?? "", "--env", "eu-west", "--yes"], TOKENS);
    expect(undone.code, undone.stderr).toBe(0);
    expect(await titleIn(grafanas[0], "own")).toBe("Own canary");
    expect(await titleIn(grafanas[1], "own")).toBeUndefined();
  });

  test("text and Markdown have the plans and the results", async () => {
    const grafanas = await three();
    const project = await projectOn(grafanas, WAVES);

    const text = await project.run(["apply", "--env", "canary,us"], TOKENS);
    const markdown = await project.run(["apply", "--env-all", "-o", "markdown"], TOKENS);

    expect(text.code, text.stderr).toBe(0);
    expect(text.stdout).toMatch(/folder\/own +add A +add B/);
    expect(text.stdout).toMatch(/canary +1 +2 added\n +us +3 +2 added/);
    expect(text.stdout).toMatch(/rollback \S+ --env us/);
    expect(markdown.code, markdown.stderr).toBe(0);
    expect(markdown.stdout).toMatch(/\| eu-west \| 2 \| 0 \| `2 added` \|/);
    expect(markdown.stdout).toMatch(/\| canary \| 1 \| 0 \| `no changes` \|/);
    expect(markdown.stdout).toMatch(/\| `folder\/own` \| - \| add \| - \|/);
  });

  test("a wave that keeps a change made in Grafana: the next waves don't start", async () => {
    const grafanas = await three();
    const project = await projectOn(grafanas, WAVES);
    await project.run(["apply", "--env", "canary,us"], TOKENS);
    await edit(grafanas[0], "own", "Edited");
    await project.write({ "resources/a.ts": CODE.replace('"Common"', '"Shared"') });

    const stopped = await project.run(["apply", "--env-all", "-o", "json"], TOKENS);

    expect(stopped.code).toBe(5);
    const { environments = [] } = reportOf(stopped);
    expect(environments.map(({ exitCode, error }) => [exitCode, error?.code])).toEqual([
      [8, undefined],
      [5, "environment-not-started"],
      [5, "environment-not-started"],
    ]);
    expect(await titleIn(grafanas[0], "common")).toBe("Shared");
    expect(await titleIn(grafanas[1], "common")).toBeUndefined();
    expect(await titleIn(grafanas[2], "common")).toBe("Common");

    const forced = await project.run(["apply", "--env-all", "--overwrite-drift"], TOKENS);
    expect(forced.code, forced.stdout + forced.stderr).toBe(0);
    for (const grafana of grafanas) expect(await titleIn(grafana, "common")).toBe("Shared");
  });

  test("a Grafana that can't be reached: the others are changed, and without waves none waits for it", async () => {
    const [canary, , us] = await three();
    const project = await projectOn([canary, { url: "http://127.0.0.1:1" }, us]);

    const result = await project.run(["apply", "--env-all", "-o", "json"], TOKENS);

    expect(result.code).toBe(1);
    expect(reportOf(result).environments?.map(({ exitCode }) => exitCode)).toEqual([0, 1, 0]);
    expect(await titleIn(canary, "own")).toBe("Own canary");
    expect(await titleIn(us, "own")).toBe("Own us");
  });

  test("a write that Grafana rejects: its wave is complete, the next one doesn't start, and a second run converges", async () => {
    const [canary, west, us] = await three();
    const broken = await faultyProxy(west.url, ({ method, path }) =>
      method === "POST" && path.includes("/folders") ? { status: 400, body: "{}" } : "pass",
    );
    onTestFinished(() => broken.close());
    const project = await projectOn([canary, broken, us], 'waves: [["canary", "eu-west"], ["us"]],');

    const failed = await project.run(["apply", "--env-all", "-o", "json"], TOKENS);

    expect(failed.code).toBe(1);
    expect(reportOf(failed).environments?.map(({ exitCode }) => exitCode)).toEqual([0, 1, 5]);
    expect(await titleIn(canary, "own")).toBe("Own canary");
    expect(await titleIn(us, "own")).toBeUndefined();

    const text = await readFile(join(project.directory, "grafana.config.ts"), "utf8");
    await project.write({ "grafana.config.ts": text.replace(broken.url, west.url) });
    const again = await project.run(["apply", "--env-all"], TOKENS);
    expect(again.code, again.stdout + again.stderr).toBe(0);
    expect(await titleIn(us, "own")).toBe("Own us");
  });

  test.each([
    {
      what: "the mark of a change that the code took over",
      prepare: (west: TestGrafana) => edit(west, "own", "Edited"),
    },
    { what: "the ledger of an interrupted run", prepare: undefined },
  ])("$what is not written before the turn of its wave", async ({ prepare }) => {
    const [canary, west] = await three();
    const writes: string[] = [];
    let isFirst = true;
    const proxy = await faultyProxy(west.url, ({ method, path }) => {
      if (method === "GET") return "pass";
      writes.push(`${method} ${path}`);
      const isEnd = method === "PATCH" && writes.some((one) => one.includes("/contact-points"));
      return isFirst && !prepare && isEnd ? { status: 400, body: "{}" } : "pass";
    });
    onTestFinished(() => proxy.close());
    const project = await projectOn([canary, proxy], 'waves: [["canary"], ["*"]],');
    const contact = `import { contactPoint, email } from "grafana-provision";
export default contactPoint({ name: "ops", integrations: [email({ addresses: "ops@example.org" })] });`;
    if (!prepare) await project.write({ "resources/b.ts": contact });
    const applied = await project.run(["apply", "--env-all"], TOKENS);
    await prepare?.(west);
    const text = await readFile(join(project.directory, "grafana.config.ts"), "utf8");
    const now = prepare ? text.replace("Own eu-west", "Edited") : text;
    isFirst = false;
    writes.length = 0;

    await project.write({ "grafana.config.ts": now.replace(canary.url, "http://127.0.0.1:1") });
    const stopped = await project.run(["apply", "--env-all", "-o", "json"], TOKENS);

    expect(applied.code, applied.stderr).toBe(0);
    expect(reportOf(stopped).environments?.map(({ exitCode }) => exitCode)).toEqual([1, 5]);
    expect(writes).toEqual([]);
    await project.write({ "grafana.config.ts": now });
    const complete = await project.run(["apply", "--env-all"], TOKENS);
    expect(complete.code, complete.stdout + complete.stderr).toBe(0);
    expect(writes.some((one) => /^(PATCH|PUT) .*\/folders\//.test(one))).toBe(true);
  });

  test.runIf(HAS_TERMINAL)("on a terminal, an answer about one environment overwrites nothing in another", async () => {
    const [canary, west] = await three();
    const project = await projectOn([canary, west]);
    await project.run(["apply", "--env-all"], TOKENS);
    for (const grafana of [canary, west]) await edit(grafana, "common", "Edited");

    const applied = await onTerminal(project, ["apply", "--env-all"], TOKENS, [
      ["canary: Overwrite", `n${KEYS.enter}`],
      ["eu-west: Overwrite", `y${KEYS.enter}`],
      ["Apply 1 change to 1 environment?", `y${KEYS.enter}`],
    ]);

    expect(applied.code, applied.stdout).toBe(8);
    expect(await titleIn(canary, "common")).toBe("Edited");
    expect(await titleIn(west, "common")).toBe("Common");
  });

  test("deletions without --yes and too many deletions: exit 64, and none is changed", async () => {
    const grafanas = await three();
    const project = await projectOn(grafanas);
    await project.run(["apply", "--env-all"], TOKENS);
    await project.write({
      "resources/a.ts": CODE.replace(/export const common.*\n/, "").replace("own = folder", "other = folder"),
    });

    const unasked = await project.run(["apply", "--env-all", "--prune"], TOKENS);
    const limited = await project.run(["apply", "--env-all", "--prune", "--yes", "--max-deletes", "0"], TOKENS);

    expect([unasked.code, limited.code]).toEqual([64, 64]);
    for (const grafana of grafanas) expect(await titleIn(grafana, "common")).toBe("Common");
    const pruned = await project.run(["apply", "--env-all", "--prune", "--yes"], TOKENS);
    expect(pruned.code, pruned.stderr).toBe(0);
    for (const grafana of grafanas) expect(await titleIn(grafana, "common")).toBeUndefined();
  });

  test("a secret that one environment lacks: exit 65, and none is changed", async () => {
    const [canary, west] = await three();
    const project = await projectOn([canary, west]);
    await project.write({
      "resources/b.ts": `import { datasource, env, environment, secret } from "grafana-provision";
export default datasource({
  uid: "prom", name: "Prom", type: "prometheus", url: "http://prom:9090", basicAuth: true, basicAuthUser: "u",
  secureJsonData: { basicAuthPassword: secret(env(environment().name === "canary" ? "PASSWORD_A" : "PASSWORD_B")) },
});`,
    });

    const result = await project.run(["apply", "--env-all"], { ...TOKENS, PASSWORD_A: "long-password" });

    expect(result.code, result.stdout).toBe(65);
    expect(faultsIn(result)[0]?.message).toMatch(/PASSWORD_B.*eu-west/);
    for (const grafana of [canary, west]) expect(await titleIn(grafana, "own")).toBeUndefined();
  });
});

describe("waves", () => {
  test.each([
    ["an unknown name", 'waves: [["canary"], ["asia-*"]],', "waves[1][0]"],
    ["an environment in no wave", 'waves: [["canary"]],', "waves"],
    ["no list of lists", 'waves: ["canary"],', "waves[0]"],
  ])("%s: exit 65 before any request", async (_name, waves, path) => {
    const server = await untouchable();
    const project = await projectOn([server, server], waves);

    const result = await project.run(["apply", "--env-all"], TOKENS);

    expect(result.code).toBe(65);
    expect(result.stderr).toContain(path);
    expect(server.seen).toEqual([]);
  });
});
