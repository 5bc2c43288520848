import { TemplateError } from "../go-template/template-error.ts";
import { TemplateSet } from "../go-template/template-set.ts";
import { GoTime } from "../go-template/values.ts";
import { quoted } from "../go-template/printf.ts";
import { canonicalTemplate } from "../kinds/alerting/template.ts";
import type { ContactPoint, Integration } from "../kinds/contact-point/builder.ts";
import type { MessageTemplate } from "../kinds/message-template.ts";
import { isObject, textOf } from "../util/json.ts";
import { checkResource, reject } from "./invalid.ts";
import type { Labels } from "./matching.ts";
import { byOrder, nanosecondsOf, postedAlert, type NotifiedAlert, type Sender } from "./notification/alert.ts";
import { payloadOf, webhookBody } from "./notification/body.ts";
import { dataOf, type Notified } from "./notification/data.ts";
import { withDefaults } from "./notification/defaults.ts";
import { grafanaFunctions } from "./notification/functions.ts";
import { TEMPLATED, type Templated } from "./notification/integrations.ts";

/** Options of `renderNotification`. */
export interface NotificationOptions {
  /** The labels by which the alerts are grouped: `group` of a result of `routesOf`. Default: `alertname` and `grafana_folder`. */
  readonly group?: Labels;
  /** Alertmanager's key of the group. Default: the key for the root policy. */
  readonly groupKey?: string;
  /** When the notification is sent. Default: now. */
  readonly at?: Date | string;
  /** The URL of Grafana, for links. Default: `http://localhost:3000/`. */
  readonly url?: string;
  /** Default: 1. */
  readonly orgId?: number;
  /** The version of Grafana, which some texts contain. Default: `12.4.0`. */
  readonly version?: string;
  /** Templates that the contact point uses without naming them in `templates`, or only with `existing.messageTemplate()`. */
  readonly templates?: readonly MessageTemplate[];
}

/** What an integration of a contact point sends. */
export interface RenderedNotification {
  /** The type of the integration: `email`, `slack`… */
  readonly type: string;
  /** Whether the integration sends the message: an integration with `disableResolveMessage` doesn't send resolved alerts. */
  readonly sent: boolean;
  /**
   * The texts of the settings that are templates, with Grafana's defaults: `subject` and `message` for `email`, `title` and `text`
   * for `slack`. An entry of a map has a name such as `details.firing`. Settings with a secret are omitted.
   */
  readonly fields: Readonly<Record<string, string>>;
  /** What `webhook`, `oncall` and `mqtt` send: JSON, or the text of a payload template. */
  readonly body?: string;
}

/**
 * What the integrations of a contact point send for alerts, in the order of the integrations: the texts of Grafana's and the code's
 * notification templates. Needs no Grafana. Throws an `InvalidCodeError` for a template that Grafana can't execute, and for one
 * that this function doesn't support.
 *
 * @example
 * const [mail] = renderNotification(ops, [{ labels: { alertname: "Errors", severity: "critical" } }]);
 * assert.equal(mail?.fields["subject"], "[FIRING:1] Errors (critical)");
 */
export function renderNotification(
  contactPoint: ContactPoint,
  alerts: readonly NotifiedAlert[],
  options: NotificationOptions = {},
): RenderedNotification[] {
  checkResource(contactPoint);
  if (alerts.length === 0) reject("alerts", "a notification has at least one alert");
  const url = options.url ?? "http://localhost:3000/";
  if (!URL.canParse(url)) reject("url", `${url} is not a valid URL`);
  const now = options.at === undefined ? nanosecondsOf(new Date(), "at") : nanosecondsOf(options.at, "at");
  const sender: Sender = { url: url.endsWith("/") ? url : `${url}/`, orgId: options.orgId ?? 1, now };
  const posted = alerts.map((alert, index) => postedAlert(alert, index, sender)).toSorted(byOrder);
  const group = options.group ?? defaultGroup(posted.map(({ labels }) => labels));
  const notified: Notified = {
    ...sender,
    contactPoint: contactPoint.name,
    alerts: posted,
    group,
    groupKey: options.groupKey ?? `{}:${labelText(group)}`,
    version: options.version ?? "12.4.0",
  };
  const templates = templatesOf(contactPoint, options.templates ?? [], sender);
  return contactPoint.integrations.map((one, index) =>
    integrationText(one, `integrations[${index}]`, notified, templates),
  );
}

/** The default grouping of a new Grafana. */
function defaultGroup(all: readonly Labels[]): Labels {
  const [first = {}] = all;
  return Object.fromEntries(
    ["alertname", "grafana_folder"].flatMap((name) => {
      const value = first[name];
      return value !== undefined && all.every((labels) => labels[name] === value) ? [[name, value]] : [];
    }),
  );
}

function labelText(labels: Labels): string {
  const names = Object.keys(labels).toSorted();
  return `{${names.map((name) => `${name}=${quoted(labels[name] ?? "")}`).join(", ")}}`;
}

function templatesOf(point: ContactPoint, more: readonly MessageTemplate[], { now, orgId }: Sender): TemplateSet {
  const set = new TemplateSet();
  set.use(grafanaFunctions(set, new GoTime(now), orgId));
  withDefaults(set);
  const own = (point.templates ?? []).flatMap((one) => ("template" in one ? one : []));
  for (const one of new Set([...own, ...more])) {
    const place = `messageTemplate ${one.name}`;
    checkResource(one, place);
    withFault(place, () => set.add(canonicalTemplate(one.name, one.template), one.name));
  }
  return set;
}

function integrationText(
  { type, settings, disableResolveMessage = false }: Integration,
  path: string,
  notified: Notified,
  templates: TemplateSet,
): RenderedNotification {
  const kind = type.toLowerCase();
  const templated = Object.hasOwn(TEMPLATED, kind) ? TEMPLATED[kind] : undefined;
  if (!templated) reject(`${path}.type`, `the templates of ${type} are unknown`);
  const isResolved = notified.alerts.every(({ endsAt }) => endsAt !== undefined);
  const isClosed = kind === "opsgenie" && isResolved;
  if (isResolved && (disableResolveMessage || (isClosed && settings["autoClose"] === false)))
    return { type, sent: false, fields: {} };
  // Opsgenie gets no text of an alert that it closes.
  if (isClosed) return { type, sent: true, fields: {} };
  const { template, variables } = payloadOf(settings);
  const own: Notified = { ...notified, ...limited(kind, settings, notified), variables };
  const data = dataOf(own);
  const render = (text: string, place: string) =>
    withFault(`${path}.settings.${place}`, () => templates.renderText(text, data));
  const isWhole = kind === "webhook" && template !== undefined;
  const used = isWhole ? templated.filter(({ name }) => name === "url") : templated;
  const fields = Object.fromEntries(
    used.flatMap((one) =>
      textsOf(one, settings).map(([name, text]) => [name, finished(one, name, text, render, isResolved)]),
    ),
  );
  if (isWhole) return { type, sent: true, fields, body: render(template, "payload.template") };
  if (kind === "mqtt" && settings["messageFormat"] === "text")
    return { type, sent: true, fields, body: fields["message"] ?? "" };
  const hasBody = kind === "webhook" || kind === "oncall" || kind === "mqtt";
  return { type, sent: true, fields, ...(hasBody ? { body: webhookBody(kind, own, fields) } : {}) };
}

/** Webhooks can have a limit of alerts. */
function limited(kind: string, settings: Integration["settings"], { alerts }: Notified): Partial<Notified> {
  if (kind !== "webhook" && kind !== "oncall") return {};
  const limit = Number.parseInt(textOf(settings["maxAlerts"] ?? ""), 10);
  if (!(limit > 0) || alerts.length <= limit) return { truncated: 0 };
  return { alerts: alerts.slice(0, limit), truncated: alerts.length - limit };
}

/** The templates of a setting, by the names of the fields. Without those that are a secret. */
function textsOf({ name, fallback, entries = {} }: Templated, settings: Integration["settings"]): [string, string][] {
  const [base = ""] = /^[^.[]+/.exec(name) ?? [];
  const value = settings[base];
  if (name.endsWith(".*")) {
    const all = { ...entries, ...(isObject(value) ? value : {}) };
    return Object.entries(all).flatMap(([key, text]): [string, string][] =>
      isPlain(text) ? [[`${base}.${key}`, textOf(text)]] : [],
    );
  }
  if (name.endsWith("[]"))
    return (Array.isArray(value) ? value : []).flatMap((text: unknown, index): [string, string][] =>
      isPlain(text) ? [[`${base}[${index}]`, textOf(text)]] : [],
    );
  if (value !== undefined && !isPlain(value)) return [];
  const text = textOf(value ?? "") || fallback;
  return text === undefined ? [] : [[name, text]];
}

function isPlain(value: unknown): value is string | number | boolean {
  return ["string", "number", "boolean"].includes(typeof value);
}

function finished(
  { fallback, fallbackIfBlank, limit = Infinity, finish }: Templated,
  name: string,
  template: string,
  render: (text: string, place: string) => string,
  isResolved: boolean,
): string {
  const first = render(template, name);
  const text = fallbackIfBlank && first.trim() === "" && fallback !== undefined ? render(fallback, name) : first;
  const characters = Array.from(text);
  const cut = characters.length > limit ? `${characters.slice(0, limit - 1).join("")}…` : text;
  return finish ? finish(cut, isResolved) : cut;
}

function withFault<T>(path: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    // An endless template, before its depth is counted.
    const own = error instanceof RangeError ? new TemplateError("a template calls itself without an end") : error;
    if (!(own instanceof TemplateError)) throw error;
    if (!own.isUnsupported) reject(path, own.message, "Grafana can't execute it.", "code-template-failed");
    return reject(path, own.message, "Use another form, or test it in a Grafana.", "code-template-unsupported");
  }
}
