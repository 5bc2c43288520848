/** A schema with the interface of Standard Schema, such as a Zod schema. */
export interface ValuesSchema<Input = unknown, Output = unknown> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

/** The type of values without a schema. */
export type AnyValues = ValuesSchema<Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>>;

/** The result of a validation. */
type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | {
      readonly issues: readonly {
        readonly message: string;
        readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
      }[];
    };

/** The values that a schema accepts. */
export type ValuesInput<Schema extends ValuesSchema> = NonNullable<Schema["~standard"]["types"]>["input"];

/** The values that code gets. */
export type ValuesOutput<Schema extends ValuesSchema> = NonNullable<Schema["~standard"]["types"]>["output"];
