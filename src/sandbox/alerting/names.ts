/** The uid that Grafana derives from a name. */
export function uidOfName(name: string): string {
  return Buffer.from(name).toString("base64url");
}

/** Whether a uid that a client sends is valid. */
export function isUid(uid: string): boolean {
  return /^[a-zA-Z0-9_-]{0,40}$/.test(uid);
}

/** Compares names by code units, like the database. */
export function byText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
