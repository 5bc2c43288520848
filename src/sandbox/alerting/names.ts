/** The uid that Grafana makes of a name. */
export function uidOfName(name: string): string {
  return Buffer.from(name).toString("base64url");
}

/** Whether a client may choose the uid. */
export function isUid(uid: string): boolean {
  return /^[a-zA-Z0-9_-]{0,40}$/.test(uid);
}

/** Order of names by their characters' numbers, as a database sorts them. */
export function byText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
