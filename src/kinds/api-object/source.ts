import type { KindContext } from "../../engine/kind-context.ts";
import { whyMissing, type NoSource, type SourceContext, type SourceFacet, type Wanted } from "../../engine/source.ts";
import { call, fromJson, objectOf, valueOf, type Expression } from "../../import/code/expression.ts";
import { UsageError } from "../../util/errors.ts";
import { resource } from "./builder.ts";
import { observedForm } from "./canonical.ts";
import { KIND, typeOf } from "./id.ts";
import { knownAs, NAMED_BY_GRAFANA, SECRET } from "./known-kinds.ts";
import { listType, servedType, type LiveApiObject } from "./live.ts";

export const source: SourceFacet<LiveApiObject> = { directory: "objects", file: "objects", list, write };

/** Lists the types that `--only` names. */
async function list(context: KindContext, { names }: Wanted): Promise<LiveApiObject[]> {
  const types = new Set(names.map(typeIn));
  const lists = await Promise.all(
    [...types].map(async (type) => {
      if (!(await servedType(context, type))) throw notServed(type);
      return listType(context, type);
    }),
  );
  return lists.flat();
}

/** The type in `GROUP/KIND`, `GROUP/KIND/NAME` or `GROUP/KIND/PATTERN`. */
function typeIn(name: string): string {
  const [group = "", kind = ""] = name.split("/");
  if (/^[a-z\d.-]+$/.test(group) && /^[A-Z][A-Za-z\d]*$/.test(kind)) return `${group}/${kind}`;
  throw new UsageError(
    `--only ${KIND}${name === "" ? "" : `/${name}`} names no type`,
    `Write the group and the kind: ${KIND}/example.grafana.app/Example.`,
    "option-invalid",
  );
}

function notServed(type: string): UsageError {
  const hint = "Check the group and the kind, or turn on the feature that serves it.";
  return new UsageError(`--only ${KIND}/${type}: this Grafana does not serve the type`, hint, "option-invalid");
}

function write(live: LiveApiObject, context: SourceContext): Expression | NoSource {
  const { apiVersion, objectKind, object, parent } = live;
  const { spec } = observedForm(live);
  const { name } = object.metadata;
  const type = typeOf(live);
  if (SECRET.has(type)) return { left: "it contains a secret in plain text" };
  const known = knownAs({ kind: KIND, apiVersion, objectKind, metadata: { name }, spec: object.spec ?? {} })?.use;
  const use = NAMED_BY_GRAFANA[type] ?? known;
  if (use !== undefined) return { left: `${use}() defines such objects` };
  const folder = parent === undefined ? undefined : context.refer("folder", parent);
  if (parent !== undefined && !folder)
    return { left: `it is in the folder "${parent}", ${whyMissing(context, "folder")}` };
  return call(
    context.own("resource", resource),
    objectOf({
      apiVersion: valueOf(apiVersion),
      kind: valueOf(objectKind),
      metadata: objectOf({ name: valueOf(name) }),
      folder,
      spec: fromJson(spec ?? {}),
    }),
  );
}
