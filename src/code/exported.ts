/** One export of a module. */
export interface Exported {
  readonly value: unknown;
  readonly file: string;
  /** Relative to the configuration's folder, as messages name it. */
  readonly name: string;
  readonly export: string;
}

/** An exported set of files. */
export interface FileSet {
  readonly set: object;
  readonly from: Exported;
}
