import type { AppliedMarker } from "../ownership/marker.ts";
import type { JsonObject } from "../util/json.ts";

/** Where a resource is defined. `file` is relative to the configuration's directory, `export` as in `fastapi[2]`. */
export interface Source {
  readonly file: string;
  readonly export: string;
}

/** A reference to another object. `path`: its place in the resource, such as `folder` or `panels[3].targets[0].datasource`. */
export interface Reference {
  readonly kind: string;
  readonly id: string;
  readonly path: string;
  /** Whether the target is named by `existing.*` and must exist in the live Grafana. */
  readonly existing: boolean;
  /** Whether it is from plain JSON or YAML, which has no types. A missing target is then only a warning, if it is not `required`. */
  readonly untyped?: boolean;
  /** Whether the object is broken without the target, so that a target that Grafana lacks too is a fault. */
  readonly required?: true;
  /** The type of the target, if the reference states it: that of a datasource. */
  readonly type?: string;
  /** How to fix a missing target. Default: depends on what is missing. */
  readonly hint?: string;
  /** The property of the object to use in code, if it is not the object itself. */
  readonly property?: { readonly name: string; readonly example: string };
}

/** A validated resource of the code. */
export interface Desired<Resource extends object = object> {
  readonly kind: string;
  readonly id: string;
  readonly title: string;
  /** The exported value. */
  readonly resource: Resource;
  readonly source: Source;
  /** One reference per target. */
  readonly references: readonly Reference[];
  /** Uids that the code omits are derived from it. */
  readonly project: string;
  /** The hash of the canonical form without a live object. It changes if the code changes. */
  readonly hash: string;
}

/** The ownership of a live object. */
export type Ownership =
  | { readonly state: "ours" }
  /**
   * Unknown: this Grafana keeps no marks, or copies have the same mark. The code can update such an object, but `--prune`
   * never deletes it. `markable`: a write adds a mark.
   */
  | { readonly state: "unknown"; readonly markable: boolean }
  /**
   * Not owned by this project: not written until it is adopted. `evenIfEqual: false`: an object that equals the code needs
   * no adoption.
   */
  | {
      readonly state: "foreign";
      readonly manager?: string;
      readonly note?: string;
      readonly hint?: string;
      readonly evenIfEqual?: false;
      /** Another repository with the same owner has it: it is only adopted if it is named. */
      readonly byName?: true;
    }
  /** Can't be adopted. `why`: a sentence. */
  | { readonly state: "locked"; readonly manager: string; readonly why: string };

/** One object of the live Grafana. */
export interface LiveObject {
  readonly id: string;
  readonly title: string;
  /** Sent with each write, so that Grafana rejects it if the object has changed: `resourceVersion` or `version`. */
  readonly version: string;
  readonly ownership: Ownership;
  readonly applied?: AppliedMarker;
  /** Whether it may have been written since the last apply, even if its content is the same. */
  readonly touched: boolean;
  /** Who wrote it last and when, if Grafana reports it. */
  readonly updatedBy?: string;
  readonly updatedAt?: string;
  /** The id of its container, such as a folder. Absent at the root, and for kinds without containers. */
  readonly parent?: string | undefined;
  /** The objects that refer to it. Only if it may be deleted. */
  readonly usedBy?: readonly Use[];
  /** False if the list had only metadata and the body has not been read. */
  readonly complete: boolean;
}

/** A reference to an object. */
export interface Use {
  /** The address of the object that has the reference. */
  readonly user: string;
  /** The address that it names: the object's own one, or an alias. */
  readonly named: string;
  /** What refers to it, if a write of the user does not change the reference: `correlation "Logs"`. */
  readonly link?: string;
}

/** A save of an object in Grafana's history. */
export interface Save {
  /** The identity: `user:UID`. */
  readonly by?: string;
  /** The display name. */
  readonly byName?: string;
  /** `2026-11-25T12:00:00Z` */
  readonly at?: string;
  readonly message?: string;
}

/** Grafana's history of an object that this project applied. */
export interface Past {
  /** The canonical form after the last apply. */
  readonly applied: JsonObject;
  /** The saves since then, newest first. */
  readonly saves: readonly Save[];
  /** The message of the last apply: the commit and the CI job. */
  readonly message?: string;
}

/** `folder/toolboxai`: the name of an object in commands, plans and messages. */
export function address(object: { readonly kind: string; readonly id: string }): string {
  return `${object.kind}/${object.id}`;
}

/** The inverse of `address`. An id can contain slashes. */
export function parseAddress(name: string): { kind: string; id: string } {
  const slash = name.indexOf("/");
  return slash < 0 ? { kind: name, id: "" } : { kind: name.slice(0, slash), id: name.slice(slash + 1) };
}

/** The name of a kind in the public API: `contactPoint`. */
export function apiName(kind: string): string {
  return kind.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
