import type { RollbackFacet } from "../../engine/facets.ts";
import { parseObject } from "../../grafana/kubernetes-object.ts";
import { restoredMetadata } from "../../ownership/annotations.ts";
import { toJson, type JsonObject } from "../../util/json.ts";
import { liveFolder, type LiveFolder } from "./live.ts";

export const rollback: RollbackFacet<LiveFolder> = {
  snapshot: ({ object }) => toJson(object) as JsonObject,
  restoreSnapshot: (context, snapshot) => liveFolder(parseObject(snapshot), context),
  limits: ({ before, live, fromBackup }) => ({
    losses: [
      ...(live || fromBackup ? [] : ["permissions that were set on it are not restored"]),
      ...(before.undescribed
        ? [
            `its description, if it has one, ${live ? "is kept" : "is not restored"}, because this Grafana does not return it`,
          ]
        : []),
    ],
  }),
  async restore({ grafana }, { before, live, fromBackup }) {
    // Fields that a request omits are kept, because the former value is unknown.
    const unknown = before.undescribed ? { description: undefined } : {};
    const spec = { ...before.object.spec, ...unknown };
    const object = { metadata: restoredMetadata(before.object, live?.object, { version: 0, fromBackup }), spec };
    if (live) await grafana.folders.update(object, live.object);
    else await grafana.folders.create(object);
  },
};
