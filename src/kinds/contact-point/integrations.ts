import type { Desired } from "../../engine/model.ts";
import { textOf } from "../../util/json.ts";
import { deriveUid } from "../../util/derived-uid.ts";
import type { ContactPoint, Integration } from "./builder.ts";

export interface IntegrationWithUid extends Integration {
  readonly uid: string;
}

type Identity = Pick<Desired<ContactPoint>, "resource" | "project">;

/** Adds the uids that the code omits, derived so that the next run finds the same integrations. */
export function integrationsOf(point: Identity): IntegrationWithUid[] {
  const { integrations } = point.resource;
  const used = new Set(integrations.flatMap(({ uid }) => uid ?? []));
  return integrations.map((one, index) => ({ ...one, uid: one.uid ?? unusedUid(point, one.type, index, used) }));
}

/** A derived uid that is not in `used`, which then contains it. */
export function unusedUid(point: Identity, type: string, index: number, used: Set<string>): string {
  const { name, integrations } = point.resource;
  for (let position = index; ; position += integrations.length) {
    const uid = deriveUid(`${name} ${type}`, [point.project, "contact-point", textOf(position)]);
    if (used.has(uid)) continue;
    used.add(uid);
    return uid;
  }
}
