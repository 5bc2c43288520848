import { expect, test } from "vitest";
import type { KindContext } from "../../../src/engine/kind-context.ts";
import { folder, folderPermissions, serviceAccount, team, type Permission } from "../../../src/index.ts";
import { carryOut, statuses } from "../../engine/support.ts";
import { planFor } from "../../helpers/converge.ts";
import { testGrafana, type TestGrafana } from "../../helpers/grafana.ts";
import { dropAccount, dropTeam, person, type Person } from "./support.ts";

const LISTS = {
  teams: /^\/api\/teams\/search\?perpage=1000&page=1$/,
  users: /^\/api\/org\/users$/,
  "service accounts": /^\/api\/serviceaccounts\/search\?perpage=1000&page=1$/,
};

/** The number of requests for each whole list since `start`. */
function listsSince({ requests }: TestGrafana, start: number): Record<string, number> {
  const sent = requests.slice(start);
  return Object.fromEntries(
    Object.entries(LISTS).map(([name, path]) => [name, sent.filter((one) => path.test(one.path)).length]),
  );
}

/** Folders on each of which all these people, two teams and a service account have permissions. */
function codeFor(grafana: TestGrafana, folders: number, people: readonly Person[]) {
  const members = people.map(({ login }) => login);
  const teams = ["red", "blue"].map((stem) => team({ name: grafana.name(stem), members }));
  const robot = serviceAccount({ name: grafana.name("robot"), role: "Viewer" });
  for (const { name } of teams) dropTeam(grafana, name);
  dropAccount(grafana, robot.name);
  return (permission: Permission["permission"]) => [
    ...teams,
    robot,
    ...Array.from({ length: folders }, (_, index) => {
      const home = folder({ uid: grafana.name(`f${index}`), title: grafana.name(`f${index}`) });
      const permissions: Permission[] = [
        ...people.map(({ login: user }) => ({ user, permission })),
        ...teams.map((one) => ({ team: one, permission })),
        { serviceAccount: robot, permission },
      ];
      return [home, folderPermissions({ folder: home, permissions })];
    }).flat(),
  ];
}

/** The requests for lists of a first apply, a plan without changes, and a change of all permissions. */
async function requestsFor(folders: number, users: number): Promise<readonly Record<string, number>[]> {
  const grafana = await testGrafana();
  const context: KindContext = await grafana.context(grafana.name("own"));
  const people: Person[] = [];
  for (let index = 0; index < users; index++) people.push(await person(grafana, `p${index}`));
  const code = codeFor(grafana, folders, people);
  const counts: Record<string, number>[] = [];
  const counted = async <Answer>(work: () => Promise<Answer>): Promise<Answer> => {
    const start = grafana.requests.length;
    const answer = await work();
    counts.push(listsSince(grafana, start));
    return answer;
  };
  for (const level of ["View", "View", "Edit"] as const) {
    const prepared = await counted(() => planFor(context, code(level)));
    const outcomes = await counted(() => carryOut(context, prepared));
    expect(new Set(Object.values(statuses(outcomes)))).toEqual(
      new Set(prepared.plan.changes.length > 0 ? ["done"] : []),
    );
  }
  expect((await planFor(context, code("Edit"))).plan.changes).toEqual([]);
  return counts;
}

test("50 folders with permissions of 20 people need as many requests for lists as 2 folders with 2", async () => {
  const [few, many] = [await requestsFor(2, 2), await requestsFor(50, 20)];
  expect(many).toEqual(few);
  for (const counts of many) for (const count of Object.values(counts)) expect(count).toBeLessThanOrEqual(2);
  // The last plan, and the change of all permissions.
  expect(many.slice(-2)).toEqual([
    { teams: 1, users: 1, "service accounts": 2 },
    { teams: 1, users: 1, "service accounts": 1 },
  ]);
});
