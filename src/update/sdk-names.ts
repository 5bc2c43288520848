import type { Sdk } from "../import/sdk/sdk.ts";
import type { SdkMethod, SdkTable, SdkType } from "../import/sdk/table.ts";
import { isObject, type Json } from "../util/json.ts";
import type { Member } from "./source/source.ts";

/** What the Foundation SDK calls the properties and values of dashboards. */
export interface SdkNames {
  /** Whether a method sets a property: `span` sets `w`. */
  sets(method: string, key: string): boolean;
  /** The methods that set a property and take this value in all builders that have them. */
  settersOf(key: string, value: Json): readonly string[];
  /** The code of a value in place of a member of an enum or of the units. Its end is the end of the member. */
  instead(member: Member, old: Json, now: Json): { readonly text: string; readonly whole: boolean } | undefined;
}

export function sdkNames({ table }: Sdk): SdkNames {
  const methods = new Map<string, SdkMethod[]>();
  for (const { methods: own } of Object.values(table.builders))
    for (const [name, method] of Object.entries(own)) {
      const all = methods.get(name) ?? [];
      all.push(method);
      methods.set(name, all);
    }
  const lastOf = ({ path }: SdkMethod) => path.split(".").at(-1);
  return {
    sets: (method, key) => methods.get(method)?.some((one) => lastOf(one) === key) === true,
    settersOf: (key, value) =>
      [...methods].flatMap(([name, all]) => {
        const own = all.filter((one) => lastOf(one) === key);
        return own.length > 0 &&
          own.every(({ params, adds }) => !adds && params.length === 1 && takes(params[0], value, table))
          ? [name]
          : [];
      }),
    instead({ of, name }, old, now) {
      if (of === "units" && typeof old === "string" && typeof now === "string" && table.units[old] === name) {
        const unit = Object.hasOwn(table.units, now) ? table.units[now] : undefined;
        return unit === undefined ? { text: JSON.stringify(now), whole: true } : { text: unit, whole: false };
      }
      for (const [key, members] of Object.entries(table.enums)) {
        if (!key.endsWith(`.${of}`)) continue;
        if (!members.some(([member, value]) => member === name && value === old)) continue;
        const other = members.find(([, value]) => value === now);
        if (other) return { text: other[0], whole: false };
      }
      return undefined;
    },
  };
}

/** Whether a value is valid for a type as it is in JSON: members of enums and builders are not. */
function takes(type: SdkType | undefined, value: Json, table: SdkTable): boolean {
  if (type === undefined || type === "any") return false;
  if (typeof type === "string") return type === (value === null ? "null" : typeof value);
  const inside = (inner: SdkType | undefined, one: Json) => takes(inner, one, table);
  switch (type[0]) {
    case "=":
      return type[1] === value;
    case "|":
      return (type.slice(1) as SdkType[]).some((one) => inside(one, value));
    case "[]":
      return Array.isArray(value) && value.every((one) => inside(type[1], one));
    case "{}":
      return isObject(value) && Object.values(value).every((one) => inside(type[1], one));
    case "{": {
      const [, properties, optional] = type;
      if (!isObject(value)) return false;
      const missing = Object.keys(properties).filter((key) => !(key in value));
      return (
        missing.every((key) => optional.includes(key)) &&
        Object.entries(value).every(([key, one]) => inside(properties[key], one))
      );
    }
    case "@":
      return !(type[1] in table.enums) && inside(table.types[type[1]], value);
    default:
      return false;
  }
}
