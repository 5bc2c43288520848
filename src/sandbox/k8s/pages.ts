import { parseObject, text } from "../json.ts";
import type { StoredObject } from "./objects.ts";
import { failure } from "./status.ts";

const defaultLimit = 500;
const maximumBytes = 2 * 1024 * 1024;

export interface Page {
  readonly objects: readonly StoredObject[];
  /** The last of the page's objects, if others follow. */
  readonly next?: StoredObject;
}

/** Takes one page: it ends at the limit or when its objects reach 2 MiB, whichever comes first. */
export function takePage(objects: Iterable<StoredObject>, limit: number): Page {
  const page: StoredObject[] = [];
  const most = limit < 1 ? defaultLimit : limit;
  let bytes = 0;
  for (const object of objects) {
    const last = page.at(-1);
    // The object that crosses the limit still belongs to the page, as in Grafana.
    if (last !== undefined && (page.length >= most || bytes >= maximumBytes)) {
      return { objects: page, next: last };
    }
    page.push(object);
    bytes += object.size;
  }
  return { objects: page };
}

/** The name after which the page begins; undefined for the first page. */
export function afterName(token: string): string | undefined {
  if (token === "") return undefined;
  const name = text(parseObject(Buffer.from(token, "base64url").toString())?.["n"]);
  if (name === "") throw failure(500, `get continue token ("${token}"): error decoding continue token`);
  return name;
}

/** Token with which the next page is asked for. */
export function continueToken(name: string, resourceVersion: number): string {
  // base64url: clients put the token into a query string without escaping it.
  return Buffer.from(JSON.stringify({ n: name, v: resourceVersion })).toString("base64url");
}

/** The version that a page of a history goes on after. */
export function versionOf(token: string): number {
  const version = Number(parseObject(Buffer.from(token, "base64url").toString())?.["v"]);
  if (!(version > 0)) throw failure(500, `get continue token ("${token}"): error decoding continue token`);
  return version;
}

/** Token with which the next page of a history is asked for. */
export function versionToken(version: number, count: number): string {
  return Buffer.from(JSON.stringify({ o: count, v: version, s: false })).toString("base64url");
}
