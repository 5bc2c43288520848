import { isObject, text, type Json, type JsonObject } from "../json.ts";
import { defined, filledText } from "./parts.ts";

/** What a conversion to schema v2 looks up in other objects. */
export interface Surroundings {
  /** The type of the default datasource; undefined if there is none. */
  readonly defaultType: () => string | undefined;
  /** The type of a datasource; undefined if it doesn't exist. */
  readonly typeOf: (uid: string) => string | undefined;
  /** The model of a library panel. */
  readonly libraryPanel: (uid: string) => JsonObject | undefined;
}

/** A reference to a datasource. Both are "" if it names none. */
export interface Source {
  readonly type: string;
  readonly uid: string;
}

const NONE: Source = { type: "", uid: "" };

/** The type in a query without a datasource, if Grafana has no default datasource. */
const NO_DEFAULT = "grafana";

export function defaultType(surroundings: Surroundings): string {
  return surroundings.defaultType() ?? NO_DEFAULT;
}

/** The datasource of a panel or query; neither type nor uid if it has none. */
export function sourceOf(value: Json | undefined, surroundings: Surroundings): Source {
  if (typeof value === "string") return isVariable(value) ? { type: "", uid: value } : NONE;
  if (!isObject(value)) return NONE;
  const [type, uid] = [text(value["type"]), text(value["uid"])];
  if (type === "" && uid !== "" && !isVariable(uid)) {
    return { type: surroundings.typeOf(uid) ?? defaultType(surroundings), uid };
  }
  return withGrafana({ type, uid });
}

/** The datasource of a variable: the default one if it names none. */
export function sourceOfVariable(value: Json | undefined, surroundings: Surroundings): Source {
  const isNamed = isObject(value) || (typeof value === "string" && isVariable(value));
  const { type, uid } = isNamed ? sourceOf(value, surroundings) : NONE;
  const given = isObject(value) ? text(value["uid"]) : uid;
  return type === "" && uid === "" ? { type: defaultType(surroundings), uid } : { type, uid: given };
}

/** The datasource `grafana` can be named by its type only. */
export function withGrafana({ type, uid }: Source): Source {
  return { type, uid: type === "datasource" && uid === "" ? "grafana" : uid };
}

/** A query in schema v2. */
export function dataQuery(spec: JsonObject, { type, uid }: Source): JsonObject {
  const datasource = uid === "" ? undefined : { name: uid };
  return defined({ kind: "DataQuery", group: type, version: "v0", datasource, spec });
}

/** A datasource in the classic schema, from a query, or from a variable with the same fields. */
export function datasourceOf({ group, datasource }: JsonObject): JsonObject | undefined {
  const type = text(group);
  const uid = isObject(datasource) ? filledText(datasource["name"]) : undefined;
  if (uid !== undefined) return { type, uid };
  return type === "" ? undefined : { type };
}

function isVariable(name: string): boolean {
  return name.startsWith("$");
}
