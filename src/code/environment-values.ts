import { relative } from "node:path";
import type { Fault } from "../util/errors.ts";
import { pathText } from "../util/schema-issues.ts";
import { environmentOf, type LoadedConfig } from "./config.ts";
import type { EnvironmentFacts } from "./current-environment.ts";
import type { ValuesSchema } from "./standard-schema.ts";
import { thrownText } from "./user-code.ts";

/** The environment of this name for the code, and the faults of its values. No facts if no environment is selected. */
export async function factsOf(
  loadedConfig: LoadedConfig,
  name: string | undefined,
): Promise<{ readonly facts: EnvironmentFacts | undefined; readonly faults: readonly Fault[] }> {
  if (name === undefined) return { facts: undefined, faults: [] };
  const { config, directory, file } = loadedConfig;
  const { values = {}, labels = {} } = environmentOf(loadedConfig, name);
  const { valuesSchema: schema } = config;
  // The stack needs no entry in the configuration, and then it has no values.
  if (!schema || config.environments?.[name] === undefined)
    return { facts: { name, labels, values, broken: new Map(), checked: false }, faults: [] };
  const { value, issues } = await checked(schema, values);
  const broken = new Map<string, string>();
  const faults = issues.map(({ path, message }): Fault => {
    const at = pathText(path);
    const isMissing = path.length > 0 && valueAt(values, path) === undefined;
    const why = isMissing
      ? `the environment "${name}" has no value "${at}"`
      : `the value "${at}" of the environment "${name}" is invalid: ${message}`;
    const [key] = path;
    if (key !== undefined && !broken.has(String(key))) broken.set(String(key), why);
    return {
      level: "error",
      code: isMissing ? "config-value-missing" : "config-invalid",
      file: relative(directory, file).replaceAll("\\", "/"),
      path: pathText(["environments", name, "values", ...path]),
      message: at === "" ? `the values of the environment "${name}" are invalid: ${message}` : why,
      ...(isMissing ? { hint: "Add it, or make it optional in `valuesSchema`." } : {}),
    };
  });
  const parsed = typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : values;
  return { facts: { name, labels, values: parsed, broken, checked: issues.length === 0 }, faults };
}

interface Checked {
  readonly value?: unknown;
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
}

async function checked(schema: ValuesSchema, values: unknown): Promise<Checked> {
  try {
    const result = await schema["~standard"].validate(values);
    if (!result.issues) return { value: result.value, issues: [] };
    return {
      issues: result.issues.map(({ path = [], message }) => ({
        path: path.map((part) => (typeof part === "object" ? part.key : part)),
        message,
      })),
    };
  } catch (error) {
    return { issues: [{ path: [], message: `the schema throws an error: ${thrownText(error)}` }] };
  }
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === "object" && at !== null ? (Reflect.get(at, key) as unknown) : undefined),
    value,
  );
}
