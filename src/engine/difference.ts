import type { Json } from "../util/json.ts";

/** A change that has a name of its own. */
export type Meaning = "moved" | "resized" | "moved and resized" | "renamed" | "reordered" | "migrated";

/** One thing that a write would change. */
export interface Difference {
  readonly type: "added" | "removed" | "changed";
  /** For machines: `panels[id=3].targets[refId=A].expr`. */
  readonly path: string;
  /** For people, from the outside in: `panel "Request rate"`, `query A`, `expr`. */
  readonly labels: readonly string[];
  readonly before?: Json;
  readonly after?: Json;
  readonly meaning?: Meaning;
  /** Both values as people write them, where that is not their JSON: `last 10m`, `green, red from 80 %`. */
  readonly shown?: { readonly before?: string; readonly after?: string };
}
