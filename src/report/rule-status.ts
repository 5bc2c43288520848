import { isBroken, type RuleStatus } from "../check/rule-status.ts";
import { clean } from "../util/clean.ts";
import { countOf } from "../util/plural.ts";
import { painter, type Output } from "./output.ts";
import { tableText } from "./table.ts";

/** A table of rules with their states, the last errors, and a summary. */
export function ruleStatusText(rules: readonly RuleStatus[], description: string, output: Output): string {
  const paint = painter(output);
  const head = ["RULE", "STATE", "HEALTH", "LAST EVALUATION"].map((title) => paint("bold", title));
  const rows = rules.map((rule) => {
    const { title, address, state, health, lastEvaluation, isPaused } = rule;
    const name = clean(`${title} (${address})`);
    if (state === undefined) return [name, paint("red", "not in Grafana"), "", ""];
    const shown = isPaused ? "paused" : state === "" ? "recording" : state;
    const color = health === "error" ? "red" : health === "ok" ? "green" : "yellow";
    return [name, clean(shown), paint(color, clean(health ?? "")), clean(lastEvaluation ?? "never")];
  });
  const errors = rules.flatMap(({ title, lastError }) =>
    lastError === undefined ? [] : [`${paint("red", "error")} ${clean(title)}: ${clean(lastError)}\n`],
  );
  const broken = rules.filter(isBroken).length;
  const found =
    rules.length === 0
      ? "The code has no rules."
      : broken === 0
        ? evaluated(rules)
        : `${broken} of ${countOf(rules.length, "rule")} ${broken === 1 ? "has" : "have"} an error or ${broken === 1 ? "is" : "are"} missing.`;
  const table = rows.length === 0 ? "" : `${tableText([head, ...rows])}\n`;
  return `${clean(description)}\n\n${table}${errors.join("")}${errors.length > 0 ? "\n" : ""}${found}\n`;
}

/** The number of rules that Grafana evaluates, and of the others. */
function evaluated(rules: readonly RuleStatus[]): string {
  const paused = rules.filter(({ isPaused }) => isPaused).length;
  const waiting = rules.filter(({ isPaused, lastEvaluation }) => !isPaused && lastEvaluation === undefined).length;
  const others = [
    ...(paused > 0 ? [`${paused} ${paused === 1 ? "is" : "are"} paused`] : []),
    ...(waiting > 0 ? [`${waiting} ${waiting === 1 ? "has" : "have"} not been evaluated yet`] : []),
  ];
  const count = rules.length - paused - waiting;
  return `${[`Grafana evaluates ${countOf(count, "rule")} without errors`, ...others].join("; ")}.`;
}
