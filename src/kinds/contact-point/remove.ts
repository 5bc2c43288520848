import { changedSincePlan } from "../../engine/conflicts.ts";
import type { KindContext } from "../../engine/kind-context.ts";
import { Conflict, HalfDone } from "../../grafana/errors.ts";
import { removalHeaders } from "../alerting/provenance.ts";
import { integrationsApi, readIntegrations, versionOf, type LiveContactPoint } from "./live.ts";

export async function removeContactPoint(context: KindContext, live: LiveContactPoint): Promise<void> {
  // Integrations that were renamed since the plan belong to another contact point now.
  const now = (await readIntegrations(context)).filter(({ name }) => name === live.id);
  const planned = new Map(live.integrations.map((one) => [one.uid, versionOf([one])]));
  if (now.some((one) => planned.get(one.uid) !== versionOf([one]))) {
    throw changedSincePlan({ kind: "contact-point", id: live.id });
  }
  const headers = removalHeaders(live);
  for (const [index, { uid }] of now.entries()) {
    try {
      await integrationsApi.remove(context.grafana.client, { name: uid, headers });
    } catch (error) {
      // The rest is owned but incomplete, which is not a conflict with another user.
      throw index > 0 && error instanceof Conflict ? halfDeleted(error, index, now.length) : error;
    }
  }
}

function halfDeleted({ message, exitCode, hint }: Conflict, deleted: number, all: number): HalfDone {
  return new HalfDone(`${message} (after ${deleted} of its ${all} integrations were deleted)`, {
    exitCode,
    ...(hint === undefined ? {} : { hint }),
  });
}
