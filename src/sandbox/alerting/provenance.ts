import type { Context } from "hono";
import { publicError } from "./public-error.ts";
import type { ApiError } from "../errors.ts";

/** Who keeps an object: the provisioning API, or nobody, so that the user interface may edit it. */
export type Provenance = "" | "api";

/** The provenance that a request gives; the header counts whatever its value is. */
export function provenanceOf(c: Context): Provenance {
  return c.req.header("x-disable-provenance") === undefined ? "api" : "";
}

/** Reads a stored provenance. */
export function provenanceFrom(value: unknown): Provenance {
  return value === "api" ? "api" : "";
}

/** Refuses to hand an object of the API back to the user interface. */
export function refuseRelease(stored: Provenance, requested: Provenance): void {
  if (stored === "" || requested !== "") return;
  throw releaseError(stored);
}

/** The field as Grafana shows it: left out when nobody keeps the object. */
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
