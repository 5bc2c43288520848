import { z } from "zod";
import { ask } from "../grafana/ask.ts";
import type { Client } from "../grafana/client.ts";
import { Rejected } from "../grafana/errors.ts";
import { toJson, type JsonObject } from "../util/json.ts";
import type { AlertLabels } from "./matchers.ts";
import type { AlertState } from "./model.ts";
import { ALERTMANAGER } from "./silences.ts";

const Texts = z.record(z.string(), z.string());
const Managed = z.array(
  z.looseObject({
    labels: Texts,
    annotations: Texts.nullish(),
    startsAt: z.string(),
    receivers: z.array(z.looseObject({ name: z.string() })).nullish(),
    status: z.looseObject({
      silencedBy: z.array(z.string()).nullish(),
      inhibitedBy: z.array(z.string()).nullish(),
    }),
  }),
);
/** An alert that Grafana's Alertmanager knows. */
export type Managed = z.infer<typeof Managed>[number];

const Rules = z.looseObject({
  data: z.looseObject({
    groups: z
      .array(
        z.looseObject({
          name: z.string(),
          file: z.string().default(""),
          rules: z
            .array(
              z.looseObject({
                uid: z.string().default(""),
                name: z.string(),
                notificationSettings: z.looseObject({}).nullish(),
                alerts: z
                  .array(
                    z.looseObject({
                      labels: Texts,
                      annotations: Texts.nullish(),
                      state: z.string(),
                      activeAt: z.string().nullish(),
                      value: z.string().default(""),
                    }),
                  )
                  .nullish(),
              }),
            )
            .nullish(),
        }),
      )
      .nullish(),
  }),
});

/** An instance of a rule, as the API for rules has it. */
export interface Instance {
  readonly state: AlertState;
  readonly name: string;
  readonly rule: { readonly uid: string; readonly group: string; readonly folder: string };
  readonly labels: AlertLabels;
  readonly annotations: AlertLabels;
  readonly settings: JsonObject | undefined;
  readonly since: string | undefined;
  readonly value: string;
}

/** The alerts that Grafana's Alertmanager knows: those that fire, silenced or not. */
export async function managedAlerts(client: Client): Promise<Managed[]> {
  return ask(client, { method: "GET", path: `${ALERTMANAGER}/alerts` }, Managed);
}

const RULES = "/api/prometheus/grafana/api/v1/rules";
const STATES = ["firing", "pending", "recovering"];

/** The instances of rules that fire, recover or are pending. */
export async function instancesOf(client: Client): Promise<Instance[]> {
  const path = (states: readonly string[]) =>
    `${RULES}?${new URLSearchParams([["includeInternalLabels", "true"], ...states.map((state): [string, string] => ["state", state])]).toString()}`;
  const read = (states: readonly string[]) => ask(client, { method: "GET", path: path(states) }, Rules);
  const { data } = await read(STATES).catch((error: unknown) => {
    // Grafana 11 has no rules that recover, and rejects the name of this state.
    if (error instanceof Rejected) return read(STATES.slice(0, 2));
    throw error;
  });
  return (data.groups ?? []).flatMap(({ name: group, file: folder, rules }) =>
    (rules ?? []).flatMap(({ uid, name, notificationSettings, alerts }) =>
      (alerts ?? []).flatMap(({ labels: all, annotations, state, activeAt, value }): Instance[] => {
        // Grafana does not send this label to its Alertmanager.
        const { __alert_rule_namespace_uid__: _, ...labels } = all;
        const shown = STATE_OF.find(([prefix]) => state.startsWith(prefix))?.[1];
        if (shown === undefined) return [];
        const settings = notificationSettings ? (toJson(notificationSettings) as JsonObject) : undefined;
        const rule = { uid, group, folder };
        return [
          {
            state: shown,
            name,
            rule,
            labels,
            annotations: annotations ?? {},
            settings,
            since: activeAt ?? undefined,
            value,
          },
        ];
      }),
    ),
  );
}

/** Grafana adds a reason: `Alerting (NoData)`. */
const STATE_OF: readonly (readonly [prefix: string, AlertState])[] = [
  ["Alerting", "firing"],
  ["Recovering", "recovering"],
  ["Pending", "pending"],
];
