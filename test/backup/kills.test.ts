import { onTestFinished, expect, test } from "vitest";
import { start } from "../faults/support.ts";
import { make, makeDatasource, panel } from "../engine/support.ts";
import { testProject, type TestProject } from "../helpers/cli.ts";
import { faultyProxy } from "../helpers/faulty-proxy.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { ONCE } from "../helpers/mode.ts";
import { backedUp, changesIn, restored } from "./support.ts";

/** Objects that several requests write are among them: a team with members, and a contact point with two integrations. */
async function fill(grafana: TestGrafana): Promise<void> {
  const post = (path: string, body: object) => grafana.other.send({ method: "POST", path, body });
  await make(grafana, "folder", "team", { spec: { title: "Team" } });
  for (const uid of ["one", "two"])
    await make(grafana, "dashboard", uid, {
      spec: { title: uid, panels: [panel(1, "Requests", "up")], schemaVersion: 42 },
      annotations: { "grafana.app/folder": "team" },
    });
  for (const uid of ["first", "second"]) await makeDatasource(grafana, uid, { isDefault: uid === "second" });
  for (const addresses of ["a@example.com", "b@example.com"])
    await post("/api/v1/provisioning/contact-points", { name: "ops", type: "email", settings: { addresses } });
  const { id: userId } = await makeUser(grafana);
  const { teamId, uid } = (await post("/api/teams", { name: "SRE" })) as { teamId: number; uid: string };
  await post(`/api/access-control/teams/${uid}`, { permissions: [{ userId, permission: "Member" }] });
  await post("/api/folders/team/permissions", { items: [{ teamId, permission: 2 }] });
}

async function makeUser({ other }: TestGrafana): Promise<{ readonly id: number }> {
  const body = { login: "ada", password: "password of ada" };
  return (await other.send({ method: "POST", path: "/api/admin/users", body })) as { id: number };
}

const OBJECTS = 8;

/** Restores to an empty Grafana in a process that is killed at one of its writes. Returns whether it was killed. */
async function killedAt(project: TestProject, at: number, after: boolean) {
  const target = await testGrafana();
  await makeUser(target);
  const proxy = await faultyProxy(target.url);
  onTestFinished(() => proxy.close());
  const variables = { ...target.variables, GRAFANA_URL: proxy.url };
  const running = start(project, variables, ["restore", "saved", "--yes"]);
  let writes = 0;
  proxy.decide(async ({ method, forward }) => {
    if (method === "GET" || ++writes !== at) return "pass";
    if (after) await forward();
    running.child.kill("SIGKILL");
    return "reset";
  });
  const { code } = await running.ended;
  proxy.decide();
  await proxy.idle();
  return { killed: code === null, variables };
}

test.runIf(ONCE && process.env["TEST_GRAFANA_URL"] === undefined)(
  "a killed restore continues without consent, and then nothing is left to do",
  async () => {
    const source = await testGrafana();
    await fill(source);
    const project = await testProject();
    expect((await backedUp(project, source.variables)).objects).toHaveLength(OBJECTS);

    let killed = 0;
    for (const [at, after] of [
      [3, true],
      [6, false],
      [8, true],
      [10, true],
      [12, true],
    ] as const) {
      const rest = await killedAt(project, at, after);
      if (rest.killed) killed++;
      const what = `killed at write ${at}`;
      const again = await restored(project, rest.variables, ["--yes"]);
      expect(again.exitCode, `${what}: ${JSON.stringify(changesIn(again))}`).toBe(0);
      expect(changesIn(await restored(project, rest.variables, ["--yes"])), what).toEqual([]);
    }
    expect(killed).toBeGreaterThanOrEqual(4);
  },
);
