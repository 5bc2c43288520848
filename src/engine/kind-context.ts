import type { GrafanaConnection } from "../grafana/connection.ts";
import type { Ledger } from "../ownership/ledger.ts";
import type { SecretValues } from "../secrets/values.ts";
import type { Desired, LiveObject } from "./model.ts";

/** What the methods of a kind that send requests are given. */
export interface KindContext {
  readonly grafana: GrafanaConnection;
  /** The project's name, or what the environment's `owner` says. */
  readonly owner: string;
  /** The owned objects of kinds that have no marks of their own. */
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
  /** An earlier attempt may have been carried out in part. Objects that it created belong to this write. */
  readonly resumed?: boolean;
}

/** Restores one object to its state before a run. */
export interface Restore<Live extends LiveObject = LiveObject> {
  readonly kind: string;
  /** The former state, with secrets as `Secret`. */
  readonly before: Live;
  /** Absent: create the object again. Present: replace exactly this version. */
  readonly live?: Live;
  /** All objects of this kind that the same run restores, this one included. */
  readonly siblings?: readonly Live[];
}
