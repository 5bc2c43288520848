import { similar } from "../../util/similar.ts";
import type { LintedBoard, LintedVariable } from "../../engine/lint.ts";
import type { Found, Project, ReadQuery, Rule } from "../model.ts";
import { isBuiltIn, variablesIn, type VariableUse } from "../variables.ts";

/** Variables that Grafana applies to all panels, or that only narrow down others. */
const APPLIED = new Set(["adhoc", "groupby", "AdhocVariable", "GroupByVariable"]);

export const VARIABLE_RULES: readonly Rule[] = [
  {
    id: "variable-unknown",
    severity: "error",
    group: "Dashboards",
    reason:
      "Grafana doesn't replace a variable that doesn't exist: its name stays in the query as text, and the query finds nothing.",
    about:
      "Reports a variable in a query for Prometheus, Loki or Tempo if the dashboard does not define it. In an alert rule, reports every variable except Grafana's built-in ones, because Grafana replaces only these there. Library panels are not checked: their dashboards define the variables.",
    bad: 'up{job="$jbo"} in a dashboard with the variable job',
    good: 'up{job="$job"}',
    query: (query) => {
      const { subject, parsed, language } = query;
      const { board } = subject.linted;
      if (!parsed || !language || board?.definesVariables === false) return [];
      const names = new Set(board?.variables.map(({ name }) => name));
      return usesIn(query).flatMap((use): Found[] => {
        if (isBuiltIn(use.name) || names.has(use.name)) return [];
        const span = { from: use.from, to: use.to };
        if (!board)
          return [
            {
              path: query.query.path,
              span,
              message: `uses the variable ${use.name}, but rules have no variables of dashboards`,
              hint: "Write the value.",
            },
          ];
        const suggestion = similar(use.name, [...names]);
        const hint =
          suggestion === undefined ? "Define the variable, or write the value." : `Did you mean $${suggestion}?`;
        return [
          {
            path: query.query.path,
            span,
            message: `uses the variable ${use.name}, which the dashboard does not define`,
            hint,
          },
        ];
      });
    },
  },
  {
    id: "variable-unused",
    severity: "warning",
    group: "Dashboards",
    reason:
      "A variable that nothing uses still shows a list at the top of the dashboard, and choosing a value has no effect.",
    about:
      "Reports a variable whose name no query, title, link, transformation or other text of the dashboard contains. A library panel in the code counts as part of the dashboards that show it. Variables for ad hoc filters and groupings are not reported, because Grafana applies them to all queries. If a dashboard shows a library panel that the code doesn't define, or has a link that passes on all variables, none of its variables is reported.",
    bad: "A variable region that no panel uses",
    good: 'A query with region="$region"',
    board: (board, _subject, project) => {
      const texts = textsOf(board, project);
      return board.open || texts.includes(undefined)
        ? []
        : board.variables.flatMap((variable): Found[] =>
            APPLIED.has(variable.type) || texts.some((text = "") => isUsed(variable, text))
              ? []
              : [
                  {
                    path: variable.path,
                    message: `the variable ${variable.name} is not used`,
                    hint: "Remove it, or use it in a query.",
                  },
                ],
          );
    },
  },
];

/** Without the variables of Go templates, `{{ $x }}`, and the groups of regular expressions. */
function usesIn({ query: { text } }: ReadQuery): VariableUse[] {
  const templates = [...text.matchAll(/\{\{[\s\S]*?\}\}/g)];
  return variablesIn(text).filter(({ name, from }) => {
    const isInTemplate = templates.some(({ index, 0: { length } }) => from > index && from < index + length);
    return !isInTemplate && !text.includes(`?P<${name}>`);
  });
}

/** The texts of a dashboard and of the shared panels that it shows. Undefined: a panel is not in the code. */
function textsOf({ text, shows }: LintedBoard, { subjects }: Project): readonly (string | undefined)[] {
  const shared = shows.map(
    (id) => subjects.find(({ linted }) => id !== "" && linted.board?.sharedAs === id)?.linted.board?.text,
  );
  return [text, ...shared];
}

function isUsed({ name }: LintedVariable, text: string): boolean {
  const escaped = name.replaceAll(/[^\w]/g, String.raw`\$&`);
  const forms = [
    String.raw`\$${escaped}(?!\w)`,
    String.raw`\$\{${escaped}[}.:]`,
    String.raw`\[\[${escaped}[\]:]`,
    `var-${escaped}(?!\\w)`,
    // `repeat`, or an argument of a script
    `["'\`]${escaped}\\\\?["'\`]`,
  ];
  return new RegExp(forms.join("|")).test(text);
}
