/** What Prometheus stores of a scrape job. */
export interface JobLimits {
  /** Regular expressions of metric names that are not stored: `["go_gc_.*"]`. */
  readonly drop?: readonly string[];
  /** Maximum number of series of a target. If it has more, nothing of the scrape is stored, and the target counts as down. */
  readonly sampleLimit?: number;
  /** Maximum number of labels of a series. */
  readonly labelLimit?: number;
}
