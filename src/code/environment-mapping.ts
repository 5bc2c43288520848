import { createMapping, type Mapping, type Targets } from "../engine/mapping.ts";
import { kinds } from "../kinds/index.ts";
import type { Environment, LoadedConfig } from "./config.ts";

/** The mappings of an environment; undefined if no environment of the configuration has any. */
export function mappingOf({ config }: LoadedConfig, name: string | undefined): Mapping | undefined {
  const all = new Map(
    Object.entries(config.environments ?? {}).map(([key, environment]) => [key, targetsIn(environment)]),
  );
  if (name === undefined || [...all.values()].every(({ size }) => size === 0)) return undefined;
  return createMapping(name, all.get(name) ?? new Map(), all);
}

/** Whether two environments have the same mappings. */
export function isSameMapping({ config }: LoadedConfig, one: string | undefined, other: string | undefined): boolean {
  const textOf = (name: string | undefined) => JSON.stringify([...targetsIn(config.environments?.[name ?? ""] ?? {})]);
  return textOf(one) === textOf(other);
}

function targetsIn(environment: Environment): Targets {
  return new Map(
    [...kinds.values()].flatMap(({ name, mappable }) => {
      const targets = mappable && environment[mappable.setting];
      return targets ? [[name, targets] as const] : [];
    }),
  );
}
