import { changedSincePlan } from "../../engine/conflicts.ts";
import type { RollbackFacet } from "../../engine/facets.ts";
import type { KindContext, Write } from "../../engine/kind-context.ts";
import type { Collection, ObjectToWrite } from "../../grafana/collection.ts";
import type { GrafanaConnection } from "../../grafana/connection.ts";
import { UnsupportedGrafana } from "../../grafana/errors.ts";
import { parseObject } from "../../grafana/kubernetes-object.ts";
import { markAnnotation, markedMetadata, restoredMetadata } from "../../ownership/annotations.ts";
import { FORM, type MarkHashes } from "../../ownership/marker.ts";
import { repositoryOf } from "../../ownership/repository.ts";
import { EXIT } from "../../util/errors.ts";
import { hash, toJson, type JsonObject } from "../../util/json.ts";
import type { Playlist } from "./builder.ts";
import { desiredForm } from "./canonical.ts";
import { isInTables, livePlaylist, PLAYLISTS, type LivePlaylist } from "./live.ts";

export async function writePlaylist(
  context: KindContext,
  { desired, live }: Write<Playlist, LivePlaylist>,
): Promise<void> {
  const { grafana, owner } = context;
  const { id, source } = desired;
  const spec = desiredForm(desired);
  const marker = {
    form: FORM,
    codeHash: desired.hash,
    contentHash: hash(spec),
    version: 0,
    uid: id,
    ...repositoryOf(context),
  };
  const metadata = markedMetadata({ id, owner, source, marker, folder: undefined, live: live?.object });
  await save(grafana, { metadata, spec }, live);
}

export async function removePlaylist({ grafana }: KindContext, live: LivePlaylist): Promise<void> {
  const all = await playlistsOf(grafana);
  await mustBeAsRead(all, live);
  await all.remove(live.object);
}

/** Writes only the mark. */
export async function renewMark(
  context: KindContext,
  { id, version }: LivePlaylist,
  hashes: MarkHashes,
): Promise<void> {
  const all = await playlistsOf(context.grafana);
  const marker = { form: FORM, ...hashes, version: 0, uid: id, ...repositoryOf(context) };
  await all.annotate?.(id, markAnnotation(marker), version);
}

export const rollback: RollbackFacet<LivePlaylist> = {
  snapshot: ({ object: { status: _, ...object } }) => toJson(object) as JsonObject,
  restoreSnapshot: (context, snapshot) => livePlaylist(parseObject(snapshot), context),
  async restore({ grafana }, { before, live }) {
    const metadata = restoredMetadata(before.object, live?.object, { version: 0 });
    await save(grafana, { metadata, spec: before.object.spec ?? {} }, live);
  },
};

async function save(grafana: GrafanaConnection, object: ObjectToWrite, live: LivePlaylist | undefined): Promise<void> {
  const all = await playlistsOf(grafana);
  if (!live) {
    await all.create(object);
    return;
  }
  await mustBeAsRead(all, live);
  await all.update(object, live.object);
}

async function playlistsOf(grafana: GrafanaConnection): Promise<Collection> {
  const all = await grafana.collection(PLAYLISTS);
  if (all) return all;
  const { group, versions } = PLAYLISTS;
  throw new UnsupportedGrafana(
    `Grafana ${grafana.version} serves no supported API for playlists (${group}: ${versions.join(", ")})`,
    {
      exitCode: EXIT.unsupportedGrafana,
      hint: "Upgrade Grafana to version 11 or later, or remove the playlist from the code.",
    },
  );
}

/** Grafana does not check versions of playlists in SQL tables, so the playlist is read again just before. */
async function mustBeAsRead(all: Collection, { id, version, object }: LivePlaylist): Promise<void> {
  if (!isInTables(object)) return;
  const now = await all.find(id);
  if (now && now.metadata.resourceVersion !== version) throw changedSincePlan({ kind: "playlist", id });
}
