import type { MappedTo, Rename } from "../engine/mapping.ts";
import { isObject } from "../util/json.ts";
import { folderUid, type ExistingFolder, type Folder } from "./folder/builder.ts";

/** Replaces a value under a property name; undefined: it is walked through. */
type Replace = (value: unknown, around: object) => { readonly value: unknown; readonly around?: object } | undefined;

/** A copy in which the values of these properties are replaced, at any depth. Objects without a change are kept. */
function mapProperties<Value>(value: Value, replace: (property: string) => Replace | undefined): Value {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    const items = (value as unknown[]).map((item) => mapProperties(item, replace));
    return items.some((item, index) => item !== (value as unknown[])[index]) ? (items as Value) : value;
  }
  let result: object = value;
  for (const [key, item] of Object.entries(value) as [string, unknown][]) {
    const found = replace(key)?.(item, value);
    const now = found ? found.value : mapProperties(item, replace);
    if (now !== item) result = { ...result, [key]: now };
    if (found?.around) result = { ...result, ...found.around };
  }
  return result as Value;
}

/** What a library panel asks is mapped with it. */
const LIBRARY_PANEL: ReadonlySet<string> = new Set(["libraryPanel"]);

/** A model with other datasources: in queries, variables and annotations, in both schemas. */
export function mapDatasources<Value>(
  model: Value,
  rename: Rename,
  skipped: ReadonlySet<string> = LIBRARY_PANEL,
): Value {
  const target = (id: unknown) => (typeof id === "string" ? rename("datasource", id) : undefined);
  return mapProperties(model, (property) => {
    if (skipped.has(property)) return (value) => ({ value });
    if (property === "datasource") return (value, around) => datasourceIn(value, around, target);
    if (property === "current") return (value, around) => selectedIn(value, around, target);
    // In links from a field to another datasource.
    if (property === "datasourceUid")
      return (value) => (typeof value === "string" ? { value: renamed(value, rename) } : undefined);
    return undefined;
  });
}

function datasourceIn(
  value: unknown,
  around: object,
  target: (id: unknown) => MappedTo | undefined,
): ReturnType<Replace> {
  if (typeof value === "string") {
    const to = target(value);
    return { value: to ? to.id : value };
  }
  if (!isObject(value)) return { value };
  const key = typeof value["uid"] === "string" ? "uid" : "name";
  const to = target(value[key]);
  if (!to) return { value };
  const type = to.type !== undefined && "type" in value ? { type: to.type } : {};
  // In schema v2, the type is next to the reference.
  const group = to.type !== undefined && "group" in around ? { group: to.type } : {};
  return { value: { ...value, ...type, [key]: to.id }, around: group };
}

/** The selected value of a variable whose values are datasources, or several values. */
function selectedIn(
  value: unknown,
  around: object,
  target: (id: unknown) => MappedTo | undefined,
): ReturnType<Replace> {
  const isOfDatasources =
    ("type" in around && around.type === "datasource") || ("pluginId" in around && "options" in around);
  if (!isOfDatasources || !isObject(value)) return { value };
  const selected = value["value"];
  if (Array.isArray(selected)) {
    const ids = selected.map((one) => target(one)?.id ?? one);
    // A list of ids is also what the variable shows.
    return { value: ids.some((id, index) => id !== selected[index]) ? { ...value, value: ids, text: ids } : value };
  }
  const to = target(selected);
  return { value: to ? { ...value, value: to.id, text: to.id } : value };
}

/** The uids of datasources in settings with such names. */
export function mapNamedSettings<Value>(
  settings: Value,
  isName: (property: string) => boolean,
  rename: Rename,
  skipped?: ReadonlySet<string>,
): Value {
  return mapProperties(settings, (property) => {
    if (skipped?.has(property)) return (value) => ({ value });
    if (!isName(property)) return undefined;
    return (value) => (typeof value === "string" ? { value: renamed(value, rename) } : undefined);
  });
}

function renamed(id: string, rename: Rename): string {
  return rename("datasource", id)?.id ?? id;
}

/** The folder that takes the place of one; the same if it is not mapped. */
export function mapFolder<Place extends Folder | ExistingFolder | null | undefined>(
  place: Place,
  rename: Rename,
  project: string,
): Place | ExistingFolder {
  if (!place) return place;
  const to = rename("folder", folderUid(place, project));
  return to ? { kind: "folder", uid: to.id, existing: true } : place;
}

/** The receivers in routes and rules, by their objects or names. */
export function mapReceivers<Value>(value: Value, rename: Rename, skipped?: ReadonlySet<string>): Value {
  return mapProperties(value, (property) =>
    property === "receiver"
      ? (receiver) => {
          const isNamed = typeof receiver === "object" && receiver !== null && "name" in receiver;
          const name: unknown = isNamed ? receiver.name : receiver;
          const to = typeof name === "string" ? rename("contact-point", name) : undefined;
          if (!to) return { value: receiver };
          return { value: isNamed ? { kind: "contact-point", name: to.id, existing: true } : to.id };
        }
      : skipped?.has(property)
        ? (value) => ({ value })
        : undefined,
  );
}
