import type { Kinds, ResourceKind } from "../engine/resource.ts";
import { type Issue, inspect, unspeakableIn, misplacedSecrets } from "./inspect.ts";
import { misplacedResources } from "./misplaced-resources.ts";
import type { Fault } from "../util/errors.ts";
import { hash, isObject } from "../util/json.ts";
import { withCompressed } from "../util/compress.ts";
import { pathText } from "../util/schema-issues.ts";
import { address, apiName, type Desired, type Reference, type Source } from "../engine/model.ts";

/** One export of the code, not yet looked at beyond its kind. */
export interface LoadedResource {
  readonly kind: string;
  readonly value: object;
  readonly source: Source;
  /** The property of `value` that the export itself is, where it was wrapped: faults are told from there. */
  readonly within?: string;
  /** A property of `value` is made anew whenever it is read. Nothing else refers to such a value. */
  readonly packed?: boolean;
  /** Nobody else looks at what is large in `value`: it may be taken apart. */
  readonly disposable?: boolean;
}

/** A file that could not be loaded, and is reported as such: what its text names may be declared in it. */
interface Unloaded {
  readonly unloaded: string;
}

export type Loaded = LoadedResource | Unloaded;

/** What the code asks for, or everything that is wrong with it. */
export interface Code {
  readonly desired: readonly Desired[];
  /** References that have to be found in the live Grafana. */
  readonly expected: readonly { readonly from: Desired; readonly reference: Reference }[];
  readonly faults: readonly Fault[];
}

/** Kinds with those first that others depend on. */
export function orderOf(kinds: Kinds): ResourceKind[] {
  const ordered = new Set<ResourceKind>();
  const visit = (kind: ResourceKind): void => {
    for (const name of kind.dependsOn) {
      const needed = kinds.get(name);
      if (needed && !ordered.has(needed)) visit(needed);
    }
    ordered.add(kind);
  };
  for (const kind of kinds.values()) visit(kind);
  return [...ordered];
}

const UID = /^[a-zA-Z0-9_-]{1,40}$/;

/** Checks what was loaded. Every fault is collected; a resource with one is left out of `desired`. Sends nothing. */
export function desire(loaded: readonly Loaded[], kinds: Kinds, project: string): Code {
  const faults: Fault[] = [];
  const desired: Desired[] = [];
  const wrapped = new Map<Desired, string>();
  const declared = new Map<string, Source>();
  const existing = new Set<string>();
  const broken = new Set<string>();

  const resources = loaded.filter((one) => "value" in one);
  const unloaded = loaded.filter((one) => "unloaded" in one).map((one) => one.unloaded);
  const exported = new Set(resources.map(({ value }) => value));
  for (const { kind: name, value: given, source, within, packed, disposable = false } of resources) {
    const value = packed ? { ...given } : given;
    const kind = kinds.get(name);
    if (!kind) throw new Error(`no kind is named ${name}`);
    if ("existing" in value) {
      for (const id of namesOf(value)) existing.add(address({ kind: name, id }));
      continue;
    }
    const { issues, aside } = inspect(kind, value, { kinds, exported, path: [], around: [value] });
    if (issues.length > 0 || aside) {
      faults.push(...issues.map((issue) => faultAt(issue, source, within)));
      for (const name of namesOf(value)) broken.add(address({ kind: kind.name, id: name }));
      continue;
    }
    const one = resourceOf(kind, { kind: name, value, source, ...(within ? { within } : {}) }, project);
    if ("unspeakable" in one) {
      faults.push(faultAt(one.unspeakable, source, within));
      continue;
    }
    const misplaced = [
      // A packed resource was JSON, which has no secrets.
      ...(packed ? [] : misplacedSecrets(kind, value, kinds)),
      ...misplacedResources(value, kinds, () => kind.references(value, project)),
    ];
    if (misplaced.length > 0) {
      faults.push(...misplaced.map((issue) => faultAt(issue, source, within)));
      broken.add(address(one));
      continue;
    }
    const first = declared.get(address(one));
    if (kind.idIs === "uid" && !UID.test(one.id)) {
      const message = `the uid "${one.id}" is not one: letters, digits, - and _, 40 characters at most`;
      faults.push({ level: "error", ...source, path: "uid", message });
    } else if (first) {
      const place = placeOf(first);
      const message = `${address(one)} is declared twice: also in ${place}`;
      const what = kind.idIs;
      faults.push({ level: "error", ...source, path: what, message, hint: `Give one of the two another ${what}.` });
    } else {
      declared.set(address(one), source);
      const kept = { ...one, resource: packed ? given : compressed(kind, value, disposable) };
      if (within) wrapped.set(kept, within);
      desired.push(kept);
    }
  }

  const expected: Code["expected"][number][] = [];
  const aliases = new Set(desired.flatMap((one) => aliasesOf(one, kinds)));
  const mayBeUnloaded = (id: string) =>
    unloaded.some((text) => ['"', "'", "`"].some((quote) => text.includes(quote + id + quote)));
  for (const from of desired) {
    for (const reference of from.references) {
      const target = address(reference);
      if (declared.has(target) || broken.has(target) || aliases.has(target)) continue;
      if (reference.existing || existing.has(target)) expected.push({ from, reference });
      else if (!mayBeUnloaded(reference.id)) {
        const paths = placesOf(from, reference, kinds).map((path) => pathFrom(path, wrapped.get(from)));
        faults.push(...paths.map((path) => missing(from, { ...reference, path })));
      }
    }
  }
  for (const kind of kinds.values()) {
    const own = desired.filter((one) => one.kind === kind.name);
    faults.push(...(kind.checks?.code?.(own) ?? []));
  }
  return { desired, expected, faults };
}

/** Further addresses by which references find a resource. */
function aliasesOf(one: Desired, kinds: Kinds): string[] {
  const { kind } = one;
  return (kinds.get(kind)?.aliases?.(one) ?? []).map((id) => address({ kind, id }));
}

/** A dashboard names its datasource in every panel. */
function onePerTarget(references: readonly Reference[]): Reference[] {
  const first = new Map<string, Reference>();
  for (const one of references) {
    const target = `${address(one)} ${one.existing}`;
    if (!first.has(target)) first.set(target, one);
  }
  return [...first.values()];
}

/** Every place where a resource names what it names there. For plain JSON the first is enough: it is a warning. */
function placesOf({ kind, resource, project }: Desired, reference: Reference, kinds: Kinds): string[] {
  if (reference.untyped) return [reference.path];
  const all = kinds.get(kind)?.references(resource, project) ?? [];
  return all.filter((one) => address(one) === address(reference)).map(({ path }) => path);
}

/** What is kept of a resource: thousands of dashboards as objects would fill the memory. */
function compressed({ bulk }: ResourceKind, resource: object, disposable: boolean): object {
  if (bulk === undefined) return resource;
  const { property, identity } = bulk;
  const result = withCompressed(resource, property as keyof object);
  // Node keeps a module with all that it exports until the process ends. What is frozen stays.
  const large: unknown = Reflect.get(resource, property);
  const keys = disposable && isObject(large) ? Object.keys(large) : [];
  for (const key of keys) if (!identity.includes(key)) Reflect.set(large as object, key, undefined);
  return result;
}

/** What a resource may be named by. */
function namesOf(value: object): string[] {
  return Object.entries(value).flatMap(([key, name]) =>
    (key === "uid" || key === "name") && typeof name === "string" ? [name] : [],
  );
}

function resourceOf(
  kind: ResourceKind,
  { value: resource, source, within }: LoadedResource,
  project: string,
): Desired | { unspeakable: Issue } {
  try {
    const references = onePerTarget(kind.references(resource, project));
    const base = {
      kind: kind.name,
      id: kind.id(resource, project),
      title: kind.title(resource),
      resource,
      source,
      project,
      references: references.map((one) => ({ ...one, path: pathFrom(one.path, within) })),
    };
    return { ...base, hash: hash(kind.desired(base)) };
  } catch (error) {
    // Looked for only now: it takes a walk through every value, and hardly anybody writes one.
    const unspeakable = unspeakableIn(resource);
    if (unspeakable) return { unspeakable };
    throw error;
  }
}

function missing(from: Desired, reference: Reference): Fault {
  const { kind, id, path, untyped, property } = reference;
  const where = { file: from.source.file, export: from.source.export, path };
  if (untyped) {
    const message = `names the ${kind} "${id}", which no loaded file exports`;
    const hint = `Where Grafana has it all the same, nothing is wrong; export existing.${apiName(kind)}("${id}") to have that checked.`;
    return { level: "warning", ...where, message, hint };
  }
  const take = property ? ` and take its ${property.name} (${property.example})` : "";
  const suffix = property ? `.${property.name}` : "";
  return {
    level: "error",
    ...where,
    message: `refers to the ${kind} "${id}", which no loaded file exports`,
    hint: `Export it from a file under \`resources\`${take}, or name one that Grafana has with existing.${apiName(kind)}("${id}")${suffix}.`,
  };
}

function placeOf({ file, export: name }: Source): string {
  if (!name) return file;
  return `${file} ${name === "default" ? "(default export)" : `(export ${name})`}`;
}

function faultAt({ path, message }: Issue, source: Source, within: string | undefined): Fault {
  const place = pathFrom(pathText(path), within);
  return { level: "error", ...source, ...(place ? { path: place } : {}), message };
}

function pathFrom(path: string, within: string | undefined): string {
  return within !== undefined && path.startsWith(`${within}.`) ? path.slice(within.length + 1) : path;
}
