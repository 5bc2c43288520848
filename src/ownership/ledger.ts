import { z } from "zod";
import { EXIT, ProvisionError } from "../util/errors.ts";
import type { GrafanaConnection } from "../grafana/connection.ts";
import { Conflict, NotFound, Rejected } from "../grafana/errors.ts";
import type { KubernetesObject } from "../grafana/kubernetes-object.ts";
import type { SecretUse } from "../secrets/secret.ts";
import { hash, isObject, type Json } from "../util/json.ts";
import { FORM, type AppliedMarker, type Transition } from "./marker.ts";
import { WrittenByNewer } from "./newer.ts";
import { LEDGER, ownershipOf } from "./annotations.ts";

// What can't be marked itself (rule groups, contact points, templates, mute timings, the policy tree) stands in a ledger:
// an annotation of one folder that the project owns. It is written before the writes that it describes, so that a kill in
// between leaves nothing unowned; an entry whose object isn't there is dropped at the next run.

/** What was, or is about to be, applied to one object. */
export interface LedgerEntry {
  /** The form of these hashes; entries of one ledger can differ in it. */
  readonly form: number;
  readonly codeHash: string;
  readonly contentHash: string;
  /** Announced, and not known to be finished: a run that was killed in between may have left any part of it. */
  readonly pending: boolean;
  /** The content that a pending write replaces; undefined in entries of older versions. */
  readonly transition?: Transition;
  /** The fingerprint of the secrets that were sent. */
  readonly secrets?: string;
  /** Where secrets stand that were sent, and their variables; undefined where an older version did not write that down. */
  readonly places?: readonly SecretUse[];
}

export interface Ledger {
  /** The uid of the folder that holds it; undefined where there is none yet. */
  readonly folder: string | undefined;
  readonly serial: number;
  /** By address. */
  readonly entries: ReadonlyMap<string, LedgerEntry>;
}

export const EMPTY_LEDGER: Ledger = { folder: undefined, serial: 0, entries: new Map() };

/** Grafana takes 262,144 bytes for all annotations of one object. */
const LIMIT = 250_000;

const Stored = z.object({
  form: z.number(),
  serial: z.number(),
  entries: z.record(z.string(), z.tuple([z.string(), z.string(), z.string(), z.string()], z.unknown())),
});

/** Optional fields: older versions omit them, later ones may add more. */
const More = z.object({
  form: z.number().optional(),
  deleted: z.literal(true).optional(),
  former: z.tuple([z.string(), z.string()], z.unknown()).nullish(),
  formerParts: z.record(z.string(), z.string()).optional(),
  parts: z.record(z.string(), z.string()).optional(),
  renamed: z.array(z.tuple([z.string(), z.string()])).optional(),
});

const Places = z.array(z.tuple([z.array(z.union([z.string(), z.number()])), z.string(), z.string()], z.unknown()));

/** The ledger's annotation is damaged, so nobody knows what this project owns: exit 1, and nothing is written. */
class LedgerUnreadable extends ProvisionError {
  override name = "LedgerUnreadable";

  constructor(folder: string) {
    super(`The ledger of this project can't be read: the annotation ${LEDGER} of folder/${folder} is damaged`, {
      exitCode: EXIT.failure,
      hint: "Restore the annotation. If you can't, remove it with a PATCH of the folder; then adopt the alerting objects of this project again with --adopt.",
    });
  }
}

/** Reads the ledger from the folders that the owner owns. The newest counts, should a killed run have left two. */
export async function readLedger(grafana: GrafanaConnection, owner: string): Promise<Ledger> {
  const folders = await grafana.folders.list({ metadataAlone: true });
  const found = folders
    .filter((folder) => ownershipOf(folder, owner).ownership.state === "ours")
    .flatMap((folder) => ledgerIn(folder) ?? []);
  return found.toSorted((a, b) => b.serial - a.serial)[0] ?? EMPTY_LEDGER;
}

function ledgerIn(folder: KubernetesObject): Ledger | undefined {
  const text = folder.metadata.annotations?.[LEDGER];
  if (text === undefined) return undefined;
  const content = parsed(text);
  const form = isObject(content) ? Number(content["form"]) : 0;
  if (form > FORM) throw new WrittenByNewer(`The ledger of this project, in folder/${folder.metadata.name},`);
  const stored = Stored.safeParse(content).data;
  if (!stored) throw new LedgerUnreadable(folder.metadata.name);
  const entries = Object.entries(stored.entries).map(
    ([address, [codeHash, contentHash, pending, secrets, places, rest]]) => {
      const more = More.safeParse(rest).data;
      const entry: LedgerEntry = {
        form: more?.form ?? stored.form,
        codeHash,
        contentHash,
        pending: pending !== "",
        ...(more && more.former !== undefined ? { transition: transitionIn(more) } : {}),
        ...(secrets ? { secrets } : {}),
        ...placesIn(places),
      };
      return [address, entry] as const;
    },
  );
  return { folder: folder.metadata.name, serial: stored.serial, entries: new Map(entries) };
}

function transitionIn({ deleted, former, formerParts, parts, renamed }: z.infer<typeof More>): Transition {
  return {
    ...(deleted ? { deleted } : {}),
    ...(former
      ? { former: { codeHash: former[0], contentHash: former[1], ...(formerParts ? { parts: formerParts } : {}) } }
      : {}),
    ...(parts ? { parts } : {}),
    ...(renamed ? { renamed } : {}),
  };
}

function placesIn(stored: unknown): Pick<LedgerEntry, "places"> {
  const places = Places.safeParse(stored).data?.map(([path, variable, within]) => ({
    path,
    variable,
    ...(within ? { within } : {}),
  }));
  return places ? { places } : {};
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** The mark that an entry stands for, as an object that carries its own would have it. */
export function markerOf(entry: LedgerEntry, id: string): AppliedMarker {
  const { form, codeHash, contentHash, pending, transition, secrets, places } = entry;
  return {
    // Older versions dropped the hashes of entries whose form they did not know.
    form: codeHash === "" ? 0 : form,
    codeHash,
    contentHash,
    version: 0,
    uid: id,
    ...(pending ? { pending } : {}),
    ...(pending && transition ? { transition } : {}),
    ...(secrets === undefined ? {} : { secrets }),
    ...(places ? { places } : {}),
  };
}

/** The folder that the project makes for its ledger where it has none of its own. */
export function ownLedgerFolder(owner: string): string {
  return `provision-${hash(owner).slice(0, 16)}`;
}

const ATTEMPTS = 5;

/**
 * Changes the ledger in its folder. Another run may do so at the same time: its entries are kept, since entries are of
 * one object each, and this change is made on top of them.
 */
export async function changeLedger(
  { folders }: GrafanaConnection,
  folder: string,
  change: (entries: Map<string, LedgerEntry>) => void,
  from: Ledger,
): Promise<Ledger> {
  for (let attempt = 1; ; attempt++) {
    const object = await folders.find(folder);
    if (!object) {
      throw new NotFound(`The folder ${folder}, which is to hold the record of what this project owns, is not there`, {
        exitCode: EXIT.failure,
      });
    }
    const there = ledgerIn(object);
    // A folder that held it once may have kept an older copy.
    const now = there && there.serial >= from.serial ? there : from;
    const entries = new Map(now.entries);
    change(entries);
    if (now === there && serialized({ ...now, entries }) === serialized(now)) return now;
    const ledger = { folder, serial: now.serial + 1, entries };
    const text = serialized(ledger);
    if (text.length > LIMIT) {
      throw new Rejected(
        `The record of what this project owns is full: ${entries.size} objects take ${text.length} bytes`,
        {
          exitCode: EXIT.failure,
          hint: "Split the project in two.",
        },
      );
    }
    try {
      await folders.annotate?.(folder, { [LEDGER]: text }, object.metadata.resourceVersion);
      return ledger;
    } catch (error) {
      if (!(error instanceof Conflict) || attempt >= ATTEMPTS) throw error;
    }
  }
}

/** Takes the ledger out of a folder that no longer holds it. */
export async function dropLedger({ folders }: GrafanaConnection, folder: string): Promise<void> {
  await folders.annotate?.(folder, { [LEDGER]: null });
}

function serialized({ serial, entries }: Ledger): string {
  const stored = [...entries].map(([address, entry]) => {
    const { codeHash, contentHash, pending, secrets = "", places } = entry;
    const more = moreOf(entry);
    const where = places?.map(({ path, variable, within = "" }) => [path, variable, within]);
    const rest = more ? [where ?? null, more] : where ? [where] : [];
    return [address, [codeHash, contentHash, pending ? "pending" : "", secrets, ...rest]] as const;
  });
  return JSON.stringify({ form: FORM, serial, entries: Object.fromEntries(stored) });
}

function moreOf({ form, pending, transition }: LedgerEntry): z.infer<typeof More> | undefined {
  const said = pending ? transition : undefined;
  if (form === FORM && !said) return undefined;
  const { deleted, former, parts, renamed = [] } = said ?? {};
  return {
    ...(form === FORM ? {} : { form }),
    ...(deleted ? { deleted } : {}),
    ...(said ? { former: former ? [former.codeHash, former.contentHash] : null } : {}),
    ...(former?.parts ? { formerParts: former.parts } : {}),
    ...(parts ? { parts } : {}),
    ...(renamed.length > 0 ? { renamed: renamed.map(([now, before]) => [now, before]) } : {}),
  };
}
