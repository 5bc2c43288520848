import type { RollbackFacet } from "../../engine/facets.ts";
import type { Restore } from "../../engine/kind-context.ts";
import type { AppliedMarker } from "../../ownership/marker.ts";
import { Secret } from "../../secrets/secret.ts";
import type { SecretValues } from "../../secrets/values.ts";
import { isObject, textOf, toJson, type JsonObject } from "../../util/json.ts";
import { DatasourceBody, fieldsOf, secretKeys } from "./body.ts";
import { liveDatasource, type LiveDatasource } from "./live.ts";
import { MARK, markOf } from "./mark.ts";
import { fatesOf } from "./restored-secrets.ts";
import { saveDatasource } from "./save.ts";
import { setAside, toRename } from "./set-aside.ts";

export const rollback: RollbackFacet<LiveDatasource> = {
  snapshot({ body }, places) {
    const keys = new Set(secretKeys(body));
    const known = places.flatMap(({ path: [, key], variable, unsure, unowned, unproven, readdressed }) =>
      typeof key === "string" && keys.has(key) && !(unsure || unowned || unproven || readdressed)
        ? [[key, new Secret(variable)] as const]
        : [],
    );
    return { ...(toJson(body) as JsonObject), secureJsonData: Object.fromEntries(known) };
  },
  restoreSnapshot(context, snapshot) {
    return liveDatasource(DatasourceBody.parse(snapshot), context);
  },
  result(restore, secrets) {
    const { before } = restore;
    const lost = fatesOf(restore, secrets).flatMap(({ key, isLost }) => (isLost ? [key] : []));
    const fields = secretKeys(before.body).filter((key) => !lost.includes(key));
    const secureJsonFields = Object.fromEntries(fields.map((key) => [key, true]));
    return { ...before, body: { ...before.body, secureJsonFields } };
  },
  limits(restore, { secrets }) {
    const { before, live } = restore;
    const fates = fatesOf(restore, secrets);
    const unclearable = (["url", "basicAuthUser"] as const).find(
      (field) => live && live.body[field] && !before.body[field],
    );
    const obstacle =
      unclearable &&
      `Grafana can't clear the ${unclearable} of a datasource; delete the datasource and run the command again`;
    return { losses: fates.map(({ says }) => says), ...(obstacle ? { obstacle } : {}) };
  },
  async restore(context, restore) {
    const { before, titleHolder } = restore;
    if (titleHolder) await setAside(context, titleHolder);
    const live = await toRename(context, restore.live, before.title);
    const { body } = before;
    const fates = fatesOf(restore, context.secrets);
    const secrets = Object.fromEntries(fates.flatMap(({ key, send }) => (send === undefined ? [] : [[key, send]])));
    for (const key of live ? secretKeys(live.body) : []) if (!secretKeys(body).includes(key)) secrets[key] = "";
    const mark = body.jsonData?.[MARK];
    const applied = appliedAgain(restore, context.secrets);
    await saveDatasource(context, {
      live,
      fields: fieldsOf(body),
      isDefault: body.isDefault,
      firstMayBeDefault: false,
      secrets,
      jsonData: (version) => ({
        ...body.jsonData,
        // A change made in Grafana before the run is one again afterwards.
        ...(applied && isObject(mark)
          ? { [MARK]: markOf(textOf(mark["owner"]), { ...applied, version: before.touched ? 0 : version }) }
          : {}),
      }),
    });
  },
};

/** The former mark, with the fingerprint of the secrets after the restore, if it is known. */
function appliedAgain(restore: Restore<LiveDatasource>, secrets: SecretValues): AppliedMarker | undefined {
  const { before, live } = restore;
  const { applied } = before;
  const fates = fatesOf(restore, secrets);
  if (!applied || (fates.length === 0 && applied.secrets === live?.applied?.secrets)) return applied;
  const { secrets: _, ...mark } = applied;
  const all = secretKeys(before.body).every((key) => fates.some((one) => one.key === key && Boolean(one.send)));
  const fingerprint = all ? secrets.fingerprint(applied.places ?? []) : undefined;
  return { ...mark, ...(fingerprint === undefined ? {} : { secrets: fingerprint }) };
}
