import type { GrafanaConnection } from "../grafana/connection.ts";
import type { Ledger } from "../ownership/ledger.ts";
import type { SecretValues } from "../secrets/values.ts";
import type { Desired, LiveObject } from "./model.ts";

/** What the methods of a kind that send requests are given. */
export interface KindContext {
  readonly grafana: GrafanaConnection;
  /** The project's name, or what the environment's `owner` says. */
  readonly owner: string;
  /** What the owner owns of the kinds that can't be marked themselves. */
  readonly ledger: Ledger;
  readonly secrets: SecretValues;
  readonly settings: Settings;
}

/** What the configuration decides for kinds. */
interface Settings {
  /** Of alerting objects: `api` locks them in Grafana's UI, `none` doesn't. Undefined: `api` for new ones, existing ones keep theirs. */
  readonly provenance?: "api" | "none";
}

/** A write that a plan decided on. */
export interface Write<Resource extends object = object, Live extends LiveObject = LiveObject> {
  readonly desired: Desired<Resource>;
  /** Absent: create it. Present: update exactly this version of it. */
  readonly live?: Live;
  /** All that the same run writes of this kind, itself included. */
  readonly siblings?: readonly Desired[];
  /** A former attempt may have been carried out in part: what it made so far is nobody else's. */
  readonly resumed?: boolean;
}

/** Bringing one object back to what it was before a run. */
export interface Restore<Live extends LiveObject = LiveObject> {
  readonly kind: string;
  /** As it was; secrets stand in it as such. */
  readonly before: Live;
  /** Absent: it is made again. Present: exactly this version of it is replaced. */
  readonly live?: Live;
  /** All that the same run brings back of this kind, this one included. */
  readonly siblings?: readonly Live[];
}
