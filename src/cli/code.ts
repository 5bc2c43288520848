import { setFlagsFromString } from "node:v8";
import { loadConfig, type LoadedConfig } from "../code/config.ts";
import { codeGoal, type CodeGoalOptions } from "../engine/code-goal.ts";
import { desire, type Code } from "../code/desired.ts";
import { namedIn } from "../secrets/named-in-code.ts";
import { variablesIn } from "../secrets/named-secrets.ts";
import type { Goal } from "../engine/pipeline.ts";
import { environment } from "../secrets/environment.ts";
import { InvalidCodeError } from "../util/errors.ts";
import { kinds } from "../kinds/index.ts";
import { load } from "../code/load.ts";
import { outgoing, writeCommands } from "../secrets/outgoing.ts";
import { faultAnnotations, placeOf } from "../report/github.ts";
import type { Output } from "../report/output.ts";
import { faultsText } from "../report/text.ts";
import { shortSecrets } from "./short-secrets.ts";
import { selectorOf, type CommonOptions } from "./options.ts";

/** Resources that were loaded and checked. */
export interface CheckedCode extends Code {
  readonly loadedConfig: LoadedConfig;
  /** The number of files. */
  readonly files: number;
}

/** Reads the configuration and all resources. Throws `InvalidCodeError` with every fault; warnings go to `errors`. */
export async function readCode(options: Pick<CommonOptions, "config">, errors: Output): Promise<CheckedCode> {
  // By default, V8 enlarges the space for new objects to 32 MiB. Its size after the imports of the tool is enough.
  setFlagsFromString("--semi-space-growth-factor=1");
  const loadedConfig = await loadConfig(options.config, process.cwd());
  const { loaded, faults, files } = await load(loadedConfig);
  const code = desire(loaded, kinds, loadedConfig.config.project);
  for (const variable of variablesIn(namedIn(code.desired, kinds))) outgoing.add(environment()[variable] ?? "");
  const all = [...faults, ...code.faults, ...shortSecrets(code.desired)];
  const place = placeOf(loadedConfig.directory, process.env);
  if (place) writeCommands(errors.stream, faultAnnotations(all, place));
  if (all.some(({ level }) => level === "error")) throw new InvalidCodeError(all);
  errors.stream.write(faultsText(all, errors));
  return { ...code, faults: all, loadedConfig, files };
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
    ...more,
  });
}
