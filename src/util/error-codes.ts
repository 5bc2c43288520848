/**
 * Stable codes of errors and faults, named `AREA-PROBLEM`. Scripts match on them: never rename or reuse one.
 * `docs/errors.md` describes each code.
 */
export const ERROR_CODES = [
  "sandbox-data-invalid",
  "sandbox-directory-in-use",
  "stack-collector-conflict",
  "stack-compose-invalid",
  "stack-container-exists",
  "stack-definition-invalid",
  "stack-dependency-off",
  "stack-elasticsearch-password-missing",
  "stack-engine-missing",
  "stack-file-not-generated",
  "stack-folder-missing",
  "stack-job-duplicate",
  "stack-name-in-use",
  "stack-network-exists",
  "stack-network-missing",
  "stack-no-services",
  "stack-not-healthy",
  "stack-password-mismatch",
  "stack-path-blocked",
  "stack-port-conflict",
  "stack-port-taken",
  "stack-redis-memory-exceeded",
  "stack-secret-empty",
  "stack-secret-in-definition",
  "stack-setting-invalid",
  "stack-start-failed",
  "stack-stop-failed",
  "stack-variable-missing",
  "stack-variable-reserved",
  "stack-volume-in-use",
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];
