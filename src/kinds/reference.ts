import { z } from "zod";
import { isObject } from "../util/json.ts";
import { placeOf } from "../engine/container.ts";
import { apiName, type Desired, type LiveObject, type Reference } from "../engine/model.ts";

/** Grafana's rules for uids. */
export const Uid = z
  .string()
  .min(1, "must not be empty; omit it to derive a uid from the title")
  .max(40, "must have at most 40 characters")
  .regex(/^[a-zA-Z0-9_-]*$/, "must consist of letters, digits, - and _");

/** A field that refers to another resource by its object. Faults of the target are reported at its own place. */
export function ResourceReference(kind: string) {
  return z.custom<{ kind: string }>(
    (value) => isObject(value) && value["kind"] === kind,
    `expected a ${kind} object; export one with ${apiName(kind)}({...}), or refer to an existing one with existing.${apiName(kind)}(...)`,
  );
}

/** A field that refers to another resource by its object or, from the SDK's builders, by its name. */
export function NamedReference(kind: string) {
  return z.custom<{ kind: string } | string>(
    (value) => (typeof value === "string" ? value !== "" : isObject(value) && value["kind"] === kind),
    `expected a ${kind} object; export one with ${apiName(kind)}({...}), or refer to an existing one with existing.${apiName(kind)}(...)`,
  );
}

/** The reference of a `ResourceReference` field. */
export function reference(target: object, path: string, id: string): Reference {
  const kind = "kind" in target && typeof target.kind === "string" ? target.kind : "";
  return { kind, id, path, existing: "existing" in target };
}

/** The folder of an object after a write; empty for the root. Undefined for a new object whose code states none. */
export function folderIn(
  desired: Pick<Desired, "resource" | "references">,
  live?: Pick<LiveObject, "parent">,
): string | undefined {
  return placeOf(desired, "folder", live);
}
