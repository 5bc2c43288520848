import { legacyError, type ApiError } from "../errors.ts";
import { publicError } from "./public-error.ts";

/** The error of a rule that Grafana rejects. */
export function invalidRule(reason: string): ApiError {
  return legacyError(400, `invalid alert rule: ${reason}`);
}

/** The error of a group without rules. */
export function groupNotFound(): ApiError {
  return publicError(404, "alerting.alert-rule.notFound", "NotFound");
}

/** The error of a uid or an id that exists. */
export function ruleConflict(uid: string, column: "org_id, alert_rule.uid" | "id"): ApiError {
  const error = `UNIQUE constraint failed: alert_rule.${column}`;
  return publicError(
    409,
    "alerting.alert-rule.conflict",
    `Failed to save alert rule '${uid}' in organization 1 due to conflict: ${error}`,
    { Error: error, OrgID: 1, RuleUID: uid },
  );
}

/** The error of a request that writes a rule twice. */
export function ruleVersionConflict(uid: string): ApiError {
  return legacyError(409, `version conflict while updating a record in the database: alert rule UID ${uid}`);
}
