import { z } from "zod";
import { inContainer } from "../access.ts";
import type { SecretFile } from "../service.ts";
import { Duration, HostFile, HttpUrl } from "../settings.ts";

/** Where an alert is sent. One receiver can have several of these. */
interface AlertReceiver {
  /** Recipients of mails, which `smtp` sends. */
  readonly email?: readonly string[];
  /** A file with the URL of Slack's incoming webhook. */
  readonly slack?: { readonly urlFile: string; readonly channel: string };
  /** A file with the integration key of PagerDuty's Events API v2. */
  readonly pagerduty?: { readonly keyFile: string };
  /** `"http://host.docker.internal:8009/api/v1/alerts"`, or a file that contains the URL if it is a secret. */
  readonly webhook?: string | { readonly urlFile: string };
}

/** Sends alerts to a receiver. Alertmanager uses the first route whose labels match. */
interface AlertRoute {
  readonly receiver: string;
  /** Labels of the alerts: `{ severity: "critical" }`. Default: all alerts. */
  readonly match?: Readonly<Record<string, string>>;
  /** Whether the following routes are used too. Default: `false`. */
  readonly continue?: boolean;
  /** How long to wait until a notification of a firing alert is repeated. Default: `"4h"`. */
  readonly repeat?: string;
  /** Names in `muteTimes`, in which nothing is sent. */
  readonly mute?: readonly string[];
}

/** A time in which a route sends nothing. */
interface MuteTime {
  /** `["saturday", "sunday"]` or `["monday:friday"]`. Default: all days. */
  readonly weekdays?: readonly string[];
  /** `[{ from: "18:00", to: "24:00" }]`. Default: the whole day. */
  readonly times?: readonly { readonly from: string; readonly to: string }[];
  /** Time zone: `"Europe/Berlin"`. Default: UTC. */
  readonly location?: string;
}

/** Routes, receivers and escalation of Alertmanager. */
export interface AlertingSettings {
  /** Receivers by name. Default: none, the alerts are only shown. */
  readonly receivers?: Readonly<Record<string, AlertReceiver>>;
  /** Routes, in order. Alerts that no route matches go to the first receiver. */
  readonly routes?: readonly AlertRoute[];
  readonly muteTimes?: Readonly<Record<string, readonly MuteTime[]>>;
  /** Sends alerts that have been firing for the time `after` to another receiver. `severity` selects them. Default: `"critical"`. */
  readonly escalation?: { readonly after: string; readonly receiver: string; readonly severity?: string };
  /** The server that sends mails. */
  readonly smtp?: {
    readonly server: string;
    readonly from: string;
    readonly username?: string;
    readonly passwordFile?: string;
  };
  /**
   * An external service that raises an alarm if no message arrives, such as Healthchecks: it notices if this machine, Prometheus or
   * Alertmanager is down. Default interval: `"5m"`.
   */
  readonly heartbeat?: ({ readonly url: string } | { readonly urlFile: string }) & { readonly interval?: string };
}

const Name = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?$/, "use lowercase letters, digits and inner hyphens");
const Address = z.email("is not a valid email address");
const Label = z.string().regex(/^[A-Za-z_]\w*$/, "is not a valid label name");
const Time = z.string().regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, "is not a valid time; use a form such as 08:30");
const Url = z.union([HttpUrl, z.strictObject({ urlFile: HostFile })], {
  error: "must be a URL, or { urlFile: PATH } if it is a secret",
});

const Receiver = z
  .strictObject({
    email: z.array(Address).min(1, "must contain at least one address").exactOptional(),
    slack: z.strictObject({ urlFile: HostFile, channel: z.string().min(1) }).exactOptional(),
    pagerduty: z.strictObject({ keyFile: HostFile }).exactOptional(),
    webhook: Url.exactOptional(),
  })
  .refine((receiver) => Object.keys(receiver).length > 0, "must have email, slack, pagerduty or webhook");

export const ALERTING = {
  receivers: z.record(Name, Receiver).default({}),
  routes: z
    .array(
      z.strictObject({
        receiver: Name,
        match: z.record(Label, z.string()).exactOptional(),
        continue: z.boolean().exactOptional(),
        repeat: Duration.exactOptional(),
        mute: z.array(Name).exactOptional(),
      }),
    )
    .default([]),
  muteTimes: z
    .record(
      Name,
      z.array(
        z.strictObject({
          weekdays: z
            .array(
              z
                .string()
                .regex(
                  /^(sun|mon|tues|wednes|thurs|fri|satur)day(:(sun|mon|tues|wednes|thurs|fri|satur)day)?$/,
                  'use a day such as "saturday", or a range such as "monday:friday"',
                ),
            )
            .exactOptional(),
          times: z.array(z.strictObject({ from: Time, to: Time })).exactOptional(),
          location: z.string().min(1).exactOptional(),
        }),
      ),
    )
    .default({}),
  escalation: z
    .strictObject({ after: Duration, receiver: Name, severity: z.string().min(1).default("critical") })
    .exactOptional(),
  smtp: z
    .strictObject({
      server: z.string().regex(/^[A-Za-z0-9.-]+:\d+$/, "must have the form smtp.example.org:587"),
      from: Address,
      username: z.string().min(1).exactOptional(),
      passwordFile: HostFile.exactOptional(),
    })
    .exactOptional(),
  heartbeat: z
    .strictObject({
      url: HttpUrl.exactOptional(),
      urlFile: HostFile.exactOptional(),
      interval: Duration.default("5m"),
    })
    .refine(({ url, urlFile }) => (url === undefined) !== (urlFile === undefined), "must have either url or urlFile")
    .exactOptional(),
};

const Alerting = z.strictObject(ALERTING);
export type Alerting = z.output<typeof Alerting>;

/** Names of alerts of the stack's own rules that have routes of their own. */
export const [WATCHDOG, ESCALATION] = ["Watchdog", "Escalation"];

/** The receiver of the heartbeat. No name of a user's receiver can contain a colon. */
const HEARTBEAT = "stack:heartbeat";

const secretName = (...parts: readonly string[]) => ["alertmanager", ...parts].join("-");

/** The files with secrets that the configuration names. */
export function alertingFiles({ receivers, smtp, heartbeat }: Alerting): SecretFile[] {
  return [
    ...Object.entries(receivers).flatMap(([name, { slack, pagerduty, webhook }]) => [
      ...(slack ? [{ name: secretName(name, "slack"), path: slack.urlFile }] : []),
      ...(pagerduty ? [{ name: secretName(name, "pagerduty"), path: pagerduty.keyFile }] : []),
      ...(typeof webhook === "object" ? [{ name: secretName(name, "webhook"), path: webhook.urlFile }] : []),
    ]),
    ...(smtp?.passwordFile === undefined ? [] : [{ name: secretName("smtp"), path: smtp.passwordFile }]),
    ...(heartbeat?.urlFile === undefined ? [] : [{ name: secretName("heartbeat"), path: heartbeat.urlFile }]),
  ];
}

/** Alertmanager's configuration. `webhook` is the only receiver of stacks without `receivers`. */
export function alertingConfiguration(alerting: Alerting, webhook: string | undefined): object {
  const { receivers, routes, muteTimes, escalation, smtp, heartbeat } = alerting;
  const all = Object.entries(receivers);
  const simple = webhook === undefined ? { name: "none" } : { name: "webhook", ...webhookConfigs({ url: webhook }) };
  const first = all[0]?.[0] ?? simple.name;
  const own = [
    ...(heartbeat ? [heartbeatRoute(heartbeat.interval)] : []),
    ...(escalation ? [{ receiver: escalation.receiver, matchers: [`alertname="${ESCALATION}"`] }] : []),
    ...routes.map(({ receiver, match = {}, continue: goesOn, repeat, mute }) => ({
      receiver,
      matchers: Object.entries(match).map(([label, value]) => `${label}=${JSON.stringify(value)}`),
      ...(goesOn === undefined ? {} : { continue: goesOn }),
      ...(repeat === undefined ? {} : { repeat_interval: repeat }),
      ...(mute === undefined ? {} : { mute_time_intervals: mute }),
    })),
  ];
  return {
    ...(smtp ? { global: smtpSettings(smtp) } : {}),
    route: {
      receiver: first,
      group_by: ["alertname", "job"],
      group_wait: "30s",
      group_interval: "5m",
      repeat_interval: "4h",
      ...(own.length > 0 ? { routes: own } : {}),
    },
    receivers: [
      ...(all.length === 0 ? [simple] : all.map(([name, receiver]) => receiverOf(name, receiver))),
      ...(heartbeat
        ? [
            {
              name: HEARTBEAT,
              ...webhookConfigs(
                heartbeat.url === undefined
                  ? { url_file: inContainer(secretName("heartbeat")) }
                  : { url: heartbeat.url },
                false,
              ),
            },
          ]
        : []),
    ],
    ...(Object.keys(muteTimes).length > 0
      ? {
          time_intervals: Object.entries(muteTimes).map(([name, times]) => ({
            name,
            time_intervals: times.map(({ times: hours, ...time }) => ({
              ...time,
              ...(hours ? { times: hours.map(({ from, to }) => ({ start_time: from, end_time: to })) } : {}),
            })),
          })),
        }
      : {}),
  };
}

function heartbeatRoute(interval: string): object {
  return {
    receiver: HEARTBEAT,
    matchers: [`alertname="${WATCHDOG}"`],
    group_wait: "0s",
    group_interval: interval,
    repeat_interval: interval,
  };
}

function smtpSettings({ server, from, username, passwordFile }: NonNullable<Alerting["smtp"]>): object {
  return {
    smtp_smarthost: server,
    smtp_from: from,
    ...(username === undefined ? {} : { smtp_auth_username: username }),
    ...(passwordFile === undefined ? {} : { smtp_auth_password_file: inContainer(secretName("smtp")) }),
  };
}

function receiverOf(name: string, { email, slack, pagerduty, webhook }: z.output<typeof Receiver>): object {
  const file = (kind: string) => inContainer(secretName(name, kind));
  return {
    name,
    ...(email ? { email_configs: email.map((to) => ({ to, send_resolved: true })) } : {}),
    ...(slack ? { slack_configs: [{ api_url_file: file("slack"), channel: slack.channel, send_resolved: true }] } : {}),
    ...(pagerduty ? { pagerduty_configs: [{ routing_key_file: file("pagerduty"), send_resolved: true }] } : {}),
    ...(webhook === undefined
      ? {}
      : webhookConfigs(typeof webhook === "string" ? { url: webhook } : { url_file: file("webhook") })),
  };
}

function webhookConfigs(url: { readonly url: string } | { readonly url_file: string }, resolved = true): object {
  return { webhook_configs: [{ ...url, send_resolved: resolved }] };
}
