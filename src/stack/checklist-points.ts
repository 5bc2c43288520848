/** Points of `stack:check` that can be done outside of the stack. */
export const ELSEWHERE = [
  "trace-storage",
  "log-archive",
  "alert-recipients",
  "backup",
  "metric-retention",
  "trace-sampling",
  "self-monitoring",
  "runbooks",
] as const;

export type Elsewhere = (typeof ELSEWHERE)[number];
