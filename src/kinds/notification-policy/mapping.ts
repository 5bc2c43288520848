import type { Rename } from "../../engine/mapping.ts";
import { mapReceivers } from "../mapped-references.ts";

/** For trees and for routes. */
export const mapping = {
  resource: <Resource extends object>(resource: Resource, rename: Rename) => mapReceivers(resource, rename),
  form: <Value>(form: Value, rename: Rename) => mapReceivers(form, rename),
};
