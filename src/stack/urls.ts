import type { Stack } from "./definition.ts";
import type { Service } from "./service.ts";

/**
 * The address at which this machine reaches what is published on `bind`, as a URL has it. Never `localhost`: that may be
 * `::1` as well, where something else may listen on the same port.
 */
export function hostAddress({ bind }: Pick<Stack, "bind">): string {
  if (bind === "0.0.0.0") return "127.0.0.1";
  if (bind === "::") return "[::1]";
  return bind.includes(":") ? `[${bind}]` : bind;
}

/** `http://127.0.0.1:3000`, `redis://127.0.0.1:6379`: how this machine reaches a port of a service; undefined where it isn't published. */
export function hostUrl(stack: Pick<Stack, "bind">, { ports }: Service, port: string): string | undefined {
  const host = ports[port];
  return host === undefined ? undefined : `${port === "redis" ? "redis" : "http"}://${hostAddress(stack)}:${host}`;
}
