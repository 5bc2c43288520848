import type { LoadedConfig } from "../code/config.ts";
import { evaluate } from "../code/evaluate.ts";
import type { Emit } from "../engine/events.ts";
import type { Desired } from "../engine/model.ts";
import { secretsIn } from "../secrets/secret.ts";
import { commandHere } from "../util/command-line.ts";

/** The secrets that the code names, for a command that doesn't otherwise use the code. */
export interface CodeSecrets {
  /** The resources without faults. */
  readonly desired: readonly Desired[];
  /** The variables of all secrets, also of resources with faults. */
  readonly variables: ReadonlySet<string>;
}

/** Loads the code only to redact its secrets. If it has faults, emits a note and returns the secrets of the rest. */
export async function codeSecrets(
  loadedConfig: LoadedConfig,
  environment: string | undefined,
  emit: Emit,
): Promise<CodeSecrets> {
  const { loaded, ...code } = await evaluate(loadedConfig, environment);
  const variables = new Set(
    loaded.flatMap((one) => ("value" in one ? secretsIn(one.value) : [])).map(({ variable }) => variable),
  );
  const errors = code.faults.filter(({ level }) => level === "error");
  const files = [...new Set(errors.flatMap(({ file }) => file ?? []))];
  if (errors.length > 0) emit({ type: "note", message: noteOf(files) });
  return { desired: code.desired, variables };
}

const FEW = 3;

function noteOf(files: readonly string[]): string {
  const shown = files.slice(0, FEW).join(", ") + (files.length > FEW ? ` and ${files.length - FEW} more` : "");
  const where = files.length > 0 ? ` in ${shown}` : "";
  return `The code has faults${where}, so values of its secrets may not be redacted. Run \`${commandHere("validate")}\` to see the faults.`;
}
