import { address, type LiveObject } from "../engine/model.ts";
import type { Expression } from "./code/expression.ts";
import type { Exported } from "./code/module.ts";
import type { SourceText } from "./format.ts";
import type { Objects, SourceKind } from "./objects.ts";
import type { Place, Places } from "./places.ts";
import type { References } from "./references.ts";

/** The code of one project, in a directory of its own. */
export interface Part {
  /** Relative to the output directory; empty if there is only one project. */
  readonly directory: string;
  readonly places: Places;
  readonly references: References;
  /** Adds an export to a file for all objects of a kind. */
  readonly share: (place: Place, value: Expression) => void;
  /** The files with several exports. */
  readonly shared: ReadonlyMap<string, readonly Exported[]>;
}

/** The path of a file of a project, relative to the output directory. */
export function pathIn(directory: string, file: string): string {
  return directory === "" ? file : `${directory}/${file}`;
}

type Write = (path: string, text: SourceText, split?: () => ReadonlyMap<string, SourceText>) => Promise<void>;

/** Writes files of the project in a directory. */
export function inDirectory(directory: string, write: Write): Write {
  if (directory === "") return write;
  return (path, text, split) =>
    write(
      pathIn(directory, path),
      text,
      split && (() => new Map([...split()].map(([own, part]) => [pathIn(directory, own), part]))),
    );
}

/** Tells a part what it can refer to. */
export interface PartContext {
  readonly directory: string;
  readonly isWritten: (kind: SourceKind, object: LiveObject) => boolean;
  readonly onRefer: (kind: SourceKind, object: LiveObject) => void;
}

/** The projects of an import. */
export interface Parts {
  /** The kinds in the order in which their objects are written. */
  readonly kinds: readonly SourceKind[];
  readonly of: (kind: SourceKind, object: LiveObject) => Part;
  /** The projects with objects. Called when all objects are written. */
  readonly finish: () => readonly Part[];
}

interface Options {
  readonly objects: Objects;
  readonly create: (context: PartContext) => Part;
  /** Whether an object has code, or will have it. */
  readonly isWritten: (kind: SourceKind, object: LiveObject) => boolean;
}

/** All objects in one project. */
export function onePart({ objects, create, isWritten }: Options): Parts {
  const part = create({ directory: "", isWritten, onRefer: () => {} });
  return { kinds: objects.kinds, of: () => part, finish: () => [part] };
}

/** The directories of the projects, for `--split`. */
export interface Split {
  /** The project for what no folder has, and what several projects use. */
  readonly shared: string;
  /** The project of a folder at the top level. */
  readonly ofContainer: (container: LiveObject) => string;
  /** The project that has an object already, by address. */
  readonly known: ReadonlyMap<string, string>;
}

/**
 * One project for each folder at the top level. An object that is in no folder belongs to the only project that uses it, or else to
 * the shared one. So the objects in folders are written first, and the others each after the kinds that refer to it.
 */
export function splitParts(split: Split, { objects, create, isWritten }: Options): Parts {
  const parts = new Map<string, Part>();
  /** The projects that refer to an object, by its address. */
  const users = new Map<string, Set<string>>();
  const used = new Map<string, Map<string, { readonly kind: SourceKind; readonly object: LiveObject }>>();
  const decided = new Map<string, string>();
  const isInFile = ({ source }: SourceKind) => source.file !== undefined;
  const nameOf = (kind: SourceKind, { id }: LiveObject) => address({ kind: kind.name, id });

  function directoryOf(kind: SourceKind, object: LiveObject): string {
    const name = nameOf(kind, object);
    const known = split.known.get(name) ?? decided.get(name);
    if (known !== undefined) return known;
    const top = objects.containersOf(object)[0] ?? (kind.container ? object : undefined);
    if (top) return split.ofContainer(top);
    const [user, ...others] = users.get(name) ?? [];
    return user !== undefined && others.length === 0 ? user : split.shared;
  }

  function partIn(directory: string): Part {
    const own = parts.get(directory);
    if (own) return own;
    const references = new Map<string, { readonly kind: SourceKind; readonly object: LiveObject }>();
    const part = create({
      directory,
      // Whether another project has an object that is in no folder is known only at the end.
      isWritten: (kind, object) =>
        isInFile(kind) || (directoryOf(kind, object) === directory && isWritten(kind, object)),
      onRefer(kind, object) {
        const name = nameOf(kind, object);
        references.set(name, { kind, object });
        users.set(name, (users.get(name) ?? new Set()).add(directory));
      },
    });
    parts.set(directory, part);
    used.set(directory, references);
    return part;
  }

  return {
    kinds: [...objects.kinds.filter((kind) => !isInFile(kind)), ...objects.kinds.filter(isInFile).toReversed()],
    of(kind, object) {
      const directory = directoryOf(kind, object);
      decided.set(nameOf(kind, object), directory);
      return partIn(directory);
    },
    finish() {
      for (const [directory, part] of parts)
        for (const { kind, object } of used.get(directory)?.values() ?? []) {
          const isOwn = directoryOf(kind, object) === directory && isWritten(kind, object);
          if (isInFile(kind) && !isOwn && !split.known.has(nameOf(kind, object)))
            part.share(part.places.of(kind, object), part.references.existing(kind, object));
        }
      return [...parts.values()];
    },
  };
}
