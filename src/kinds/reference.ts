import { createHash } from "node:crypto";
import { z } from "zod";
import { isObject } from "../util/json.ts";
import { apiName, type Reference } from "../engine/model.ts";

/** Grafana's rule for uids. */
export const Uid = z
  .string()
  .min(1, "the uid is empty: leave it out to have one derived from the title")
  .max(40, "a uid has 40 characters at most")
  .regex(/^[a-zA-Z0-9_-]*$/, "a uid is made of letters, digits, - and _");

/** A field that names another resource by its object. The target's own faults are reported where it stands. */
export function ResourceReference(kind: string) {
  return z.custom<{ kind: string }>(
    (value) => isObject(value) && value["kind"] === kind,
    `expected a ${kind} object: export one with ${apiName(kind)}({...}), or name one that Grafana has with existing.${apiName(kind)}(...)`,
  );
}

/** A field that names another resource by its object or, from the SDK's builders, by its name. */
export function NamedReference(kind: string) {
  return z.custom<{ kind: string } | string>(
    (value) => (typeof value === "string" ? value !== "" : isObject(value) && value["kind"] === kind),
    `expected a ${kind} object: export one with ${apiName(kind)}({...}), or name one that Grafana has with existing.${apiName(kind)}(...)`,
  );
}

/** The reference that a `ResourceReference` field makes. */
export function reference(target: object, path: string, id: string): Reference {
  const kind = "kind" in target && typeof target.kind === "string" ? target.kind : "";
  return { kind, id, path, existing: "existing" in target };
}

/** A uid that stays the same for as long as title and surroundings do: readable, and told apart by eight digits of a hash. */
export function deriveUid(title: string, surroundings: readonly string[]): string {
  const slug = title
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 30)
    .replace(/-+$/, "");
  const digits = createHash("sha256")
    .update([...surroundings, title].join("\0"))
    .digest("hex")
    .slice(0, 8);
  return slug ? `${slug}-${digits}` : digits;
}
