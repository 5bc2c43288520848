import { Conflict, GrafanaError } from "../grafana/errors.ts";
import type { Outcome } from "./apply.ts";
import type { Kinds } from "./desired.ts";
import { hash } from "./json.ts";
import { changeLedger, dropLedger, type Ledger, type LedgerEntry } from "./ledger.ts";
import { FORM } from "./marker.ts";
import { markedMetadata } from "./ownership.ts";
import type { Prepared } from "./plan.ts";
import { address, parseAddress, type KindContext, type Write } from "./resource.ts";

/** Keeps the ledger while a plan is carried out. */
export interface Book {
  /** The address of the folder that holds the ledger. */
  readonly folder: string;
  /** The addresses of the folders that hold it before this run, or after it. */
  readonly holders: readonly string[];
  /** As it stands now. */
  readonly ledger: Ledger;
  /** Says of a write that failed that it changed nothing: what was announced of it is taken back. */
  withdraw(name: string): void;
  /** Writes down everything that is about to be written, before any of it is. */
  announce(): Promise<void>;
  /** Writes down how it went, and forgets what isn't there any more. */
  settle(outcomes: readonly Outcome[]): Promise<void>;
}

export function bookOf(context: KindContext, prepared: Prepared, kinds: Kinds): Book {
  const { grafana } = context;
  const { uid, own } = prepared.ledgerFolder;
  const isLedgers = (kind: string) => kinds.get(kind)?.ledger === true;
  const writes = [...prepared.writes].filter(([, write]) => isLedgers(write.desired.kind));
  let ledger: Ledger = context.ledger;
  let announced = false;
  const withdrawn = new Set<string>();

  const change = async (folder: string, make: (entries: Map<string, LedgerEntry>) => void): Promise<void> => {
    const former = ledger.folder;
    ledger = await changeLedger(grafana, folder, make, ledger);
    const leaves =
      former !== undefined && former !== folder && !prepared.removals.has(address({ kind: "folder", id: former }));
    // A copy that stays behind does no harm: it is older, and the newer one counts.
    if (leaves) await dropLedger(grafana, former).catch(ignored);
  };

  /** Whether anything is left to write down once the plan is carried out. */
  const remains = () =>
    writes.length > 0 ||
    [...ledger.entries.keys()].some((name) => !prepared.removals.has(name) && !prepared.forgotten.includes(name));

  return {
    folder: address({ kind: "folder", id: uid }),
    holders: [uid, context.ledger.folder].flatMap((id) => (id === undefined ? [] : [address({ kind: "folder", id })])),
    get ledger() {
      return ledger;
    },
    withdraw(name) {
      withdrawn.add(name);
    },
    async announce() {
      const stays = ledger.folder === undefined || ledger.folder === uid || !remains();
      if (announced || (writes.length === 0 && stays)) return;
      announced = true;
      if (own) await makeFolder(context, uid);
      await change(uid, (entries) => {
        for (const [name, write] of writes) entries.set(name, { ...entryOf(context, kinds, write), pending: true });
      });
    },
    async settle(outcomes) {
      const done = new Set(
        outcomes.filter(({ status }) => status === "done").map((outcome) => address(outcome.change)),
      );
      // After a conflict the object is as somebody else left it: it must not pass for half a write of ours.
      const untouched = new Set([
        ...withdrawn,
        ...outcomes
          .filter(({ status }) => status === "cancelled" || status === "skipped" || status === "conflict")
          .map((one) => address(one.change)),
      ]);
      const deleted = [...prepared.removals.keys()].filter((name) => done.has(name));
      const { folder } = ledger;
      // It went with its folder: nothing of this project is left.
      if (folder === undefined || deleted.includes(address({ kind: "folder", id: folder }))) return;
      const gone = prepared.forgotten.filter((name) => !prepared.writes.has(name));
      const entriesOf = (name: string) => isLedgers(parseAddress(name).kind);
      // A group may still hold a rule for another one whose write failed: none of them is finished then.
      const unsure = new Set(writes.filter(([name]) => !done.has(name)).map(([, { desired }]) => desired.kind));
      const finished = writes.filter(([name, { desired }]) => done.has(name) && !unsure.has(desired.kind));
      const left = announced ? writes.map(([name]) => name).filter((name) => untouched.has(name)) : [];
      const removed = [...deleted.filter(entriesOf), ...gone];
      const unfinished = prepared.unfinished;
      const changes = finished.length + left.length + removed.length;
      if (unfinished.length === 0 && (changes === 0 || outcomes.length === 0)) return;
      await change(folder, (entries) => {
        for (const [name, write] of finished) {
          const entry = entries.get(name);
          if (entry) entries.set(name, { ...entry, ...sentSecrets(context, kinds, write), pending: false });
        }
        for (const name of left) {
          const before = context.ledger.entries.get(name);
          if (before) entries.set(name, before);
          else entries.delete(name);
        }
        for (const name of removed) entries.delete(name);
        for (const name of unfinished) {
          const entry = entries.get(name);
          if (entry) entries.set(name, { ...entry, pending: false });
        }
      });
    },
  };
}

function ignored(error: unknown): void {
  if (!(error instanceof GrafanaError)) throw error;
}

function entryOf({ ledger }: KindContext, kinds: Kinds, { desired, live }: Write): Omit<LedgerEntry, "pending"> {
  const kind = kinds.get(desired.kind);
  if (!kind) throw new Error(`no kind is named ${desired.kind}`);
  const form = kind.desired(desired, live);
  // What was sent before: whether the new ones arrive isn't known yet.
  const { secrets: former, places: there = [] } = ledger.entries.get(address(desired)) ?? {};
  const places = kind.secretPlaces?.(desired);
  return {
    codeHash: desired.hash,
    contentHash: hash(kind.content?.(form) ?? form),
    ...(former === undefined ? {} : { secrets: former }),
    ...(places ? { places: [...there, ...places] } : {}),
  };
}

function sentSecrets(
  { secrets }: KindContext,
  kinds: Kinds,
  { desired }: Write,
): Pick<LedgerEntry, "secrets" | "places"> {
  const kind = kinds.get(desired.kind);
  const fingerprint = secrets.fingerprint(kind?.secrets?.(desired.resource).uses ?? []);
  const places = kind?.secretPlaces?.(desired);
  return { ...(fingerprint === undefined ? {} : { secrets: fingerprint }), ...(places ? { places } : {}) };
}

/** A project without a folder of its own gets one for its ledger. */
async function makeFolder({ grafana, owner }: KindContext, uid: string): Promise<void> {
  const { folders } = grafana;
  if (await folders.find(uid)) return;
  const title = `grafana-provision (${owner})`;
  const description =
    "Holds the record of what grafana-provision owns in this Grafana. Deleting it disowns all of that.";
  const content = hash({ title, description });
  const marker = { form: FORM, codeHash: content, contentHash: content, version: 0, uid };
  const source = { file: "grafana.config.ts", export: "default" };
  const metadata = markedMetadata({ id: uid, owner, source, folder: undefined, marker, live: undefined });
  try {
    await folders.create({ metadata, spec: { title, description } });
  } catch (error) {
    // Another run of this project made it meanwhile.
    if (!(error instanceof Conflict)) throw error;
  }
}
