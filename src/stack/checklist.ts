import type { Elsewhere } from "./checklist-points.ts";
import type { Stack } from "./definition.ts";
import type { ServiceName } from "./names.ts";

/** A point of the checklist for production. */
export interface ChecklistPoint {
  /** The name of the point: `"trace-storage"`. */
  readonly name: Elsewhere | "tls" | "authentication";
  /** What the point requires: `"Persistent storage of traces"`. */
  readonly title: string;
  /**
   * `elsewhere`: something outside of the stack satisfies the point, as `checklist` says. `not-needed`: the service that the
   * point is about is disabled.
   */
  readonly state: "done" | "elsewhere" | "not-needed" | "missing";
  /** The setting that satisfies the point: `services.jaeger.storage: "badger"`. For a missing point, what is missing. */
  readonly detail: string;
  /** How to satisfy a missing point. */
  readonly hint?: string;
}

/** What a definition says about one point. A missing one has a hint. */
type Finding =
  { readonly done: string } | { readonly unneeded: string } | { readonly missing: string; readonly hint: string };

type Point = {
  readonly name: ChecklistPoint["name"];
  readonly title: string;
  readonly find: (stack: Stack) => Finding;
};

/** Settings of a service; undefined if it is disabled. */
function settingsOf(stack: Stack, name: ServiceName): unknown {
  return stack.services.get(name)?.settings;
}

const setting = (path: string, value: unknown) => `${path}: ${JSON.stringify(value)}`;
const disabled = (title: string): Finding => ({ unneeded: `${title} is disabled` });

const POINTS: readonly Point[] = [
  {
    name: "trace-storage",
    title: "Persistent storage of traces",
    find(stack) {
      const jaeger = settingsOf(stack, "jaeger") as { storage: string | object } | undefined;
      if (jaeger === undefined) return disabled("Jaeger");
      const { storage } = jaeger;
      if (storage === "memory")
        return {
          missing: "Jaeger keeps traces in memory",
          hint: 'Set services.jaeger.storage to "badger", or to { elasticsearch }, { opensearch } or { cassandra }.',
        };
      const kind = typeof storage === "string" ? storage : (Object.keys(storage)[0] ?? "");
      return { done: setting("services.jaeger.storage", kind) };
    },
  },
  {
    name: "tls",
    title: "TLS for all endpoints",
    find({ access }) {
      if (access?.tls === undefined)
        return {
          missing: "ports are published without TLS",
          hint: "Set access: { host, tls: { certificate, key } }, or tls: { acme: { email } }.",
        };
      return {
        done: "acme" in access.tls ? "access.tls.acme" : setting("access.tls.certificate", access.tls.certificate),
      };
    },
  },
  {
    name: "authentication",
    title: "Authentication",
    find({ access }) {
      if (access?.users === undefined)
        return { missing: "only Grafana requires a login", hint: 'Set access: { users: ["ops"] }.' };
      return { done: setting("access.users", access.users) };
    },
  },
  {
    name: "log-archive",
    title: "Log rotation and archive",
    find(stack) {
      const loki = settingsOf(stack, "loki") as { retention: string; storage?: { s3: { bucket: string } } } | undefined;
      if (loki === undefined) return disabled("Loki");
      if (loki.storage === undefined)
        return {
          missing: "container logs are rotated, but Loki keeps log lines only on a volume",
          hint: "Set services.loki.storage: { s3: { bucket } }, or checklist.log-archive if the volume is archived.",
        };
      return { done: setting("services.loki.storage.s3.bucket", loki.storage.s3.bucket) };
    },
  },
  {
    name: "alert-recipients",
    title: "Alert recipients and escalation",
    find(stack) {
      const alertmanager = settingsOf(stack, "alertmanager") as
        { receivers: object; escalation?: { receiver: string; after: string } } | undefined;
      const instead = "or checklist.alert-recipients if Grafana's contact points and policies do this.";
      if (alertmanager === undefined || Object.keys(alertmanager.receivers).length === 0)
        return {
          missing: "no receiver gets the alerts of Prometheus",
          hint: `Set services.alertmanager.receivers and escalation, ${instead}`,
        };
      const { receivers, escalation } = alertmanager;
      if (escalation === undefined)
        return {
          missing: "alerts are not escalated",
          hint: `Set services.alertmanager.escalation: { after: "30m", receiver }, ${instead}`,
        };
      const names = Object.keys(receivers).join(", ");
      return { done: `services.alertmanager.receivers: ${names}; escalation to ${escalation.receiver}` };
    },
  },
  {
    name: "backup",
    title: "Backup",
    find: () => ({
      missing: "nothing in the stack makes a backup",
      hint: "Set checklist.backup to what backs up the volumes and the directory secrets, such as a nightly `stack:backup`.",
    }),
  },
  {
    name: "metric-retention",
    title: "Retention of metrics",
    find(stack) {
      const prometheus = settingsOf(stack, "prometheus") as { retention: string; retentionSize?: string } | undefined;
      if (prometheus === undefined) return disabled("Prometheus");
      const { retention, retentionSize } = prometheus;
      if (retentionSize === undefined)
        return {
          missing: `series are kept for ${retention}, but their size is not limited`,
          hint: 'Set services.prometheus.retentionSize, such as "20g", below the size of the disk.',
        };
      return { done: `services.prometheus.retention: "${retention}", retentionSize: "${retentionSize}"` };
    },
  },
  {
    name: "trace-sampling",
    title: "Trace sampling",
    find(stack) {
      const collector = settingsOf(stack, "otel-collector") as { sampling?: number | object } | undefined;
      if (collector === undefined) return disabled("The OpenTelemetry collector");
      if (collector.sampling === undefined)
        return {
          missing: "all traces are stored",
          hint: 'Set services["otel-collector"].sampling to a percentage, or to { percentage, errors, slowerThan }.',
        };
      return { done: setting('services["otel-collector"].sampling', collector.sampling) };
    },
  },
  {
    name: "self-monitoring",
    title: "Monitoring of the monitoring",
    find(stack) {
      const alertmanager = settingsOf(stack, "alertmanager") as { heartbeat?: { interval: string } } | undefined;
      if (!stack.services.has("prometheus") || alertmanager?.heartbeat === undefined)
        return {
          missing: "nothing outside of this machine notices if Prometheus or Alertmanager is down",
          hint: "Set services.alertmanager.heartbeat: { urlFile } of an external service such as Healthchecks.",
        };
      return { done: setting("services.alertmanager.heartbeat.interval", alertmanager.heartbeat.interval) };
    },
  },
  {
    name: "runbooks",
    title: "Runbooks",
    find({ runbooks }) {
      if (runbooks === undefined)
        return {
          missing: "alerts of Prometheus have no link to a runbook",
          hint: 'Set runbooks: "https://wiki.example.org/runbooks".',
        };
      return { done: setting("runbooks", runbooks) };
    },
  },
];

/** The ten points of the checklist for production, each with the setting that satisfies it, or with what is missing. */
export function checklistOf(stack: Stack): ChecklistPoint[] {
  return POINTS.map(({ name, title, find }): ChecklistPoint => {
    const found = find(stack);
    if ("done" in found) return { name, title, state: "done", detail: found.done };
    if ("unneeded" in found) return { name, title, state: "not-needed", detail: found.unneeded };
    const elsewhere = name === "tls" || name === "authentication" ? undefined : stack.checklist[name];
    if (elsewhere !== undefined) return { name, title, state: "elsewhere", detail: elsewhere };
    return { name, title, state: "missing", detail: found.missing, hint: found.hint };
  });
}
