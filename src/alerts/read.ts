import type { GrafanaConnection } from "../grafana/connection.ts";
import { Forbidden } from "../grafana/errors.ts";
import { readDelivery, type Delivered, type Delivery } from "../testing/delivery.ts";
import { instancesOf, managedAlerts, type Instance, type Managed } from "./answers.ts";
import { matchesAll, type AlertLabels, type LabelMatcher } from "./matchers.ts";
import type { AlertState, CurrentAlert, SilencedBy } from "./model.ts";
import { listSilences, type Silence } from "./silences.ts";

/** An alert with all of its labels. */
interface FullAlert {
  readonly alert: CurrentAlert;
  readonly all: AlertLabels;
}

export interface CurrentAlerts {
  /** Those that fire and are not suppressed first, the most severe and the oldest first. */
  readonly alerts: readonly CurrentAlert[];
  /** What could not be read, and why. */
  readonly unread: readonly string[];
  /** The alerts that all matchers match. */
  matching(matchers: readonly LabelMatcher[]): readonly CurrentAlert[];
}

/** Reads what fires, is pending or is suppressed. `now` in milliseconds. Throws `Forbidden` if the alerts can't be read. */
export async function currentAlerts(grafana: GrafanaConnection, now: number): Promise<CurrentAlerts> {
  const { client } = grafana;
  const unread: string[] = [];
  const unlessForbidden = async <Answer>(what: string, read: () => Promise<Answer>): Promise<Answer | undefined> => {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof Forbidden)) throw error;
      unread.push(`${what}: ${error.message}`);
      return undefined;
    }
  };
  const [managed, instances = [], silences = [], delivery] = await Promise.all([
    managedAlerts(client),
    unlessForbidden("pending alerts, values and rules", () => instancesOf(client)),
    unlessForbidden("silences", () => listSilences(client)),
    unlessForbidden("mute timings, and contact points of pending alerts", () => readDelivery(grafana, now)),
  ]);
  for (const name of delivery?.unknownTimings ?? [])
    unread.push(`mute timing ${name}: its time zone is unknown on this machine`);
  const context: Context = { silences, delivery };
  const known = new Map(managed.map((one) => [keyOf(one.labels), one]));
  const ofRules = instances.map((instance) => ofInstance(instance, known.get(keyOf(instance.labels)), context));
  const seen = new Set(instances.map(({ labels }) => keyOf(labels)));
  const others = managed.filter(({ labels }) => !seen.has(keyOf(labels))).map((one) => ofManaged(one, context));
  const all = [...ofRules, ...others].toSorted((a, b) => compare(a.alert, b.alert));
  return {
    alerts: all.map(({ alert }) => alert),
    unread,
    matching: (matchers) => all.filter(({ all: labels }) => matchesAll(matchers, labels)).map(({ alert }) => alert),
  };
}

interface Context {
  readonly silences: readonly Silence[];
  readonly delivery: Delivery | undefined;
}

function ofInstance({ value, ...instance }: Instance, managed: Managed | undefined, context: Context): FullAlert {
  const routes = context.delivery?.reached(instance.labels, instance.settings);
  return fullAlert({ ...instance, value: plainValue(value), managed, routes }, context);
}

const SPECIAL: Readonly<Record<string, AlertState>> = { DatasourceNoData: "no-data", DatasourceError: "error" };

/** An alert without a rule that the credentials can read, or in place of one whose query has no data or fails. */
function ofManaged(managed: Managed, context: Context): FullAlert {
  const { labels, annotations, startsAt: since } = managed;
  const { alertname = "", rulename } = labels;
  const special = rulename === undefined ? undefined : SPECIAL[alertname];
  const name = (special && rulename) || alertname;
  const routes = context.delivery?.reached(labels);
  const { __alert_rule_uid__: uid } = labels;
  const rule = uid === undefined ? {} : { rule: { uid } };
  return fullAlert(
    { state: special ?? "firing", name, ...rule, labels, annotations: annotations ?? {}, since, managed, routes },
    context,
  );
}

interface Parts extends Pick<Instance, "state" | "name" | "labels" | "annotations" | "since"> {
  readonly rule?: CurrentAlert["rule"];
  readonly value?: string;
  readonly managed: Managed | undefined;
  readonly routes: readonly Delivered[] | undefined;
}

function fullAlert(
  { state, name, rule, labels, annotations, since, value = "", managed, routes = [] }: Parts,
  { silences }: Context,
): FullAlert {
  const silencedBy = silencesOf(labels, managed, silences);
  const inhibited = (managed?.status.inhibitedBy ?? []).length > 0;
  const names = managed?.receivers?.map((one) => one.name) ?? routes.map((one) => one.name);
  const contactPoints = [...new Set(names)].map((one): Delivered => {
    // Muted only if each policy that leads to the contact point is.
    const own = routes.filter((route) => route.name === one);
    const isMuted = own.length > 0 && own.every(({ mutedBy }) => mutedBy.length > 0);
    return { name: one, mutedBy: isMuted ? [...new Set(own.flatMap(({ mutedBy }) => mutedBy))] : [] };
  });
  const isMuted = contactPoints.length > 0 && contactPoints.every(({ mutedBy }) => mutedBy.length > 0);
  const { severity } = labels;
  const summary = annotations["summary"] || annotations["description"] || undefined;
  const alert: CurrentAlert = {
    state,
    name,
    ...(severity === undefined ? {} : { severity }),
    labels: Object.fromEntries(Object.entries(labels).filter(([label]) => !/^__.*__$/.test(label))),
    ...(rule === undefined ? {} : { rule }),
    ...(since === undefined || NEVER.test(since) ? {} : { since }),
    ...(value === "" ? {} : { value }),
    ...(summary === undefined ? {} : { summary }),
    contactPoints,
    silencedBy,
    inhibited,
    suppressed: silencedBy.length > 0 || inhibited || isMuted,
  };
  return { alert, all: labels };
}

/** Go's zero time. */
const NEVER = /^0001-01-01/;

/** Alertmanager says what silences an alert, but it doesn't know pending ones. */
function silencesOf(labels: AlertLabels, managed: Managed | undefined, silences: readonly Silence[]): SilencedBy[] {
  const shown = ({ id, createdBy, endsAt, comment }: Silence): SilencedBy => ({ id, createdBy, endsAt, comment });
  if (!managed)
    return silences.filter(({ state, matchers }) => state === "active" && matchesAll(matchers, labels)).map(shown);
  const ids = managed.status.silencedBy ?? [];
  const known = new Map(silences.map((one) => [one.id, shown(one)]));
  return ids.map((id) => known.get(id) ?? { id });
}

/** `4.3e-01` as `0.43`; the numbers of several values too. */
function plainValue(value: string): string {
  return value.replaceAll(/-?\d(?:\.\d+)?e[+-]\d+/g, (number) => String(Number(number)));
}

/** Labels in any order, without empty ones, which equal missing ones. */
function keyOf(labels: AlertLabels): string {
  return JSON.stringify(
    Object.entries(labels)
      .filter(([, value]) => value !== "")
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}

const ORDER: readonly AlertState[] = ["firing", "error", "no-data", "recovering", "pending"];
const SEVERITIES = ["critical", "page", "high", "error", "warning", "medium", "low", "info"];

function compare(a: CurrentAlert, b: CurrentAlert): number {
  const rank = ({ severity = "" }: CurrentAlert) => {
    const found = SEVERITIES.indexOf(severity.toLowerCase());
    return found < 0 ? SEVERITIES.length : found;
  };
  return (
    Number(a.suppressed) - Number(b.suppressed) ||
    ORDER.indexOf(a.state) - ORDER.indexOf(b.state) ||
    rank(a) - rank(b) ||
    Date.parse(a.since ?? "9999-01-01") - Date.parse(b.since ?? "9999-01-01") ||
    a.name.localeCompare(b.name, "en")
  );
}
