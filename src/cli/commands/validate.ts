import { EXIT, type ExitCode } from "../../util/errors.ts";
import { countOf } from "../../util/plural.ts";
import { mustBeSupported } from "../../engine/supported.ts";
import { kinds } from "../../kinds/index.ts";
import { unresolvedFaults } from "../../code/unresolved.ts";
import { painter } from "../../report/output.ts";
import { faultsText } from "../../report/text.ts";
import { ioOf } from "../io.ts";
import type { CommonOptions } from "../options.ts";
import { readCode } from "../code.ts";

/** Checks the code and the configuration without connecting to Grafana. */
export async function validate(options: Pick<CommonOptions, "config" | "color">): Promise<ExitCode> {
  const { result, errors } = ioOf(options);
  const { desired, files, unresolved } = await readCode(options, errors);
  // Other commands look for these objects in Grafana.
  const warnings = await mustBeSupported(desired, kinds);
  errors.stream.write(faultsText([...unresolvedFaults(unresolved), ...warnings], errors));
  const paint = painter(result);
  const counts = new Map<string, number>();
  for (const { kind } of desired) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const kindsText = [...counts].map(([kind, count]) => countOf(count, kind)).join(", ");
  result.stream.write(`${paint("green", "Valid:")} ${kindsText || "no resources"} in ${countOf(files, "file")}.\n`);
  return EXIT.done;
}
