import type { Kinds, ResourceKind } from "../engine/resource.ts";
import { type Issue, inspect, unserializableIn } from "./inspect.ts";
import type { Mapping } from "../engine/mapping.ts";
import { misplacedIn } from "./misplaced.ts";
import type { ErrorCode } from "../util/error-codes.ts";
import type { Fault } from "../util/errors.ts";
import { hashOfText, isObject, stableStringify } from "../util/json.ts";
import { withCompressed } from "../util/compress.ts";
import { pathText } from "../util/schema-issues.ts";
import type { Unresolved } from "./unresolved.ts";
import { address, apiName, type Desired, type Reference, type Source } from "../engine/model.ts";

/** An export of the code. Only its kind has been checked. */
export interface LoadedResource {
  readonly kind: string;
  readonly value: object;
  readonly source: Source;
  /** The property of `value` that was exported, if the export was wrapped. Paths in faults are relative to it. */
  readonly within?: string;
  /** Whether a property of `value` is created on every access, so that nothing else refers to its value. */
  readonly packed?: boolean;
  /** Whether nothing else uses the bulk of `value`, so that it can be cleared. */
  readonly disposable?: boolean;
}

/** The text of a file that could not be loaded. References to names in it are not reported as missing. */
interface Unloaded {
  readonly unloaded: string;
}

export type Loaded = LoadedResource | Unloaded;

/** The resources that the code defines, and all faults. */
export interface Code {
  readonly desired: readonly Desired[];
  /** References that must exist in the live Grafana. */
  readonly expected: readonly { readonly from: Desired; readonly reference: Reference }[];
  /** References that are only a warning if the live Grafana lacks them, too. */
  readonly unresolved: readonly Unresolved[];
  readonly faults: readonly Fault[];
  /** The mappings of the environment that the code is for. */
  readonly mapping?: Mapping;
}

/** Sorts kinds so that each follows the kinds that it depends on. */
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

/** The largest body that Grafana accepts, in bytes: 16 MiB. */
const MAX_BODY = 16 * 1024 * 1024;

/** A warning: a proxy or a newer Grafana can have another limit. */
function tooLarge(size: number, source: Source): Fault {
  return {
    level: "warning",
    code: "code-resource-too-large",
    ...source,
    message: `has about ${Math.round(size / 1e6)} MB of JSON; Grafana rejects more than 16 MiB (413)`,
    hint: "Split it into several objects.",
  };
}

const UID = /^[a-zA-Z0-9_-]{1,40}$/;

/**
 * Validates loaded resources and collects all faults. A resource with an error is not in `desired`. Sends nothing. `mapping`: of
 * the environment that the code is for.
 */
export function desire(loaded: readonly Loaded[], kinds: Kinds, project: string, mapping?: Mapping): Code {
  const faults: Fault[] = [];
  const desired: Desired[] = [];
  const wrapped = new Map<Desired, string>();
  const declared = new Map<string, Source>();
  const existing = new Set<string>();
  const broken = new Set<string>();

  const resources = loaded.filter((one) => "value" in one);
  const unloaded = loaded.filter((one) => "unloaded" in one).map((one) => one.unloaded);
  const exported = new Set(resources.map(({ value }) => value));
  const add = ({ kind: name, value: given, source, within, packed, disposable = false }: LoadedResource): void => {
    const value = packed ? { ...given } : given;
    const kind = kinds.get(name);
    if (!kind) throw new Error(`no kind is named ${name}`);
    if ("existing" in value) {
      for (const id of namesOf(value)) existing.add(address({ kind: name, id }));
      return;
    }
    const { issues, aside } = inspect(kind, value, { kinds, exported, path: [], around: [value] });
    if (issues.length > 0 || aside) {
      faults.push(
        ...issues.map((issue) =>
          faultAt(issue, issue.unread ? "code-secret-invalid" : "code-property-invalid", source, within),
        ),
      );
      for (const name of namesOf(value)) broken.add(address({ kind: kind.name, id: name }));
      return;
    }
    // The object of the environment takes its place.
    if (kind.mappable && mapping?.has(kind.name, kind.id(value, project))) return;
    const mapped = mapping && kind.mapping ? kind.mapping.resource(value, mapping.rename, project) : value;
    const one = resourceOf(kind, { kind: name, value: mapped, source, ...(within ? { within } : {}) }, project);
    if (one.size > MAX_BODY) faults.push(tooLarge(one.size, source));
    // A packed resource was JSON, which has only valid values.
    const found = packed ? undefined : misplacedIn(kind, value, kinds, project);
    const misplaced = [
      ...(found?.unserializable ?? []).map((issue) => faultAt(issue, "code-value-unserializable", source, within)),
      ...(found?.variables ?? []).map((issue) => faultAt(issue, "code-secret-invalid", source, within)),
      ...(found?.secrets ?? []).map((issue) => faultAt(issue, "code-secret-misplaced", source, within)),
      ...(found?.resources ?? []).map((issue) => faultAt(issue, "code-resource-misplaced", source, within)),
    ];
    if (misplaced.length > 0) {
      faults.push(...misplaced);
      broken.add(address(one));
      return;
    }
    const first = declared.get(address(one));
    if (kind.idIs === "uid" && !UID.test(one.id)) {
      const message = `invalid uid "${one.id}": use letters, digits, - and _, at most 40 characters`;
      faults.push({ level: "error", code: "code-uid-invalid", ...source, path: "uid", message });
    } else if (first) {
      const place = placeOf(first);
      const message = `${address(one)} is defined twice; the other definition is in ${place}`;
      const what = kind.idIs === "uid" ? "uid" : "name" in value ? "name" : "title";
      const same = kind.checks?.onlyOne
        ? { hint: kind.checks.onlyOne }
        : { path: what, hint: `Change the ${what} of one of them.` };
      faults.push({ level: "error", code: "code-resource-duplicate", ...source, message, ...same });
    } else {
      declared.set(address(one), source);
      const { size: _, ...rest } = one;
      const resource =
        mapped === value && packed ? given : compressed(kind, mapped, disposable || hasOwnBulk(kind, mapped, value));
      const kept = { ...rest, resource };
      if (within) wrapped.set(kept, within);
      desired.push(kept);
    }
  };
  for (const resource of resources) {
    try {
      add(resource);
    } catch (error) {
      // Checked only after a failure, because it visits all values.
      const issue = unserializableIn(resource.value);
      if (!issue) throw error;
      faults.push(faultAt(issue, "code-value-unserializable", resource.source, resource.within));
    }
  }

  const expected: Code["expected"][number][] = [];
  const unresolved: Unresolved[] = [];
  const aliases = new Set(desired.flatMap((one) => aliasesOf(one, kinds)));
  const mayBeUnloaded = (id: string) =>
    unloaded.some((text) => ['"', "'", "`"].some((quote) => text.includes(quote + id + quote)));
  for (const from of desired) {
    for (const reference of from.references) {
      const target = address(reference);
      if (declared.has(target) || broken.has(target) || aliases.has(target)) continue;
      const lacking = mapping && mapping.isTarget(reference.kind, reference.id) ? [] : lackedBy(reference, mapping);
      if (lacking.length > 0) faults.push(unmapped(from, reference, lacking, mapping?.environment ?? ""));
      else if (reference.existing || existing.has(target) || mapping?.isTarget(reference.kind, reference.id))
        expected.push({ from, reference });
      else if (mayBeUnloaded(reference.id)) continue;
      else if (reference.untyped) unresolved.push({ from, reference });
      else {
        const paths = placesOf(from, reference, kinds).map((path) => pathFrom(path, wrapped.get(from)));
        faults.push(...paths.map((path) => missing(from, { ...reference, path })));
      }
    }
  }
  for (const kind of kinds.values()) {
    const own = desired.filter((one) => one.kind === kind.name);
    faults.push(...(kind.checks?.code?.(own, desired) ?? []));
  }
  return { desired, expected, unresolved, faults, ...(mapping ? { mapping } : {}) };
}

/** The environments that map the target of a reference, if this one does not. */
function lackedBy({ kind, id }: Reference, mapping: Mapping | undefined): readonly string[] {
  return mapping?.lackedBy(kind, id) ?? [];
}

function unmapped(from: Desired, { kind, id, path }: Reference, others: readonly string[], environment: string): Fault {
  return {
    level: "error",
    code: "config-mapping-missing",
    ...from.source,
    path,
    message: `refers to the ${kind} "${id}", which the environment "${environment}" does not map, but ${others.join(", ")} ${others.length === 1 ? "does" : "do"}`,
    hint: `Add it to the environment "${environment}" in the configuration. If its Grafana has the same id, map the id to itself.`,
  };
}

/** The same resource of the code with another value. */
export function withValue(kind: ResourceKind, one: Desired, value: object): Desired {
  const { size: _, ...made } = resourceOf(kind, { ...one, value }, one.project);
  return { ...made, resource: compressed(kind, value, true) };
}

/** Other addresses that references can use for a resource. */
function aliasesOf(one: Desired, kinds: Kinds): string[] {
  const { kind } = one;
  return (kinds.get(kind)?.aliases?.(one) ?? []).map((id) => address({ kind, id }));
}

/** Keeps one reference per target: a dashboard refers to its datasource in every panel. */
function onePerTarget(references: readonly Reference[]): Reference[] {
  const first = new Map<string, Reference>();
  for (const one of references) {
    const target = `${address(one)} ${one.existing}`;
    if (!first.has(target)) first.set(target, one);
  }
  return [...first.values()];
}

/** All paths at which a resource refers to a target. */
function placesOf({ kind, resource, project }: Desired, reference: Reference, kinds: Kinds): string[] {
  const all = kinds.get(kind)?.references(resource, project) ?? [];
  return all.filter((one) => address(one) === address(reference)).map(({ path }) => path);
}

/** Compresses the bulk of a resource. Thousands of dashboards as objects would not fit into memory. */
function compressed({ bulk }: ResourceKind, resource: object, disposable: boolean): object {
  if (bulk === undefined) return resource;
  const { property, identity } = bulk;
  const result = withCompressed(resource, property as keyof object);
  // Node keeps a module and its exports in memory until the process ends. Frozen objects can't be cleared.
  const large: unknown = Reflect.get(resource, property);
  const keys = disposable && isObject(large) ? Object.keys(large) : [];
  for (const key of keys) if (!identity.includes(key)) Reflect.set(large as object, key, undefined);
  return result;
}

/** Whether a mapped resource has another bulk than the one of the code. A mapping of the folder keeps it. */
function hasOwnBulk({ bulk }: ResourceKind, mapped: object, value: object): boolean {
  return bulk !== undefined && Reflect.get(mapped, bulk.property) !== Reflect.get(value, bulk.property);
}

/** The uid and the name of a resource, by which references can refer to it. */
function namesOf(value: object): string[] {
  return Object.entries(value).flatMap(([key, name]) =>
    (key === "uid" || key === "name") && typeof name === "string" ? [name] : [],
  );
}

function resourceOf(
  kind: ResourceKind,
  { value: resource, source, within }: LoadedResource,
  project: string,
): Desired & { readonly size: number } {
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
  const text = stableStringify(kind.desired(base));
  return { ...base, hash: hashOfText(text), size: Buffer.byteLength(text) };
}

function missing(from: Desired, reference: Reference): Fault {
  const { kind, id, path, property } = reference;
  const where = { file: from.source.file, export: from.source.export, path };
  const take = property ? ` and use its ${property.name} (${property.example})` : "";
  const suffix = property ? `.${property.name}` : "";
  return {
    level: "error",
    code: "code-reference-missing",
    ...where,
    message: `refers to the ${kind} "${id}", which no loaded file exports`,
    hint: `Export it from a file under \`resources\`${take}. If it exists in Grafana, use existing.${apiName(kind)}("${id}")${suffix}.`,
  };
}

function placeOf({ file, export: name }: Source): string {
  if (!name) return file;
  return `${file} ${name === "default" ? "(default export)" : `(export ${name})`}`;
}

function faultAt({ path, message }: Issue, code: ErrorCode, source: Source, within: string | undefined): Fault {
  const place = pathFrom(pathText(path), within);
  return { level: "error", code, ...source, ...(place ? { path: place } : {}), message };
}

function pathFrom(path: string, within: string | undefined): string {
  return within !== undefined && path.startsWith(`${within}.`) ? path.slice(within.length + 1) : path;
}
