import type { Need } from "../../engine/permissions.ts";
import type { Access } from "../../engine/resource.ts";
import type { Datasource } from "./builder.ts";
import type { LiveDatasource } from "./live.ts";

export const access: Access<Datasource, LiveDatasource> = {
  read: { action: "datasources:read" },
  write: ({ id }, live) => writeNeed(id, live),
  restore: ({ id }, live) => writeNeed(id, live),
  remove: ({ id }) => ({ action: "datasources:delete", scopes: [`datasources:uid:${id}`] }),
};

function writeNeed(id: string, live: LiveDatasource | undefined): Need {
  return live ? { action: "datasources:write", scopes: [`datasources:uid:${id}`] } : { action: "datasources:create" };
}
