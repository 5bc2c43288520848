import { apiName, type LiveObject } from "../engine/model.ts";
import { fileNameFrom, identifierFrom, UniqueNames } from "./code/names.ts";
import type { Objects, SourceKind } from "./objects.ts";

/** Where the code of an object is. */
export interface Place {
  /** Relative to the output directory, with slashes. */
  readonly file: string;
  /** The name of the export. */
  readonly export: string;
  /** The name under which other files import it. */
  readonly name: string;
}

/** Gives each object a place of its own. */
export interface Places {
  of(kind: SourceKind, object: LiveObject): Place;
}

export function placesFor({ kinds, containersOf }: Objects, extension: string): Places {
  const shared = kinds.flatMap(({ source }) => source.file ?? []);
  const helpers = [...new Set(kinds.map(({ name }) => apiName(name)))];
  const known = new Map<string, Place>();
  const names = new Map<string, UniqueNames>();
  const namesIn = (place: string, taken: readonly string[] = []) => {
    const own = names.get(place) ?? new UniqueNames(taken);
    names.set(place, own);
    return own;
  };
  const directories = new Map<string, string>();
  const directoryOf = (base: string, containers: readonly LiveObject[]): string => {
    const last = containers.at(-1);
    if (!last) return base;
    const key = `${base} ${last.id}`;
    const found = directories.get(key);
    if (found !== undefined) return found;
    const parent = directoryOf(base, containers.slice(0, -1));
    const directory = `${parent}/${namesIn(parent).take(fileNameFrom(last.title, last.id), "-")}`;
    directories.set(key, directory);
    return directory;
  };
  return {
    of({ name: kind, source }, object) {
      const key = `${kind}/${object.id}`;
      const found = known.get(key);
      if (found) return found;
      const fallback = identifierFrom(kind.replaceAll("-", " "), "object");
      const wanted = identifierFrom(object.title, identifierFrom(object.id, fallback));
      let place: Place;
      if (source.file !== undefined) {
        const file = `${source.directory}/${source.file}.ts`;
        const name = namesIn(file, helpers).take(wanted);
        place = { file, export: name, name };
      } else {
        const directory = directoryOf(source.directory, containersOf(object));
        const base = namesIn(directory, shared).take(fileNameFrom(object.title, object.id), "-");
        place = { file: `${directory}/${base}.${extension}`, export: "default", name: wanted };
      }
      known.set(key, place);
      return place;
    },
  };
}
