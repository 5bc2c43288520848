import { publicError } from "./public-error.ts";

/** Refuses a change of another version than the current one; without a version nothing is checked. */
export function refuseVersion(sent: string, current: string): void {
  if (sent !== "" && sent !== current) throw publicError(409, "alerting.notifications.conflict", "Conflict");
}
