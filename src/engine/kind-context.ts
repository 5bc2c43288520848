import type { GrafanaConnection } from "../grafana/connection.ts";
import type { Ledger } from "../ownership/ledger.ts";
import type { SecretUse } from "../secrets/secret.ts";
import type { SecretValues } from "../secrets/values.ts";
import type { LookUps } from "./look-ups.ts";
import type { Desired, LiveObject } from "./model.ts";

/** The context of requests of a kind. */
export interface KindContext {
  readonly grafana: GrafanaConnection;
  /** The project's name, or `owner` of the environment. */
  readonly owner: string;
  /** The id of the repository, from the configuration. Distinguishes repositories with the same project name. */
  readonly repository?: string | undefined;
  /** The ledger of owned objects of kinds without marks. */
  readonly ledger: Ledger;
  /** The resources of the code, also those that are not selected. Absent if the command has another goal than the code. */
  readonly code?: readonly Desired[];
  readonly secrets: SecretValues;
  readonly settings: Settings;
  /** The lists in which objects look up others. Each plan and each apply has its own. */
  readonly lookUps?: LookUps;
  /** What wrote: the commit and the CI job. Grafana's history shows it, for kinds whose API takes a message. */
  readonly message?: string;
}

/** Settings of the configuration. */
interface Settings {
  /** For alerting objects: `api` makes them read-only in Grafana's UI. Undefined: `api` for new objects; existing ones keep their setting. */
  readonly provenance?: "api" | "none";
}

/** A planned write. */
export interface Write<Resource extends object = object, Live extends LiveObject = LiveObject> {
  readonly desired: Desired<Resource>;
  /** Absent: create the object. Present: update this version. */
  readonly live?: Live;
  /** All writes of this kind in the same run, including this one. */
  readonly siblings?: readonly Desired[];
  /** Another object that has this title, and that the same run renames or deletes. */
  readonly titleHolder?: Live;
  /** Whether an earlier attempt may have succeeded in part. Objects that it created belong to this write. */
  readonly resumed?: boolean;
}

/** Restores one object to its state before a run. */
export interface Restore<Live extends LiveObject = LiveObject> {
  readonly kind: string;
  /** The former state, with secrets as `Secret`. */
  readonly before: Live;
  /** Absent: create the object again. Present: replace this version. */
  readonly live?: Live;
  /** As in `Write`. */
  readonly titleHolder?: Live;
  /** All objects of this kind that the same run restores, including this one. */
  readonly siblings?: readonly Live[];
  /** Where the current objects of this kind have secrets that the project sent. */
  readonly sentPlaces?: readonly SecretUse[];
  /**
   * The former state is from a backup: current secrets for the same address are kept, a folder that is created again gets its
   * ledger, and permissions are restored as objects of their own.
   */
  readonly fromBackup?: true;
}
