import { USER_AGENT } from "../grafana/managers.ts";
import type { ObjectToWrite } from "../grafana/collection.ts";
import { FOLDER, withoutServerSet } from "../grafana/kubernetes.ts";
import type { KubernetesObject } from "../grafana/kubernetes-object.ts";
import { hash } from "../util/json.ts";
import { formatMarker, isMarkOf, parseMarker, type AppliedMarker } from "./marker.ts";
import type { Ownership, Source } from "../engine/model.ts";

const APPLIED = "grafana-provision/applied";
const OWNER = "grafana-provision/owner";
/** The record of what can't be marked, on one folder. */
export const LEDGER = "grafana-provision/ledger";
/** The holder of the lock, on the folder that is the lock. */
export const LOCK = "grafana-provision/lease";
/** A folder or a dashboard that is there only while a review takes its pictures: whose, in JSON. */
export const REVIEW = "grafana-provision/review";
const MANAGED_BY = "grafana.app/managedBy";
const MANAGER_ID = "grafana.app/managerId";

/** What writes to these would be undone, or refused. */
const LOCKED: Record<string, string> = {
  repo: "it is synchronised from a Git repository by Grafana itself: change it there",
  "classic-file-provisioning": "it is provisioned from a file on Grafana's own disk: remove it from that file first",
  plugin: "it belongs to a plugin, which brings it back",
};

/**
 * The tag of the owner's dashboards where Grafana keeps no marks: what people can filter by. Databases take 50 characters.
 */
export function tagOf(owner: string): string {
  const tag = `managed-by:${owner}`;
  return tag.length <= 50 ? tag : `${tag.slice(0, 41)}-${hash(owner).slice(0, 8)}`;
}

/** Whose an object is that nobody marked, and that was written more than once. */
const MARK_LOST: Ownership = {
  state: "foreign",
  // `POST /api/dashboards/db` drops all annotations and labels.
  note: "not owned by this project, or saved by a client that dropped the mark",
};

/** Whose a folder or a dashboard is, and what was last applied to it. `unmarked`: whose it is where nobody marked it. */
export function ownershipOf(
  object: KubernetesObject,
  owner: string,
  unmarked?: Ownership,
): { ownership: Ownership; applied?: AppliedMarker } {
  const annotations = object.metadata.annotations ?? {};
  const manager = annotations[MANAGED_BY];
  const id = annotations[MANAGER_ID];
  const applied = parseMarker(annotations[APPLIED]);
  if (manager === undefined) {
    // What was written only once has lost no mark.
    return { ownership: unmarked ?? (object.metadata.generation > 1 ? MARK_LOST : { state: "foreign" }) };
  }

  const named = id ? `${manager} ${id}` : manager;
  const why = LOCKED[manager];
  if (why !== undefined) return { ownership: { state: "locked", manager: named, why } };
  if (manager !== "kubectl" || id !== owner) return { ownership: { state: "foreign", manager: named } };
  if (!applied || !isMarkOf(applied, object.metadata.name)) {
    const note = applied ? `a copy of ${applied.uid}, made in Grafana` : "its mark of what was applied is lost";
    return { ownership: { state: "foreign", note } };
  }
  return { ownership: { state: "ours" }, applied };
}

/**
 * Whether an object was deleted and created again from its own manifest, which has the mark. The mark of a creation has no
 * uid of Grafana's yet: then only this tool can have created the object.
 */
export function isRecreated({ metadata: { uid, managedFields } }: KubernetesObject, applied: AppliedMarker): boolean {
  if (applied.objectUid !== undefined) return uid !== undefined && uid !== applied.objectUid;
  return applied.version === 1 && !managedFields?.some(({ manager }) => manager === USER_AGENT);
}

/** Whether it exists only while a run does: its lock, or a folder or dashboard that it takes pictures of. It belongs to no project. */
export function isTemporary({ metadata }: KubernetesObject): boolean {
  const { name, annotations } = metadata;
  // A copy that somebody made in the UI has the annotation, too, and the name of what it was copied from in it.
  return annotations?.[LOCK] !== undefined || annotations?.[REVIEW]?.includes(`"uid":${JSON.stringify(name)}`) === true;
}

/** The uid of the folder that an object is in; undefined at the root. */
export function folderOf(object: KubernetesObject): string | undefined {
  return object.metadata.annotations?.[FOLDER] || undefined;
}

/** Who wrote an object last, and when. */
export function lastWrite({ metadata }: KubernetesObject): { updatedBy?: string; updatedAt?: string } {
  const { annotations } = metadata;
  const by = annotations?.["grafana.app/updatedBy"] ?? annotations?.["grafana.app/createdBy"];
  const at = annotations?.["grafana.app/updatedTimestamp"];
  return { ...(by ? { updatedBy: by } : {}), ...(at ? { updatedAt: at } : {}) };
}

interface Marking {
  readonly id: string;
  readonly owner: string;
  readonly source: Source;
  readonly folder: string | undefined;
  readonly marker: AppliedMarker;
  readonly live: KubernetesObject | undefined;
}

/**
 * The metadata of a write: the annotations and labels of others stay, ours are set anew.
 * `managerAllowsEdits` keeps an adopted dashboard editable in the UI.
 */
export function markedMetadata({ id, owner, source, folder, marker, live }: Marking): ObjectToWrite["metadata"] {
  const annotations = withoutServerSet(live?.metadata.annotations);
  delete annotations[FOLDER];
  if (folder !== undefined) annotations[FOLDER] = folder;
  annotations[MANAGED_BY] = "kubectl";
  annotations[MANAGER_ID] = owner;
  annotations["grafana.app/managerAllowsEdits"] ??= "true";
  annotations["grafana.app/sourcePath"] = source.file;
  Object.assign(annotations, markAnnotation(marker));
  return {
    name: id,
    annotations,
    labels: { ...withoutServerSet(live?.metadata.labels), [OWNER]: owner },
  };
}

/** What a mark says of the object that is updated; nothing of a new one. */
export function objectUidOf(live: KubernetesObject | undefined): Pick<AppliedMarker, "objectUid"> {
  const uid = live?.metadata.uid;
  return uid === undefined ? {} : { objectUid: uid };
}

/** The annotation that a mark is in. */
export function markAnnotation(marker: AppliedMarker): Record<string, string> {
  return { [APPLIED]: formatMarker(marker) };
}

/**
 * The metadata that brings an object back: annotations and labels as they were, whoever they are of. A mark of ours says
 * `version`, which this write makes; the ledger stays as it is now.
 */
export function restoredMetadata(
  before: KubernetesObject,
  live: KubernetesObject | undefined,
  version: number,
): ObjectToWrite["metadata"] {
  const { name } = before.metadata;
  const annotations = withoutServerSet(before.metadata.annotations);
  delete annotations[LEDGER];
  const ledger = live?.metadata.annotations?.[LEDGER];
  if (ledger !== undefined) annotations[LEDGER] = ledger;
  const applied = parseMarker(annotations[APPLIED]);
  if (applied?.uid === name) {
    const { objectUid: _, ...mark } = applied;
    Object.assign(annotations, markAnnotation({ ...mark, version, ...(version > 0 ? objectUidOf(live) : {}) }));
  }
  return { name, annotations, labels: withoutServerSet(before.metadata.labels) };
}
