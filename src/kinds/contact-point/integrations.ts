import type { Desired } from "../../engine/model.ts";
import { textOf } from "../../util/json.ts";
import { deriveUid } from "../reference.ts";
import type { ContactPoint, Integration } from "./builder.ts";

export interface IntegrationWithUid extends Integration {
  readonly uid: string;
}

/** Adds the uids that the code omits, derived so that the next run finds the same integrations. */
export function integrationsOf({
  resource,
  project,
}: Pick<Desired<ContactPoint>, "resource" | "project">): IntegrationWithUid[] {
  return resource.integrations.map((one, index) => ({
    ...one,
    uid: one.uid ?? deriveUid(`${resource.name} ${one.type}`, [project, "contact-point", textOf(index)]),
  }));
}
