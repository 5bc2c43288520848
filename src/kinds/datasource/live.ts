import { z } from "zod";
import type { KindContext } from "../../engine/kind-context.ts";
import type { LiveObject, Ownership } from "../../engine/model.ts";
import { ask } from "../../grafana/ask.ts";
import { lockedByCloud } from "../../ownership/cloud.ts";
import { isMarkOf, type AppliedMarker } from "../../ownership/marker.ts";
import { isOtherRepository, otherRepository, type Owner } from "../../ownership/repository.ts";
import { hash } from "../../util/json.ts";
import { readBody, type DatasourceBody } from "./body.ts";
import { contentOf, observedForm } from "./canonical.ts";
import { markIn } from "./mark.ts";

export interface LiveDatasource extends LiveObject {
  readonly body: DatasourceBody;
}

export async function listDatasources(context: KindContext): Promise<LiveDatasource[]> {
  const { client } = context.grafana;
  const listed = await ask(
    client,
    { method: "GET", path: "/api/datasources" },
    z.array(z.looseObject({ uid: z.string() })),
  );
  // The list lacks `version`, `basicAuthUser` and `withCredentials`.
  const bodies = await Promise.all(listed.map(({ uid }) => readBody(client, uid)));
  return bodies
    .filter((body) => body !== undefined)
    .map((body) => lockedByCloud(context, liveDatasource(body, context)));
}

export async function findDatasource(context: KindContext, id: string): Promise<LiveDatasource | undefined> {
  const body = await readBody(context.grafana.client, id);
  return body === undefined ? undefined : lockedByCloud(context, liveDatasource(body, context));
}

export function liveDatasource(body: DatasourceBody, who: Owner): LiveDatasource {
  const { owner: marked, applied } = markIn(body);
  const ownership = ownershipOf(body, marked, applied, who);
  return {
    id: body.uid,
    title: body.name,
    version: String(body.version),
    ownership,
    ...(applied && ownership.state === "ours" ? { applied } : {}),
    touched: applied !== undefined && (applied.version !== body.version || !isAsSent(body, applied)),
    complete: true,
    body,
  };
}

/** A datasource that was deleted and created again from its own JSON has the mark and the version of the deleted one. */
function isAsSent(body: DatasourceBody, { contentHash }: AppliedMarker): boolean {
  const { secureJsonData: _, ...withoutSecrets } = contentOf(observedForm({ body }));
  // Without secrets in the code, secrets that were set manually are kept.
  const forms = [contentOf(observedForm({ body })), withoutSecrets];
  return forms.some((form) => hash(form) === contentHash);
}

function ownershipOf(body: DatasourceBody, marked: unknown, applied: AppliedMarker | undefined, who: Owner): Ownership {
  if (body.readOnly) {
    const why = "it is provisioned from a file on Grafana's disk; remove it from that file first";
    return { state: "locked", manager: "file provisioning", why };
  }
  if (marked === who.owner && applied && isMarkOf(applied, body.uid)) {
    return isOtherRepository(applied.repository, who) ? otherRepository(applied.repository, who) : { state: "ours" };
  }
  if (typeof marked !== "string") return { state: "foreign" };
  return marked === who.owner
    ? { state: "foreign", note: `a copy of ${applied?.uid ?? "another"}` }
    : { state: "foreign", manager: marked };
}
