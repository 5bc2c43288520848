import { posix } from "node:path";
import { fileNameFrom } from "../import/code/names.ts";
import type { LiveObject } from "../engine/model.ts";
import { hash } from "../util/json.ts";
import { pluralOf } from "../util/plural.ts";

/** The longest id in a file name. */
const LONGEST = 60;

/**
 * Gives each object a file of its own: `dashboards/shop/checkout.abc123.json`. The name depends only on the object and its folders,
 * so that it stays the same in later backups.
 */
export function filePaths(): (kind: string, folders: readonly LiveObject[], object: LiveObject) => string {
  const taken = new Set<string>();
  return (kind, folders, object) => {
    const directory = posix.join(pluralOf(kind), ...folders.map(nameOf));
    const base = posix.join(directory, nameOf(object));
    for (let number = 1; ; number++) {
      const file = number === 1 ? `${base}.json` : `${base}-${number}.json`;
      // Many file systems ignore case.
      if (taken.has(file.toLowerCase())) continue;
      taken.add(file.toLowerCase());
      return file;
    }
  };
}

function nameOf({ id, title }: Pick<LiveObject, "id" | "title">): string {
  const name = fileNameFrom(title, id);
  const own = /^[\w-]+$/.test(id) && id.length <= LONGEST ? id : hash(id).slice(0, 12);
  return name === own ? name : `${name}.${own}`;
}
