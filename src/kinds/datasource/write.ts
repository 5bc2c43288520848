import type { KindContext, Write } from "../../engine/kind-context.ts";
import { FORM, type MarkHashes } from "../../ownership/marker.ts";
import { repositoryOf } from "../../ownership/repository.ts";
import { revealed } from "../../secrets/secret.ts";
import { hash, textOf } from "../../util/json.ts";
import { secretKeys } from "./body.ts";
import type { Datasource } from "./builder.ts";
import { desiredForm } from "./canonical.ts";
import { findDatasource, type LiveDatasource } from "./live.ts";
import { MARK, markOf } from "./mark.ts";
import { saveBody, saveDatasource } from "./save.ts";
import { secrets as facet, secretsOf } from "./secrets.ts";
import { setAside, toRename } from "./set-aside.ts";

export async function writeDatasource(
  context: KindContext,
  { desired, live: planned, siblings = [], titleHolder }: Write<Datasource, LiveDatasource>,
): Promise<void> {
  const { resource, id } = desired;
  if (titleHolder) await setAside(context, titleHolder);
  const live = await toRename(context, planned, desired.title);
  const { isDefault: _default, ...content } = desiredForm(desired, live);
  const uses = secretsOf(resource);
  const [current, sent] = [context.secrets.fingerprint(uses), live?.applied?.secrets];
  // Sends only secrets of the plan. Secrets that could not be compared are kept.
  const known = new Set(live ? secretKeys(live.body) : []);
  const areNew = uses.length > 0 && uses.every(({ path }) => !known.has(textOf(path.at(-1))));
  const isOther = (current !== undefined && current !== sent) || (live && facet.resends?.(desired, live));
  const sendsAll = !live || areNew || context.secrets.refresh || isOther === true;
  const fingerprint = sendsAll ? (current ?? sent) : sent;
  const hashes = { codeHash: desired.hash, contentHash: hash(content) };
  const marker = {
    form: FORM,
    ...hashes,
    uid: id,
    ...(fingerprint ? { secrets: fingerprint } : {}),
    ...repositoryOf(context),
    // Without secrets in the code, existing ones are kept.
    places: resource.secureJsonData ? uses : (live?.applied?.places ?? uses),
  };
  const { kind: _, secureJsonData = {}, isDefault: wanted, jsonData, ...fields } = resource;
  const there = new Set(live && !sendsAll ? secretKeys(live.body) : []);
  const sending = Object.fromEntries(Object.entries(secureJsonData).filter(([key]) => !there.has(key)));
  const secrets = revealed(sending, (variable) => context.secrets.read(variable)) as Record<string, unknown>;
  // Grafana keeps omitted fields and clears empty ones.
  for (const key of live && resource.secureJsonData ? secretKeys(live.body) : [])
    if (!(key in secureJsonData)) secrets[key] = "";
  // Another datasource became the default in this apply, which does not change this one's version: the planned body is outdated.
  const now = live?.body.isDefault && wanted === undefined ? await findDatasource(context, id) : live;
  // A datasource that is replaced by one with another uid stays the default.
  const replaced = siblings.some((one) => one.id === titleHolder?.id) ? undefined : titleHolder;
  await saveDatasource(context, {
    live,
    fields: { ...fields, uid: id },
    isDefault: wanted ?? (now ?? replaced)?.body.isDefault ?? false,
    firstMayBeDefault: wanted === undefined,
    secrets,
    jsonData: (version) => ({ ...jsonData, [MARK]: markOf(context.owner, { ...marker, version }) }),
  });
}

/** Writes only the mark. */
export async function renewMark(context: KindContext, live: LiveDatasource, hashes: MarkHashes): Promise<void> {
  const { id, body, applied } = live;
  await saveBody(context, live, body, (version) =>
    markOf(context.owner, { ...applied, form: FORM, ...hashes, version, uid: id, ...repositoryOf(context) }),
  );
}
