import { posix } from "node:path";
import { kindWords } from "../util/plural.ts";
import { apiName, type LiveObject } from "../engine/model.ts";
import { fileNameFrom, identifierFrom, UniqueNames } from "./code/names.ts";
import type { Format } from "./documents.ts";
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

/** `taken`: files that no object gets, relative to the output directory. */
export function placesFor({ kinds, containersOf }: Objects, format: Format, taken: ReadonlySet<string>): Places {
  const extensionOf = (source: SourceKind["source"]) =>
    format === "code" || source.document === undefined ? "ts" : format;
  const extensions = [...new Set(kinds.map(({ source }) => `.${extensionOf(source)}`))];
  const folded = new Set([...taken].map((file) => file.toLowerCase()));
  const sharedFile = ({ directory, file = "" }: SourceKind["source"]) => {
    for (let number = 1; ; number++) {
      const name = number === 1 ? file : `${file}-${number}`;
      if (!folded.has(`${directory}/${name}.ts`.toLowerCase())) return { directory, name };
    }
  };
  const shared = new Map(
    kinds.flatMap(({ name, source }) => (source.file ? [[name, sharedFile(source)] as const] : [])),
  );
  const helpers = [...new Set(kinds.map(({ name }) => apiName(name)))];
  const known = new Map<string, Place>();
  const names = new Map<string, UniqueNames>();
  const namesIn = (place: string, reserved: () => readonly string[]) => {
    const own = names.get(place) ?? new UniqueNames(reserved());
    names.set(place, own);
    return own;
  };
  const namesInDirectory = (directory: string) =>
    namesIn(directory, () => [
      ...[...shared.values()].map(({ name }) => name),
      ...[...taken]
        .filter((file) => posix.dirname(file) === directory && extensions.includes(posix.extname(file)))
        .map((file) => posix.basename(file, posix.extname(file))),
    ]);
  const directories = new Map<string, string>();
  const directoryOf = (base: string, containers: readonly LiveObject[]): string => {
    const last = containers.at(-1);
    if (!last) return base;
    const key = `${base} ${last.id}`;
    const found = directories.get(key);
    if (found !== undefined) return found;
    const parent = directoryOf(base, containers.slice(0, -1));
    const directory = `${parent}/${namesInDirectory(parent).take(fileNameFrom(last.title, last.id), "-")}`;
    directories.set(key, directory);
    return directory;
  };
  return {
    of({ name: kind, source }, object) {
      const key = `${kind}/${object.id}`;
      const found = known.get(key);
      if (found) return found;
      const fallback = identifierFrom(kindWords(kind), "object");
      const wanted = identifierFrom(object.title, identifierFrom(object.id, fallback));
      let place: Place;
      const own = shared.get(kind);
      if (own) {
        const file = `${own.directory}/${own.name}.ts`;
        const name = namesIn(file, () => helpers).take(wanted);
        place = { file, export: name, name };
      } else {
        const directory = directoryOf(source.directory, containersOf(object));
        const base = namesInDirectory(directory).take(fileNameFrom(object.title, object.id), "-");
        place = { file: `${directory}/${base}.${extensionOf(source)}`, export: "default", name: wanted };
      }
      known.set(key, place);
      return place;
    },
  };
}
