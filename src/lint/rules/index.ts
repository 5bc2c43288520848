import type { Rule } from "../model.ts";
import { ALERT_RULES } from "./alerts.ts";
import { COUNTER_RULES } from "./counters.ts";
import { NOTIFICATION_RULES } from "./notifications.ts";
import { PANEL_RULES } from "./panels.ts";
import { SELECTOR_RULES } from "./selectors.ts";
import { SYNTAX_RULES } from "./syntax.ts";
import { UNIT_RULES } from "./units.ts";
import { VARIABLE_RULES } from "./variables.ts";

/** All rules, in the order of the documentation. */
export const RULES: readonly Rule[] = [
  ...SYNTAX_RULES,
  ...COUNTER_RULES,
  ...SELECTOR_RULES,
  ...VARIABLE_RULES,
  ...PANEL_RULES,
  ...UNIT_RULES,
  ...ALERT_RULES,
  ...NOTIFICATION_RULES,
];
