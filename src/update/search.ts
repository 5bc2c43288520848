import { join, relative, sep } from "node:path";
import type { Difference } from "../engine/difference.ts";
import { address, type Desired } from "../engine/model.ts";
import type { JsonObject } from "../util/json.ts";
import { candidatesFor } from "./candidates.ts";
import type { Example } from "./examples.ts";
import type { Evaluator } from "./evaluate.ts";
import type { LeftReason, WriteBackEdit, WriteBackLeft } from "./model.ts";
import type { SdkNames } from "./sdk-names.ts";
import { borrowedPlaces, copiedPlaces, namedPlaces, type Place, type Sources } from "./places.ts";
import { ProjectFiles, sourceOf } from "./project-files.ts";
import { areShifts, excessOf, settled, type FileEdits, type State } from "./shifts.ts";
import { applyEdits, lineAt, type Source } from "./source/source.ts";
import { withoutUnused } from "./unused.ts";
import { wantedOf, type Wanted } from "./wanted.ts";

/** An object with edits made in Grafana. */
export interface Target {
  readonly desired: Desired;
  /** What a write of this code would change in Grafana, without the masks of reports. */
  differences(desired: Desired): readonly Difference[];
  /** The values of this code by which it is compared. */
  form(desired: Desired): JsonObject;
  /** The differences to write. */
  readonly wanted: readonly Difference[];
}

/** How many candidates are tried for one edit: literals and calls, code as `import` writes it, and copies of other items. */
const TRIES = 40;
const BORROWED = 24;
const COPIED = 16;
/** How many are tried after one that has the wanted effect and others. */
const AFTER_EXCESS = 12;
/** A place in the object's own file is more likely than one in a file that it imports. */
const OWN_FILE = 8;

/** Where an edit was made, with the remaining differences, or where it would have to be made. */
interface Found {
  readonly file: string;
  readonly at: number;
  readonly reason?: LeftReason;
  readonly other?: string;
  readonly differences?: readonly Difference[];
}

/** Why a candidate with the wanted effect has other effects, too. */
interface Excess {
  readonly reason: "shared" | "unstable";
  readonly other?: string;
}

interface SearchOptions {
  readonly directory: string;
  readonly config: string;
  readonly sdk: SdkNames;
  readonly examples: () => Promise<readonly Example[]>;
  /** The objects as `import` writes them as documents. */
  readonly documents: () => Promise<readonly Source[]>;
  readonly unstable: ReadonlySet<string>;
}

/** Finds edits of files, and keeps those after which the code differs from Grafana in less, and in nothing new. */
export class Search {
  readonly #evaluator: Evaluator;
  readonly #directory: string;
  readonly #sdk: SdkNames;
  readonly #files: ProjectFiles;
  /** The hash of each object of the code with the edits. */
  readonly hashes: Map<string, string>;
  /** The objects with edits. */
  readonly #current = new Map<string, Desired>();
  /** The code that `import` would write. Read only if literals are not enough. */
  readonly #examples: SearchOptions["examples"];
  readonly #documents: SearchOptions["documents"];
  /** Objects with other values in each evaluation. */
  readonly #unstable: ReadonlySet<string>;

  constructor(evaluator: Evaluator, { directory, config, sdk, examples, documents, unstable }: SearchOptions) {
    this.#files = new ProjectFiles(directory, config);
    this.#examples = examples;
    this.#documents = documents;
    this.#unstable = unstable;
    this.#evaluator = evaluator;
    this.#directory = directory;
    this.#sdk = sdk;
    this.hashes = new Map([...evaluator.base].map(([name, { hash }]) => [name, hash]));
  }

  /** The files as they were read. */
  get read(): ReadonlyMap<string, string> {
    return this.#files.read;
  }

  /** The files with the edits. */
  get texts(): Map<string, string> {
    return this.#files.texts;
  }

  async write(target: Target): Promise<{ written: WriteBackEdit[]; left: WriteBackLeft[] }> {
    const [written, left]: [WriteBackEdit[], WriteBackLeft[]] = [[], []];
    const base = this.#evaluator.base.get(address(target.desired));
    let now = base ? target.differences(base) : [];
    const all = new Set(now.map(({ path }) => path));
    let last: Found = { file: join(this.#directory, target.desired.source.file), at: 0 };
    // Items first: their positions determine those of others.
    const ordered = target.wanted.toSorted((a, b) => Number(wantedOf(b).isItem) - Number(wantedOf(a).isItem));
    for (const difference of ordered) {
      // An earlier edit may have made this one, too.
      const current = now.find(({ path }) => path === difference.path);
      const unknown = all.has(difference.path) ? undefined : ({ ...last, reason: "not-verified" } as const);
      const found = current ? await this.#find(target, wantedOf(current), now) : unknown;
      if (found && "reason" in found) left.push(this.#edit(target, difference, found) as WriteBackLeft);
      else written.push(this.#edit(target, difference, found ?? last));
      if (found?.differences) {
        now = found.differences;
        last = found;
      }
    }
    return { written, left };
  }

  #edit(
    { desired }: Target,
    { path, labels, before, after }: Difference,
    { file, at, reason, other }: Found,
  ): WriteBackEdit | WriteBackLeft {
    return {
      address: address(desired),
      path,
      labels,
      file: relative(this.#directory, file).replaceAll(sep, "/"),
      line: lineAt(this.#files.text(file), at),
      ...(after === undefined ? {} : { before: after }),
      ...(before === undefined ? {} : { after: before }),
      ...(reason ? { reason } : {}),
      ...(other === undefined ? {} : { other }),
    };
  }

  async #find(target: Target, wanted: Wanted, now: readonly Difference[]): Promise<Found> {
    const own = join(this.#directory, target.desired.source.file);
    if (this.#unstable.has(address(target.desired))) return { file: own, at: 0, reason: "unstable" };
    // Grafana's UI has replaced the whole panel.
    if (wanted.isMigration) return { file: own, at: 0, reason: "computed" };
    const form = target.form(this.#current.get(address(target.desired)) ?? target.desired);
    const sources = this.#sources(own);
    const named = await this.#firstOf(target, wanted, now, await namedPlaces(wanted, form, sources, this.#all));
    if (named.made) return named.made;
    const copied = await this.#firstOf(target, wanted, now, copiedPlaces(wanted, form, sources).slice(0, COPIED));
    if (copied.made) return copied.made;
    const places: Place[] = [];
    let nearest = { file: own, at: 0, score: 0 };
    let lossy: { file: string; at: number } | undefined;
    for (const file of this.#evaluator.filesOf(own)) {
      const source = this.#files.source(file);
      if (!source) continue;
      const bonus = file === own ? OWN_FILE : 0;
      const found = candidatesFor(wanted, source, this.#sdk);
      places.push(
        ...found.all.map((candidate) => ({ file, candidate: { ...candidate, score: candidate.score + bonus } })),
      );
      if (found.nearest && found.nearest.score + bonus > nearest.score)
        nearest = { file, at: found.nearest.at, score: found.nearest.score + bonus };
      if (found.lossy !== undefined) lossy ??= { file, at: found.lossy };
    }
    places.sort((a, b) => b.candidate.score - a.candidate.score);
    const first = await this.#firstOf(target, wanted, now, places);
    if (first.made) return first.made;
    const isScript = /\.[cm]?ts$/.test(own) && wanted.now !== undefined;
    const borrowed = isScript ? borrowedPlaces(wanted, await this.#examples(), sources) : [];
    const second = await this.#firstOf(target, wanted, now, borrowed.slice(0, BORROWED));
    if (second.made) return second.made;
    if (first.excess) return first.excess;
    return lossy ? { ...lossy, reason: "comment" } : { file: nearest.file, at: nearest.at, reason: "computed" };
  }

  /** Tries candidates until one is the wanted edit. */
  async #firstOf(
    target: Target,
    wanted: Wanted,
    now: readonly Difference[],
    places: readonly Place[],
  ): Promise<{ readonly made?: Found; readonly excess?: Found }> {
    let excess: Found | undefined;
    const tried = new Set<string>();
    let rest = TRIES;
    for (const { file, candidate } of places) {
      if (rest-- <= 0) break;
      const id = JSON.stringify([file, candidate.edits]);
      if (tried.has(id)) continue;
      tried.add(id);
      const result = await this.#attempt(target, wanted, now, { file, candidate });
      const place = { file, at: candidate.at };
      if (result && "reason" in result) {
        excess ??= { ...place, ...result };
        // The place is found.
        rest = Math.min(rest, AFTER_EXCESS);
      } else if (result) return { made: { ...place, differences: result } };
    }
    return excess ? { excess } : {};
  }

  readonly #all = async () => [...(await this.#examples()), ...(await this.#documents())];

  #sources(own: string): Sources {
    const files = this.#evaluator.filesOf(own);
    const sources = files.flatMap((file) => {
      const source = this.#files.source(file);
      return source ? [{ file, source }] : [];
    });
    return { directory: this.#directory, sources, sdk: this.#sdk };
  }

  /** Evaluates the code with an edit. Keeps the edit and returns the remaining differences if it is the wanted one. */
  async #attempt(
    target: Target,
    wanted: Wanted,
    now: readonly Difference[],
    { file, candidate }: Place,
  ): Promise<readonly Difference[] | Excess | undefined> {
    let state = await this.#evaluated(target, this.texts, [{ file, edits: candidate.edits }]);
    if (!state || state.differences.some(({ path }) => path === wanted.path)) return undefined;
    const excess = excessOf(state.differences, now);
    if (excess.length > 0) {
      const rest = areShifts(wanted, excess) ? await this.#settled(target, wanted, now, state) : undefined;
      if (!rest) return { reason: "shared" };
      state = rest;
    }
    const edited = [...state.texts].flatMap(([one, text]) => (this.#files.text(one) === text ? [] : [one]));
    const users = new Set(edited.flatMap((one) => this.#evaluator.usersOf(one)));
    const objects = await this.#evaluator.objectsOf(state.texts, [...users]);
    if (!objects) return undefined;
    const name = address(target.desired);
    for (const [other, { hash }] of objects)
      if (other !== name && this.hashes.get(other) !== hash)
        return { reason: this.#unstable.has(other) ? "unstable" : "shared", other };
    for (const [one, text] of state.texts) this.texts.set(one, text);
    this.hashes.set(name, state.desired.hash);
    this.#current.set(name, state.desired);
    return state.differences;
  }

  /** Also gives other items their positions. */
  async #settled(target: Target, wanted: Wanted, known: readonly Difference[], state: State) {
    const files = this.#evaluator.filesOf(join(this.#directory, target.desired.source.file));
    const sources = new Map(
      files.flatMap((file) => {
        const text = state.texts.get(file);
        const source = this.#files.source(file);
        return source ? [[file, text === undefined ? source : sourceOf(file, text)] as const] : [];
      }),
    );
    const evaluate = (edits: readonly FileEdits[]) => this.#evaluated(target, state.texts, edits);
    return settled(state, { wanted, known, sources, sdk: this.#sdk, evaluate });
  }

  /** The object after edits; undefined if the code has an error. */
  async #evaluated(
    target: Target,
    texts: ReadonlyMap<string, string>,
    all: readonly FileEdits[],
  ): Promise<State | undefined> {
    const edited = new Map(texts);
    try {
      for (const [file, own] of Map.groupBy(all, (one) => one.file)) {
        const before = texts.get(file) ?? this.#files.text(file);
        const after = applyEdits(
          before,
          own.flatMap(({ edits }) => edits),
        );
        const text = /\.[cm]?[jt]s$/.test(file) ? withoutUnused(before, after) : after;
        sourceOf(file, text);
        edited.set(file, text);
      }
    } catch {
      return undefined;
    }
    const own = join(this.#directory, target.desired.source.file);
    const desired = (await this.#evaluator.objectsOf(edited, [own]))?.get(address(target.desired));
    return desired && { texts: edited, desired, differences: target.differences(desired) };
  }
}
