import { completeAccess } from "./access.ts";
import type { Stack } from "./definition.ts";
import type { Service } from "./service.ts";

/**
 * The host part of URLs for ports that are published on `bind`. Not `localhost`: it can resolve to `::1`, where another
 * process can listen on the same port.
 */
export function hostAddress({ bind }: Pick<Stack, "bind">): string {
  if (bind === "0.0.0.0") return "127.0.0.1";
  if (bind === "::") return "[::1]";
  return bind.includes(":") ? `[${bind}]` : bind;
}

/**
 * The URL of a service's port: `http://127.0.0.1:3000`, `redis://127.0.0.1:6379`, and with TLS `https://monitoring.example.org:3000`;
 * undefined if it is not published.
 */
export function hostUrl(stack: Pick<Stack, "bind" | "access">, { ports }: Service, port: string): string | undefined {
  const number = ports[port];
  if (number === undefined) return undefined;
  const access = completeAccess(stack);
  const scheme = port === "redis" ? "redis" : "http";
  return access ? `${scheme}s://${access.host}:${number}` : `${scheme}://${hostAddress(stack)}:${number}`;
}
