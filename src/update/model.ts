import type { Json } from "../util/json.ts";

/**
 * Why an edit made in Grafana was not written to the code.
 *
 * - `computed`: no literal or builder call sets the value directly. `shared`: its literal also determines other values.
 * - `comment`: the edit would remove a comment. `secret`: the value is or may be a secret.
 * - `code-changed`: the code changed, too. `deleted`: the object was deleted in Grafana, or is no longer in the code.
 * - `origin-unknown`: which side changed is unknown. `not-verified`: the changed code did not give the expected objects.
 * - `unstable`: each evaluation of the code gives other values.
 * - `not-mapped`: the object now refers to another one for which the environment's mappings give no single id of the code.
 * - `file-changed`: the file changed while the command ran. `not-writable`: it can't be written.
 */
export type LeftReason =
  | "computed"
  | "shared"
  | "comment"
  | "secret"
  | "code-changed"
  | "deleted"
  | "origin-unknown"
  | "not-verified"
  | "unstable"
  | "not-mapped"
  | "file-changed"
  | "not-writable";

/** An edit made in Grafana. `before`: the value in the code, `after`: the value in Grafana; absent: none. */
export interface WriteBackEdit {
  /** The address of the object. */
  readonly address: string;
  readonly path: string;
  /** The labels of a difference: `panel "Requests"`, `unit`. */
  readonly labels: readonly string[];
  /** Relative to the configuration. */
  readonly file: string;
  readonly line: number;
  readonly before?: Json;
  readonly after?: Json;
}

export interface WriteBackLeft extends WriteBackEdit {
  readonly reason: LeftReason;
  /** The address of another object that the edit would change, or whose values are unstable. */
  readonly other?: string;
}

/** The contents of files with the edits that could be made. */
export interface WriteBack {
  readonly written: readonly WriteBackEdit[];
  readonly left: readonly WriteBackLeft[];
  /** By absolute path. */
  readonly files: ReadonlyMap<string, { readonly before: string; readonly after: string }>;
}
