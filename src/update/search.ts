import { isUtf8 } from "node:buffer";
import { readFileSync } from "node:fs";
import { extname, isAbsolute, join, relative, sep } from "node:path";
import type { Difference } from "../engine/difference.ts";
import { address, type Desired } from "../engine/model.ts";
import { stableStringify } from "../util/json.ts";
import { candidatesFor, type Candidate } from "./candidates.ts";
import { borrowedCandidates } from "./borrow.ts";
import type { Example } from "./examples.ts";
import type { Evaluator } from "./evaluate.ts";
import type { LeftReason, WriteBackEdit, WriteBackLeft } from "./model.ts";
import type { SdkNames } from "./sdk-names.ts";
import { applyEdits, lineAt, type Source } from "./source/source.ts";
import { scriptSource } from "./source/script.ts";
import { yamlSource } from "./source/yaml.ts";
import { withoutUnused } from "./unused.ts";
import { wantedOf, type Wanted } from "./wanted.ts";

/** An object with edits made in Grafana. */
export interface Target {
  readonly desired: Desired;
  /** What a write of this code would change in Grafana, without the masks of reports. */
  differences(desired: Desired): readonly Difference[];
  /** The differences to write. */
  readonly wanted: readonly Difference[];
}

/** How many candidates are tried for one edit: literals and calls, and then code as `import` writes it. */
const TRIES = 40;
const BORROWED = 24;
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

interface Place {
  readonly file: string;
  readonly candidate: Candidate;
}

interface SearchOptions {
  readonly directory: string;
  readonly config: string;
  readonly sdk: SdkNames;
  readonly examples: () => Promise<readonly Example[]>;
  readonly unstable: ReadonlySet<string>;
}

/** Finds edits of files, and keeps those after which the code differs from Grafana in less, and in nothing new. */
export class Search {
  readonly #evaluator: Evaluator;
  readonly #directory: string;
  readonly #config: string;
  readonly #sdk: SdkNames;
  /** The files as they were read, and with the edits. */
  readonly read = new Map<string, string>();
  readonly texts = new Map<string, string>();
  /** The hash of each object of the code with the edits. */
  readonly hashes: Map<string, string>;
  /** Files that are not UTF-8. */
  readonly #damaged = new Set<string>();
  readonly #sources = new Map<string, { readonly text: string; readonly source: Source | undefined }>();

  /** The code that `import` would write. Read only if literals are not enough. */
  readonly #examples: () => Promise<readonly Example[]>;
  /** Objects with other values in each evaluation. */
  readonly #unstable: ReadonlySet<string>;

  constructor(evaluator: Evaluator, { directory, config, sdk, examples, unstable }: SearchOptions) {
    this.#config = config;
    this.#examples = examples;
    this.#unstable = unstable;
    this.#evaluator = evaluator;
    this.#directory = directory;
    this.#sdk = sdk;
    this.hashes = new Map([...evaluator.base].map(([name, { hash }]) => [name, hash]));
  }

  async write(target: Target): Promise<{ written: WriteBackEdit[]; left: WriteBackLeft[] }> {
    const [written, left]: [WriteBackEdit[], WriteBackLeft[]] = [[], []];
    const base = this.#evaluator.base.get(address(target.desired));
    let now = base ? target.differences(base) : [];
    const all = new Set(now.map(({ path }) => path));
    let last: Found = { file: join(this.#directory, target.desired.source.file), at: 0 };
    for (const difference of target.wanted) {
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
      line: lineAt(this.#text(file), at),
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
    const places: Place[] = [];
    let nearest = { file: own, at: 0, score: 0 };
    let lossy: { file: string; at: number } | undefined;
    for (const file of this.#evaluator.filesOf(own)) {
      const source = this.#source(file);
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
    const more = await this.#borrowed(target, wanted);
    const second = await this.#firstOf(target, wanted, now, more.slice(0, BORROWED));
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

  /** Candidates with code as `import` writes it, in TypeScript. */
  async #borrowed({ desired }: Target, wanted: Wanted): Promise<Place[]> {
    const own = join(this.#directory, desired.source.file);
    if (!/\.[cm]?ts$/.test(own) || wanted.now === undefined) return [];
    const examples = await this.#examples();
    return this.#evaluator
      .filesOf(own)
      .flatMap((file) => {
        const source = this.#source(file);
        if (!source || !/\.[cm]?ts$/.test(file)) return [];
        const path = relative(this.#directory, file).replaceAll(sep, "/");
        return borrowedCandidates(wanted, { path, source }, examples, this.#sdk).map((candidate) => ({
          file,
          candidate,
        }));
      })
      .toSorted((a, b) => b.candidate.score - a.candidate.score);
  }

  /** Evaluates the code with an edit. Keeps the edit and returns the remaining differences if it is the wanted one. */
  async #attempt(
    target: Target,
    wanted: Wanted,
    now: readonly Difference[],
    { file, candidate }: Place,
  ): Promise<readonly Difference[] | Excess | undefined> {
    const before = this.#text(file);
    let text: string;
    try {
      const edited = applyEdits(before, candidate.edits);
      text = /\.[cm]?[jt]s$/.test(file) ? withoutUnused(before, edited) : edited;
      parse(file, text);
    } catch {
      return undefined;
    }
    const texts = new Map([...this.texts, [file, text]]);
    const name = address(target.desired);
    const own = join(this.#directory, target.desired.source.file);
    const desired = (await this.#evaluator.objectsOf(texts, [own]))?.get(name);
    if (!desired) return undefined;
    const differences = target.differences(desired);
    if (differences.some(({ path }) => path === wanted.path)) return undefined;
    const known = new Set(now.map(keyOf));
    if (!differences.every((one) => known.has(keyOf(one)))) return { reason: "shared" };
    const objects = await this.#evaluator.objectsOf(texts, this.#evaluator.usersOf(file));
    if (!objects) return undefined;
    for (const [other, { hash }] of objects)
      if (other !== name && this.hashes.get(other) !== hash)
        return { reason: this.#unstable.has(other) ? "unstable" : "shared", other };
    this.texts.set(file, text);
    this.hashes.set(name, desired.hash);
    return differences;
  }

  #text(file: string): string {
    const known = this.texts.get(file) ?? this.read.get(file);
    if (known !== undefined) return known;
    const bytes = readFileSync(file);
    if (!isUtf8(bytes)) this.#damaged.add(file);
    const text = bytes.toString();
    this.read.set(file, text);
    return text;
  }

  /**
   * Whether a file may be edited. The configuration may not: it determines which objects are the project's. Other projects may
   * use files outside of this one. A text that is not UTF-8 would lose characters.
   */
  #isEditable(file: string): boolean {
    const path = relative(this.#directory, file);
    return file !== this.#config && !isAbsolute(path) && path.split(sep)[0] !== ".." && !this.#damaged.has(file);
  }

  /** The values in a file; undefined if it can't be edited. */
  #source(file: string): Source | undefined {
    const text = this.#text(file);
    if (!this.#isEditable(file)) return undefined;
    const known = this.#sources.get(file);
    if (known?.text === text) return known.source;
    let source: Source | undefined;
    try {
      source = parse(file, text);
    } catch {
      // It is valid for Node, but not for this parser.
    }
    this.#sources.set(file, { text, source });
    return source;
  }
}

function parse(file: string, text: string): Source {
  const extension = extname(file);
  return /^\.ya?ml$/.test(extension) ? yamlSource(text) : scriptSource(text, extension === ".json");
}

function keyOf({ path, before, after }: Difference): string {
  return stableStringify([path, before ?? null, after ?? null]);
}
