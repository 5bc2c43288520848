import { expect, onTestFinished, test } from "vitest";
import type { KindContext } from "../../../src/engine/kind-context.ts";
import type { Client } from "../../../src/grafana/client.ts";
import { createClient } from "../../../src/grafana/client.ts";
import { Forbidden, NotFound } from "../../../src/grafana/errors.ts";
import {
  dashboard,
  dashboardPermissions,
  folder,
  folderPermissions,
  serviceAccount,
  team,
  type Permission,
} from "../../../src/index.ts";
import { kinds } from "../../../src/kinds/index.ts";
import { isObject, textOf, type JsonObject } from "../../../src/util/json.ts";
import { converge, planFor } from "../../helpers/converge.ts";
import { testGrafana, type TestGrafana } from "../../helpers/grafana.ts";
import { dropAccount, dropTeam, findAccount, person } from "./support.ts";

const LEVELS = ["none", "View", "Edit", "Admin"] as const;
type Level = (typeof LEVELS)[number];

/** Someone who tries what a plan promises. */
interface Actor {
  /** The holders in plans whose permissions it has: `role/Viewer`, `team/SRE`. */
  readonly holders: readonly string[];
  readonly client: Client;
}

test("what a plan promises is what Grafana enforces: a Viewer, an Editor, a member of a team and a service account try", async () => {
  const grafana = await testGrafana();
  const context: KindContext = await grafana.context(grafana.name("own"));
  const [viewer, editor] = [await person(grafana, "viewer"), await person(grafana, "editor", "Editor")];
  const member = await person(grafana, "member");
  const sre = team({ name: grafana.name("SRE"), members: [member.login] });
  const ci = serviceAccount({ name: grafana.name("ci"), role: "Viewer" });
  dropTeam(grafana, sre.name);
  dropAccount(grafana, ci.name);
  await converge(context, [sre, ci]);
  const actors: Record<string, Actor> = {
    viewer: { holders: ["role/Viewer", `user/${viewer.login}`], client: viewer.client },
    editor: { holders: ["role/Editor", `user/${editor.login}`], client: editor.client },
    member: { holders: ["role/Viewer", `user/${member.login}`, `team/${sre.name}`], client: member.client },
    account: { holders: ["role/Viewer", `service-account/${ci.name}`], client: await tokenOf(grafana, ci.name) },
  };

  const lists: Permission[][] = [
    [],
    [{ role: "Viewer", permission: "View" }],
    [
      { role: "Viewer", permission: "View" },
      { role: "Editor", permission: "Edit" },
    ],
    [{ team: sre, permission: "Edit" }],
    [
      { team: sre, permission: "Admin" },
      { role: "Editor", permission: "View" },
    ],
    [
      { user: viewer.email, permission: "Edit" },
      { user: editor.login, permission: "Admin" },
    ],
    [
      { serviceAccount: ci, permission: "Edit" },
      { role: "Viewer", permission: "View" },
    ],
  ];
  const places = lists.map((_, index) => {
    const home = folder({ uid: grafana.name(`home${index}`), title: grafana.name(`home${index}`) });
    const uid = grafana.name(`board${index}`);
    return { home, board: dashboard({ uid, folder: home, spec: { title: uid } }) };
  });
  const codeOf = (shift: number) => [
    sre,
    ci,
    ...places.flatMap(({ home, board }, index) => [
      home,
      board,
      folderPermissions({ folder: home, permissions: lists[(index + shift) % lists.length] ?? [] }),
      // A dashboard adds to the permissions of its folder.
      dashboardPermissions({
        dashboard: board,
        permissions: index === 0 ? [{ team: sre, permission: "View" }] : [],
      }),
    ]),
  ];

  // The second state grants and takes away in each folder.
  for (const shift of [0, 3]) {
    const code = codeOf(shift);
    const promised = promisesOf(await planFor(context, code));
    await converge(context, code);
    for (const { home, board } of places) {
      const [onFolder, onBoard] = [home.uid ?? "", board.uid ?? ""];
      for (const [name, { holders, client }] of Object.entries(actors)) {
        const levelIn = (address: string) => highest(holders.map((holder) => promised.get(`${address} ${holder}`)));
        const inFolder = levelIn(`folder-permissions/${onFolder}`);
        const wanted = {
          folder: inFolder,
          dashboard: highest([inFolder, levelIn(`dashboard-permissions/${onBoard}`)]),
        };
        // Grafana caches permissions for up to a minute.
        await expect
          .poll(() => enforced(client, onFolder, onBoard), {
            timeout: 150_000,
            interval: 500,
            message: `${name} in ${onFolder}`,
          })
          .toEqual(wanted);
      }
    }
  }
});

/** The levels that a plan's forms contain, by address and holder. */
function promisesOf({ comparisons }: Awaited<ReturnType<typeof planFor>>): ReadonlyMap<string, Level> {
  return new Map(
    comparisons.flatMap(({ desired, live }) => {
      const form: JsonObject = kinds.get(desired.kind)?.desired(desired, live) ?? {};
      const permissions = Array.isArray(form["permissions"]) ? form["permissions"].filter(isObject) : [];
      return permissions.map(({ holder, permission }): [string, Level] => [
        `${desired.kind}/${desired.id} ${textOf(holder)}`,
        LEVELS.find((level) => level === permission) ?? "none",
      ]);
    }),
  );
}

function highest(levels: readonly (Level | undefined)[]): Level {
  return LEVELS[Math.max(0, ...levels.map((level) => LEVELS.indexOf(level ?? "none")))] ?? "none";
}

/** What someone can do: read, save the dashboard or create in the folder, and read the permissions. */
async function enforced(client: Client, folderUid: string, uid: string): Promise<{ folder: Level; dashboard: Level }> {
  await client.send({ method: "GET", path: "/api/access-control/user/permissions?reloadcache=true" });
  const may = async (method: "GET" | "POST", path: string, body?: object) => {
    try {
      await client.send({ method, path, ...(body ? { body } : {}) });
      return true;
    } catch (error) {
      if (!(error instanceof Forbidden || error instanceof NotFound)) throw error;
      return false;
    }
  };
  const levelOf = (reads: boolean, writes: boolean, administers: boolean): Level =>
    administers ? "Admin" : writes ? "Edit" : reads ? "View" : "none";
  const [reads, writes, administers, readsBoard, savesBoard, administersBoard] = [
    await may("GET", `/api/folders/${folderUid}`),
    await mayCreateIn(client, folderUid),
    await may("GET", `/api/folders/${folderUid}/permissions`),
    await may("GET", `/api/dashboards/uid/${uid}`),
    await may("POST", "/api/dashboards/db", { dashboard: { uid, title: uid }, folderUid, overwrite: true }),
    await may("GET", `/api/dashboards/uid/${uid}/permissions`),
  ];
  return {
    folder: levelOf(reads, writes, administers),
    dashboard: levelOf(readsBoard, savesBoard, administersBoard),
  };
}

/** Creates a folder in a folder, and deletes it again. */
async function mayCreateIn(client: Client, parentUid: string): Promise<boolean> {
  try {
    const title = `try-${crypto.randomUUID()}`;
    const body = { title, parentUid };
    const { uid } = (await client.send({ method: "POST", path: "/api/folders", body })) as { uid: string };
    await client.send({ method: "DELETE", path: `/api/folders/${uid}` });
    return true;
  } catch (error) {
    if (!(error instanceof Forbidden || error instanceof NotFound)) throw error;
    return false;
  }
}

async function tokenOf(grafana: TestGrafana, name: string): Promise<Client> {
  const account = await findAccount(grafana, name);
  const path = `/api/serviceaccounts/${account?.id}/tokens`;
  const { key } = (await grafana.other.send({ method: "POST", path, body: { name } })) as { key: string };
  const client = await createClient({ url: grafana.url, credentials: { type: "token", token: key } });
  onTestFinished(() => client.close());
  return client;
}
