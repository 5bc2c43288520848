import type { KindContext } from "../../engine/kind-context.ts";
import { whyMissing, type NoSource, type SourceContext, type SourceFacet, type Wanted } from "../../engine/source.ts";
import type { Collection } from "../../grafana/collection.ts";
import { Forbidden } from "../../grafana/errors.ts";
import { call, listOf, objectOf, valueOf, type Expression, type Imported } from "../../import/code/expression.ts";
import { folderOf } from "../../ownership/annotations.ts";
import { areDefault, holderParts, type Levels } from "./entries.ts";
import type { LivePermissions } from "./live.ts";

/** What differs between the kinds whose objects have permissions. */
interface Permitted {
  readonly of: "folder" | "dashboard";
  readonly creatorInFolder: boolean;
  readonly collection: (context: KindContext) => Collection;
  readonly read: (context: KindContext, id: string, named: boolean) => Promise<Levels | undefined>;
  readonly liveOf: (context: KindContext, id: string, levels: Levels) => LivePermissions;
  /** The function that defines them. */
  readonly builder: (context: SourceContext) => Imported;
}

/** The properties of a permission, by the kind of its holder. */
const PROPERTIES: Readonly<Record<string, string>> = {
  role: "role",
  team: "team",
  user: "user",
  "service-account": "serviceAccount",
};

/** The code of permissions that differ from those of a new object. */
export function permissionsSource(kind: Permitted): SourceFacet<LivePermissions> {
  const named = async (context: KindContext, id: string, parent: string | undefined): Promise<LivePermissions[]> => {
    const place = { title: `${id} permissions`, parent: kind.of === "folder" ? id : parent };
    try {
      const levels = await kind.read(context, id, true);
      const atRoot = parent === undefined;
      const isNew = levels && areDefault(levels, { atRoot, creator: atRoot || kind.creatorInFolder });
      return levels && !isNew ? [{ ...kind.liveOf(context, id, levels), ...place }] : [];
    } catch (error) {
      if (!(error instanceof Forbidden)) throw error;
      return [{ ...kind.liveOf(context, id, new Map()), ...place, isUnreadable: true }];
    }
  };
  return {
    directory: "access",
    file: `${kind.of}-permissions`,
    async list(context: KindContext, { has }: Wanted) {
      const all = await kind.collection(context).list({ metadataOnly: true });
      const wanted = all.filter(({ metadata }) => has(metadata.name));
      return (await Promise.all(wanted.map((one) => named(context, one.metadata.name, folderOf(one))))).flat();
    },
    write({ id, levels, isUnreadable }, context): Expression | NoSource {
      if (isUnreadable === true) return { left: "these credentials are not allowed to read them" };
      const target = context.refer(kind.of, id);
      if (!target) return { left: `they are on the ${kind.of} "${id}", ${whyMissing(context, kind.of)}` };
      const permissions = [...levels].map(([holder, level]) =>
        objectOf({ ...holderIn(holder, context), permission: valueOf(level) }),
      );
      return call(kind.builder(context), objectOf({ [kind.of]: target, permissions: listOf(permissions) }));
    },
  };
}

/** Teams and service accounts are named by their objects if these are imported too, and otherwise by their names. */
function holderIn(holder: string, context: SourceContext): Record<string, Expression> {
  const { kind, name } = holderParts(holder);
  const isObject = kind === "team" || kind === "service-account";
  const value = (isObject ? context.refer(kind, name) : undefined) ?? valueOf(name);
  return { [PROPERTIES[kind] ?? kind]: value };
}
