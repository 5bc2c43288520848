import { expect, onTestFinished, test } from "vitest";
import type { KindContext } from "../../../src/engine/kind-context.ts";
import { team } from "../../../src/index.ts";
import { actions, carryOut, changeOf, statuses } from "../../engine/support.ts";
import { converge, planFor } from "../../helpers/converge.ts";
import { faultyProxy } from "../../helpers/faulty-proxy.ts";
import { testGrafana, type TestGrafana } from "../../helpers/grafana.ts";
import { MARKS } from "../../helpers/mode.ts";
import { carriedOut, runsFolder, undoOf } from "../../rollback/support.ts";
import { dropTeam, findTeam, person, setMembers } from "./support.ts";

/** The context of a Grafana whose login provider added these members, or provisioned this team. Only an Enterprise license shows it. */
async function synced(
  grafana: TestGrafana,
  owner: string,
  { members = [], provisioned }: { readonly members?: readonly string[]; readonly provisioned?: string },
): Promise<KindContext> {
  const proxy = await faultyProxy(grafana.url, async ({ method, path, forward }) => {
    const isList = path.startsWith("/api/teams/search");
    if (method !== "GET" || !(isList || /^\/api\/teams\/[^/]+\/members$/.test(path))) return "pass";
    const { status, body = "" } = await forward();
    const text = body.toString();
    const changed = isList ? withProvisioned(text, provisioned) : withLabels(text, members);
    return { status, body: JSON.stringify(changed) };
  });
  onTestFinished(() => proxy.close());
  return grafana.context(owner, { url: proxy.url });
}

function withProvisioned(text: string, name: string | undefined): object {
  const answer = JSON.parse(text) as { teams: { name: string }[] };
  return { ...answer, teams: answer.teams.map((one) => ({ ...one, isProvisioned: one.name === name })) };
}

function withLabels(text: string, logins: readonly string[]): object {
  const answer = JSON.parse(text) as { login: string }[];
  return answer.map((one) => ({ ...one, labels: logins.includes(one.login) ? ["LDAP"] : [] }));
}

async function scene() {
  const grafana = await testGrafana();
  const name = grafana.name("SRE");
  const owner = grafana.name("own");
  dropTeam(grafana, name);
  const [ada, grace, eve] = [
    await person(grafana, "ada"),
    await person(grafana, "grace"),
    await person(grafana, "eve"),
  ];
  const of = (email: string, ...members: string[]) => team({ name, email, members });
  await converge(await grafana.context(owner), [of("one@example.com", ada.login, grace.login)]);
  return { grafana, name, owner, address: `team/${name}`, ada, grace, eve, of };
}

test("a member whom a login provider added stays, and a plan that changes the team names the member", async () => {
  const { grafana, name, owner, address, ada, grace, eve, of } = await scene();
  await setMembers(grafana, name, [[eve, "Admin"]]);
  const context = await synced(grafana, owner, { members: [eve.login] });
  const unchanged = of("one@example.com", ada.login, grace.login);
  expect(actions(await planFor(context, [unchanged]))).toEqual({});

  const prepared = await planFor(context, [of("two@example.com", ada.login)]);
  const change = changeOf(prepared, address);
  expect(change).toMatchObject({ action: "update", sideEffect: expect.stringContaining(eve.login) as unknown });
  expect(change.revokes).toContain(grace.login);
  expect(change.revokes).not.toContain(eve.login);
  expect(JSON.stringify(change.differences)).not.toContain(eve.login);
  expect(statuses(await carryOut(context, prepared))).toEqual({ [address]: "done" });
  expect((await findTeam(grafana, name))?.members).toEqual([ada.login, `${eve.login} (Admin)`].toSorted());
});

test("a member whom the code and a login provider name keeps the provider's role", async () => {
  const { grafana, name, owner, ada, grace, eve, of } = await scene();
  await setMembers(grafana, name, [[eve, "Admin"]]);
  const context = await synced(grafana, owner, { members: [eve.login] });
  await converge(context, [of("two@example.com", ada.login, grace.login, eve.login)]);
  expect((await findTeam(grafana, name))?.members).toContain(`${eve.login} (Admin)`);
});

test("a rollback keeps members whom a login provider has added since", async () => {
  const { grafana, name, owner, ada, grace, eve, of } = await scene();
  const runs = await runsFolder();
  const plain = await grafana.context(owner);
  const { run } = await carriedOut(plain, await planFor(plain, [of("two@example.com", ada.login)]), runs);
  if (!run) throw new Error("a run was expected");
  await setMembers(grafana, name, [[eve, "Member"]]);
  const context = await synced(grafana, owner, { members: [eve.login] });
  await carriedOut(context, await undoOf(context, run), runs);
  expect((await findTeam(grafana, name))?.members).toEqual([ada.login, grace.login, eve.login].toSorted());
});

test.runIf(MARKS)("a team that SCIM provisions is neither changed nor deleted [needs marks]", async () => {
  const { grafana, name, owner, address, ada, of } = await scene();
  const before = await findTeam(grafana, name);
  const context = await synced(grafana, owner, { provisioned: name });
  const changed = await planFor(context, [of("two@example.com", ada.login)]);
  expect(changeOf(changed, address).left).toMatchObject({ message: expect.stringContaining("SCIM") as unknown });
  await carryOut(context, changed);
  const gone = await planFor(context, [], { prune: true });
  await carryOut(context, gone);
  expect(await findTeam(grafana, name)).toEqual(before);

  const other = await synced(grafana, grafana.name("other"), { provisioned: name });
  const adopted = await planFor(other, [of("two@example.com", ada.login)], {
    adopt: { all: true, addresses: new Set() },
  });
  expect(changeOf(adopted, address).left).toBeDefined();
});
