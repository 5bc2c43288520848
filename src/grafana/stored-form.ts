import { z } from "zod";
import { ask } from "./ask.ts";
import type { Client } from "./client.ts";
import { unlessNotFound } from "./errors.ts";

const Spec = z.record(z.string(), z.unknown());

/** The part of an object's status that names the schema it is stored in. `source`: the stored object, if Grafana can't convert it. */
export const Status = z.object({
  conversion: z
    .object({ storedVersion: z.string().optional(), source: z.object({ spec: Spec.optional() }).nullish() })
    .optional(),
});

export const StoredForm = z.object({ apiVersion: z.string(), spec: Spec });

/** An object as Grafana stores it, if it was read in another schema. */
export type StoredForm = z.infer<typeof StoredForm>;

const Answer = z.object({ spec: Spec, status: Status.optional() });

/** Nothing is stored in this version, so every read in it is a conversion and returns the real stored version. */
const NEUTRAL = "v0alpha1";

interface Claim {
  readonly client: Client;
  readonly name: string;
  /** `status.conversion.storedVersion` of a read in the classic schema. */
  readonly storedVersion: string | undefined;
  /** The path of the collection in an API version. */
  readonly pathOf: (version: string) => string;
  /** Whether a spec can't be the result of a conversion from the classic schema. */
  readonly cannotBeClassic: (spec: StoredForm["spec"]) => boolean;
}

/**
 * Reads an object in schema v2 if it is stored in v2. After a write in the classic schema, the status can still be v2, so
 * one more read checks a spec that could be converted.
 */
export async function readStoredForm(claim: Claim): Promise<StoredForm | undefined> {
  const { client, name, storedVersion, pathOf, cannotBeClassic } = claim;
  if (!storedVersion?.startsWith("v2")) return undefined;
  const read = (version: string) =>
    unlessNotFound(ask(client, { method: "GET", path: `${pathOf(version)}/${name}` }, Answer));
  const found = await read(storedVersion);
  if (!found) return undefined;
  const form = { apiVersion: storedVersion, spec: found.spec };
  // Without a conversion, it is stored in this version.
  if (found.status?.conversion?.storedVersion === undefined || cannotBeClassic(found.spec)) return form;
  const truth = (await read(NEUTRAL))?.status?.conversion?.storedVersion ?? storedVersion;
  return truth.startsWith("v2") ? form : undefined;
}
