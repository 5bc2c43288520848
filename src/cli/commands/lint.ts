import { join, relative } from "node:path";
import { unresolvedFaults } from "../../code/unresolved.ts";
import type { PlacedFinding } from "../../lint/places.ts";
import { findingAnnotations } from "../../report/github.ts";
import { findingsText, lintSummary } from "../../report/lint.ts";
import { lintJson } from "../../report/lint-json.ts";
import { faultsText } from "../../report/text.ts";
import { outgoing, writeCommands } from "../../secrets/outgoing.ts";
import { EXIT, type ExitCode } from "../../util/errors.ts";
import { codeOfAll } from "../code-of-all.ts";
import { readConfig, report } from "../code.ts";
import { ioOf } from "../io.ts";
import { lintCode } from "../lint-code.ts";
import { selectorOf, type CommonOptions } from "../options.ts";
import { selectedEnvironments, selectsSeveral } from "../select-environments.ts";

export interface LintCommandOptions extends Pick<CommonOptions, "config" | "color" | "env" | "only"> {
  readonly output: "text" | "json" | "sarif" | "github";
  readonly failOn: "error" | "warning" | "never";
}

/** Checks the queries, dashboards and alerts of the code with the rules, without connecting to Grafana. */
export async function lint(options: LintCommandOptions): Promise<ExitCode> {
  const { result, errors } = ioOf(options);
  const loadedConfig = await readConfig(options);
  const names =
    options.env === undefined
      ? Object.keys(loadedConfig.config.environments ?? {})
      : selectsSeveral(options)
        ? selectedEnvironments(loadedConfig, options)
        : [options.env];
  const { codes, faults } = await codeOfAll(loadedConfig, names.length > 0 ? names : [undefined]);
  report(faults, loadedConfig, errors);
  const distinct = [...new Map(codes.map((code) => [code.desired, code])).values()];
  for (const { unresolved } of distinct) errors.stream.write(faultsText(unresolvedFaults(unresolved), errors));
  const selected = selectorOf(options.only);
  const isSelected = (name: string) =>
    selected({ kind: name.slice(0, name.indexOf("/")), id: name.slice(name.indexOf("/") + 1) });
  const all = await lintCode(
    distinct.map(({ desired }) => desired),
    loadedConfig,
  );
  const findings = all.filter(({ address }) => isSelected(address));
  const resources = Math.max(0, ...distinct.map(({ desired }) => desired.filter(selected).length));
  const exitCode = failed(findings, options.failOn) ? EXIT.failure : EXIT.done;
  const { directory } = loadedConfig;
  const workspace = process.env["GITHUB_WORKSPACE"] || process.cwd();
  if (options.output === "json") result.stream.write(lintJson(findings, resources, exitCode));
  else if (options.output === "sarif") {
    const { RULES } = await import("../../lint/rules/index.ts");
    const { sarif } = await import("../../report/sarif.ts");
    const pathOf = (file: string) => relative(workspace, join(directory, file)).replaceAll("\\", "/");
    result.stream.write(outgoing.redacted(sarif(findings, RULES, pathOf), "long"));
  } else if (options.output === "github")
    writeCommands(result.stream, findingAnnotations(findings, { directory, workspace }));
  else result.stream.write(findingsText(findings, result) + lintSummary(findings, resources));
  return exitCode;
}

function failed(findings: readonly PlacedFinding[], failOn: LintCommandOptions["failOn"]): boolean {
  return failOn !== "never" && findings.some(({ severity }) => failOn === "warning" || severity === "error");
}
