import type { LoadedResource } from "../code/desired.ts";
import { documentKind, loadedFrom } from "../code/documents.ts";
import { containerKind } from "../engine/container.ts";
import type { ForeignContext, ForeignResult } from "../engine/foreign.ts";
import type { Kinds } from "../engine/resource.ts";
import type { Fault } from "../util/errors.ts";
import { isObject, textOf, type Json, type JsonObject } from "../util/json.ts";
import { sharedContext, type Shared } from "./context.ts";
import type { ForeignDocument } from "./files.ts";
import { manifestIn } from "./manifests.ts";
import { variablesOf } from "./variables.ts";

export interface ForeignOptions {
  readonly kinds: Kinds;
  /** The directory that paths are relative to, also in messages. */
  readonly directory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The organization whose objects are imported. */
  readonly organization: number;
}

/** A part of the files that is not imported. */
interface LeftOutOfFiles {
  /** The file, with the place in it. */
  readonly address: string;
  readonly title: string;
  /** A sentence. */
  readonly why: string;
}

/** Where an object is in the files. */
export interface Place {
  readonly file: string;
  /** `datasources[2]` */
  readonly part: string;
  readonly title: string;
}

/** The results of the readers of all formats. */
export interface Collected {
  readonly options: ForeignOptions;
  readonly containers: Shared["containers"];
  readonly loaded: readonly LoadedResource[];
  readonly left: readonly LeftOutOfFiles[];
  readonly faults: readonly Fault[];
  readonly notes: readonly string[];
  /** For values that are not in an object. */
  readonly context: ForeignContext;
  /** Reads an object and adds its resource. */
  add(kind: string, place: Place, read: (context: ForeignContext) => ForeignResult): void;
  /** Adds the resource in a document. `container`: where it is; absent: as the document says. */
  addDocument(one: ForeignDocument, container?: object | null): void;
  leaveOut(place: Place, why: string): void;
  addFaults(faults: readonly Fault[]): void;
  /** Adds what `context` could not replace as faults. Whether there was none. */
  isReplaced(place: Place): boolean;
}

/** `reserved`: names of variables that the files refer to. */
export function collect(options: ForeignOptions, reserved: ReadonlySet<string>): Collected {
  const { kinds } = options;
  const variables = variablesOf(options.environment);
  const shared = sharedContext(containerKind(kinds).name, variables, reserved);
  const documentsKind = documentKind(kinds);
  const loaded: LoadedResource[] = [];
  const left: LeftOutOfFiles[] = [];
  const faults: Fault[] = [];
  const notes: string[] = [];
  const leaveOut = (place: Place, why: string) => void left.push({ address: nameOf(place), title: place.title, why });
  const isReplaced = ({ file, part }: Place) => {
    const problems = variables.takeProblems();
    const source = { file, ...(part === "" ? {} : { export: part }) };
    for (const message of problems) faults.push({ level: "error", code: "code-document-invalid", ...source, message });
    return problems.length === 0;
  };
  return {
    options,
    loaded,
    left,
    faults,
    notes,
    context: shared.contextFor(() => {}),
    get containers() {
      return shared.containers;
    },
    leaveOut,
    isReplaced,
    addFaults: (all) => void faults.push(...all),
    add(kind, place, read) {
      const { file, part, title } = place;
      const context = shared.contextFor((what, why) =>
        notes.push(`${nameOf(place)} "${title}" is imported without ${what}. ${why}`),
      );
      const result = read(context);
      if (!isReplaced(place)) return;
      if ("left" in result) leaveOut(place, result.left);
      else loaded.push({ kind, value: result.value, source: { file, export: part } });
    },
    addDocument(one, container) {
      const { name, part, stem, found } = one;
      const { documents } = documentsKind;
      const manifest = manifestIn(one.document);
      // Grizzly also accepts a spec as JSON in a text.
      const document = manifest && isObject(one.document) ? { ...one.document, spec: manifest.spec } : one.document;
      if (found && !manifest && !looksLikeDocument(document, documents)) {
        leaveOut(placeOf(one), "it contains no object that this tool supports");
        return;
      }
      const read = container === undefined ? documents.read : documents.readIn(container);
      const source = { file: name, export: part };
      for (const resource of loadedFrom(document, read, { kind: documentsKind, source, stem, faults }))
        if ("value" in resource) loaded.push(resource);
    },
  };
}

function looksLikeDocument(document: Json, documents: ReturnType<typeof documentKind>["documents"]): boolean {
  if (!isObject(document)) return false;
  return documents.isDocument(document) || documents.read(document, { file: "", stem: "a" }).value !== undefined;
}

export function placeOf({ name: file, part, document }: ForeignDocument): Place {
  return { file, part, title: titleOf(document) };
}

/** `provisioning/datasources/all.yaml datasources[2]` */
function nameOf({ file, part }: Pick<Place, "file" | "part">): string {
  return part === "" ? file : `${file} ${part}`;
}

/** The title or the name in an object, for messages. */
export function titleOf(document: Json): string {
  const object = isObject(document) ? document : {};
  const inside = ["spec", "metadata"].flatMap((key) => (isObject(object[key]) ? [object[key]] : []));
  const all: readonly JsonObject[] = [object, ...inside];
  const names = ["title", "name"].flatMap((key) => all.map((one) => textOf(one[key])));
  return names.find((name) => name !== "") ?? "";
}
