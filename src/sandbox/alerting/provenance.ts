import type { Context } from "hono";
import { publicError } from "./public-error.ts";
import type { ApiError } from "../errors.ts";

/** Who manages an object: "api" for the provisioning API. The user interface can edit only objects without provenance. */
export type Provenance = "" | "api";

/** The provenance of a request. Any value of the header counts. */
export function provenanceOf(c: Context): Provenance {
  return c.req.header("x-disable-provenance") === undefined ? "api" : "";
}

/** Parses a stored provenance. */
export function provenanceFrom(value: unknown): Provenance {
  return value === "api" ? "api" : "";
}

/** Rejects a change that would remove the provenance. */
export function checkProvenance(stored: Provenance, requested: Provenance): void {
  if (stored === "" || requested !== "") return;
  throw releaseError(stored);
}

/** The field in the API's form, omitted if empty. */
export function shownProvenance(provenance: string): { provenance?: string } {
  return provenance === "" ? {} : { provenance };
}

function releaseError(stored: Provenance): ApiError {
  return publicError(
    403,
    "alerting.notifications.invalidProvenance",
    `A resource with provenance '${stored}' cannot be managed by an API of provenance 'none'`,
    { SourceProvenance: stored, TargetProvenance: "none" },
  );
}
