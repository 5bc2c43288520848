import type { ResourceKind } from "../../engine/resource.ts";
import { Forbidden } from "../../grafana/errors.ts";
import { mapFolder } from "../mapped-references.ts";
import type { ApiObject } from "./builder.ts";
import { contentOf, desiredForm, differencesOf, namedIn, observedForm, referencesOf } from "./canonical.ts";
import { checks } from "./checks.ts";
import { groupOf, idOf, KIND, versionOf } from "./id.ts";
import { DRY_RUNS } from "./known-kinds.ts";
import {
  collectionOf,
  findApiObject,
  listApiObjects,
  listTypes,
  liveApiObject,
  titleIn,
  unservedApiObjects,
  writableType,
  type LiveApiObject,
} from "./live.ts";
import { ApiObjectSchema } from "./schema.ts";
import { source } from "./source.ts";
import { objectToSend, removeApiObject, rollback, writeApiObject } from "./write.ts";

/** Each type has its own permissions, which only Grafana knows. */
const EDITOR = { role: "Editor" } as const;

export const apiObjectKind: ResourceKind<ApiObject, LiveApiObject> = {
  name: KIND,
  dependsOn: ["folder", "datasource"],
  // Not all APIs keep annotations, and the ledger also tells which types to list.
  marking: "ledger",
  idIs: "name",
  schema: ApiObjectSchema,
  access: { read: { role: "Viewer" }, write: () => EDITOR, restore: () => EDITOR, remove: () => EDITOR },

  id: idOf,
  title: ({ spec, metadata }) => titleIn(spec, metadata.name),
  references: referencesOf,

  list: listApiObjects,
  find: findApiObject,

  desired: desiredForm,
  observed: observedForm,

  write: writeApiObject,
  remove: removeApiObject,
  rollback,

  backup: { ofTypes: (context, types) => listTypes(context, types) },
  checks,
  comparison: {
    content: contentOf,
    ignored: ({ ignore }) => ignore ?? [],
    apiVersion: ({ apiVersion }) => versionOf(apiVersion),
    asRecorded({ named: _, ...live }) {
      return live;
    },
    differences: differencesOf,
    async prepared(_context, { desired, live }) {
      return { ...live, named: namedIn(desired.resource) };
    },
    async verify(context, write) {
      const { desired, live } = write;
      // The legacy API has no namespace: dry runs of these Grafana versions were not tested.
      const isSafe = groupOf(desired.resource.apiVersion) === DRY_RUNS && context.grafana.namespace !== undefined;
      if (!live || !isSafe) return undefined;
      const served = await writableType(context, desired.resource);
      try {
        const answer = await collectionOf(context, served).dryRun?.(objectToSend(context, write), live.object);
        if (!answer) return undefined;
        const after = { ...liveApiObject(answer, served, context), ...(live.named ? { named: live.named } : {}) };
        return { before: observedForm(live), after: observedForm(after) };
      } catch (error) {
        // With read permissions, a plan is still possible.
        if (error instanceof Forbidden) return undefined;
        throw error;
      }
    },
  },
  mapping: {
    resource(resource, rename, project) {
      const folder = mapFolder(resource.folder, rename, project);
      return folder === resource.folder ? resource : { ...resource, ...(folder === undefined ? {} : { folder }) };
    },
    form: (form) => form,
  },
  placement: { property: "folder" },
  reading: { listsNamed: true, unserved: unservedApiObjects },
  source,
  view: { section: { title: "Other objects", rank: 400 } },
};
