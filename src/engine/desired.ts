import type { z } from "zod";
import type { Fault } from "../errors.ts";
import { hash } from "./json.ts";
import { address, type Desired, type Reference, type ResourceKind, type Source } from "./resource.ts";

/** One export of the code, not yet looked at beyond its kind. */
export interface Loaded {
  readonly kind: string;
  readonly value: object;
  readonly source: Source;
}

/** What the code asks for, or everything that is wrong with it. */
export interface Code {
  readonly desired: readonly Desired[];
  /** References that have to be found in the live Grafana. */
  readonly expected: readonly { readonly from: Desired; readonly reference: Reference }[];
  readonly faults: readonly Fault[];
}

export type Kinds = ReadonlyMap<string, ResourceKind>;

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
  const declared = new Map<string, Source>();
  const existing = new Set<string>();
  const broken = new Set<string>();

  for (const { kind: name, value, source } of loaded) {
    const kind = kinds.get(name);
    if (!kind) throw new Error(`no kind is named ${name}`);
    if ("existing" in value && "uid" in value) {
      existing.add(address({ kind: name, id: String(value.uid) }));
      continue;
    }
    const parsed = kind.schema.safeParse(value);
    if (!parsed.success) {
      faults.push(...parsed.error.issues.flatMap((issue) => faultsOf(issue, source)));
      const uid = "uid" in value && typeof value.uid === "string" ? value.uid : undefined;
      if (uid !== undefined) broken.add(address({ kind: name, id: uid }));
      continue;
    }
    const one = resourceOf(kind, value, source, project);
    const first = declared.get(address(one));
    if (!UID.test(one.id)) {
      const message = `the uid "${one.id}" is not one: letters, digits, - and _, 40 characters at most`;
      faults.push({ level: "error", ...source, path: "uid", message });
    } else if (first) {
      const message = `${address(one)} is declared twice: also in ${first.file} (export ${first.export})`;
      faults.push({ level: "error", ...source, path: "uid", message });
    } else {
      declared.set(address(one), source);
      desired.push(one);
    }
  }

  const expected: Code["expected"][number][] = [];
  const names = new Map(desired.map((one) => [`${one.kind}/${one.title}`, one]));
  for (const from of desired) {
    for (const reference of from.references) {
      const target = address(reference);
      if (declared.has(target) || broken.has(target)) continue;
      // Old dashboards name a datasource by its name.
      if (reference.kind === "datasource" && names.has(target)) continue;
      if (reference.existing || existing.has(target)) expected.push({ from, reference });
      else faults.push(missing(from, reference));
    }
  }
  for (const kind of kinds.values()) {
    const own = desired.filter((one) => one.kind === kind.name);
    faults.push(...(kind.check?.(own) ?? []));
  }
  return { desired, expected, faults };
}

function resourceOf(kind: ResourceKind, resource: object, source: Source, project: string): Desired {
  const base = {
    kind: kind.name,
    id: kind.id(resource, project),
    title: kind.title(resource),
    resource,
    source,
    references: kind.references(resource, project),
  };
  return { ...base, hash: hash(kind.desired(base)) };
}

function missing(from: Desired, reference: Reference): Fault {
  const { kind, id, path, untyped } = reference;
  const where = { file: from.source.file, export: from.source.export, path };
  if (untyped) {
    const message = `names the ${kind} ${id}, which no file declares`;
    return { level: "warning", ...where, message };
  }
  return {
    level: "error",
    ...where,
    message: `refers to the ${kind} "${id}", which no loaded file exports`,
    hint: `Export it from a file under \`resources\`, or name one that Grafana has with existing.${kind}("${id}").`,
  };
}

/** A union's own message ("Invalid input") says nothing: the branch that got furthest does. */
function faultsOf(issue: z.core.$ZodIssue, source: Source): Fault[] {
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const types = issue.errors.flatMap((branch) =>
      branch.map((inner) => ("expected" in inner ? String(inner.expected) : "")),
    );
    const expected = [...new Set(types.filter(Boolean))].join(" or ");
    if (expected) return [fault(issue.path, `expected ${expected}`, source)];
  }
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => fault([...issue.path, key], "there is no such property", source));
  }
  return [fault(issue.path, lowerFirst(issue.message.replace(/^Invalid input: /, "")), source)];
}

function fault(path: readonly PropertyKey[], message: string, source: Source): Fault {
  return { level: "error", ...source, ...(path.length > 0 ? { path: pathText(path) } : {}), message };
}

/** `panels[2].gridPos.h` */
export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    return text ? `${text}.${String(part)}` : String(part);
  }, "");
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
