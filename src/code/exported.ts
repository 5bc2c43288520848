/** One export of a module. */
export interface Exported {
  readonly value: unknown;
  readonly file: string;
  /** The path in messages, relative to the configuration's directory. */
  readonly name: string;
  readonly export: string;
}

/** An exported set of files. */
export interface FileSet {
  readonly set: object;
  readonly from: Exported;
}
