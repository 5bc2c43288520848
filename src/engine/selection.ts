import { commandHere } from "../util/command-line.ts";
import { similar } from "../util/similar.ts";

/** `all`, or addresses: `dashboard/fastapi`. */
export interface Selection {
  readonly all: boolean;
  readonly addresses: ReadonlySet<string>;
}

export const NOTHING: Selection = { all: false, addresses: new Set() };

export function selects({ all, addresses }: Selection, address: string): boolean {
  return all || addresses.has(address);
}

/** "all" does not include an object that loses elements which only a rollback restores. */
export function isNamed({ addresses }: Selection, address: string): boolean {
  return addresses.has(address);
}

/** The selection with these names added. */
export function withNames(selection: Selection, names: readonly string[]): Selection {
  return names.length === 0 ? selection : { ...selection, addresses: new Set([...selection.addresses, ...names]) };
}

/** Whether a name of `--only` selects an address: `dashboard`, `dashboard/fastapi`, or a pattern such as `dashboard/team-*`. */
export function nameSelects(name: string, address: string): boolean {
  if (name === address || address.startsWith(`${name}/`)) return true;
  if (!name.includes("*")) return false;
  const literal = name.split("*").map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${literal.join(".*")}$`, "s").test(address);
}

/** The most similar of these addresses, as a hint for a name that selects nothing. */
export function meantAddress(name: string, addresses: Iterable<string>): string {
  const meant = similar(name, addresses);
  return meant === undefined
    ? `Run \`${commandHere("plan")}\` to see the addresses of all resources.`
    : `Did you mean ${meant}?`;
}
