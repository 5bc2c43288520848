import type { SecretUse } from "../secrets/secret.ts";

/**
 * The mark that the tool writes to its objects: the form of the hashes, the hash of the code, the hash of the content, the version
 * of the write, and the object's uid, because a copy made in Grafana's UI has all annotations of the original.
 */
export interface AppliedMarker {
  readonly form: number;
  /** The hash of the code's canonical form, without ids from the live object. Shows a change of the code without reading a body. */
  readonly codeHash: string;
  /** The hash of the applied canonical form. Shows whether an object that was saved since has the same content. */
  readonly contentHash: string;
  /** A dashboard's `generation` or a datasource's `version`; 0 for kinds that do not use it. */
  readonly version: number;
  readonly uid: string;
  /** Grafana's uid of the object. An object that is created again has a different one. Absent in the mark of a creation. */
  readonly objectUid?: string;
  /** The keyed fingerprint of the secrets that were sent, if there was a key. */
  readonly secrets?: string;
  /** The id of the repository that wrote the mark. Absent in marks of older versions, and without an id in the configuration. */
  readonly repository?: string;
  /** The schema of the content's hash: `v2`. Absent: the kind has only one, or the classic one. */
  readonly schema?: string;
  /** Whether the write is not known to be complete. Only in the ledger. */
  readonly pending?: boolean;
  /** The content that a pending write replaces; undefined in entries of older versions. */
  readonly transition?: Transition;
  /** The places of the secrets that were sent, and their variables. Absent in marks of older versions. */
  readonly places?: readonly SecretUse[];
  /** The paths of properties that the hashed content lacks, because the code left them to Grafana. Only in the ledger. */
  readonly ignored?: readonly string[];
}

/** The hashes of the code and of the applied content. */
export type MarkHashes = Pick<AppliedMarker, "codeHash" | "contentHash">;

/** The states in which an interrupted run can leave an object. */
export interface Transition {
  /** The object is deleted. */
  readonly deleted?: true;
  /** The content that the write replaces; undefined if the object did not exist. */
  readonly former?: FormerContent;
  /** Hashes of the parts of the new content, if an interrupted run can leave only some of them. */
  readonly parts?: PartHashes;
  /** New and former names of other objects that the same run renames. Grafana updates all references to them. */
  readonly renamed?: readonly (readonly [now: string, before: string])[];
}

interface FormerContent {
  readonly codeHash: string;
  readonly contentHash: string;
  readonly parts?: PartHashes;
}

export type PartHashes = Readonly<Record<string, string>>;

/**
 * Increase it when the canonical form of a kind changes, together with that kind's own `form`. Hashes with a lower form than
 * the kind's are not comparable.
 */
export const FORM = 4;

export function formatMarker(marker: AppliedMarker): string {
  const { form, codeHash, contentHash, version, uid, secrets, objectUid, repository, schema } = marker;
  const rest = [
    ...(secrets === undefined ? [] : [secrets]),
    ...(objectUid === undefined ? [] : [`object=${objectUid}`]),
    ...(repository === undefined ? [] : [`repository=${repository}`]),
    ...(schema === undefined ? [] : [`schema=${schema}`]),
  ];
  return [form, codeHash, contentHash, version, uid, ...rest].join(":");
}

const FIELDS =
  /^(\d+):([0-9a-f]{32}):([0-9a-f]{32}):(\d+):([A-Za-z0-9_-]{1,40})(?::([0-9a-f]{32}))?(?::object=([\w-]{1,64}))?(?::repository=([\w-]{1,64}))?(?::schema=(\w{1,16}))?(?::.*)?$/s;

/**
 * Undefined for text that this tool did not write. Later versions may add fields at the end, or have a form with unknown
 * fields: such a mark has only `form`.
 */
export function parseMarker(text: unknown): AppliedMarker | undefined {
  if (typeof text !== "string") return undefined;
  const match = FIELDS.exec(text);
  if (!match) {
    const form = Number(/^(\d{1,9}):/.exec(text)?.[1] ?? 0);
    return form > FORM ? { form, codeHash: "", contentHash: "", version: 0, uid: "" } : undefined;
  }
  const [, form = "", codeHash = "", contentHash = "", version = "", uid = "", secrets, objectUid, repository, schema] =
    match;
  return {
    form: Number(form),
    codeHash,
    contentHash,
    version: Number(version),
    uid,
    ...(secrets ? { secrets } : {}),
    ...(objectUid ? { objectUid } : {}),
    ...(repository ? { repository } : {}),
    ...(schema ? { schema } : {}),
  };
}

/** Whether a mark was written on this object. A copy has the uid of its original. */
export function isMarkOf({ form, uid }: AppliedMarker, id: string): boolean {
  return uid === id || (form > FORM && uid === "");
}
