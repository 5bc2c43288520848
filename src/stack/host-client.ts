import { readFile } from "node:fs/promises";
import { Agent } from "node:https";
import { isIPv6 } from "node:net";
import { resolve } from "node:path";
import { codeOf } from "../util/errors.ts";
import { completeAccess, hasFiles, OWN_USER, SECRET } from "./access.ts";
import type { Stack } from "./definition.ts";
import { readSecret } from "./secret-files.ts";
import { hostAddress } from "./urls.ts";

/** Where a stack's files are. Absolute. */
export interface StackPlace {
  /** Base of the definition's relative paths. */
  readonly directory: string;
  /** The directory of the generated files. */
  readonly out: string;
}

/** TLS settings and credentials for requests from this machine. */
export interface HostClient {
  /** An agent of `node:https`, whose types users may lack. It connects to the address that ports are published on, because the host name can resolve to another machine. */
  readonly agent: object;
  /** The certificate authority in PEM; undefined: those that Node trusts. */
  readonly authority: string | undefined;
  readonly host: string;
  readonly auth: { readonly username: string; readonly password: string };
}

/** The client for requests to a stack's published ports; undefined if they need neither TLS nor credentials. */
export async function hostClient(stack: Stack, place: StackPlace | undefined): Promise<HostClient | undefined> {
  const access = completeAccess(stack);
  if (access === undefined) return undefined;
  const ca = hasFiles(access) ? access.tls.ca : undefined;
  const authority = ca === undefined || place === undefined ? undefined : await textOf(resolve(place.directory, ca));
  const password = place === undefined ? "" : ((await readSecret(place.out, SECRET.own)) ?? "");
  const address = hostAddress(stack).replaceAll(/[[\]]/g, "");
  const family = isIPv6(address) ? 6 : 4;
  const agent = new Agent({
    ...(authority === undefined ? {} : { ca: authority }),
    lookup: (_host, options, callback) => {
      if (options.all) callback(null, [{ address, family }]);
      else callback(null, address, family);
    },
  });
  return { agent, authority, host: access.host, auth: { username: OWN_USER, password } };
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
