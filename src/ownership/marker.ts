import type { SecretUse } from "../secrets/secret.ts";

/**
 * What the tool leaves on an object to know it again: which form of the hash, the hash of the code, the hash of the
 * content that was sent, the version that this write makes, and the object's own uid, since a copy made in Grafana's UI
 * takes every annotation along.
 */
export interface AppliedMarker {
  readonly form: number;
  /** Of the code's canonical form, before ids are taken from the live object: says that the code has changed without a body. */
  readonly codeHash: string;
  /** Of the canonical form that was sent: says "the content is what we left there" for an object that was touched. */
  readonly contentHash: string;
  /** A dashboard's `generation`, a datasource's `version`; 0 where the kind doesn't use it. */
  readonly version: number;
  readonly uid: string;
  /** The keyed fingerprint of the secrets that were sent, where there was a key. */
  readonly secrets?: string;
  /** Announced in the ledger, and not known to be finished. */
  readonly pending?: boolean;
  /** What a pending write replaces; undefined where an older version announced it. */
  readonly transition?: Transition;
  /** Where secrets stand that were sent, and their variables, where that is written down. */
  readonly places?: readonly SecretUse[];
}

/** What a run may have left of an object that it was stopped at. */
export interface Transition {
  /** The object is deleted. */
  readonly deleted?: true;
  /** What the write replaces; undefined: the object was not there. */
  readonly former?: FormerContent;
  /** Hashes of the parts that the write makes, where requests or other objects' writes can leave some of them. */
  readonly parts?: PartHashes;
  /** Names that the same run gives to other objects, and their former ones: Grafana renames them wherever they are used. */
  readonly renamed?: readonly (readonly [now: string, before: string])[];
}

interface FormerContent {
  readonly codeHash: string;
  readonly contentHash: string;
  readonly parts?: PartHashes;
}

export type PartHashes = Readonly<Record<string, string>>;

/**
 * Raised whenever any kind's canonical form changes, together with that kind's own `form`. Hashes that were made before a
 * kind's form are not comparable.
 */
export const FORM = 2;

export function formatMarker(marker: AppliedMarker): string {
  const { form, codeHash, contentHash, version, uid, secrets } = marker;
  return [form, codeHash, contentHash, version, uid, ...(secrets === undefined ? [] : [secrets])].join(":");
}

const FIELDS = /^(\d+):([0-9a-f]{32}):([0-9a-f]{32}):(\d+):([A-Za-z0-9_-]{1,40})(?::([0-9a-f]{32}))?(?::.*)?$/s;

/**
 * Undefined for anything that this tool did not write. Later versions may add fields at the end, and may have a form whose
 * fields are unknown: of such a mark only `form` is told.
 */
export function parseMarker(text: unknown): AppliedMarker | undefined {
  if (typeof text !== "string") return undefined;
  const match = FIELDS.exec(text);
  if (!match) {
    const form = Number(/^(\d{1,9}):/.exec(text)?.[1] ?? 0);
    return form > FORM ? { form, codeHash: "", contentHash: "", version: 0, uid: "" } : undefined;
  }
  const [, form = "", codeHash = "", contentHash = "", version = "", uid = "", secrets] = match;
  return { form: Number(form), codeHash, contentHash, version: Number(version), uid, ...(secrets ? { secrets } : {}) };
}

/** Whether a mark was written on this object: a copy has the uid of what it was copied from. */
export function isMarkOf({ form, uid }: AppliedMarker, id: string): boolean {
  return uid === id || (form > FORM && uid === "");
}
