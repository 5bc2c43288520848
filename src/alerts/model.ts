import type { Delivered } from "../testing/delivery.ts";
import type { AlertLabels } from "./matchers.ts";

/** `no-data` and `error`: the alert that Grafana sends in place of a rule's own alerts, if its query has no data or fails. */
export type AlertState = "firing" | "recovering" | "no-data" | "error" | "pending";

/** An alert of Grafana's rules that fires or is about to. */
export interface CurrentAlert {
  readonly state: AlertState;
  /** The title of the rule. */
  readonly name: string;
  /** The label `severity`. */
  readonly severity?: string;
  /** Without those that Grafana adds for itself. */
  readonly labels: AlertLabels;
  /** The rule. Only the uid is known in the states `no-data` and `error`, and if the credentials can't read the rule. */
  readonly rule?: { readonly uid: string; readonly group?: string; readonly folder?: string };
  readonly since?: string;
  /** The values of the last evaluation: `0.43`, or `A: 0.43, B: 2`. */
  readonly value?: string;
  readonly summary?: string;
  /** Whom Grafana notifies, or will notify once a pending alert fires. */
  readonly contactPoints: readonly Delivered[];
  readonly silencedBy: readonly SilencedBy[];
  /** Whether an inhibition rule suppresses the notification. */
  readonly inhibited: boolean;
  /** Whether no contact point is notified, because of a silence, an inhibition rule, or mute timings of all contact points. */
  readonly suppressed: boolean;
}

/** A silence that suppresses an alert. Only the id is known if the credentials can't read the silence. */
export interface SilencedBy {
  readonly id: string;
  readonly createdBy?: string;
  readonly endsAt?: string;
  readonly comment?: string;
}
