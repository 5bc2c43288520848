import type { Code } from "../engine/desired.ts";
import type { Live } from "../engine/live.ts";
import { ownedIn } from "../engine/owned.ts";
import type { Selection } from "../engine/plan.ts";
import { address, type Desired, type ResourceKind } from "../engine/resource.ts";
import { InvalidCodeError, UsageError, type Fault } from "../errors.ts";
import { kinds } from "../kinds/index.ts";
import type { Selector } from "./options.ts";
import type { CheckedCode } from "./run.ts";

/** Only what the code holds or names is read; to prune, everything that could be ours. */
export function kindsToRead({ desired, expected }: Pick<Code, "desired" | "expected">, prune: boolean): ResourceKind[] {
  if (prune) return [...kinds.values()];
  const names = new Set([...desired.map(({ kind }) => kind), ...expected.map(({ reference }) => reference.kind)]);
  for (const one of desired) for (const { kind } of one.references) names.add(kind);
  // The ledger stands in one of them.
  if ([...names].some((name) => kinds.get(name)?.ledger)) names.add("folder");
  return [...kinds.values()].filter(({ name }) => names.has(name));
}

/** Throws exit 65 for what `existing.*` names and Grafana does not have. */
export function mustExist(expected: Code["expected"], live: Live): void {
  const faults = expected.flatMap(({ from, reference }): Fault[] => {
    const { kind, id, path } = reference;
    // Nothing is known of what may not be read.
    if (!live.has(kind)) return [];
    // Old dashboards name a datasource by its name.
    if (live.get(kind)?.some((object) => object.id === id || (kind === "datasource" && object.title === id))) return [];
    const message = `names the ${kind} "${id}", which Grafana does not have`;
    const hint =
      "Is the name right, and may these credentials read it? What the code itself makes is named by its object.";
    return [{ level: "error", file: from.source.file, export: from.source.export, path, message, hint }];
  });
  if (faults.length > 0) throw new InvalidCodeError(faults);
}

/** A folder that isn't there can't hold the ledger, and one that isn't ours must not. */
export function mustHoldLedger({ loadedConfig, desired }: CheckedCode, live: Live): void {
  const { ledgerFolder } = loadedConfig.config;
  const folders = live.get("folder");
  if (ledgerFolder === undefined || !folders) return;
  if (desired.some(({ kind, id }) => kind === "folder" && id === ledgerFolder)) return;
  if (folders.some(({ id, ownership }) => id === ledgerFolder && ownership.state === "ours")) return;
  const message = `"${ledgerFolder}" is no folder of this project: name the uid of one that the code declares`;
  throw new InvalidCodeError([{ level: "error", file: loadedConfig.file, path: "ledgerFolder", message }]);
}

/** A name that nothing in the code has is a typing mistake, and would silently select nothing. */
export function mustNameResources(
  desired: readonly Desired[],
  options: { readonly "--adopt": Selection; readonly "--overwrite-drift": Selection },
  only: readonly string[] | undefined,
  selected: Selector,
): void {
  const declared = new Set(desired.map(address));
  for (const [option, { addresses }] of Object.entries(options)) {
    const name = [...addresses].find((one) => !declared.has(one));
    if (name !== undefined) throw new UsageError(`${option} ${name}: the code has no such resource`);
  }
  if (only && only.every((name) => name.includes("/")) && !desired.some(selected)) {
    throw new UsageError(`--only ${only.join(" ")}: the code has no such resource`);
  }
}

/** What may be deleted is named by `--overwrite-drift` as well, whether or not the code has it. */
export function mustNameOwned({ addresses }: Selection, live: Live, declared: ReadonlySet<string>): void {
  const owned = ownedIn(live);
  const unknown = [...addresses].find((name) => !declared.has(name) && !owned.has(name));
  if (unknown !== undefined) throw new UsageError(`--overwrite-drift ${unknown}: this project has no such resource`);
}
