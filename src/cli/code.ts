import { inspect } from "node:util";
import { setFlagsFromString } from "node:v8";
import { loadConfig, secretsOf, type LoadedConfig } from "../code/config.ts";
import { codeGoal, type CodeGoalOptions } from "../engine/code-goal.ts";
import { evaluate, type Evaluated } from "../code/evaluate.ts";
import { namedIn } from "../secrets/named-in-code.ts";
import { variablesIn } from "../secrets/named-secrets.ts";
import type { Goal } from "../engine/pipeline.ts";
import { InvalidCodeError, type Fault } from "../util/errors.ts";
import { kinds } from "../kinds/index.ts";
import { outgoing, writeCommands } from "../secrets/outgoing.ts";
import { faultAnnotations, placeOf } from "../report/github.ts";
import type { Output } from "../report/output.ts";
import { faultsText } from "../report/text.ts";
import { shortSecrets } from "./short-secrets.ts";
import { masked, maskedText } from "../secrets/mask.ts";
import type { JsonObject } from "../util/json.ts";
import { selectorOf, type CommonOptions } from "./options.ts";

/** Resources that were loaded and checked. */
export interface CheckedCode extends Omit<Evaluated, "loaded"> {
  readonly loadedConfig: LoadedConfig;
}

/** Reads the configuration and all resources. Throws `InvalidCodeError` with every fault; warnings go to `errors`. */
export async function readCode(options: Pick<CommonOptions, "config" | "env">, errors: Output): Promise<CheckedCode> {
  const loadedConfig = await readConfig(options);
  const code = checked(await evaluate(loadedConfig, options.env), loadedConfig);
  report(code.faults, loadedConfig, errors);
  return code;
}

/** Reads the configuration, before much code is loaded. */
export async function readConfig({ config }: Pick<CommonOptions, "config">): Promise<LoadedConfig> {
  // By default, V8 enlarges the space for new objects to 32 MiB. Its size after the imports of the tool is enough.
  setFlagsFromString("--semi-space-growth-factor=1");
  return loadConfig(config, process.cwd());
}

/** Redacts the secrets of the code from now on, and adds the faults of their values. */
export function checked({ loaded: _loaded, ...code }: Evaluated, loadedConfig: LoadedConfig): CheckedCode {
  const { variables } = secretsOf(loadedConfig, code.environment);
  for (const variable of variablesIn(namedIn(code.desired, kinds))) outgoing.add(variables[variable] ?? "");
  return { ...code, faults: [...code.faults, ...shortSecrets(code.desired, variables)], loadedConfig };
}

/** Writes the warnings. Throws if there are errors. */
export function report(faults: readonly Fault[], { directory }: LoadedConfig, errors: Output): void {
  const place = placeOf(directory, process.env);
  if (place) writeCommands(errors.stream, faultAnnotations(faults, place));
  if (faults.some(({ level }) => level === "error")) throw new InvalidCodeError(faults);
  errors.stream.write(faultsText(faults, errors));
}

/** The values of the environment that the code has read. */
function valuesNote({ environment, use }: CheckedCode): string[] {
  if (environment === undefined || use.values.size === 0) return [];
  const values = [...use.values].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return [
    `Values of the environment "${environment}": ${values.map(([key, value]) => `${key} = ${shown(key, value)}`).join(", ")}.`,
  ];
}

const SHOWN_LENGTH = 60;

/** Without credentials. Redacted before it is cut, because a part of a secret is not recognized. */
function shown(key: string, value: unknown): string {
  const plain = typeof value === "object" ? "(not JSON)" : inspect(value);
  const text = outgoing.redacted(jsonOf(key, value) ?? maskedText(plain));
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
}

/** Undefined if JSON can't express the value. */
function jsonOf(key: string, value: unknown): string | undefined {
  let text: string | undefined;
  try {
    text = JSON.stringify({ [key]: value });
  } catch {
    return undefined;
  }
  const given = JSON.parse(text) as JsonObject;
  return key in given ? JSON.stringify(masked(given)[key]) : undefined;
}

/** The goal that Grafana equals this code, limited to the selected objects. */
export function goalOf(
  code: CheckedCode,
  { only, assumeWrite = false }: Pick<CommonOptions, "only" | "assumeWrite">,
  more: Pick<CodeGoalOptions, "prune" | "keepForms" | "isolated">,
): Goal {
  const { config, file } = code.loadedConfig;
  const { ledgerFolder } = config;
  return codeGoal({
    code,
    configFile: file,
    ...(ledgerFolder === undefined ? {} : { ledgerFolder }),
    only,
    selected: selectorOf(only),
    assumeWrite,
    notes: valuesNote(code),
    ...more,
  });
}
