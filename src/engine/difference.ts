import type { Json } from "../util/json.ts";

/** The name of a change. */
export type Meaning = "moved" | "resized" | "moved and resized" | "renamed" | "reordered" | "migrated";

/** One property that a write would change. */
export interface Difference {
  readonly type: "added" | "removed" | "changed";
  /** The path for programs: `panels[id=3].targets[refId=A].expr`. */
  readonly path: string;
  /** Display names, outermost first: `panel "Request rate"`, `query A`, `expr`. */
  readonly labels: readonly string[];
  readonly before?: Json;
  readonly after?: Json;
  readonly meaning?: Meaning;
  /** Both values in a readable form, if it differs from their JSON: `last 10m`, `green, red from 80 %`. */
  readonly shown?: { readonly before?: string; readonly after?: string };
}
