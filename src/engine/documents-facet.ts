import type { Fault } from "../util/errors.ts";
import type { Json } from "../util/json.ts";

/** Where a JSON or YAML document is. */
interface DocumentPlace {
  /** The file name: `fastapi.json`. */
  readonly file: string;
  /** The file name without its extension, with a number if the file has several documents. */
  readonly stem: string;
  /** The names of inputs that the environment has an answer for. */
  readonly answered?: ReadonlySet<string> | undefined;
}

/** A fault of a document, or of its file if `ofFile` is set. */
interface DocumentFault extends Pick<Fault, "level" | "code" | "path" | "message" | "hint"> {
  readonly ofFile?: true;
}

/** The result of reading a document. */
export interface ReadDocument {
  readonly faults: readonly DocumentFault[];
  /** Absent if it is not a resource. `packed`: a property of it is created on every access. */
  readonly value?: object;
  readonly packed?: boolean;
}

export type DocumentReader = (document: Json, place: DocumentPlace) => ReadDocument;

/** Resources that are plain JSON, in files or in exported objects without a `kind`. */
export interface DocumentsFacet {
  /** The property of a resource that contains the document. */
  readonly within: string;
  /** Whether an exported object is such a document. */
  isDocument(value: object): boolean;
  /** Converts an exported document to a resource. */
  fromExport(document: object): object;
  /** Why an exported object is rejected: it is a document in an unsupported form. */
  rejection(value: object): Pick<Fault, "message" | "hint"> | undefined;
  /** Reads a document that does not belong to a set. */
  readonly read: DocumentReader;
  /** Reads a document that is in this container; `null`: at the root. */
  readIn(container: object | null): DocumentReader;
  /** Whether an exported object is a set of files. */
  isSet(value: object): boolean;
  /** The globs of a set, or its faults. */
  openSet(set: object): {
    readonly faults: readonly Pick<Fault, "path" | "message">[];
    readonly files?: readonly string[];
    readonly read?: DocumentReader;
    /** The faults of the set that are known only after all files were read. */
    readonly afterReading?: () => readonly Pick<Fault, "path" | "message" | "hint">[];
  };
  /** Compresses the bulk of an exported value, in any form in which it can be exported. */
  compress(value: object): void;
}
