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
    [...used].filter((name) => !names.includes(name)).map((name) => `$${name} is used, and not there`),
    names.filter((name) => !used.has(name)).map((name) => `$${name} is there, and not used`),
  );
}

function variableFaults(variable: VariableModel, before: readonly string[]): string[] {
  const { query, label = "", includeAll, multi, datasource } = variable;
  const type: string = variable.type;
  const late = variablesIn(JSON.stringify(query ?? "")).filter((name) => !before.includes(name));
  return faults(
    !/^[A-Z]/.test(label) && "it has no label",
    !["query", "custom", "textbox"].includes(type) && `nothing is known of variables of the type ${type}`,
    late.map((name) => `it uses $${name}, which stands behind it`),
    includeAll && !multi && "it takes all values, and not several",
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
    read.errors.map((error) => `it asks no PromQL: ${error}`),
    read.selectors.length === 0 && `it asks nothing: ${text}`,
    metricFaults(read),
    label !== undefined && !["job", "instance", ...own].includes(label) && `its metric has no ${label}`,
    // The result of the regular expression for a sample.
    result !== undefined &&
      new RegExp(regex.slice(1, -1)).exec('{service_name="a"} 1 0')?.[1] !== "a" &&
      "its regular expression finds no value",
  );
}

function lokiVariableFaults({ query, allValue }: VariableModel): string[] {
  const { type, label, stream = "" } = query as { type?: number; label?: string; stream?: string };
  return faults(
    type !== 1 && "it doesn't ask for a label's values",
    !LOG_LABELS.includes(label ?? "") && `no log collector sets ${label}`,
    stream !== "" && readLogql(stream).errors,
    allValue !== ".+" && "Loki refuses what an empty label could match",
  );
}
