import { z } from "zod";
import { EXIT } from "../util/errors.ts";
import type { GrafanaConnection } from "../grafana/connection.ts";
import { Conflict, NotFound, Rejected } from "../grafana/errors.ts";
import { parseObject, type KubernetesObject } from "../grafana/kubernetes-object.ts";
import { hash, isObject, type Json } from "../util/json.ts";
import type { LedgerEntry } from "./ledger-entry.ts";
import { FORM, type AppliedMarker, type Transition } from "./marker.ts";
import { WrittenByNewer } from "./newer.ts";
import { LEDGER, markIn, ownershipOf } from "./annotations.ts";
import { LedgerUnreadable, OtherLedgerFolder } from "./ledger-errors.ts";
import { neighborsIn, onceRead, type Neighbor } from "./neighbors.ts";
import { isOtherRepository, otherRepository, type Owner } from "./repository.ts";
import type { Ownership } from "../engine/model.ts";

// Objects that can't have a mark (rule groups, contact points, templates, mute timings, the policy tree) are listed in a
// ledger: an annotation of a folder that the project owns. It is written before the objects, so that a killed run leaves no
// unowned object. The next run removes entries without an object.

export interface Ledger {
  /** The uid of the folder that stores it; undefined if there is none yet. */
  readonly folder: string | undefined;
  readonly serial: number;
  /** Entries by address. */
  readonly entries: ReadonlyMap<string, LedgerEntry>;
  /** The owner of the entries. Undefined in ledgers of older versions. */
  readonly owner?: string | undefined;
  /** The id of this repository. */
  readonly repository?: string | undefined;
  /** The ledgers of other repositories with the same owner. */
  readonly others?: readonly OtherLedger[];
  /** The readable ledgers of all other projects and repositories. */
  readonly neighbors?: () => readonly Neighbor<LedgerEntry>[];
}

interface OtherLedger extends Pick<Ledger, "entries"> {
  readonly folder: string;
  readonly repository: string;
}

export const EMPTY_LEDGER: Ledger = { folder: undefined, serial: 0, entries: new Map() };

/** The maximum size of all annotations of an object in Grafana is 262,144 bytes. */
const LIMIT = 250_000;
const Stored = z.object({
  form: z.number(),
  serial: z.number(),
  /** Absent in ledgers of older versions. */
  owner: z.string().optional(),
  /** Absent in ledgers of older versions, and without an id in the configuration. */
  repository: z.string().optional(),
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
  share: z.tuple([z.number(), z.array(z.string()), z.array(z.string())], z.unknown()).optional(),
  ignored: z.array(z.string()).optional(),
  apiVersion: z.string().optional(),
});

const Places = z.array(z.tuple([z.array(z.union([z.string(), z.number()])), z.string(), z.string()], z.unknown()));

/** Reads the ledger from the folders that the owner owns. If a killed run left two, the newest counts. */
export async function readLedger(grafana: GrafanaConnection, who: Owner): Promise<Ledger> {
  return ledgerAmong(await grafana.folders.list({ metadataOnly: true }), who);
}

/** The ledger in the folders of a backup. */
export function ledgerInBackup(folders: readonly unknown[], who: Owner): Ledger {
  return ledgerAmong(folders.map(parseObject), who);
}

function ledgerAmong(folders: readonly KubernetesObject[], who: Owner): Ledger {
  const { owner } = who;
  const found = folders
    // Of all repositories with this owner.
    .filter(
      (folder) => ownershipOf(folder, { owner, repository: markIn(folder)?.repository }).ownership.state === "ours",
    )
    .flatMap((folder) => {
      const ledger = ledgerIn(folder, owner);
      return ledger ? [{ ...ledger, repository: ledger.repository ?? markIn(folder)?.repository }] : [];
    });
  const others = found.flatMap(({ folder, repository, entries }) =>
    isOtherRepository(repository, who) ? [{ folder, repository, entries }] : [],
  );
  const own = found.filter(({ repository }) => !isOtherRepository(repository, who));
  const newest = own.toSorted((a, b) => b.serial - a.serial)[0] ?? EMPTY_LEDGER;
  const neighbors = onceRead(() => neighborsIn(folders, newest.folder, (folder) => ledgerIn(folder, undefined)));
  return { ...newest, owner, repository: who.repository, others, neighbors };
}

/** The ownership of an object that the ledger does not list. */
export function unlistedOwnership({ ledger, ...who }: Owner & { readonly ledger: Ledger }, address: string): Ownership {
  const other = ledger.others?.find(({ entries }) => entries.has(address));
  return other ? otherRepository(other.repository, who) : { state: "foreign" };
}

/** Undefined also for a ledger of another owner, which a user copied into this folder. */
function ledgerIn(
  folder: KubernetesObject,
  owner: string | undefined,
): (Ledger & { readonly folder: string }) | undefined {
  const text = folder.metadata.annotations?.[LEDGER];
  if (text === undefined) return undefined;
  const content = parsed(text);
  const form = isObject(content) ? Number(content["form"]) : 0;
  if (form > FORM) throw new WrittenByNewer(`The ledger of this project, in folder/${folder.metadata.name},`);
  const stored = Stored.safeParse(content).data;
  if (!stored) throw new LedgerUnreadable(folder.metadata.name);
  if (stored.owner !== undefined && owner !== undefined && stored.owner !== owner) return undefined;
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
        ...shareIn(more?.share),
        ...(more?.ignored ? { ignored: more.ignored } : {}),
        ...(more?.apiVersion === undefined ? {} : { apiVersion: more.apiVersion }),
      };
      return [address, entry] as const;
    },
  );
  const { serial, repository } = stored;
  return { folder: folder.metadata.name, serial, owner: stored.owner, repository, entries: new Map(entries) };
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

function shareIn(stored: z.infer<typeof More>["share"]): Pick<LedgerEntry, "share"> {
  if (!stored) return {};
  const [order, parts, former] = stored;
  return { share: { order, parts, ...(former.length > 0 ? { former } : {}) } };
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

/** Converts an entry to a mark, as other kinds have it on the object. */
export function markerOf(entry: LedgerEntry, id: string): AppliedMarker {
  const { form, codeHash, contentHash, pending, transition, secrets, places, ignored } = entry;
  return {
    // Older versions omitted the hashes of entries whose form they did not know.
    form: codeHash === "" ? 0 : form,
    codeHash,
    contentHash,
    version: 0,
    uid: id,
    ...(pending ? { pending } : {}),
    ...(pending && transition ? { transition } : {}),
    ...(secrets === undefined ? {} : { secrets }),
    ...(places ? { places } : {}),
    ...(ignored ? { ignored } : {}),
  };
}

/** The folder that the tool creates for the ledger of a project without folders. */
export function ownLedgerFolder(owner: string, { others = [], repository = "" }: Ledger): string {
  const uid = `provision-${hash(owner).slice(0, 16)}`;
  return others.some(({ folder }) => folder === uid) ? `provision-${hash([owner, repository]).slice(0, 16)}` : uid;
}

const ATTEMPTS = 5;

/**
 * Changes the ledger. Entries that another run has changed at the same time are kept, because each entry is about one object,
 * and this change is applied on top of them.
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
      throw new NotFound(`The folder ${folder} for the ledger does not exist`, {
        exitCode: EXIT.failure,
      });
    }
    const there = ledgerIn(object, from.owner);
    if (there && isOtherRepository(there.repository, from)) throw new OtherLedgerFolder(folder, there.repository);
    // A former folder of the ledger may have kept an older copy.
    const now = there && there.serial >= from.serial ? there : from;
    const entries = new Map(now.entries);
    change(entries);
    if (now === there && serialized({ ...now, entries }) === serialized(now))
      return { ...from, ...now, owner: from.owner, repository: from.repository };
    const ledger = { ...from, folder, serial: now.serial + 1, entries };
    const text = serialized(ledger);
    if (text.length > LIMIT) {
      throw new Rejected(`The ledger is full: ${entries.size} objects need ${text.length} bytes`, {
        exitCode: EXIT.failure,
        hint: "Split the project into two.",
      });
    }
    try {
      await folders.annotate?.(folder, { [LEDGER]: text }, object.metadata.resourceVersion);
      return ledger;
    } catch (error) {
      if (!(error instanceof Conflict) || attempt >= ATTEMPTS) throw error;
    }
  }
}

/** Removes entries from the ledger of another repository, whose objects this one has taken over. */
export async function forgetIn(
  { folders }: GrafanaConnection,
  folder: string,
  names: readonly string[],
): Promise<void> {
  const object = await folders.find(folder);
  const there = object && ledgerIn(object, undefined);
  if (!there || !names.some((name) => there.entries.has(name))) return;
  const entries = new Map([...there.entries].filter(([name]) => !names.includes(name)));
  const text = serialized({ ...there, serial: there.serial + 1, entries });
  await folders.annotate?.(folder, { [LEDGER]: text }, object.metadata.resourceVersion);
}

/** Removes the ledger from a folder that no longer stores it. */
export async function dropLedger({ folders }: GrafanaConnection, folder: string): Promise<void> {
  await folders.annotate?.(folder, { [LEDGER]: null });
}

function serialized({ serial, entries, owner, repository }: Ledger): string {
  const stored = [...entries].map(([address, entry]) => {
    const { codeHash, contentHash, pending, secrets = "", places } = entry;
    const more = moreOf(entry);
    const where = places?.map(({ path, variable, within = "" }) => [path, variable, within]);
    const rest = more ? [where ?? null, more] : where ? [where] : [];
    return [address, [codeHash, contentHash, pending ? "pending" : "", secrets, ...rest]] as const;
  });
  return JSON.stringify({ form: FORM, serial, owner, repository, entries: Object.fromEntries(stored) });
}

function moreOf(entry: LedgerEntry): z.infer<typeof More> | undefined {
  const { form, pending, transition, share, ignored, apiVersion } = entry;
  const said = pending ? transition : undefined;
  if (form === FORM && !said && !share && !ignored && apiVersion === undefined) return undefined;
  const { deleted, former, parts, renamed = [] } = said ?? {};
  return {
    ...(form === FORM ? {} : { form }),
    ...(deleted ? { deleted } : {}),
    ...(said ? { former: former ? [former.codeHash, former.contentHash] : null } : {}),
    ...(former?.parts ? { formerParts: former.parts } : {}),
    ...(parts ? { parts } : {}),
    ...(renamed.length > 0 ? { renamed: renamed.map(([now, before]) => [now, before]) } : {}),
    ...(share ? { share: [share.order, [...share.parts], [...(share.former ?? [])]] } : {}),
    ...(ignored ? { ignored: [...ignored] } : {}),
    ...(apiVersion === undefined ? {} : { apiVersion }),
  };
}
