import type { VariableModel } from "@grafana/grafana-foundation-sdk/dashboard";
import type { Dashboard } from "grafana-provision";
import { readLogql } from "../logql.ts";
import { panelsOf, targetsOf, variablesOf } from "../own.ts";
import { readPromql } from "../promql.ts";
import { variablesIn } from "../variables.ts";
import { datasourceFaults, documented, documentedName, faults, linksOf, LOG_LABELS } from "./faults.ts";
import { metricFaults } from "./queries.ts";

/** The faults of a dashboard's variables: of each one, and unused or undefined ones. */
export function variablesFaults(board: Dashboard): string[] {
  const variables = variablesOf(board);
  const names = variables.map(({ name }) => name);
  const texts = [
    ...panelsOf(board).flatMap(targetsOf),
    ...panelsOf(board)
      .flatMap(linksOf)
      .map(({ url }) => url),
    ...(board.spec.panels ?? []).map(({ title }) => title),
    ...variables.map(({ query }) => query),
  ];
  const used = new Set(texts.flatMap((text) => variablesIn(JSON.stringify(text ?? ""))));
  return faults(
    variables.flatMap((variable, index) =>
      variableFaults(variable, names.slice(0, index)).map((fault) => `${variable.name}: ${fault}`),
    ),
    [...used].filter((name) => !names.includes(name)).map((name) => `$${name} is used, but not defined`),
    names.filter((name) => !used.has(name)).map((name) => `$${name} is defined, but not used`),
  );
}

function variableFaults(variable: VariableModel, before: readonly string[]): string[] {
  const { query, label = "", includeAll, multi, datasource } = variable;
  const type: string = variable.type;
  const late = variablesIn(JSON.stringify(query ?? "")).filter((name) => !before.includes(name));
  return faults(
    !/^[A-Z]/.test(label) && "it has no label",
    !["query", "custom", "textbox"].includes(type) && `unknown variable type ${type}`,
    late.map((name) => `it uses $${name}, which is defined later`),
    includeAll && !multi && 'it has "All", so it must allow several values',
    type === "query" && datasource?.type === "prometheus" && prometheusVariableFaults(variable),
    type === "query" && datasource?.type === "loki" && lokiVariableFaults(variable),
    type === "query" && datasourceFaults(datasource ?? {}),
  );
}

function prometheusVariableFaults({ query, regex = "" }: VariableModel): string[] {
  const text = typeof query === "string" ? query : "";
  const [, selector, label] = /^label_values\((.*), (\w+)\)$/.exec(text) ?? [];
  const [, result] = /^query_result\((.*)\)$/.exec(text) ?? [];
  const read = readPromql(selector ?? result ?? "");
  const own = read.selectors.flatMap(({ metric }) => documented.get(documentedName(metric))?.labels ?? []);
  return faults(
    read.errors.map((error) => `its PromQL is invalid: ${error}`),
    read.selectors.length === 0 && `its query is not supported: ${text}`,
    metricFaults(read),
    label !== undefined && !["job", "instance", ...own].includes(label) && `its metric has no label ${label}`,
    // The result of the regular expression for a sample.
    result !== undefined &&
      new RegExp(regex.slice(1, -1)).exec('{service_name="a"} 1 0')?.[1] !== "a" &&
      "its regular expression doesn't match",
  );
}

function lokiVariableFaults({ query, allValue }: VariableModel): string[] {
  const { type, label, stream = "" } = query as { type?: number; label?: string; stream?: string };
  return faults(
    type !== 1 && "its query must be for the values of a label",
    !LOG_LABELS.includes(label ?? "") && `no log collector sets ${label}`,
    stream !== "" && readLogql(stream).errors,
    allValue !== ".+" && "its value for All must be .+, because Loki rejects selectors that match an empty label",
  );
}
