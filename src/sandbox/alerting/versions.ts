import { publicError } from "./public-error.ts";

/** Rejects a change with an outdated version. Skipped if the request has no version. */
export function checkVersion(sent: string, current: string): void {
  if (sent !== "" && sent !== current) throw publicError(409, "alerting.notifications.conflict", "Conflict");
}
