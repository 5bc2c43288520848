/** Limits that panels and alert rules share, so that a panel turns red when the alert fires. */
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
  /** Share of log lines of the levels error, critical and fatal. */
  errorLineRatio: 0.05,
  /** Share of spans that end in an error. */
  spanErrorRatio: 0.05,
  /** Used share of the collector's queue. A full queue drops data. */
  queue: 0.8,
  /** For events per second that must not occur. Slightly above 0, so that 0 is green. */
  lost: 0.01,
  /** Prometheus' default `scrape_timeout`, in seconds. */
  scrapeDuration: 10,
  /** Memory of Redis, as a share of `maxmemory`. */
  redisMemory: 0.9,
  /** Share of a file system that must be free. */
  freeDiskSpace: 0.1,
  /** Days before a certificate expires. It is renewed after 30 days are left, so a renewal has failed for two weeks. */
  certificateDays: 14,
  /** Failed connections to Pusher in ten minutes. Occasional reconnects are normal. */
  pusherFailures: 5,
} as const;
