import { onTestFinished } from "vitest";
import { createClient, type Client } from "../../../src/grafana/client.ts";
import type { TestGrafana } from "../../helpers/grafana.ts";

/** A user whom a person or a login provider has created. */
export interface Person {
  readonly id: number;
  readonly login: string;
  readonly email: string;
  readonly client: Client;
}

/** Creates a user of the organization, and deletes it after the test. */
export async function person(
  grafana: TestGrafana,
  stem: string,
  role: "Viewer" | "Editor" = "Viewer",
): Promise<Person> {
  const { other, url } = grafana;
  const login = grafana.name(stem);
  const email = `${login}@example.com`;
  const password = `password of ${login}`;
  const body = { login, email, password };
  const { id } = (await other.send({ method: "POST", path: "/api/admin/users", body })) as { id: number };
  onTestFinished(async () => void (await other.send({ method: "DELETE", path: `/api/admin/users/${id}` })));
  await other.send({ method: "PATCH", path: `/api/org/users/${id}`, body: { role } });
  const client = await createClient({ url, credentials: { type: "basic", user: login, password } });
  onTestFinished(() => client.close());
  return { id, login, email, client };
}

export interface StoredTeam {
  readonly id: number;
  readonly uid: string;
  readonly email: string;
  /** `ada`, or `ada (Admin)` for an admin, sorted. */
  readonly members: readonly string[];
}

/** A team as Grafana stores it. */
export async function findTeam({ other }: TestGrafana, name: string): Promise<StoredTeam | undefined> {
  const path = `/api/teams/search?name=${encodeURIComponent(name)}`;
  const { teams } = (await other.send({ method: "GET", path })) as { teams: Omit<StoredTeam, "members">[] };
  const [team] = teams;
  if (!team) return undefined;
  const all = (await other.send({ method: "GET", path: `/api/teams/${team.uid}/members` })) as {
    login: string;
    permission: number;
  }[];
  const members = all.map(({ login, permission }) => `${login}${permission === 4 ? " (Admin)" : ""}`).toSorted();
  return { id: team.id, uid: team.uid, email: team.email, members };
}

/** Another user's team. It is deleted after the test, if it still exists. */
export async function makeTeam(grafana: TestGrafana, name: string): Promise<void> {
  await grafana.other.send({ method: "POST", path: "/api/teams", body: { name } });
  dropTeam(grafana, name);
}

/** Deletes a team after the test, if it still exists. */
export function dropTeam(grafana: TestGrafana, name: string): void {
  onTestFinished(async () => {
    const team = await findTeam(grafana, name);
    if (team) await grafana.other.send({ method: "DELETE", path: `/api/teams/${team.uid}` });
  });
}

/** Changes the members of a team as another user. An empty role removes one. */
export async function setMembers(
  grafana: TestGrafana,
  name: string,
  roles: readonly (readonly [Person, "Member" | "Admin" | ""])[],
): Promise<void> {
  const team = await findTeam(grafana, name);
  const permissions = roles.map(([{ id }, permission]) => ({ userId: id, permission }));
  const path = `/api/access-control/teams/${team?.uid}`;
  await grafana.other.send({ method: "POST", path, body: { permissions } });
}

/** The direct permissions on a folder or dashboard: `Viewer: View`, `user ada: Admin`, sorted. */
export async function permissionsOn(
  { other }: TestGrafana,
  kind: "folder" | "dashboard",
  uid: string,
): Promise<string[]> {
  const all = (await other.send({ method: "GET", path: permissionsPath(kind, uid) })) as Record<string, string>[];
  return all
    .filter(({ inherited }) => String(inherited) !== "true")
    .map((one) => {
      const holder = one["team"] ? `team ${one["team"]}` : one["userLogin"] ? `user ${one["userLogin"]}` : one["role"];
      return `${holder}: ${one["permissionName"]}`;
    })
    .toSorted();
}

/** Replaces the direct permissions as another user. */
export async function setPermissions(
  { other }: TestGrafana,
  kind: "folder" | "dashboard",
  uid: string,
  items: readonly object[],
): Promise<void> {
  await other.send({ method: "POST", path: permissionsPath(kind, uid), body: { items } });
}

function permissionsPath(kind: "folder" | "dashboard", uid: string): string {
  return `/api/${kind === "folder" ? "folders" : "dashboards/uid"}/${uid}/permissions`;
}

export interface StoredAccount {
  readonly id: number;
  readonly name: string;
  readonly role: string;
  readonly isDisabled: boolean;
  readonly tokens: number;
}

/** A service account as Grafana stores it. */
export async function findAccount({ other }: TestGrafana, name: string): Promise<StoredAccount | undefined> {
  const path = `/api/serviceaccounts/search?query=${encodeURIComponent(name)}`;
  const { serviceAccounts: found } = (await other.send({ method: "GET", path })) as {
    serviceAccounts: StoredAccount[];
  };
  return found.find((one) => one.name === name);
}

/** Deletes a service account after the test, if it still exists. */
export function dropAccount(grafana: TestGrafana, name: string): void {
  onTestFinished(async () => {
    const account = await findAccount(grafana, name);
    if (account) await grafana.other.send({ method: "DELETE", path: `/api/serviceaccounts/${account.id}` });
  });
}
