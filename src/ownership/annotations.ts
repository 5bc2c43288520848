import { USER_AGENT } from "../grafana/managers.ts";
import type { ObjectToWrite } from "../grafana/collection.ts";
import { FOLDER, MESSAGE, withoutServerSet } from "../grafana/kubernetes.ts";
import type { KubernetesObject } from "../grafana/kubernetes-object.ts";
import { hash } from "../util/json.ts";
import { formatMarker, isMarkOf, parseMarker, type AppliedMarker } from "./marker.ts";
import { isOtherRepository, otherRepository, type Owner } from "./repository.ts";
import type { Ownership, Source } from "../engine/model.ts";

const APPLIED = "grafana-provision/applied";
const OWNER = "grafana-provision/owner";
/** The annotation with the ledger, on one folder. */
export const LEDGER = "grafana-provision/ledger";
/** The holder of the lock, on the folder that is the lock. */
export const LOCK = "grafana-provision/lease";
/** Identifies a folder or dashboard that exists only while a review takes screenshots, in JSON. */
export const REVIEW = "grafana-provision/review";
const MANAGED_BY = "grafana.app/managedBy";
const MANAGER_ID = "grafana.app/managerId";

/** The manager of what Grafana creates from provisioning files. */
export const FILE_PROVISIONING = "classic-file-provisioning";

/** Managers that undo or reject writes. */
const LOCKED: Record<string, string> = {
  repo: "Grafana synchronizes it from a Git repository; change it there",
  [FILE_PROVISIONING]: "it is provisioned from a file on Grafana's disk; remove it from that file first",
  plugin: "it belongs to a plugin, which would restore it",
};

/**
 * The tag of the owner's dashboards if Grafana keeps no marks, which users can filter by. Databases limit it to 50 characters.
 */
export function tagOf(owner: string): string {
  const tag = `managed-by:${owner}`;
  return tag.length <= 50 ? tag : `${tag.slice(0, 41)}-${hash(owner).slice(0, 8)}`;
}

/** The ownership of an object without a mark that was written more than once. */
const MARK_LOST: Ownership = {
  state: "foreign",
  // `POST /api/dashboards/db` drops all annotations and labels.
  note: "not owned by this project, or saved by a client that dropped the mark",
};

/**
 * The ownership of a folder or dashboard, and what was applied to it last. `unmarked`: the ownership if it has no mark.
 * `keeping`: managers that keep writes to objects of this kind.
 */
export function ownershipOf(
  object: KubernetesObject,
  who: Owner,
  unmarked?: Ownership,
  keeping: readonly string[] = [],
): { ownership: Ownership; applied?: AppliedMarker } {
  const annotations = object.metadata.annotations ?? {};
  const manager = annotations[MANAGED_BY];
  const id = annotations[MANAGER_ID];
  const applied = parseMarker(annotations[APPLIED]);
  if (manager === undefined) {
    // An object that was written only once can't have lost a mark.
    return { ownership: unmarked ?? (object.metadata.generation > 1 ? MARK_LOST : { state: "foreign" }) };
  }

  const named = id ? `${manager} ${id}` : manager;
  const why = LOCKED[manager];
  if (why !== undefined && !keeping.includes(manager)) return { ownership: { state: "locked", manager: named, why } };
  if (manager !== "kubectl" || id !== who.owner) return { ownership: { state: "foreign", manager: named } };
  if (!applied || !isMarkOf(applied, object.metadata.name)) {
    const note = applied ? `a copy of ${applied.uid}, made in Grafana` : "its mark was removed";
    return { ownership: { state: "foreign", note } };
  }
  if (isOtherRepository(applied.repository, who)) return { ownership: otherRepository(applied.repository, who) };
  return { ownership: { state: "ours" }, applied };
}

/**
 * Whether an object was deleted and created again from its own manifest, which contains the mark. The mark of a creation
 * does not contain Grafana's uid yet: then only this tool can have created the object.
 */
export function isRecreated({ metadata: { uid, managedFields } }: KubernetesObject, applied: AppliedMarker): boolean {
  if (applied.objectUid !== undefined) return uid !== undefined && uid !== applied.objectUid;
  return applied.version === 1 && !managedFields?.some(({ manager }) => manager === USER_AGENT);
}

/** The mark of an object, of any owner. */
export function markIn({ metadata }: KubernetesObject): AppliedMarker | undefined {
  return parseMarker(metadata.annotations?.[APPLIED]);
}

/** Whether an object exists only during a run: its lock, or a folder or dashboard for screenshots. It belongs to no project. */
export function isTemporary({ metadata }: KubernetesObject): boolean {
  const { name, annotations } = metadata;
  // A copy made in the UI has the annotation too, but it contains the name of the original.
  return annotations?.[LOCK] !== undefined || annotations?.[REVIEW]?.includes(`"uid":${JSON.stringify(name)}`) === true;
}

/** The uid of the object's folder; undefined at the root. */
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
 * The metadata of a write. Keeps annotations and labels of others, and sets those of this tool.
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

/** Annotations without the mark of this owner, for an object that no longer has one. Its ledger stays. */
export function withoutMark(annotations: Readonly<Record<string, string>>, owner: string): Record<string, string> {
  const { [APPLIED]: mark, [MANAGED_BY]: manager, [MANAGER_ID]: id, ...rest } = annotations;
  return mark !== undefined && manager === "kubectl" && id === owner ? rest : { ...annotations };
}

/** Metadata with the message of this version in Grafana's history. */
export function withMessage(
  metadata: ObjectToWrite["metadata"],
  { message }: { readonly message?: string },
): ObjectToWrite["metadata"] {
  return message === undefined
    ? metadata
    : { ...metadata, annotations: { ...metadata.annotations, [MESSAGE]: message } };
}

/** The object's uid for the mark of an update; empty for a creation. */
export function objectUidOf(live: KubernetesObject | undefined): Pick<AppliedMarker, "objectUid"> {
  const uid = live?.metadata.uid;
  return uid === undefined ? {} : { objectUid: uid };
}

/** The annotation that contains a mark. */
export function markAnnotation(marker: AppliedMarker): Record<string, string> {
  return { [APPLIED]: formatMarker(marker) };
}

/**
 * The metadata that restores an object, with its former annotations and labels. A mark of this tool gets the `version` of this
 * write. The ledger keeps its current content. `fromBackup`: an object that is created again gets its former ledger.
 */
export function restoredMetadata(
  before: KubernetesObject,
  live: KubernetesObject | undefined,
  { version, fromBackup = false }: { readonly version: number; readonly fromBackup?: boolean | undefined },
): ObjectToWrite["metadata"] {
  const { name } = before.metadata;
  const annotations = withoutServerSet(before.metadata.annotations);
  if (!fromBackup || live) delete annotations[LEDGER];
  const ledger = live?.metadata.annotations?.[LEDGER];
  if (ledger !== undefined) annotations[LEDGER] = ledger;
  const applied = parseMarker(annotations[APPLIED]);
  if (applied?.uid === name) {
    const { objectUid: _, ...mark } = applied;
    Object.assign(annotations, markAnnotation({ ...mark, version, ...(version > 0 ? objectUidOf(live) : {}) }));
  }
  return { name, annotations, labels: withoutServerSet(before.metadata.labels) };
}
