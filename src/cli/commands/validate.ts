import { EXIT, type ExitCode } from "../../util/errors.ts";
import { countOf } from "../../util/plural.ts";
import { mustBeSupported } from "../../engine/supported.ts";
import { kinds } from "../../kinds/index.ts";
import { unresolvedFaults } from "../../code/unresolved.ts";
import { findingAnnotations, placeOf } from "../../report/github.ts";
import { findingsText } from "../../report/lint.ts";
import { painter } from "../../report/output.ts";
import { faultsText } from "../../report/text.ts";
import { writeCommands } from "../../secrets/outgoing.ts";
import { codeOfAll } from "../code-of-all.ts";
import { ioOf } from "../io.ts";
import { lintCode } from "../lint-code.ts";
import type { CommonOptions } from "../options.ts";
import { readConfig, report, type CheckedCode } from "../code.ts";

/** Checks the code for every environment, and the configuration, without connecting to Grafana. */
export async function validate(options: Pick<CommonOptions, "config" | "color">): Promise<ExitCode> {
  const { result, errors } = ioOf(options);
  const loadedConfig = await readConfig(options);
  const names = Object.keys(loadedConfig.config.environments ?? {});
  const { codes, faults } = await codeOfAll(loadedConfig, names.length > 0 ? names : [undefined]);
  report(faults, loadedConfig, errors);
  for (const { desired, unresolved } of new Map(codes.map((code) => [code.desired, code])).values()) {
    // Other commands look for these objects in Grafana.
    const warnings = await mustBeSupported(desired, kinds);
    errors.stream.write(faultsText([...unresolvedFaults(unresolved), ...warnings], errors));
  }
  const findings = await lintCode([...new Set(codes.map(({ desired }) => desired))], loadedConfig);
  const place = placeOf(loadedConfig.directory, process.env);
  if (place) writeCommands(errors.stream, findingAnnotations(findings, place, "warning"));
  errors.stream.write(findingsText(findings, errors, "warning"));
  const paint = painter(result);
  for (const [text, environments] of Map.groupBy(codes, countsOf)) {
    const all = names.length > 1 && environments.length === names.length;
    const differ = environments.length < codes.length;
    const list = environments.map(({ environment }) => environment).join(", ");
    const where = all ? `, in ${countOf(names.length, "environment")}` : differ ? `, in ${list}` : "";
    result.stream.write(`${paint("green", "Valid:")} ${text}${where}.\n`);
  }
  return EXIT.done;
}

/** `1 folder, 2 dashboards in 3 files` */
function countsOf({ desired, files }: CheckedCode): string {
  const counts = new Map<string, number>();
  for (const { kind } of desired) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const kindsText = [...counts].map(([kind, count]) => countOf(count, kind)).join(", ");
  return `${kindsText || "no resources"} in ${countOf(files, "file")}`;
}
