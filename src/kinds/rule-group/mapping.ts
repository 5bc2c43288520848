import type { MappingFacet, Rename } from "../../engine/mapping.ts";
import { mapDatasources, mapFolder, mapNamedSettings, mapReceivers } from "../mapped-references.ts";
import type { RuleGroup } from "./builder.ts";

/** The names of properties with the uid of a datasource. */
const UIDS = new Set(["datasourceUid", "target_datasource_uid"]);

export const mapping: MappingFacet<RuleGroup> = {
  resource(group, rename, project) {
    const folder = mapFolder(group.folder, rename, project);
    const rules = group.rules.map((rule) => {
      const data = rule.data.map((query) => mapQuery(query, rename));
      const isSame = data.every((query, index) => query === rule.data[index]);
      return mapRule(isSame ? rule : { ...rule, data }, rename);
    });
    const isSame = folder === group.folder && rules.every((rule, index) => rule === group.rules[index]);
    return isSame ? group : ({ ...group, folder, rules } as RuleGroup);
  },
  form: mapRule,
};

/** Other resources of the code in a rule, which are mapped themselves, and texts of the user. */
const SKIPPED: ReadonlySet<string> = new Set(["panel", "notificationPolicy", "labels", "annotations"]);

/** Mapped already, and a mapped uid can be the one of another datasource. */
const SKIPPED_FOR_DATASOURCES: ReadonlySet<string> = new Set([...SKIPPED, ...UIDS]);

/** A query has no receiver of notifications. */
const SKIPPED_FOR_RECEIVERS: ReadonlySet<string> = new Set([...SKIPPED, "model"]);

/** A query whose datasource is an object of the code. */
function mapQuery<Query extends object>(query: Query, rename: Rename): Query {
  const source: unknown = "datasource" in query ? query.datasource : undefined;
  const uid: unknown = typeof source === "object" && source !== null && "uid" in source ? source.uid : undefined;
  const to = typeof uid === "string" ? rename("datasource", uid) : undefined;
  if (!to) return query;
  // Not an object with this `datasource`, which would be mapped again as a part of the model.
  const { datasource: _, ...rest } = query as Query & { datasource?: unknown };
  return { ...rest, datasourceUid: uid } as unknown as Query;
}

function mapRule<Value>(rule: Value, rename: Rename): Value {
  const named = mapNamedSettings(rule, (property) => UIDS.has(property), rename, SKIPPED);
  return mapReceivers(mapDatasources(named, rename, SKIPPED_FOR_DATASOURCES), rename, SKIPPED_FOR_RECEIVERS);
}
