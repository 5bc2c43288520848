/** One export of a module. */
export interface Exported {
  readonly value: unknown;
  readonly file: string;
  /** The path in messages, relative to the configuration's directory. */
  readonly name: string;
  readonly export: string;
  /** Set if it is a function that threw this. */
  readonly thrown?: { readonly error: unknown };
  /** Whether a function of the environment returned it. */
  readonly returned?: true;
}

/** An exported set of files. */
export interface FileSet {
  readonly set: object;
  readonly from: Exported;
}
