import type { Access } from "../../engine/resource.ts";

/** Grafana stores all notification objects in one document, and would lose one of two concurrent writes. */
export const NOTIFICATIONS = "notifications";

/** All four kinds need the same permissions (`pkg/services/ngalert/api/authorization.go`). The narrowest alternative is first. */
export const NOTIFICATION_ACCESS: Access = (() => {
  const write = {
    any: [
      { action: "alert.notifications.provisioning:write" },
      { action: "alert.provisioning:write" },
      { all: [{ action: "alert.notifications:write" }, { action: "alert.provisioning.provenance:write" }] },
    ],
  };
  const read = {
    any: [
      { action: "alert.notifications.provisioning:read" },
      { action: "alert.notifications:read" },
      { action: "alert.provisioning:read" },
      { action: "alert.provisioning.secrets:read" },
    ],
  };
  return { read, write: () => write, restore: () => write, remove: () => write };
})();
