import type { JsonObject } from "../../../src/util/json.ts";
import { unlessNotFound } from "../../../src/grafana/errors.ts";
import type { TestGrafana } from "../../helpers/grafana.ts";
import { KUBERNETES } from "../../helpers/mode.ts";

/** Grafana 11 has only the older version. */
export const PLAYLISTS = `/apis/playlist.grafana.app/${KUBERNETES ? "v1" : "v0alpha1"}/namespaces/default/playlists`;

/** Whether the tested Grafana has playlists: a real one that is made to look old has none. */
export const SERVED = KUBERNETES || !process.env["TEST_GRAFANA_URL"];

/** A playlist as Grafana stores it. */
export interface StoredPlaylist {
  readonly metadata: {
    readonly name: string;
    readonly resourceVersion: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec: JsonObject & { readonly title: string; readonly items: readonly JsonObject[] };
}

export async function findPlaylist({ other }: TestGrafana, uid: string): Promise<StoredPlaylist | undefined> {
  return (await unlessNotFound(other.send({ method: "GET", path: `${PLAYLISTS}/${uid}` }))) as
    StoredPlaylist | undefined;
}

export async function everyPlaylist({ other }: TestGrafana): Promise<StoredPlaylist[]> {
  if (!SERVED) return [];
  return ((await other.send({ method: "GET", path: PLAYLISTS })) as { items: StoredPlaylist[] }).items;
}

/** Saves a playlist like Grafana's pages: with all of its annotations. */
export async function editPlaylist(grafana: TestGrafana, uid: string, spec: JsonObject): Promise<void> {
  const object = await findPlaylist(grafana, uid);
  const body = { ...object, spec: { ...object?.spec, ...spec } };
  await grafana.other.send({ method: "PUT", path: `${PLAYLISTS}/${uid}`, body });
}

/** Another user's playlist. */
export async function makePlaylist({ other }: TestGrafana, name: string, spec: JsonObject = {}): Promise<void> {
  const items = [{ type: "dashboard_by_tag", value: "theirs" }];
  const body = { metadata: { name }, spec: { title: name, interval: "5m", items, ...spec } };
  await other.send({ method: "POST", path: PLAYLISTS, body });
}

export async function removePlaylist({ other }: TestGrafana, name: string): Promise<void> {
  await other.send({ method: "DELETE", path: `${PLAYLISTS}/${name}` });
}
