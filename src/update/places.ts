import { relative, sep } from "node:path";
import type { JsonObject } from "../util/json.ts";
import { borrowedCandidates } from "./borrow.ts";
import type { Candidate } from "./candidates.ts";
import { cloneCandidates } from "./clone.ts";
import type { Example } from "./examples.ts";
import { isNamedIn, namedAdditions, namedRemovals } from "./named-items.ts";
import type { SdkNames } from "./sdk-names.ts";
import type { Source } from "./source/source.ts";
import { listAround, type Wanted } from "./wanted.ts";

/** An edit of a file. */
export interface Place {
  readonly file: string;
  readonly candidate: Candidate;
}

/** The files that an object uses and that can be edited. */
export interface Sources {
  readonly directory: string;
  readonly sources: readonly { readonly file: string; readonly source: Source }[];
  readonly sdk: SdkNames;
}

/** Candidates that copy the code of another item of the same list. `form`: the values of the code. */
export function copiedPlaces(wanted: Wanted, form: JsonObject, { sources, sdk }: Sources): Place[] {
  if (!wanted.isItem || wanted.old !== undefined) return [];
  const siblings = listAround(form, wanted.path);
  return bestFirst(
    scriptsOf(sources).flatMap(({ file, source }) =>
      cloneCandidates(wanted, siblings, source, sdk).map((candidate) => ({ file, candidate })),
    ),
  );
}

/** Candidates that add or remove an item with a name that other parts of the object use. `examples`: the object as `import` writes it. */
export async function namedPlaces(
  wanted: Wanted,
  form: JsonObject,
  { directory, sources }: Sources,
  examples: () => Promise<readonly (Example | Source)[]>,
): Promise<Place[]> {
  if (!wanted.isItem) return [];
  const found: Place[] = [];
  for (const { file, source } of sources) {
    const target = { path: relative(directory, file).replaceAll(sep, "/"), source };
    const candidates =
      wanted.now === undefined
        ? namedRemovals(wanted, form, target)
        : isNamedIn(wanted, form, source)
          ? namedAdditions(wanted, form, target, await examples())
          : [];
    found.push(...candidates.map((candidate) => ({ file, candidate })));
  }
  return bestFirst(found);
}

/** Candidates with code as `import` writes it. */
export function borrowedPlaces(
  wanted: Wanted,
  examples: readonly Example[],
  { directory, sources, sdk }: Sources,
): Place[] {
  return bestFirst(
    scriptsOf(sources).flatMap(({ file, source }) => {
      const path = relative(directory, file).replaceAll(sep, "/");
      return borrowedCandidates(wanted, { path, source }, examples, sdk).map((candidate) => ({ file, candidate }));
    }),
  );
}

function scriptsOf(sources: Sources["sources"]): Sources["sources"] {
  return sources.filter(({ file }) => /\.[cm]?ts$/.test(file));
}

function bestFirst(places: readonly Place[]): Place[] {
  return places.toSorted((a, b) => b.candidate.score - a.candidate.score);
}
