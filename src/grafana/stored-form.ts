import { z } from "zod";
import { ask } from "./ask.ts";
import type { Client } from "./client.ts";
import { unlessNotFound } from "./errors.ts";

const Spec = z.record(z.string(), z.unknown());

/** Where Grafana says which schema an object is stored in. */
export const Status = z.object({ conversion: z.object({ storedVersion: z.string().optional() }).optional() });

export const StoredForm = z.object({ apiVersion: z.string(), spec: Spec });

/** An object as Grafana stores it, where that is not the schema that it was read in. */
export type StoredForm = z.infer<typeof StoredForm>;

const Answer = z.object({ spec: Spec, status: Status.optional() });

/** Every read through a version that nothing is stored in is a conversion, and says truly what it converted. */
const NEUTRAL = "v0alpha1";

interface Claim {
  readonly client: Client;
  readonly name: string;
  /** `status.conversion.storedVersion`, as a read through the classic schema has it. */
  readonly storedVersion: string | undefined;
  /** The path of the collection in a version. */
  readonly pathOf: (version: string) => string;
  /** Whether a spec is one that no conversion from the classic schema makes. */
  readonly cannotBeClassic: (spec: StoredForm["spec"]) => boolean;
}

/**
 * Reads an object in schema v2, if it is stored in it. After a classic write over it the status goes on to say v2: where the
 * spec doesn't show that it is one, another read does.
 */
export async function readStoredForm(claim: Claim): Promise<StoredForm | undefined> {
  const { client, name, storedVersion, pathOf, cannotBeClassic } = claim;
  if (!storedVersion?.startsWith("v2")) return undefined;
  const read = (version: string) =>
    unlessNotFound(ask(client, { method: "GET", path: `${pathOf(version)}/${name}` }, Answer));
  const found = await read(storedVersion);
  if (!found) return undefined;
  const form = { apiVersion: storedVersion, spec: found.spec };
  // Stored in this version, and never in another one.
  if (found.status?.conversion?.storedVersion === undefined || cannotBeClassic(found.spec)) return form;
  const truth = (await read(NEUTRAL))?.status?.conversion?.storedVersion ?? storedVersion;
  return truth.startsWith("v2") ? form : undefined;
}
