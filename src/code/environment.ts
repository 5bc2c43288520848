import { currentEnvironment } from "./current-environment.ts";
import type { AnyValues, ValuesOutput, ValuesSchema } from "./standard-schema.ts";

/**
 * Tells TypeScript the type of your configuration, so that `environment()` has the types of its values. Declare it once, in
 * `grafana.config.ts`.
 *
 * @example
 * const config = defineConfig({ ... });
 * export default config;
 * declare module "grafana-provision" {
 *   interface Register {
 *     config: typeof config;
 *   }
 * }
 */
// An interface, because only interfaces can be extended by another module.
// oxlint-disable-next-line typescript/no-empty-object-type, typescript/no-empty-interface
export interface Register {}

type Registered = Register extends { readonly config: infer Config }
  ? Config
  : { readonly environments: Readonly<Record<string, unknown>>; readonly valuesSchema: AnyValues };

/** The values of an environment, typed by `valuesSchema` of the configuration. */
export type EnvironmentValues = Registered extends { readonly valuesSchema?: infer Schema extends ValuesSchema }
  ? ValuesOutput<Schema>
  : Readonly<Record<string, unknown>>;

/** The name of an environment in the configuration, or `stack`. */
export type EnvironmentName = Registered extends { readonly environments?: infer All }
  ? string extends keyof NonNullable<All>
    ? string
    : Extract<keyof NonNullable<All>, string> | "stack"
  : string;

/** The environment that the code is evaluated for: the argument of a function that a resource file exports. */
export interface CurrentEnvironment {
  readonly name: EnvironmentName;
  readonly values: EnvironmentValues;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Returns the environment of the configuration that the code is evaluated for. Reading one of its properties is a fault if no
 * environment is selected with `--env`, or if the selected environment lacks the value.
 *
 * @example export default folder({ uid: "team", title: `Team (${environment().name})` });
 */
export function environment(): CurrentEnvironment {
  return currentEnvironment() as CurrentEnvironment;
}
