import { sourcesOf, type LoadedConfig } from "../code/config.ts";
import { isSameMapping, mappingOf } from "../code/environment-mapping.ts";
import { factsOf } from "../code/environment-values.ts";
import { evaluate } from "../code/evaluate.ts";
import type { Fault } from "../util/errors.ts";
import { checked, type CheckedCode } from "./code.ts";

/** The code for each of several environments. */
export interface CodeOfAll {
  readonly codes: readonly CheckedCode[];
  /** The faults of all of them. One that not all have names its environment. */
  readonly faults: readonly Fault[];
}

/**
 * Evaluates the code for each environment, one after the other. Code that reads nothing of its environment is
 * evaluated once for environments with the same mappings and secrets.
 * The last environment stays selected.
 */
export async function codeOfAll(
  loadedConfig: LoadedConfig,
  environments: readonly (string | undefined)[],
): Promise<CodeOfAll> {
  const codes: CheckedCode[] = [];
  for (const [index, name] of environments.entries()) {
    const [first] = codes;
    const how = { again: first !== undefined, keep: index < environments.length - 1 };
    if (first && !first.use.isRead && isSame(loadedConfig, first.environment, name))
      codes.push(await sameCode(first, loadedConfig, name));
    else codes.push(checked(await evaluate(loadedConfig, name, how), loadedConfig));
  }
  return { codes, faults: faultsOf(codes) };
}

/** Whether two environments have the same mappings and sources of secrets, which determine faults of the code. */
function isSame(loadedConfig: LoadedConfig, one: string | undefined, other: string | undefined): boolean {
  const secrets = (name: string | undefined) => JSON.stringify(sourcesOf(loadedConfig, name));
  return isSameMapping(loadedConfig, one, other) && secrets(one) === secrets(other);
}

/** The same code for another environment, with the faults of that environment's values. */
async function sameCode(code: CheckedCode, loadedConfig: LoadedConfig, name: string | undefined): Promise<CheckedCode> {
  const own = await factsOf(loadedConfig, name);
  const before = await factsOf(loadedConfig, code.environment);
  const shared = code.faults.slice(before.faults.length);
  // Not the mapping of the other environment, which keeps the ids of its Grafana.
  const mapping = mappingOf(loadedConfig, name);
  return {
    ...code,
    ...(mapping ? { mapping } : {}),
    ...(name === undefined ? {} : { environment: name }),
    faults: [...own.faults, ...shared],
  };
}

function faultsOf(codes: readonly CheckedCode[]): Fault[] {
  const users = Map.groupBy(
    codes.flatMap(({ environment, faults }) => faults.map((fault) => ({ environment, fault, key: keyOf(fault) }))),
    ({ key }) => key,
  );
  return [...users.values()].flatMap((all) => {
    const [first] = all;
    if (!first) return [];
    const names = [...new Set(all.map(({ environment }) => environment))];
    const { fault } = first;
    const isNamed = names.length === codes.length || names.some((name) => fault.message.includes(`"${name}"`));
    return [isNamed ? fault : { ...fault, message: `${fault.message} (in ${names.join(", ")})` }];
  });
}

function keyOf(fault: Fault): string {
  return JSON.stringify([fault.level, fault.code, fault.file, fault.export, fault.path, fault.message]);
}
