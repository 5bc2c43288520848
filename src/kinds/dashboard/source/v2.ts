import type { NoSource, SourceContext } from "../../../engine/source.ts";
import { evaluate, fromJson, type Expression } from "../../../import/code/expression.ts";
import { equal } from "../../../util/json.ts";
import type { AnyDashboard, DashboardV2Model } from "../builder.ts";
import { observedForm, specV2Of, type LiveDashboard } from "../live-dashboard.ts";
import { formOf, resourceOf } from "./resource.ts";

/** The code of a dashboard that Grafana stores in schema v2: a typed object. */
export function writeV2(live: LiveDashboard, context: SourceContext): Expression | NoSource {
  const inV2: LiveDashboard = { ...live, schema: "v2" };
  const goal = observedForm(inV2);
  const { folder: _folder, schema: _schema, storedAs: _stored, ...content } = goal;
  const uses: AnyDashboard = {
    kind: "dashboard",
    schema: "v2",
    spec: specV2Of(inV2) as unknown as DashboardV2Model,
  };
  for (const spec of [content, specV2Of(inV2)]) {
    const expression = resourceOf(live, { uid: live.id, spec: fromJson(spec), uses }, context);
    if (equal(formOf(evaluate(expression) as AnyDashboard, inV2, context), goal)) return expression;
  }
  return { left: "its schema v2 has properties that code can't have" };
}
