// The functions of Grafana 12.4's templates.

const GO =
  "and or not len index slice print printf println html js urlquery call eq ne lt le gt ge true false nil".split(" ");

const NOTIFICATION = [
  // Alertmanager
  ..."toUpper toLower title trimSpace join match safeHtml safeUrl urlUnescape reReplaceAll stringSlice date tz since".split(
    " ",
  ),
  ..."humanizeDuration toJson list append dict".split(" "),
  // Grafana
  ..."coll data tmpl time".split(" "),
];

const RULE = [
  // Prometheus
  ..."query first label value strvalue args reReplaceAll safeHtml match title toUpper toLower sortByLabel".split(" "),
  ..."stripPort stripDomain humanize humanize1024 humanizeDuration humanizePercentage humanizeTimestamp toTime".split(
    " ",
  ),
  ..."toDuration now pathPrefix externalURL parseDuration urlQueryEscape tmpl".split(" "),
  // Grafana
  ..."filterLabels filterLabelsRe graphLink removeLabels removeLabelsRe tableLink mergeLabelValues".split(" "),
];

/** The functions by the place of a template. */
export const FUNCTIONS: Readonly<Record<"notification" | "rule", ReadonlySet<string>>> = {
  notification: new Set([...GO, ...NOTIFICATION]),
  rule: new Set([...GO, ...RULE]),
};

/** Whether Grafana defines a template itself. A definition with such a name replaces it. */
export function isGiven(name: string): boolean {
  return name.startsWith("__") || /(?:^|\.)default\./.test(name) || name === "ng_alert_notification";
}
