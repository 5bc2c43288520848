import { textOf } from "../../util/json.ts";
import { idOf as dashboardUid } from "../dashboard/references.ts";
import type { RuleGroup, RulePanel } from "./builder.ts";

/** The annotations in which Grafana stores the panel of a rule. It rejects one without the other. */
export const DASHBOARD = "__dashboardUid__";
export const PANEL = "__panelId__";

/** The panel that a rule names. */
export function panelOf(rule: RuleGroup["rules"][number]): RulePanel | undefined {
  return "panel" in rule ? rule.panel : undefined;
}

export function uidOf({ dashboard }: RulePanel, project: string): string {
  return "existing" in dashboard ? dashboard.uid : dashboardUid(dashboard, project);
}

/** The annotations of a rule before the id of its panel is known, for the hash of the code. */
export function unresolvedAnnotations(panel: RulePanel, project: string): Readonly<Record<string, string>> {
  return { [DASHBOARD]: uidOf(panel, project), [PANEL]: textOf(panel.panel) };
}
