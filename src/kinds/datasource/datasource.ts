import { diff } from "../../engine/diff.ts";
import type { ResourceKind } from "../../engine/resource.ts";
import type { Client } from "../../grafana/client.ts";
import { equal, textOf, type JsonObject } from "../../util/json.ts";
import { deriveUid } from "../../util/derived-uid.ts";
import { Uid } from "../reference.ts";
import { secretKeys } from "./body.ts";
import type { Datasource } from "./builder.ts";
import { contentOf, desiredForm, observedForm, SHAPE } from "./canonical.ts";
import { checks } from "./checks.ts";
import { findDatasource, listDatasources, type LiveDatasource } from "./live.ts";
import { access } from "./permissions.ts";
import { removeDatasource } from "./remove.ts";
import { rollback } from "./rollback.ts";
import { DatasourceSchema } from "./schema.ts";
import { secrets } from "./secrets.ts";
import { isSetAside, isSetAsideSince } from "./set-aside.ts";
import { foreign } from "./foreign.ts";
import { source } from "./source.ts";
import { deletion } from "./uses.ts";
import { view } from "./view.ts";
import { renewMark, writeDatasource } from "./write.ts";
import { mappable, mapping } from "./mapping.ts";

export const datasourceKind: ResourceKind<Datasource, LiveDatasource> = {
  name: "datasource",
  dependsOn: [],
  marking: "own-data",
  idIs: "uid",
  schema: DatasourceSchema,
  access,

  id: ({ uid, name }, project) => uid ?? deriveUid(name, [project, "datasource"]),
  title: ({ name }) => name,
  references: () => [],

  list: listDatasources,
  find: findDatasource,

  desired: desiredForm,
  observed: observedForm,

  write: writeDatasource,
  remove: removeDatasource,
  rollback,

  aliases: ({ title }) => [title],
  backup: {
    hidden: ({ title, body }) =>
      secretKeys(body).map((key) => ({ path: ["secureJsonData", key], words: `${title} ${key}` })),
  },
  checks,
  comparison: {
    // The default flag moves to another datasource when that one becomes the default.
    content: contentOf,
    differences: (before, after) => diff(before, after, SHAPE),
  },
  deletion,
  existing: { create: createExisting },
  mappable,
  mapping,
  secrets,
  sharedParts: {
    taken: ({ resource }) => (resource.isDefault ? ["default"] : []),
    held: ({ body }) => (body.isDefault ? ["default"] : []),
    lostOnly: (before, live) => equal(contentOf(observedForm(before)), contentOf(withFormerName(before, live))),
  },
  foreign,
  lint: {
    linted: ({ id, resource: { name, type, jsonData, isDefault = false } }) => {
      const scrape = textOf(jsonData?.["timeInterval"]);
      return { source: { uid: id, name, type, ...(scrape === "" ? {} : { scrape }), isDefault } };
    },
  },
  source,
  view,
  writing: {
    renewMark,
    uniqueTitles: { isTemporary: isSetAside },
    isPartial: ({ live }, now) => live !== undefined && isSetAsideSince(live, now),
    // The first datasource becomes the default, so two concurrent creations could both do so.
    queue: "datasource",
  },
};

/** The form of a datasource, with its former name if it only has a temporary one. */
function withFormerName(before: LiveDatasource, live: LiveDatasource): JsonObject {
  return { ...observedForm(live), ...(isSetAside(live) ? { name: before.title } : {}) };
}

/** Old dashboards refer to a datasource by name. Any id that is not a uid is a name. */
async function createExisting(client: Client, id: string, type = "prometheus"): Promise<void> {
  const names = Uid.safeParse(id).success ? { uid: id, name: `${id} (existing)` } : { name: id };
  const body = { ...names, type, access: "proxy", url: "http://existing.invalid" };
  await client.send({ method: "POST", path: "/api/datasources", body });
}
