/** The settings of `lint` in the configuration. */
export interface LintSettings {
  /** The severity of a rule, or `"off"`. Default: the severity in the documentation of the rule. */
  readonly rules?: Readonly<Record<string, "off" | "error" | "warning">>;
  /** Rules to ignore in some resources, by `KIND/ID` or a pattern such as `dashboard/legacy-*`. */
  readonly ignore?: Readonly<Record<string, readonly string[]>>;
  /** The scrape interval of all datasources: `30s`. Default: `jsonData.timeInterval` of each Prometheus datasource in the code, or 15 s if it is not set. */
  readonly scrapeInterval?: string;
}
