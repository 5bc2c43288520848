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
