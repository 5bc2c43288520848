import type { SecretUse } from "../secrets.ts";

/**
 * What the tool leaves on an object to know it again: which form of the hash, the hash of the code, the hash of the
 * content that was sent, the version that this write makes, and the object's own uid, since a copy made in Grafana's UI
 * takes every annotation along.
 */
export interface AppliedMarker {
  readonly form: number;
  /** Of the code's canonical form, before ids are taken from the live object: says "the code is another" without a body. */
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
  /** Where secrets stand that were sent, and their variables, where that is written down. */
  readonly places?: readonly SecretUse[];
}

/** Raised whenever a canonical form changes: a hash of an older form is "origin unknown", never drift. */
export const FORM = 2;

export function formatMarker(marker: AppliedMarker): string {
  const { form, codeHash, contentHash, version, uid, secrets } = marker;
  return [form, codeHash, contentHash, version, uid, ...(secrets === undefined ? [] : [secrets])].join(":");
}

/** Undefined for anything that this tool did not write. */
export function parseMarker(text: unknown): AppliedMarker | undefined {
  if (typeof text !== "string") return undefined;
  const match = /^(\d+):([0-9a-f]{32}):([0-9a-f]{32}):(\d+):([A-Za-z0-9_-]{1,40})(?::([0-9a-f]{32}))?$/.exec(text);
  if (!match) return undefined;
  const [, form = "", codeHash = "", contentHash = "", version = "", uid = "", secrets] = match;
  return { form: Number(form), codeHash, contentHash, version: Number(version), uid, ...(secrets ? { secrets } : {}) };
}
