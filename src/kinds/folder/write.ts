import type { KindContext, Write } from "../../engine/kind-context.ts";
import { markAnnotation, markedMetadata } from "../../ownership/annotations.ts";
import { FORM, type MarkHashes } from "../../ownership/marker.ts";
import { repositoryOf } from "../../ownership/repository.ts";
import { hash } from "../../util/json.ts";
import type { Folder } from "./builder.ts";
import { contentOf, parentAfter } from "./canonical.ts";
import type { LiveFolder } from "./live.ts";

export async function writeFolder(context: KindContext, { desired, live }: Write<Folder, LiveFolder>): Promise<void> {
  const { grafana, owner } = context;
  const { resource, id, source } = desired;
  const marker = {
    form: FORM,
    codeHash: desired.hash,
    contentHash: hash(contentOf(desired, live)),
    version: 0,
    uid: id,
    ...repositoryOf(context),
  };
  const folder = parentAfter(desired, live) || undefined;
  const object = {
    metadata: markedMetadata({ id, owner, source, marker, folder, live: live?.object }),
    spec: {
      title: resource.title.trim(),
      ...(resource.description === undefined ? {} : { description: resource.description }),
    },
  };
  if (live) await grafana.folders.update(object, live.object);
  else await grafana.folders.create(object);
}

/** Writes only the mark. */
export async function renewMark(context: KindContext, live: LiveFolder, hashes: MarkHashes): Promise<void> {
  const marker = { form: FORM, ...hashes, version: 0, uid: live.id, ...repositoryOf(context) };
  await context.grafana.folders.annotate?.(live.id, markAnnotation(marker), live.version);
}
