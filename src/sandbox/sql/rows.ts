import { createHash } from "node:crypto";
import type { KindNames } from "../k8s/status.ts";
import { internalIdLabel } from "../k8s/metadata.ts";
import type { StoredObject } from "../k8s/objects.ts";

/** Row ids of the table of dashboards and folders. */
export class RowIds {
  #last = 0;

  /** Makes later ids greater than that of a stored object. */
  observe(object: StoredObject): void {
    this.#last = Math.max(this.#last, rowId(object));
  }

  next(): number {
    this.#last += 1;
    return this.#last;
  }
}

export function rowId(object: StoredObject): number {
  return Number(object.metadata.labels?.[internalIdLabel] ?? 0);
}

/** Rows have no Kubernetes uid: Grafana derives it from the name. */
export function uidOfName(names: KindNames, name: string): string {
  const hash = createHash("sha256").update(`${names.group}|${names.kind}|default|${name}`);
  return hash.digest("base64").replaceAll(/[^A-Za-z0-9]/g, "X");
}

/** The order of SQLite: by the title's bytes, then by row. */
export function byRow(a: StoredObject, b: StoredObject): number {
  return Buffer.compare(Buffer.from(a.title), Buffer.from(b.title)) || rowId(a) - rowId(b);
}
