import { describe, expect, onTestFinished, test } from "vitest";
import { desire } from "../../../src/code/desired.ts";
import type { KindContext } from "../../../src/engine/kind-context.ts";
import { team, type Team } from "../../../src/index.ts";
import { kinds } from "../../../src/kinds/index.ts";
import { EXIT } from "../../../src/util/errors.ts";
import { actions, carryOut, changeOf, statuses } from "../../engine/support.ts";
import { converge, only, planFor } from "../../helpers/converge.ts";
import { faultyProxy } from "../../helpers/faulty-proxy.ts";
import { testGrafana, type TestGrafana } from "../../helpers/grafana.ts";
import { DRIFT, MARKS, origin } from "../../helpers/mode.ts";
import { carriedOut, runsFolder, undoOf } from "../../rollback/support.ts";
import { dropTeam, findTeam, makeTeam, person, setMembers, type Person } from "./support.ts";

interface Scene {
  readonly grafana: TestGrafana;
  readonly context: KindContext;
  readonly name: string;
  readonly address: string;
  readonly ada: Person;
  readonly grace: Person;
  readonly of: (fields: Partial<Omit<Team, "kind">>) => Team;
}

async function scene(): Promise<Scene> {
  const grafana = await testGrafana();
  const name = grafana.name("SRE");
  dropTeam(grafana, name);
  const context = await grafana.context(grafana.name("own"));
  const [ada, grace] = [await person(grafana, "ada"), await person(grafana, "grace")];
  return {
    grafana,
    context,
    name,
    address: `team/${name}`,
    ada,
    grace,
    of: (fields) => team({ name, members: [ada.login], ...fields }),
  };
}

describe("in Grafana, a team", () => {
  test("is created with its members by login and email address, changed, and not written without a change", async () => {
    const { grafana, context, name, ada, grace, of } = await scene();
    await converge(context, [of({ email: "sre@example.com", members: [ada.login, grace.email] })]);
    expect(await findTeam(grafana, name)).toMatchObject({
      email: "sre@example.com",
      members: [ada.login, grace.login],
    });

    const changed = of({ members: [], admins: [ada.email.toUpperCase()] });
    const { plan } = await converge(context, [changed]);
    expect(plan.changes).toMatchObject([
      {
        action: "update",
        origin: origin("code"),
        revokes: expect.stringContaining(grace.login) as unknown,
        differences: [{ path: "email" }, { path: `members[user=${ada.login}].role` }, { type: "removed" }],
      },
    ]);
    expect(await findTeam(grafana, name)).toMatchObject({ email: "", members: [`${ada.login} (Admin)`] });

    const before = grafana.requests.length;
    await converge(context, [changed]);
    expect(grafana.requests.slice(before).filter(({ method }) => method !== "GET")).toEqual([]);
  });

  test("with a user that does not exist is a fault that names the user, before any write: exit 65", async () => {
    const { grafana, context, name, of } = await scene();
    const unknown = grafana.name("nobody");
    await expect(planFor(context, [of({ members: [unknown] })])).rejects.toMatchObject({
      exitCode: EXIT.invalid,
      faults: [{ code: "code-user-missing", path: "members[0]", message: expect.stringContaining(unknown) as unknown }],
    });
    expect(await findTeam(grafana, name)).toBeUndefined();
  });

  test("with a misspelled user is a fault with the name that was meant", async () => {
    const { context, ada, of } = await scene();
    const wrong = ada.login.slice(0, -1);
    await expect(planFor(context, [of({ admins: [wrong], members: [] })])).rejects.toMatchObject({
      faults: [{ path: "admins[0]", hint: expect.stringContaining(ada.login) as unknown }],
    });
  });

  test("whose code names a member that a login provider added is not written, and keeps the member", async () => {
    const { grafana, context, name, ada } = await scene();
    await converge(context, [team({ name, members: [ada.login] })]);

    const proxy = await faultyProxy(grafana.url, async ({ path, forward }) => {
      if (!/^\/api\/teams\/[^/]+\/members$/.test(path)) return "pass";
      const { status, body } = await forward();
      const members = JSON.parse(String(body)) as object[];
      return { status, body: JSON.stringify(members.map((one) => ({ ...one, labels: ["LDAP"] }))) };
    });
    onTestFinished(() => proxy.close());
    const provided = await grafana.context(context.owner, { url: proxy.url });
    for (const code of [team({ name, members: [ada.login] }), team({ name, members: [], admins: [ada.login] })])
      expect((await planFor(provided, [code])).plan.changes).toEqual([]);
    await converge(provided, [team({ name, members: [ada.login], email: "sre@example.com" })]);
    expect((await findTeam(grafana, name))?.members).toEqual([ada.login]);
  });

  test("whose members were changed in Grafana is drift, which is overwritten only with consent", async () => {
    const { grafana, context, name, address, grace, ada, of } = await scene();
    await converge(context, [of({})]);
    await setMembers(grafana, name, [[grace, "Admin"]]);

    const change = changeOf(await planFor(context, [of({})]), address);
    expect(change.left?.reason).toBe(DRIFT);
    expect(change).toMatchObject({
      origin: origin("grafana"),
      revokes: expect.stringContaining(grace.login) as unknown,
    });
    await converge(context, [of({})], { overwriteDrift: only(address) });
    expect((await findTeam(grafana, name))?.members).toEqual([ada.login]);
  });

  test("that was changed or created since the plan is a conflict", async () => {
    const { grafana, context, name, address, grace, of } = await scene();
    const creation = await planFor(context, [of({})]);
    await makeTeam(grafana, name);
    expect(statuses(await carryOut(context, creation))).toEqual({ [address]: "conflict" });

    await converge(context, [of({})], { adopt: only(address) });
    const change = await planFor(context, [of({ members: [] })]);
    await setMembers(grafana, name, [[grace, "Member"]]);
    expect(statuses(await carryOut(context, change))).toEqual({ [address]: "conflict" });
    expect((await findTeam(grafana, name))?.members).toContain(grace.login);
  });

  test.runIf(MARKS)("of another user is changed and deleted only after its adoption [needs marks]", async () => {
    const { grafana, context, name, address, ada, of } = await scene();
    await makeTeam(grafana, name);
    expect(actions(await planFor(context, [of({})]))).toEqual({ [address]: "left: foreign" });

    await converge(context, [of({})], { adopt: only(address) });
    expect((await findTeam(grafana, name))?.members).toEqual([ada.login]);

    expect((await planFor(context, [])).plan.orphans).toEqual([address]);
    await converge(context, [], { prune: true });
    expect(await findTeam(grafana, name)).toBeUndefined();
  });

  test.runIf(MARKS)("is read only if the code or the ledger has one [needs marks]", async () => {
    const { grafana, context, of } = await scene();
    const teams = () => grafana.requests.filter(({ path }) => path.startsWith("/api/teams"));
    await planFor(context, [], { prune: true });
    expect(teams()).toEqual([]);
    await converge(context, [of({})]);
    grafana.requests.length = 0;
    await planFor(context, [of({})]);
    expect(teams().map(({ method }) => method)).toEqual(["GET", "GET"]);
  });

  test("is restored by a rollback of its change, and deleted by a rollback of its creation", async () => {
    const { grafana, context, name, ada, grace, of } = await scene();
    const runs = await runsFolder();
    const creation = await carriedOut(context, await planFor(context, [of({ admins: [grace.login] })]), runs);
    const change = await carriedOut(context, await planFor(context, [of({ members: [] })]), runs);
    if (!change.run || !creation.run) throw new Error("two runs were expected");

    await carriedOut(context, await undoOf(context, change.run), runs);
    expect((await findTeam(grafana, name))?.members).toEqual([ada.login, `${grace.login} (Admin)`]);
    expect(actions(await planFor(context, [of({ admins: [grace.login] })]))).toEqual({});

    await carriedOut(context, await undoOf(context, creation.run), runs);
    expect(await findTeam(grafana, name)).toBeUndefined();
  });

  test.runIf(MARKS)("that was deleted is restored by a rollback, and owned [needs marks]", async () => {
    const { grafana, context, name, ada, of } = await scene();
    const runs = await runsFolder();
    await converge(context, [of({})]);
    const deletion = await carriedOut(context, await planFor(context, [], { prune: true }), runs);
    if (!deletion.run) throw new Error("a run was expected");

    await carriedOut(context, await undoOf(context, deletion.run), runs);
    expect((await findTeam(grafana, name))?.members).toEqual([ada.login]);
    expect(actions(await planFor(context, [of({})]))).toEqual({});
  });
});

describe("the code of a team", () => {
  const faultsOf = (fields: object) =>
    desire(
      [
        {
          kind: "team",
          value: { kind: "team", name: "SRE", members: [], ...fields },
          source: { file: "t.ts", export: "sre" },
        },
      ],
      kinds,
      "own",
    ).faults.map(({ path, message }) => ({ path, message }));

  test.each([
    ["an empty name", { name: " " }, "name", /empty/],
    ["an invalid email address", { email: "sre" }, "email", /email address/],
    ["an empty member", { members: [""] }, "members[0]", /login or the email address/],
    ["a member twice", { members: ["ada", "ADA"] }, "members[1]", /second time/],
    ["a member who is also an admin", { members: ["ada"], admins: ["ada"] }, "members[0]", /second time/],
    ["a misspelled property", { memebers: [] }, "memebers", /unknown property/],
  ])("with %s is a fault with its place", (_what, fields, path, message) => {
    expect(faultsOf(fields)).toEqual([{ path, message: expect.stringMatching(message) as unknown }]);
  });
});
