import { escapeQuery } from "../../go-template/escape.ts";
import { ZERO } from "../../go-template/clock.ts";
import { printed } from "../../go-template/print.ts";
import {
  compareTexts,
  GoFloat,
  GoInt,
  GoList,
  GoMap,
  GoPointer,
  GoStruct,
  GoTime,
  textList,
  textsIn,
  type GoValue,
} from "../../go-template/values.ts";
import type { Labels } from "../matching.ts";
import { fingerprintOf, MILLISECOND, type PostedAlert, type Sender } from "./alert.ts";

/** A notification in the form that templates get. */
export interface Notified extends Sender {
  readonly contactPoint: string;
  readonly alerts: readonly PostedAlert[];
  readonly group: Labels;
  readonly groupKey: string;
  /** The version of Grafana. */
  readonly version: string;
  /** Alerts that the integration leaves out. */
  readonly truncated?: number;
  readonly variables?: Labels;
}

/** The data of templates, and of the JSON of webhooks. */
export function dataOf(notified: Notified): GoStruct {
  const { alerts, group, version, groupKey, truncated, variables = {} } = notified;
  const status = alerts.some(({ endsAt }) => endsAt === undefined) ? "firing" : "resolved";
  const list = alerts.map((alert) => alertOf(alert, notified));
  return new GoStruct("*templates.ExtendedData", {
    Receiver: { value: notified.contactPoint.replaceAll(/[\\.+*?()|[\]{}^$]/g, "\\$&"), json: "receiver" },
    Status: { value: status, json: "status" },
    Alerts: { value: alertList(list), json: "alerts" },
    GroupLabels: { value: labelMap(group), json: "groupLabels" },
    CommonLabels: { value: labelMap(withoutPrivate(common(alerts.map(({ labels }) => labels)))), json: "commonLabels" },
    CommonAnnotations: {
      value: labelMap(withoutPrivate(common(alerts.map(({ annotations }) => annotations)))),
      json: "commonAnnotations",
    },
    ExternalURL: { value: notified.url, json: "externalURL" },
    AppVersion: { value: version, json: "appVersion", omitted: "empty" },
    GroupKey: { value: groupKey, json: "groupKey" },
    TruncatedAlerts: {
      value: new GoPointer(truncated === undefined ? undefined : new GoInt(truncated), "*int"),
      json: "truncatedAlerts",
      omitted: "empty",
    },
    Vars: { value: textMap(variables, "map[string]string"), omitted: "always" },
  });
}

/** `ExtendedAlerts`: the lists of `Firing` and `Resolved` don't have these methods. */
function alertList(alerts: readonly GoStruct[]): GoList {
  const having = (status: string) => () =>
    new GoList(
      alerts.filter(({ fields }) => fields["Status"]?.value === status),
      "[]templates.ExtendedAlert",
    );
  return new GoList(alerts, "templates.ExtendedAlerts", {
    Firing: { parameters: [], call: having("firing") },
    Resolved: { parameters: [], call: having("resolved") },
  });
}

function alertOf(alert: PostedAlert, { url, orgId, now }: Sender): GoStruct {
  const { labels, annotations, startsAt, endsAt, generatorUrl } = alert;
  const base = url.replace(/\/+$/, "");
  const org: Parameter = ["orgId", `${orgId}`];
  const from: Parameter = ["from", `${startsAt / MILLISECOND - 3_600_000n}`];
  const to: Parameter = ["to", `${(endsAt ?? now) / MILLISECOND}`];
  const { __dashboardUid__: dashboard, __panelId__: panel, __values__: values } = annotations;
  const link = (path: string, parameters: readonly Parameter[]) => `${base}${path}?${queryOf(parameters)}`;
  const dashboardPath = dashboard === undefined ? undefined : `/d/${encodeURI(dashboard)}`;
  const ruleUid = labels["__alert_rule_uid__"] ?? "";
  return new GoStruct("templates.ExtendedAlert", {
    Status: { value: endsAt === undefined ? "firing" : "resolved", json: "status" },
    Labels: { value: labelMap(withoutPrivate(labels)), json: "labels" },
    Annotations: { value: labelMap(withoutPrivate(annotations)), json: "annotations" },
    StartsAt: { value: new GoTime(startsAt), json: "startsAt" },
    EndsAt: { value: endsAt === undefined ? ZERO : new GoTime(endsAt), json: "endsAt" },
    GeneratorURL: { value: `${generatorUrl}?${queryOf([org])}`, json: "generatorURL" },
    Fingerprint: { value: fingerprintOf(labels), json: "fingerprint" },
    SilenceURL: { value: link("/alerting/silence/new", [...silenceOf(labels), org]), json: "silenceURL" },
    DashboardURL: {
      value: dashboardPath === undefined ? "" : link(dashboardPath, [from, org, to]),
      json: "dashboardURL",
    },
    PanelURL: {
      value:
        dashboardPath === undefined || panel === undefined
          ? ""
          : link(dashboardPath, [from, org, to, ["viewPanel", panel]]),
      json: "panelURL",
    },
    RuleUID: { value: ruleUid, json: "ruleUID", omitted: "empty" },
    Values: { value: valueMap(values), json: "values" },
    ValueString: { value: annotations["__value_string__"] ?? "", json: "valueString" },
    ImageURL: { value: "", json: "imageURL", omitted: "empty" },
    EmbeddedImage: { value: "", json: "embeddedImage", omitted: "empty" },
    OrgID: { value: new GoPointer(new GoInt(orgId, "int64"), "*int64"), json: "orgId", omitted: "empty" },
    ExtraData: { value: new GoList([], "json.RawMessage"), json: "enrichments", omitted: "empty" },
  });
}

type Parameter = readonly [name: string, value: string];

/** The parameters of a URL, sorted by name. */
function queryOf(parameters: readonly Parameter[]): string {
  return parameters
    .toSorted(([a], [b]) => compareTexts(a, b))
    .map(([name, value]) => `${escapeQuery(name)}=${escapeQuery(value)}`)
    .join("&");
}

/** The matchers of a silence for an alert. The uid of the rule stands for its name and folder. */
function silenceOf(labels: Labels): Parameter[] {
  const uid = labels["__alert_rule_uid__"];
  const names = Object.keys(withoutPrivate(labels)).toSorted(compareLabelNames);
  const matched = uid === undefined ? names : names.filter((name) => name !== "alertname" && name !== "grafana_folder");
  const matchers = matched.map((name): Parameter => ["matcher", `${name}=${labels[name]}`]);
  const rule: Parameter[] = uid === undefined ? [] : [["matcher", `__alert_rule_uid__=${uid}`]];
  return [["alertmanager", "grafana"], ...rule, ...matchers];
}

/** What all have in common. */
function common([first = {}, ...others]: readonly Labels[]): Labels {
  return Object.fromEntries(
    Object.entries(first).filter(([name, value]) => others.every((labels) => labels[name] === value)),
  );
}

function withoutPrivate(labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => !(name.startsWith("__") && name.endsWith("__"))));
}

function textMap(texts: Labels, type: string): GoMap {
  return new GoMap(new Map(Object.entries(texts)), { type, zero: "" });
}

function valueMap(json: string | undefined): GoMap {
  const values = json === undefined ? {} : (JSON.parse(json) as Record<string, number>);
  return new GoMap(new Map(Object.entries(values).map(([name, value]) => [name, new GoFloat(value)])), {
    type: "map[string]float64",
    zero: new GoFloat(0),
    isNil: json === undefined,
  });
}

/** `alertname` comes first. */
function compareLabelNames(a: string, b: string): number {
  if (a === "alertname" || b === "alertname") return a === b ? 0 : a === "alertname" ? -1 : 1;
  return compareTexts(a, b);
}

/** Labels or annotations with the methods of Alertmanager. */
function labelMap(labels: Labels): GoMap {
  const names = Object.keys(labels).toSorted(compareLabelNames);
  const values = names.map((name) => labels[name] ?? "");
  const pairs = () => pairList(names.map((name, index) => [name, values[index] ?? ""]));
  return new GoMap(new Map(Object.entries(labels)), {
    type: "template.KV",
    zero: "",
    methods: {
      Names: { parameters: [], call: () => textList(names) },
      Remove: {
        parameters: ["[]string"],
        call: (list) => {
          const removed = new Set(textsIn(list));
          return labelMap(Object.fromEntries(Object.entries(labels).filter(([name]) => !removed.has(name))));
        },
      },
      SortedPairs: { parameters: [], call: pairs },
      String: { parameters: [], call: () => printed(pairs()) },
      Values: { parameters: [], call: () => textList(values) },
    },
  });
}

function pairList(pairs: readonly (readonly [name: string, value: string])[]): GoList {
  const items = pairs.map(
    ([name, value]): GoValue => new GoStruct("template.Pair", { Name: { value: name }, Value: { value } }),
  );
  return new GoList(items, "template.Pairs", {
    Names: { parameters: [], call: () => textList(pairs.map(([name]) => name)) },
    String: { parameters: [], call: () => pairs.map(([name, value]) => `${name}=${value}`).join(", ") },
    Values: { parameters: [], call: () => textList(pairs.map(([, value]) => value)) },
  });
}
