/** Environments in which the content of a resource is the same. */
export interface Group<Item> {
  /** The one of the first environment. */
  readonly item: Item;
  /** Those of all environments, in the same order. */
  readonly items: readonly Item[];
  readonly environments: readonly string[];
  /** `A`, `B`: tells the groups of a resource apart. Absent if there is only one. */
  readonly letter?: string;
}

/** A resource that is listed in at least one of several environments. */
export interface Row<Item> {
  readonly address: string;
  readonly groups: readonly [Group<Item>, ...Group<Item>[]];
}

export interface Listed<Item> {
  readonly name: string;
  /** Absent if they are unknown, because of an error. */
  readonly items?: readonly Item[];
}

/** A row for each resource, in the order in which they first appear. `contentOf`: equal for items that are shown only once. Pure. */
export function environmentRows<Item>(
  all: readonly Listed<Item>[],
  addressOf: (item: Item) => string,
  contentOf: (item: Item) => string,
): Row<Item>[] {
  const found = all.flatMap(({ name, items = [] }) => items.map((item) => ({ name, item })));
  return [...Map.groupBy(found, ({ item }) => addressOf(item))].flatMap(([address, same]) => {
    const groups = [...Map.groupBy(same, ({ item }) => contentOf(item)).values()].map((equal) => ({
      item: (equal[0] as (typeof equal)[number]).item,
      items: equal.map((one) => one.item),
      environments: equal.map(({ name }) => name),
    }));
    const [first, ...rest] =
      groups.length === 1 ? groups : groups.map((one, index) => ({ ...one, letter: letterOf(index) }));
    return first ? [{ address, groups: [first, ...rest] }] : [];
  });
}

const LETTERS = 26;

function letterOf(index: number): string {
  return index < LETTERS ? String.fromCodePoint(65 + index) : String(index + 1);
}

/** The texts of cells that are not about a change. */
export const SAME = "-";
const UNKNOWN = "?";

/** A line of texts for each row: the address, and a cell for each environment. */
export function cellTexts<Item>(
  all: readonly Listed<Item>[],
  rows: readonly Row<Item>[],
  textOf: (item: Item) => string,
): { readonly address: string; readonly cells: string[] }[] {
  return rows.map(({ address, groups }) => ({
    address,
    cells: all.map(({ name, items }) => {
      if (!items) return UNKNOWN;
      const group = groups.find(({ environments }) => environments.includes(name));
      if (!group) return SAME;
      return group.letter === undefined ? textOf(group.item) : `${textOf(group.item)} ${group.letter}`;
    }),
  }));
}

/** `all 3 environments`, or their names. `known`: the environments that could be read. */
export function environmentNames(names: readonly string[], known: number): string {
  return names.length === known && known > 1 ? `all ${known} environments` : names.join(", ");
}
