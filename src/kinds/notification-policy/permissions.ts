import type { Access } from "../../engine/resource.ts";
import { NOTIFICATION_ACCESS } from "../alerting/notifications.ts";
import { TREE_WRITE } from "../alerting/routing-tree.ts";
import type { NotificationPolicy } from "./builder.ts";
import type { LivePolicy } from "./live.ts";

/** Named trees are written with another API than the default tree. */
export const access: Access<NotificationPolicy, LivePolicy> = {
  read: NOTIFICATION_ACCESS.read,
  write: (desired, live, folders) =>
    desired.resource.name === undefined ? NOTIFICATION_ACCESS.write(desired, live, folders) : TREE_WRITE,
  restore: (before, live, folders) =>
    before.name === undefined ? NOTIFICATION_ACCESS.restore(before, live, folders) : TREE_WRITE,
  remove: (live, folders) => (live.name === undefined ? NOTIFICATION_ACCESS.remove(live, folders) : TREE_WRITE),
};
