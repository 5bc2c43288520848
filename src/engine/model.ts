import type { AppliedMarker } from "../ownership/marker.ts";
import type { JsonObject } from "../util/json.ts";

/** Where a resource is defined. `file` is relative to the configuration's folder, `export` as in `fastapi[2]`. */
export interface Source {
  readonly file: string;
  readonly export: string;
}

/** Something that a resource points at. `path` is where, in the resource: `folder`, `panels[3].targets[0].datasource`. */
export interface Reference {
  readonly kind: string;
  readonly id: string;
  readonly path: string;
  /** Named by `existing.*`: looked for in the live Grafana, not in the code. */
  readonly existing: boolean;
  /** From plain JSON or YAML, where nothing can be typed: a missing target is a warning there. */
  readonly untyped?: boolean;
  /** How code writes it if a property of the object is taken instead of the object itself. */
  readonly property?: { readonly name: string; readonly example: string };
}

/** One resource of the code, checked. */
export interface Desired<Resource extends object = object> {
  readonly kind: string;
  readonly id: string;
  readonly title: string;
  /** What the code exports. */
  readonly resource: Resource;
  readonly source: Source;
  /** The first to each target. */
  readonly references: readonly Reference[];
  /** Uids that the code leaves out are derived from it. */
  readonly project: string;
  /** The hash of the canonical form without a live object. It changes if the code changes. */
  readonly hash: string;
}

/** Whose an object in Grafana is. */
export type Ownership =
  | { readonly state: "ours" }
  /**
   * Unknown: this Grafana keeps no mark of it, or copies have the same mark. The code may update such an object, and
   * `--prune` never deletes it. `markable`: a write would give it a mark.
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
    }
  /** Can't be adopted. `why` is a sentence. */
  | { readonly state: "locked"; readonly manager: string; readonly why: string };

/** One object of the live Grafana. */
export interface LiveObject {
  readonly id: string;
  readonly title: string;
  /** Sent with each write, so that Grafana rejects it if the object has changed: `resourceVersion` or `version`. */
  readonly version: string;
  readonly ownership: Ownership;
  readonly applied?: AppliedMarker;
  /** It may have been written since the last apply, even if its content is the same. */
  readonly touched: boolean;
  /** Who wrote it last and when, if Grafana reports it. */
  readonly updatedBy?: string;
  readonly updatedAt?: string;
  /** The id of the container that it is in, such as a folder. Absent at the root, and if objects of its kind are in none. */
  readonly parent?: string | undefined;
  /** What uses it, as addresses, if its kind has to ask Grafana for that and it may be deleted. */
  readonly usedBy?: readonly string[];
  /** False if the list had only metadata and the body has not been read. */
  readonly complete: boolean;
}

/** One write of an object, as Grafana's own history has it. */
export interface Save {
  /** As Grafana names people in metadata: `user:UID`. */
  readonly by?: string;
  /** What it calls them. */
  readonly byName?: string;
  /** `2026-11-25T12:00:00Z` */
  readonly at?: string;
}

/** What Grafana's own history says of an object that this project applied once. */
export interface Past {
  /** The canonical form that the last apply left. */
  readonly applied: JsonObject;
  /** The saves since then, the newest first. */
  readonly saves: readonly Save[];
}

/** `folder/toolboxai`: how an object is named in commands, plans and messages. */
export function address(object: { readonly kind: string; readonly id: string }): string {
  return `${object.kind}/${object.id}`;
}

/** The inverse of `address`: an id may hold further slashes. */
export function parseAddress(name: string): { kind: string; id: string } {
  const slash = name.indexOf("/");
  return slash < 0 ? { kind: name, id: "" } : { kind: name.slice(0, slash), id: name.slice(slash + 1) };
}

/** A kind as the public API spells it: `contactPoint`. */
export function apiName(kind: string): string {
  return kind.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
