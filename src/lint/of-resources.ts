import { desire } from "../code/desired.ts";
import { kinds } from "../kinds/index.ts";
import { InvalidCodeError } from "../util/errors.ts";
import type { LintFinding, LintOptions } from "./api.ts";
import { findingsIn } from "./lint.ts";

/** Checks the resources as the commands do, and then with the rules. */
export function lintResources(
  resources: readonly object[],
  { project = "project", ...settings }: LintOptions,
): LintFinding[] {
  const loaded = resources.map((value, index) => {
    const kind: unknown = Reflect.get(value, "kind");
    if (typeof kind !== "string" || !kinds.has(kind))
      throw new TypeError(`resources[${index}] is not a resource: pass the result of a function such as dashboard()`);
    return { kind, value, source: { file: "", export: `resources[${index}]` } };
  });
  const { desired, faults } = desire(loaded, kinds, project);
  const errors = faults.filter(({ level, code }) => level === "error" && code !== "code-reference-missing");
  if (errors.length > 0) throw new InvalidCodeError(errors);
  return findingsIn(desired, kinds, settings).map(
    ({ file: _file, export: _export, near: _near, span: _span, ...finding }) => finding,
  );
}
