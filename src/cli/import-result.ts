import { importText, type ImportInput } from "../report/import.ts";
import { jsonImport } from "../report/import-json.ts";
import { EXIT, type ExitCode } from "../util/errors.ts";
import type { Io } from "./io.ts";

/** Writes the result of an import, in the format of `output`. `from`: the Grafana or the files. */
export function reportImport(
  report: ImportInput,
  { from, output, result }: { from: string; output: string | undefined; result: Io["result"] },
): ExitCode {
  const exitCode =
    report.unreadable.size > 0 ? EXIT.notAuthorised : report.kept.length > 0 ? EXIT.partlyApplied : EXIT.done;
  result.stream.write(output === "json" ? jsonImport(report, exitCode) : `${from}\n\n${importText(report, result)}`);
  return exitCode;
}
