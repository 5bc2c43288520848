import { textOf } from "../../src/util/json.ts";
import type { KindContext } from "../../src/engine/kind-context.ts";
import type { Client } from "../../src/grafana/client.ts";
import { connect } from "../../src/grafana/connection.ts";
import {
  contactPoint,
  dashboard,
  dashboardPermissions,
  datasource,
  folder,
  folderPermissions,
  libraryPanel,
  messageTemplate,
  muteTiming,
  notificationPolicy,
  organizationPreferences,
  playlist,
  publicDashboards,
  serviceAccount,
  team,
} from "../../src/index.ts";
import {
  alert,
  group,
  groupPath,
  hook,
  points as pointsOf,
  POINTS,
  POLICIES,
  TEMPLATES,
  TIMINGS,
} from "../alerting/support.ts";
import { EXAMPLES, everyExample, example, makeExample } from "../kinds/api-object/support.ts";
import {
  everyLibraryPanel,
  LIBRARY_PANELS,
  makeLibraryPanel,
  removeLibraryPanel,
} from "../kinds/library-panel/support.ts";
import { everyPlaylist, makePlaylist, PLAYLISTS, removePlaylist, SERVED } from "../kinds/playlist/support.ts";
import { collection, everyStored, make, remove } from "../engine/support.ts";
import { findAccount, findTeam } from "../kinds/access/support.ts";
import type { TestGrafana } from "../helpers/grafana.ts";
import { KUBERNETES, MARKS, MODE } from "../helpers/mode.ts";
import { grid, makeInV2, spec, tab, tabs } from "../helpers/schema-v2.ts";
import type { Passing } from "../helpers/faulty-proxy.ts";

/** The content of a scene's object, which changes from one value to the other. */
export type Version = "one" | "two";

/** A kind in the tests of faults. */
export interface Scene {
  readonly kind: string;
  /** The operations that send such requests. Default: all. */
  readonly operations?: readonly string[];
  /** Whether `npm test` tries a fault, by its number. Default: all. */
  readonly samples?: (fault: number) => boolean;
  /** Set if the fault affects requests for something other than the kind itself, so that runs end differently. */
  readonly instead?: string;
  /** What a partly written object says, which the next run completes. */
  readonly halves?: readonly string[];
  /** Grafana has only one object of this kind. It counts as absent while it has Grafana's defaults. */
  readonly isOnlyOne?: true;
  /** Grafana has the object before the first write, which is an update. */
  readonly alwaysExists?: true;
  /** The resources that the object needs, and unchanged objects of the kind. */
  base(stem: string): readonly { kind: string }[];
  object(stem: string, name: string, version: Version): { kind: string };
  /** Whether a request reads, writes or deletes objects of the kind. */
  readonly read: (request: Passing) => boolean;
  readonly write: (request: Passing) => boolean;
  readonly remove: (request: Passing) => boolean;
  /** The content of all objects of the kind in Grafana, by name. */
  observe(grafana: TestGrafana): Promise<readonly Observed[]>;
  /** Creates an object as another user. */
  makeForeign?(grafana: TestGrafana, name: string): Promise<void>;
  /** Deletes an object as another user, if the tool can't prove that it owns the object. */
  readonly erase?: (grafana: TestGrafana, stem: string, name: string) => Promise<void>;
}

/** The name under which a scene with one object observes it. */
export const ONLY_ONE = "default";

export interface Observed {
  readonly name: string;
  /** `one`, `two`, or the content itself. */
  readonly says: string;
  /** The whole object. */
  readonly raw: string;
}

const SOURCES = "/api/datasources";
const RULES = "/api/v1/provisioning/folder/";
const RULER = "/api/ruler/grafana/api/v1/rules";

async function listed(grafana: TestGrafana, kind: "folder" | "dashboard"): Promise<Observed[]> {
  const all = await everyStored(grafana, kind);
  const observed = all.map((one) => ({
    name: one.metadata.name,
    says: textOf(one.spec["title"]).split(" ").at(-1) ?? "",
    raw: JSON.stringify(one),
  }));
  // The order of search results is not stable.
  return observed.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

interface Named {
  readonly name: string;
  readonly url?: string;
  readonly template?: string;
}

async function all(grafana: TestGrafana, path: string, says: (one: Named) => string): Promise<Observed[]> {
  const found = ((await grafana.other.send({ method: "GET", path })) ?? []) as Named[];
  return found.map((one) => ({ name: one.name, says: says(one), raw: JSON.stringify(one) }));
}

/** Requests below one of these paths: reads, writes except dry runs, deletions. */
function below(...paths: string[]): Pick<Scene, "read" | "write" | "remove"> {
  const mine = (request: Passing) =>
    paths.some((path) => request.path.startsWith(path)) && !request.path.includes("dryRun");
  return {
    read: (request) => mine(request) && request.method === "GET",
    // The ledger is in a folder, so its write is a PATCH.
    write: (request) => mine(request) && ["POST", "PUT"].includes(request.method),
    remove: (request) => mine(request) && request.method === "DELETE",
  };
}

const home = (stem: string) => folder({ uid: `${stem}-home`, title: `${stem}-home` });
const desk = (stem: string) => contactPoint({ name: `${stem}-desk`, integrations: [hook()] });
const weekday = (version: string) => (version === "one" ? "monday" : "tuesday");

const folders: Scene = {
  kind: "folder",
  base: (stem) => [folders.object(stem, `${stem}-by`, "one")],
  object: (_stem, name, version) => folder({ uid: name, title: `${name} ${version}` }),
  // With legacy storage, writes with the newer API replace any version, so changes use the older API.
  ...below(collection("folder"), ...(MODE === "legacy-storage" ? ["/api/folders"] : [])),
  observe: (grafana) => listed(grafana, "folder"),
  makeForeign: (grafana, name) => make(grafana, "folder", name, { spec: { title: name } }),
  erase: (grafana, _stem, name) => remove(grafana, "folder", name),
};

const sources: Scene = {
  kind: "datasource",
  base: (stem) => [sources.object(stem, `${stem}-by`, "one")],
  object: (_stem, name, version) => datasource({ uid: name, name, type: "loki", url: `http://${version}:3100` }),
  ...below(SOURCES),
  observe: (grafana) => all(grafana, SOURCES, ({ url = "" }) => url.replace(/^http:..|:.*$/g, "")),
  async makeForeign({ other }, name) {
    const body = { uid: name, name, type: "loki", access: "proxy", url: "http://theirs:3100" };
    await other.send({ method: "POST", path: SOURCES, body });
  },
};

const dashboards: Scene = {
  kind: "dashboard",
  ...(MARKS ? { samples: (fault) => !inV2Only(fault) } : {}),
  base: (stem) => [home(stem), dashboards.object(stem, `${stem}-by`, "one")],
  object: (stem, name, version) =>
    dashboard({ uid: name, folder: home(stem), spec: { title: `${name} ${version}`, schemaVersion: 42, panels: [] } }),
  // Without marks, a search finds the owned dashboards, and the older API has different paths.
  ...below(collection("dashboard"), ...(MARKS ? [] : ["/api/search"]), ...(KUBERNETES ? [] : ["/api/dashboards/uid"])),
  observe: (grafana) => listed(grafana, "dashboard"),
  makeForeign: (grafana, name) =>
    make(grafana, "dashboard", name, { spec: { title: name, schemaVersion: 42, panels: [] } }),
};

/** `npm test` tries each fault with one of the schemas. */
const inV2Only = (fault: number) => fault % 3 === 0;
const V2 = collection("dashboard").replace("v1beta1", "v2beta1");
const inTabs = (title: string) => spec(title, {}, tabs(tab("One", grid())));

const dashboardsInV2: Scene = {
  kind: "dashboard",
  samples: inV2Only,
  base: (stem) => [home(stem), dashboardsInV2.object(stem, `${stem}-by`, "one")],
  object: (stem, name, version) =>
    dashboard({ uid: name, folder: home(stem), spec: inTabs(`${name} ${version}`) as never }),
  ...below(collection("dashboard"), V2),
  observe: (grafana) => listed(grafana, "dashboard"),
  makeForeign: (grafana, name) => makeInV2(grafana, name, inTabs(name)),
};

const libraryPanels: Scene = {
  kind: "library-panel",
  base: (stem) => [home(stem), libraryPanels.object(stem, `${stem}-by`, "one")],
  object: (stem, name, version) =>
    libraryPanel({ uid: name, name, folder: home(stem), model: { type: "text", title: version } }),
  ...below(LIBRARY_PANELS),
  write: (request) => request.path.startsWith(LIBRARY_PANELS) && ["POST", "PATCH"].includes(request.method),
  async observe(grafana) {
    const all = await everyLibraryPanel(grafana);
    return all.map((one) => ({ name: one.uid, says: textOf(one.model["title"]), raw: JSON.stringify(one) }));
  },
  makeForeign: makeLibraryPanel,
  erase: (grafana, _stem, name) => removeLibraryPanel(grafana, name),
};

const playlists: Scene = {
  kind: "playlist",
  base: (stem) => [playlists.object(stem, `${stem}-by`, "one")],
  object: (_stem, name, version) => playlist({ uid: name, title: name, interval: "5m", items: [{ tag: version }] }),
  ...below(PLAYLISTS),
  async observe(grafana) {
    const all = await everyPlaylist(grafana);
    return all.map((one) => ({
      name: one.metadata.name,
      says: one.spec.items.map(({ value }) => textOf(value)).join("+"),
      raw: JSON.stringify(one),
    }));
  },
  makeForeign: makePlaylist,
  erase: (grafana, _stem, name) => removePlaylist(grafana, name),
};

const objects: Scene = {
  kind: "api-object",
  base: (stem) => [home(stem), objects.object(stem, `${stem}-by`, "one")],
  object: (_stem, name, version) => example(name, version),
  ...below(EXAMPLES),
  async observe(grafana) {
    const all = await everyExample(grafana);
    return all.map((one) => ({ name: one.metadata.name, says: one.spec.firstField, raw: JSON.stringify(one) }));
  },
  makeForeign: makeExample,
};

const templates: Scene = {
  kind: "message-template",
  base: (stem) => [home(stem), templates.object(stem, `${stem}-by`, "one")],
  object: (_stem, name, version) =>
    messageTemplate({ name, template: `{{ define "${name}" }}says ${version} {{ end }}` }),
  ...below(TEMPLATES),
  observe: (grafana) => all(grafana, TEMPLATES, ({ template = "" }) => /says (\w+)/.exec(template)?.[1] ?? ""),
  async makeForeign({ other }, name) {
    const body = { template: `{{ define "${name}" }}theirs{{ end }}` };
    await other.send({ method: "PUT", path: `${TEMPLATES}/${name}`, body });
  },
  erase: ({ other }, _stem, name) => gone(other, `${TEMPLATES}/${name}`),
};

const timings: Scene = {
  kind: "mute-timing",
  base: (stem) => [home(stem), timings.object(stem, `${stem}-by`, "one")],
  object: (_stem, name, version) => muteTiming({ name, time_intervals: [{ weekdays: [weekday(version)] }] }),
  ...below(TIMINGS),
  observe: (grafana) => all(grafana, TIMINGS, (one) => (JSON.stringify(one).includes("monday") ? "one" : "two")),
  async makeForeign({ other }, name) {
    const body = { name, time_intervals: [{ weekdays: ["friday"] }] };
    await other.send({ method: "POST", path: TIMINGS, body });
  },
  erase: ({ other }, _stem, name) => gone(other, `${TIMINGS}/${name}`),
};

const points: Scene = {
  kind: "contact-point",
  halves: ["one of 1", "two of 1", "one+two", "two+one"],
  base: (stem) => [home(stem), points.object(stem, `${stem}-by`, "one")],
  object: (_stem, name, version) =>
    contactPoint({ name, integrations: ["a", "b"].map((one) => hook(`http://127.0.0.1:1/${one}/${version}`)) }),
  ...below(POINTS),
  async observe(grafana) {
    const found = (await grafana.other.send({ method: "GET", path: POINTS })) as {
      name: string;
      settings: { url?: string };
    }[];
    return [...Map.groupBy(found, ({ name }) => name)].map(([name, own]) => ({
      name,
      says:
        [...new Set(own.map(({ settings }) => settings.url?.split("/").at(-1)))].join("+") +
        (own.length === 2 ? "" : ` of ${own.length}`),
      raw: JSON.stringify(own),
    }));
  },
  async makeForeign({ other }, name) {
    const body = { uid: name, name, type: "webhook", settings: { url: "http://127.0.0.1:1/theirs" } };
    await other.send({ method: "POST", path: POINTS, body });
  },
  async erase(grafana, _stem, name) {
    const own = (await pointsOf(grafana)).filter((one) => one.name === name);
    for (const { uid } of own) await gone(grafana.other, `${POINTS}/${uid}`);
  },
};

/** There is only one tree, which counts as absent while it is Grafana's default. */
const policies: Scene = {
  kind: "notification-policy",
  isOnlyOne: true,
  base: (stem) => [home(stem), desk(stem)],
  object: (stem, _name, version) =>
    notificationPolicy({
      receiver: desk(stem),
      group_by: ["alertname"],
      repeat_interval: version === "one" ? "1h" : "2h",
    }),
  ...below(POLICIES),
  async observe({ other }) {
    const tree = (await other.send({ method: "GET", path: POLICIES })) as Record<string, string>;
    if (!tree["receiver"]?.endsWith("-desk")) return [];
    return [{ name: ONLY_ONE, says: tree["repeat_interval"] === "1h" ? "one" : "two", raw: JSON.stringify(tree) }];
  },
  erase: ({ other }) => gone(other, POLICIES),
};

const groups: Scene = {
  kind: "rule-group",
  base: (stem) => [home(stem), groups.object(stem, `${stem}-by`, "one")],
  object: (stem, name, version) =>
    group(home(stem), name, [alert(name, { uid: name, for: version === "one" ? "1m" : "2m" })]),
  read: ({ method, path }) => method === "GET" && path.startsWith(RULER),
  write: below(RULES).write,
  remove: below(RULES).remove,
  async observe({ other }) {
    const found = (await other.send({ method: "GET", path: RULER })) as Record<
      string,
      { name: string; rules: { for: string }[] }[]
    >;
    return Object.values(found)
      .flat()
      .map((one) => ({
        name: one.name,
        says: one.rules.map((rule) => (rule.for === "1m" ? "one" : "two")).join("+"),
        raw: JSON.stringify(one),
      }));
  },
  async makeForeign(grafana, name) {
    const uid = `${name}-folder`;
    await make(grafana, "folder", uid, { spec: { title: uid } });
    const rule = {
      uid: name,
      title: name,
      condition: "A",
      for: "5m",
      noDataState: "NoData",
      execErrState: "Error",
      folderUID: uid,
      ruleGroup: name,
      data: [{ refId: "A", datasourceUid: "__expr__", model: { type: "math", expression: "1 > 0", refId: "A" } }],
    };
    const body = { title: name, folderUid: uid, interval: 60, rules: [rule] };
    await grafana.other.send({ method: "PUT", path: `${RULES}${uid}/rule-groups/${name}`, body });
  },
  erase: ({ other }, stem, name) => gone(other, groupPath(`${stem}-home`, name)),
};

const TEAMS = "/api/teams";

/** Its members are written by a second request. */
const teams: Scene = {
  kind: "team",
  halves: ["one, 0 members", "two, 1 members"],
  base: (stem) => [home(stem), teams.object(stem, `${stem}-by`, "one")],
  object: (_stem, name, version) =>
    team({ name, email: `${version}@example.com`, members: version === "one" ? ["admin"] : [] }),
  ...below(TEAMS, "/api/access-control/teams"),
  async observe({ other }) {
    const { teams: found } = (await other.send({ method: "GET", path: `${TEAMS}/search` })) as {
      teams: { name: string; email: string; memberCount: number }[];
    };
    return found.map((one) => {
      const version = one.email.replace(/@.*/, "");
      const isWhole = one.memberCount === (version === "one" ? 1 : 0);
      return {
        name: one.name,
        says: isWhole ? version : `${version}, ${one.memberCount} members`,
        raw: JSON.stringify(one),
      };
    });
  },
  async makeForeign({ other }, name) {
    await other.send({ method: "POST", path: TEAMS, body: { name } });
  },
  async erase(grafana, _stem, name) {
    const found = await findTeam(grafana, name);
    if (found) await gone(grafana.other, `${TEAMS}/${found.uid}`);
  },
};

const ACCOUNTS = "/api/serviceaccounts";

const accounts: Scene = {
  kind: "service-account",
  base: (stem) => [home(stem), accounts.object(stem, `${stem}-by`, "one")],
  object: (_stem, name, version) => serviceAccount({ name, role: version === "one" ? "Viewer" : "Editor" }),
  ...below(ACCOUNTS),
  write: (request) => request.path.startsWith(ACCOUNTS) && ["POST", "PATCH"].includes(request.method),
  async observe({ other }) {
    const { serviceAccounts: found } = (await other.send({ method: "GET", path: `${ACCOUNTS}/search` })) as {
      serviceAccounts: { name: string; role: string }[];
    };
    return found.map((one) => ({
      name: one.name,
      says: one.role === "Viewer" ? "one" : "two",
      raw: JSON.stringify(one),
    }));
  },
  async makeForeign({ other }, name) {
    await other.send({ method: "POST", path: ACCOUNTS, body: { name, role: "None" } });
  },
  async erase(grafana, _stem, name) {
    const found = await findAccount(grafana, name);
    if (found) await gone(grafana.other, `${ACCOUNTS}/${found.id}`);
  },
};

const LEVELS = { one: "View", two: "Edit" } as const;

/** The permissions that a folder or a dashboard has anyway. Their deletion is a write of the default ones. */
function permissionsScene(kind: "folder" | "dashboard"): Scene {
  const board = (stem: string) =>
    dashboard({ uid: `${stem}-board`, spec: { title: `${stem}-board`, schemaVersion: 42, panels: [] } });
  const of = (stem: string) => (kind === "folder" ? home(stem) : board(stem));
  const suffix = kind === "folder" ? "-home" : "-board";
  const path = (uid: string) => `${kind === "folder" ? "/api/folders" : "/api/dashboards/uid"}/${uid}/permissions`;
  const isMine = (request: Passing) => /\/api\/(folders|dashboards\/uid)\/[^/]+\/permissions$/.test(request.path);
  const writes = (request: Passing) => isMine(request) && request.method === "POST";
  const DEFAULT = "role/Editor: Edit, role/Viewer: View";
  return {
    kind: `${kind}-permissions`,
    isOnlyOne: true,
    alwaysExists: true,
    base: (stem) => [home(stem), ...(kind === "folder" ? [] : [board(stem)])],
    object(stem, _name, version) {
      const permissions = [{ role: "Viewer", permission: LEVELS[version] }] as const;
      return kind === "folder"
        ? folderPermissions({ folder: home(stem), permissions })
        : dashboardPermissions({ dashboard: board(stem), permissions });
    },
    read: (request) => isMine(request) && request.method === "GET",
    write: writes,
    remove: writes,
    async observe(grafana) {
      const uid = (await everyStored(grafana, kind))
        .map(({ metadata }) => metadata.name)
        .find((one) => one.endsWith(suffix));
      const all = (await grafana.other.send({ method: "GET", path: path(uid ?? "") })) as {
        role?: string;
        permissionName: string;
      }[];
      const levels = all.flatMap(({ role, permissionName: level }) => (role ? [`role/${role}: ${level}`] : []));
      const text = levels.toSorted().join(", ");
      if (text === DEFAULT) return [];
      const says = { "role/Viewer: View": "one", "role/Viewer: Edit": "two" }[text] ?? text;
      return [{ name: ONLY_ONE, says, raw: JSON.stringify(all) }];
    },
    async erase({ other }, stem) {
      const items = [
        { role: "Viewer", permission: 1 },
        { role: "Editor", permission: 2 },
      ];
      const target = of(stem);
      await other.send({ method: "POST", path: path(target.uid ?? ""), body: { items } });
    },
  };
}

const PREFERENCES = "/api/org/preferences";
const ZONES = { one: "utc", two: "browser" } as const;

const preferences: Scene = {
  kind: "organization-preferences",
  isOnlyOne: true,
  base: (stem) => [home(stem)],
  object: (_stem, _name, version) => organizationPreferences({ timezone: ZONES[version] }),
  read: ({ method, path }) => method === "GET" && path.startsWith(PREFERENCES),
  write: ({ method, path }) => method === "PUT" && path.startsWith(PREFERENCES),
  remove: ({ method, path }) => method === "PUT" && path.startsWith(PREFERENCES),
  async observe({ other }) {
    const { timezone = "" } = (await other.send({ method: "GET", path: PREFERENCES })) as { timezone?: string };
    if (timezone === "") return [];
    return [{ name: ONLY_ONE, says: timezone === "utc" ? "one" : "two", raw: timezone }];
  },
  async erase({ other }) {
    await other.send({ method: "PUT", path: PREFERENCES, body: {} });
  },
};

const PUBLIC = "/api/dashboards/public-dashboards";
const isOfPublic = ({ path }: Passing) => /\/public-dashboards(\/|\?|$)/.test(path);
const open = (stem: string, letter: string) =>
  dashboard({ uid: `${stem}-${letter}`, folder: home(stem), spec: { title: letter, schemaVersion: 42, panels: [] } });

/** Each dashboard is made public by a request of its own. */
const publicOnes: Scene = {
  kind: "public-dashboards",
  isOnlyOne: true,
  halves: ["one of 1", "two of 1", "one+two of 2", "two+one of 2"],
  base: (stem) => [home(stem), open(stem, "a"), open(stem, "b")],
  object: (stem, _name, version) =>
    publicDashboards({
      dashboards: ["a", "b"].map((letter) => ({ dashboard: open(stem, letter), timeSelection: version === "two" })),
    }),
  read: (request) => isOfPublic(request) && request.method === "GET",
  write: (request) => isOfPublic(request) && request.method !== "GET",
  remove: (request) => isOfPublic(request) && request.method !== "GET",
  async observe({ other }) {
    const { publicDashboards: all } = (await other.send({ method: "GET", path: PUBLIC })) as {
      publicDashboards: { dashboardUid: string; isEnabled: boolean }[];
    };
    const shown = all.filter(({ isEnabled }) => isEnabled).map(({ dashboardUid }) => dashboardUid);
    const read = shown.toSorted().map(async (uid) => {
      const path = `/api/dashboards/uid/${uid}/public-dashboards`;
      return ((await other.send({ method: "GET", path })) as { timeSelectionEnabled: boolean }).timeSelectionEnabled;
    });
    const says = (await Promise.all(read)).map((selects) => (selects ? "two" : "one"));
    if (says.length === 0) return [];
    const [first, ...others] = says;
    const isWhole = says.length === 2 && others[0] === first;
    return [
      { name: ONLY_ONE, says: isWhole ? `${first}` : `${says.join("+")} of ${says.length}`, raw: says.join("+") },
    ];
  },
  async erase({ other }, stem) {
    for (const letter of ["a", "b"]) {
      const path = `/api/dashboards/uid/${stem}-${letter}/public-dashboards`;
      const { uid } = (await other.send({ method: "GET", path })) as { uid: string };
      await other.send({ method: "DELETE", path: `${path}/${uid}` });
    }
  },
};

async function gone(client: Client, path: string): Promise<void> {
  await client.send({ method: "DELETE", path });
}

const patches = (request: Passing) => request.method === "PATCH";

/** The ledger is written before and after a write. */
const record: Scene = { ...templates, instead: "the ledger", read: folders.read, write: patches, remove: patches };

/** Only the response to the first write of a dashboard in schema v2 has its uid, which a second request adds to the mark. */
const secondMark: Scene = {
  ...dashboardsInV2,
  instead: "the mark of a dashboard in schema v2",
  operations: ["create"],
  samples: () => false,
  write: (request) => patches(request) && request.path.startsWith(V2),
};

/** Kinds with a mark or a tag on every Grafana. */
const OWNED = ["dashboard", "datasource"];

export const scenes: readonly Scene[] = [
  folders,
  sources,
  dashboards,
  libraryPanels,
  ...(SERVED ? [playlists] : []),
  templates,
  timings,
  points,
  policies,
  groups,
  teams,
  accounts,
  permissionsScene("folder"),
  permissionsScene("dashboard"),
  preferences,
  publicOnes,
  // If folders keep no annotations, there is no ledger.
  ...(MARKS ? [record, dashboardsInV2, secondMark, objects] : []),
].map(({ erase, ...scene }) => (MARKS || !erase || OWNED.includes(scene.kind) ? scene : { ...scene, erase }));

/** The same context with another connection. */
export async function through(context: KindContext, client: Client): Promise<KindContext> {
  return { ...context, grafana: await connect(client, context.owner) };
}
