import { compareTexts } from "../../go-template/values.ts";
import type { AlertState } from "../simulation/states.ts";
import { reject } from "../invalid.ts";
import type { Labels } from "../matching.ts";
import { timeOf } from "../simulation/rule.ts";

/** An alert in a notification. */
export interface NotifiedAlert {
  /** All labels of the alert, including those that Grafana adds: `alertname`, `grafana_folder`. */
  readonly labels: Labels;
  readonly annotations?: Readonly<Record<string, string>>;
  /** The results of the rule's queries and expressions, by their refIds. */
  readonly values?: Readonly<Record<string, number>>;
  /** Default: `Alerting`. For `NoData` and `Error`, Grafana sends an alert with the name `DatasourceNoData` or `DatasourceError`. */
  readonly state?: Extract<AlertState, "Alerting" | "NoData" | "Error">;
  /** Default: the time of the notification. */
  readonly startsAt?: Date | string;
  /** The time at which the alert was resolved. Default: the alert still fires. */
  readonly endsAt?: Date | string;
  /** The uid of the rule, which is a part of the links. */
  readonly ruleUid?: string;
  /** The panel to which the rule is linked. */
  readonly panel?: { readonly dashboardUid: string; readonly id?: number };
}

/** An alert as Grafana's Alertmanager has it. Times in nanoseconds. */
export interface PostedAlert {
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly startsAt: bigint;
  /** Undefined: it fires. */
  readonly endsAt: bigint | undefined;
  readonly generatorUrl: string;
}

/** What is the same for all alerts of a notification. */
export interface Sender {
  /** The URL of Grafana, with a slash at its end. */
  readonly url: string;
  readonly orgId: number;
  /** When the notification is sent, in nanoseconds. */
  readonly now: bigint;
}

/** In nanoseconds. */
export const MILLISECOND = 1_000_000n;
const RULE_UID = "__alert_rule_uid__";

export function postedAlert(alert: NotifiedAlert, index: number, sender: Sender): PostedAlert {
  const at = `alerts[${index}]`;
  const startsAt = alert.startsAt === undefined ? sender.now : nanosecondsOf(alert.startsAt, `${at}.startsAt`);
  const endsAt = alert.endsAt === undefined ? undefined : nanosecondsOf(alert.endsAt, `${at}.endsAt`);
  if (endsAt !== undefined && endsAt < startsAt) reject(`${at}.endsAt`, "must not be before startsAt");
  const present = Object.fromEntries(Object.entries(alert.labels).filter(([, value]) => value !== ""));
  const { state = "Alerting" } = alert;
  const { alertname, ...others } = present;
  const named = alertname === undefined ? {} : { rulename: alertname };
  const labels = {
    ...(state === "Alerting" ? present : { ...others, ...named, alertname: `Datasource${state}` }),
    ...(alert.ruleUid === undefined ? {} : { [RULE_UID]: alert.ruleUid }),
  };
  const uid = labels[RULE_UID];
  const base = sender.url.replace(/\/+$/, "");
  return {
    labels,
    annotations: annotationsOf(alert, sender),
    startsAt,
    endsAt: endsAt !== undefined && endsAt <= sender.now ? endsAt : undefined,
    generatorUrl: uid === undefined ? sender.url : `${base}/alerting/grafana/${encodeURI(uid)}/view`,
  };
}

/** With the fraction of a second that a text has. */
export function nanosecondsOf(time: Date | string, option: string): bigint {
  const milliseconds = timeOf(time, option);
  const [, fraction = ""] = (typeof time === "string" && /\.(\d{1,9})(?!\d)/.exec(time)) || [];
  const rest = BigInt(fraction.padEnd(9, "0")) % MILLISECOND;
  return BigInt(milliseconds) * MILLISECOND + rest;
}

/** With those in which Grafana passes values and links. */
function annotationsOf({ annotations = {}, values = {}, panel }: NotifiedAlert, { orgId }: Sender): Labels {
  const entries = Object.entries(values);
  // Grafana passes no values if JSON has no text for one of them.
  const hasValues = entries.length > 0 && entries.every(([, value]) => Number.isFinite(value));
  return {
    ...annotations,
    ...(hasValues ? { __values__: JSON.stringify(values) } : {}),
    __orgId__: `${orgId}`,
    ...(panel === undefined ? {} : { __dashboardUid__: panel.dashboardUid }),
    ...(panel?.id === undefined ? {} : { __panelId__: `${panel.id}` }),
  };
}

/** The order of alerts in a notification. */
export function byOrder(a: PostedAlert, b: PostedAlert): number {
  for (const name of ["job", "instance"]) {
    const [own, other] = [a.labels[name], b.labels[name]];
    if (own === other) continue;
    if (own === undefined) return 1;
    if (other === undefined) return -1;
    return compareTexts(own, other);
  }
  return byLabels(a.labels, b.labels);
}

function byLabels(a: Labels, b: Labels): number {
  const [own, other] = [Object.keys(a), Object.keys(b)];
  if (own.length !== other.length) return own.length - other.length;
  for (const name of [...own, ...other].toSorted(compareTexts)) {
    const [left, right] = [a[name], b[name]];
    if (left === right) continue;
    if (left === undefined) return -1;
    return right === undefined ? 1 : compareTexts(left, right);
  }
  return 0;
}

/** Alertmanager's hash of the labels of an alert. */
export function fingerprintOf(labels: Labels): string {
  let hash = 0xcbf29ce484222325n;
  const add = (byte: number) => {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  };
  for (const name of Object.keys(labels).toSorted(compareTexts)) {
    for (const text of [name, labels[name] ?? ""]) {
      for (const byte of Buffer.from(text)) add(byte);
      add(0xff);
    }
  }
  return hash.toString(16).padStart(16, "0");
}
