import type { NamedVariable } from "../secrets/secret.ts";

/** `env("X")` where a value is expected. */
export function unreadText({ variable }: NamedVariable): string {
  return `env("${variable}") names a variable without reading it; use secret(env("${variable}")) for a secret, or process.env["${variable}"] for any other setting`;
}
