/**
 * A type of the SDK: `string`, `number`, `boolean`, `any`, `null`, or
 * - `["=", value]`: this value
 * - `["|", ...types]`: one of these types
 * - `["[]", type]`: a list
 * - `["{}", type]`: an object with any keys
 * - `["{", { key: type }, [optional keys]]`: an object with these keys
 * - `["@", name]`: a named type, such as `dashboard.Panel`
 * - `["build", type]`: a builder of this type
 */
export type SdkType =
  | "string"
  | "number"
  | "boolean"
  | "any"
  | "null"
  | readonly ["=", string | number | boolean]
  | readonly ["|", ...SdkType[]]
  | readonly ["[]" | "{}" | "build", SdkType]
  | readonly ["{", Readonly<Record<string, SdkType>>, readonly string[]]
  | readonly ["@", string];

/** A value that a method sets: a constant, or `{ "$": index }` for one of its arguments, at any depth. */
export type Template = null | string | number | boolean | readonly Template[] | { readonly [key: string]: Template };

/** A method of a builder that sets one property, or adds an item to a list or an entry to an object. */
export interface SdkMethod {
  readonly params: readonly SdkType[];
  /** `fieldConfig.defaults.unit` */
  readonly path: string;
  readonly value: Template;
  readonly adds?: true;
  /** Whether it adds an entry to an object. Its first argument is the key, the second one the value. */
  readonly puts?: true;
}

export interface SdkBuilder {
  /** `dashboard.Panel` */
  readonly builds: string;
  /** The properties that the arguments of the constructor set. */
  readonly takes: readonly string[];
  /** The properties that the constructor sets to a constant, such as the type of a panel. */
  readonly constants: Readonly<Record<string, string | number | boolean>>;
  readonly methods: Readonly<Record<string, SdkMethod>>;
}

/** What the declarations of the Foundation SDK say about its builders and types. Names have the form `module.Name`. */
export interface SdkTable {
  readonly version: string;
  readonly builders: Readonly<Record<string, SdkBuilder>>;
  readonly types: Readonly<Record<string, SdkType>>;
  /** The members of enums by their values. */
  readonly enums: Readonly<Record<string, readonly (readonly [name: string, value: string | number])[]>>;
  /** The constants of the module `units` by their values. */
  readonly units: Readonly<Record<string, string>>;
}
