import { describe, expect, onTestFinished, test } from "vitest";
import { ReportSchema } from "../../src/index.ts";
import { untouchable } from "../cli/support.ts";
import { testProject, type TestProject } from "../helpers/cli.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { api, config } from "./support.ts";

const real = process.env["TEST_GRAFANA_URL"] !== undefined;
const TOKENS = { GRAFANA_TOKEN_A: "admin:admin", GRAFANA_TOKEN_B: "admin:admin" };

async function projectOn(url: string, uid: string, a: string, b: string): Promise<TestProject> {
  return testProject({
    "grafana.config.ts": config(
      `{ a: { url: "${url}", organization: ${a} }, b: { url: "${url}", organization: ${b} } }`,
    ).replace('project: "test"', `project: "${uid}"`),
    "resources/a.ts": api(`export const own = folder({ uid: "${uid}", title: "${uid}" });`),
  });
}

test("an organization is found by its name, and a missing one is an error", async () => {
  const grafana = await testGrafana();
  const name = grafana.name("none");
  const project = await projectOn(grafana.url, grafana.name("own"), '"Main Org."', JSON.stringify(name));

  const found = await project.run(["apply", "--env", "a"], TOKENS);
  const missing = await project.run(["plan", "--env", "b", "-o", "json"], TOKENS);
  const several = await project.run(["apply", "--env-all", "--yes", "-o", "json"], TOKENS);
  const unasked = await project.run(["apply", "--env", "b", "-o", "json"], TOKENS);

  expect(found.code, found.stderr).toBe(0);
  expect(found.stdout).toContain("(organization Main Org.)");
  expect(missing.code).toBe(64);
  expect(ReportSchema.parse(JSON.parse(missing.stdout)).error?.code).toBe("target-organization-missing");
  expect(several.code).toBe(64);
  const { error } = ReportSchema.parse(JSON.parse(several.stdout));
  expect(error).toMatchObject({ code: "target-organization-missing", hint: expect.stringContaining("apply --env b") });
  expect(unasked.code).toBe(64);
  expect(ReportSchema.parse(JSON.parse(unasked.stdout)).error?.code).toBe("confirmation-required");
});

test("an organization and another id: exit 64 before any request", async () => {
  const server = await untouchable();
  const project = await projectOn(server.url, "own", "2", '"Team"');

  const id = await project.run(["plan", "--env", "a"], { ...TOKENS, GRAFANA_ORG_ID: "3" });
  const name = await project.run(["plan", "--env", "b"], { ...TOKENS, GRAFANA_ORG_ID: "3" });

  expect([id.code, name.code]).toEqual([64, 64]);
  expect(server.seen).toEqual([]);
});

// The sandbox has one organization.
describe.runIf(real)("organizations of one Grafana", () => {
  test("with several environments, a missing one is an error before any change", async () => {
    const grafana = await testGrafana();
    const [name, uid] = [grafana.name("team"), grafana.name("own")];
    const project = await projectOn(grafana.url, uid, '"Main Org."', JSON.stringify(name));

    const refused = await project.run(["apply", "--env-all", "--yes", "-o", "json"], TOKENS);

    expect(refused.code, refused.stdout).toBe(64);
    const folder = grafana.other.send({ method: "GET", path: `/api/folders/${uid}` });
    await expect(folder).rejects.toMatchObject({ status: 404 });
    const organization = grafana.other.send({ method: "GET", path: `/api/orgs/name/${name}` });
    await expect(organization).rejects.toMatchObject({ status: 404 });
  });

  test("are created with --yes, and have objects of their own", async () => {
    const grafana = await testGrafana();
    const [name, uid] = [grafana.name("team"), grafana.name("own")];
    const project = await projectOn(grafana.url, uid, '"Main Org."', JSON.stringify(name));
    onTestFinished(() => remove(grafana, name));

    const created = await project.run(["apply", "--env", "b", "--yes", "-o", "json"], TOKENS);
    const applied = await project.run(["apply", "--env-all", "--yes", "-o", "json"], TOKENS);
    const again = await project.run(["plan", "--env-all", "--detailed-exitcode"], TOKENS);

    expect(created.code, created.stdout + created.stderr).toBe(0);
    expect(applied.code, applied.stdout + applied.stderr).toBe(0);
    const { environments = [] } = ReportSchema.parse(JSON.parse(applied.stdout));
    expect(environments.map(({ summary }) => summary?.done)).toEqual([1, 0]);
    expect(new Set(environments.map(({ target }) => target?.namespace)).size).toBe(2);
    expect(again.code, again.stdout).toBe(0);
    const destroyed = await project.run(["destroy", "--env", "b", "--yes"], TOKENS);
    expect(destroyed.code, destroyed.stderr).toBe(0);
    const rest = await project.run(["plan", "--env-all", "--detailed-exitcode", "-o", "json"], TOKENS);
    const plans = ReportSchema.parse(JSON.parse(rest.stdout)).environments ?? [];
    expect(plans.map(({ summary }) => summary?.add)).toEqual([0, 1]);
  });
});

async function remove({ other }: TestGrafana, name: string): Promise<void> {
  const found = (await other.send({ method: "GET", path: `/api/orgs/name/${name}` })) as { readonly id: number };
  await other.send({ method: "DELETE", path: `/api/orgs/${found.id}` });
}
