import { parseObject, text } from "../json.ts";
import type { StoredObject } from "./objects.ts";
import { failure } from "./status.ts";

const defaultLimit = 500;
const maximumBytes = 2 * 1024 * 1024;

export interface Page {
  readonly objects: readonly StoredObject[];
  /** The last object of the page, if more follow. */
  readonly next?: StoredObject;
}

/** Takes one page, which ends at the limit or at 2 MiB. */
export function takePage(objects: Iterable<StoredObject>, limit: number): Page {
  const page: StoredObject[] = [];
  const most = limit < 1 ? defaultLimit : limit;
  let bytes = 0;
  for (const object of objects) {
    const last = page.at(-1);
    // Like in Grafana, the object that exceeds 2 MiB is still in the page.
    if (last !== undefined && (page.length >= most || bytes >= maximumBytes)) {
      return { objects: page, next: last };
    }
    page.push(object);
    bytes += object.size;
  }
  return { objects: page };
}

/** The name after which the page starts; undefined for the first page. */
export function afterName(token: string): string | undefined {
  if (token === "") return undefined;
  const name = text(parseObject(Buffer.from(token, "base64url").toString())?.["n"]);
  if (name === "") throw failure(500, `get continue token ("${token}"): error decoding continue token`);
  return name;
}

/** The continue token for the next page. */
export function continueToken(name: string, resourceVersion: number): string {
  // base64url: clients put the token into a query string without escaping it.
  return Buffer.from(JSON.stringify({ n: name, v: resourceVersion })).toString("base64url");
}

/** The version after which a page of a history starts. */
export function versionOf(token: string): number {
  const version = Number(parseObject(Buffer.from(token, "base64url").toString())?.["v"]);
  if (!(version > 0)) throw failure(500, `get continue token ("${token}"): error decoding continue token`);
  return version;
}

/** The continue token for the next page of a history. */
export function versionToken(version: number, count: number): string {
  return Buffer.from(JSON.stringify({ o: count, v: version, s: false })).toString("base64url");
}
