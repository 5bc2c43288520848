/** What is too much. Panels draw these values, so that a dashboard turns red where an alert rule with the same limit fires. */
export const limits = {
  /** Share of requests that the server answers with 5xx. */
  errorRatio: 0.05,
  /** Share of agent tasks that fail. */
  agentErrorRatio: 0.1,
  /** P95 of the response time, in seconds. */
  responseTime: 2,
  /** P95 of a database query's duration, in seconds. */
  queryTime: 1,
  /** Resident memory of one process, in bytes. */
  memory: 2e9,
  /** Share of a process's file descriptors that are open. */
  fileDescriptors: 0.8,
} as const;
