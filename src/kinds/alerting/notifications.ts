import type { Access } from "../../engine/resource.ts";

/** Notification objects are read, changed and written as one document: two writes at once would lose one of them. */
export const NOTIFICATIONS = "notifications";

/** All four kinds are guarded alike (`pkg/services/ngalert/api/authorization.go`); the narrowest alternative stands first. */
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
