import type { Desired } from "../../engine/model.ts";
import { textOf } from "../../util/json.ts";
import { deriveUid } from "../reference.ts";
import type { ContactPoint, Integration } from "./builder.ts";

export interface IntegrationWithUid extends Integration {
  readonly uid: string;
}

/** With the uids that the code leaves out: derived, so that a second run finds what the first one made. */
export function integrationsOf({
  resource,
  project,
}: Pick<Desired<ContactPoint>, "resource" | "project">): IntegrationWithUid[] {
  return resource.integrations.map((one, index) => ({
    ...one,
    uid: one.uid ?? deriveUid(`${resource.name} ${one.type}`, [project, "contact-point", textOf(index)]),
  }));
}
