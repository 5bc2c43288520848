import { equal, isObject, textOf, type Json, type JsonObject } from "../../util/json.ts";
import {
  ABSENT,
  builtBy,
  call,
  fromJson,
  listOf,
  property,
  valueOf,
  type Chain,
  type ChainTools,
  type Expression,
  type Imported,
  type ObjectExpression,
  type Step,
} from "../code/expression.ts";
import { stepsOf } from "./steps.ts";
import type { Sdk } from "./sdk.ts";
import type { SdkType } from "./table.ts";
import { at, isEmpty, restOf, type Part } from "./values.ts";

/** This package's functions for what builders can't build. */
export interface WriterTools extends ChainTools {
  /** `fromObject({ ... })`: a builder of exactly this object. */
  readonly object: Imported;
}

/** An object without so many properties that its builder sets is clearer as an object. */
const MANY_REMOVED = 3;

/** What the writer can't know from the SDK. */
export interface WriterOptions {
  readonly sdk: Sdk;
  readonly tools: WriterTools;
  /** The expression for a value that has a name in the code, such as a datasource. */
  readonly replace?: (value: Json, key: string) => Expression | undefined;
  /** The modules whose builders may build a query. If there are several, one of them must have a method for all of it. */
  readonly modulesFor?: (query: JsonObject) => readonly string[];
  /** Whether to use only builders that set no property by themselves. Default: false. */
  readonly general?: boolean;
  /** The expression of an object that no builder builds, such as a query of another datasource. */
  readonly otherwise?: (value: JsonObject, type: string) => Expression | undefined;
  /** Builders that are already written, by the objects that they build. */
  readonly made?: ReadonlyMap<JsonObject, Made>;
}

export interface Made {
  /** `dashboard.Panel` */
  readonly builds: string;
  readonly expression: Expression;
}

interface Built extends Made {
  /** What the expression lacks. */
  readonly rest: JsonObject | undefined;
}

/** Writes JSON as the code of the SDK's builders that build it. */
export interface Writer {
  /** The builder of an object of this type, such as `dashboard.Dashboard`, with what it lacks merged into it. */
  builder(value: JsonObject, type: string): Expression | undefined;
  /** A value of this type; undefined if it is not a valid one. */
  value(value: Part, type: SdkType, key?: string): Expression | undefined;
}

export function sdkWriter(options: WriterOptions): Writer {
  const { sdk, tools, replace = () => undefined, modulesFor, general = false, otherwise, made } = options;
  const { builders, types, enums } = sdk.table;

  const replaced = (value: Json, key: string): Expression | undefined =>
    replace(value, key) ?? unitIn(value, (unit) => sdk.unit(unit));

  /** The builders of a type. A list of queries takes the queries of all datasources. */
  function candidates(type: string, value: JsonObject): readonly string[] {
    if (type !== "cog.Dataquery") {
      const all = namesIn(type).flatMap((name) => sdk.buildersOf(name));
      const plain = general ? all.filter((name) => Object.keys(builders[name]?.constants ?? {}).length === 0) : [];
      return plain.length > 0 ? plain : all;
    }
    return (modulesFor?.(value) ?? []).flatMap((module) => sdk.queryBuildersOf(module));
  }

  /** The type, or all types of a union. */
  function namesIn(name: string): readonly string[] {
    const type = types[name];
    if (type === undefined || typeof type === "string" || type[0] !== "|") return [name];
    const [, ...choices] = type;
    return choices.flatMap((one) => (typeof one !== "string" && one[0] === "@" ? [one[1]] : []));
  }

  function build(value: JsonObject, type: string): Built | undefined {
    const known = made?.get(value);
    if (known) return known.builds === type ? { ...known, rest: undefined } : undefined;
    const isGuess = type === "cog.Dataquery" && (modulesFor?.(value) ?? []).length > 1;
    const byScore = Map.groupBy(candidates(type, value), (name) => fitOf(name, value));
    for (const score of [...byScore.keys()].filter((one) => one >= 0).toSorted((a, b) => b - a)) {
      const built = (byScore.get(score) ?? []).flatMap((name) => chain(name, value) ?? []);
      const fitting = isGuess ? built.filter(({ rest }) => isEmpty(rest)) : built;
      const [best] = fitting.toSorted((a, b) => sizeOf(a.rest) - sizeOf(b.rest));
      if (best) return best;
    }
    const expression = otherwise?.(value, type);
    return expression && { builds: type, expression, rest: undefined };
  }

  function chain(name: string, value: JsonObject): Built | undefined {
    const builder = builders[name];
    if (!builder) return undefined;
    const args = builder.takes.map((path) => valueOf(textOf(path === "" ? "" : at(value, path)?.value)));
    const created: Expression = { type: "new", of: sdk.name(name), args };
    const base = baseOf(name, created, args);
    const steps = stepsOf(builder, value, base, { express, scoreOf });
    const { expression, built } = withSteps({ type: "chain", start: created, takes: builder.takes, steps, tools });
    const rest = restOf(value, built, (one) => made?.has(one) === true);
    return { builds: builder.builds, expression, rest };
  }

  /** How many constants of a builder the object has; below 0 if it has not all of them. */
  function fitOf(name: string, value: JsonObject): number {
    const constants = Object.entries(builders[name]?.constants ?? {});
    return constants.every(([path, constant]) => at(value, path)?.value === constant) ? constants.length : -1;
  }

  function scoreOf(value: JsonObject, type: string): number {
    const known = made?.get(value);
    if (known) return known.builds === type ? Number.POSITIVE_INFINITY : -1;
    const scores = candidates(type, value).map((name) => fitOf(name, value));
    return Math.max(otherwise?.(value, type) ? 0 : -1, ...scores);
  }

  function wrapped(built: Built | undefined, value: JsonObject): Expression | undefined {
    if (!built?.rest || built.expression.type !== "chain") return built?.expression;
    const whole = absentIn(built.rest) >= MANY_REMOVED ? expressNamedObject(value, built.builds) : undefined;
    return whole ? call(tools.object, whole) : { ...built.expression, rest: restExpression(built.rest) };
  }

  function restExpression(rest: JsonObject): ObjectExpression {
    const entry = (item: Part, key: string): Expression => {
      if (item === undefined) return ABSENT;
      return replaced(item, key) ?? (isObject(item) ? restExpression(item) : fromJson(item, replaced));
    };
    return { type: "object", entries: Object.entries(rest).map(([key, item]) => [key, entry(item, key)]) };
  }

  /** A part of an object of this type, if its properties have the types of the SDK. */
  function expressNamedObject(value: JsonObject, name: string): Expression | undefined {
    const type = types[name];
    if (!type || typeof type === "string" || type[0] !== "{") return undefined;
    return expressObject(value, type[1], Object.keys(type[1]));
  }

  function express(value: Part, type: SdkType, key = ""): Expression | undefined {
    if (value === undefined) return undefined;
    if (typeof type === "string") return expressPlain(value, type, key);
    const own = isObject(value) ? replaced(value, key) : undefined;
    if (own) return own;
    switch (type[0]) {
      case "=":
        return value === type[1] ? { type: "value", value, literal: true } : undefined;
      case "|": {
        const [, ...choices] = type;
        for (const one of choices) {
          const expression = express(value, one, key);
          if (expression) return expression;
        }
        return undefined;
      }
      case "[]":
        return Array.isArray(value)
          ? allOf(
              value.map((item) => express(item, type[1], key)),
              listOf,
            )
          : undefined;
      case "{}":
        return isObject(value)
          ? entriesOf(Object.entries(value).map(([name, item]) => [name, express(item, type[1], name)]))
          : undefined;
      case "{":
        return isObject(value) ? expressObject(value, type[1], type[2]) : undefined;
      case "@":
        return expressNamed(value, type[1], key);
      default: {
        const built = type[1];
        if (!isObject(value) || built[0] !== "@") return undefined;
        return wrapped(build(value, built[1]), value);
      }
    }
  }

  function expressPlain(value: Json, type: SdkType & string, key: string): Expression | undefined {
    if (type === "any") return fromJson(value, replaced, key);
    if (type === "null") return value === null ? valueOf(null) : undefined;
    if (typeof value !== type) return undefined;
    return (key === "unit" && typeof value === "string" ? sdk.unit(value) : undefined) ?? valueOf(value);
  }

  function expressObject(
    value: JsonObject,
    properties: Readonly<Record<string, SdkType>>,
    optional: readonly string[],
  ): Expression | undefined {
    if (Object.keys(value).some((key) => !Object.hasOwn(properties, key))) return undefined;
    const needed = Object.keys(properties).filter((key) => !optional.includes(key) && !Object.hasOwn(value, key));
    // The canonical form has no nulls.
    const absent = needed.map((key) => [key, express(null, properties[key] ?? "any", key)] as const);
    const present = Object.keys(properties)
      .filter((key) => Object.hasOwn(value, key))
      .map((key) => [key, express(value[key], properties[key] ?? "any", key)] as const);
    return entriesOf([...absent, ...present]);
  }

  function expressNamed(value: Json, name: string, key: string): Expression | undefined {
    const members = enums[name];
    if (members) {
      const member = members.find(([, own]) => own === value);
      return member ? property(sdk.name(name), member[0]) : undefined;
    }
    const type = types[name];
    if (type) return express(value, type, key);
    // `dashboard.MappingType.ValueToText`: a member of an enum.
    const dot = name.lastIndexOf(".");
    const member = enums[name.slice(0, dot)]?.find(([own]) => own === name.slice(dot + 1));
    return member && member[1] === value ? property(sdk.name(name.slice(0, dot)), member[0]) : undefined;
  }

  return { builder: (value, type) => wrapped(build(value, type), value), value: express };
}

/** What the new builders build, by their class and arguments. */
const bases = new Map<string, JsonObject>();

function baseOf(name: string, created: Expression, args: readonly Expression[]): JsonObject {
  const build = () => builtBy(created);
  if (args.length > 0) return build();
  const base = bases.get(name) ?? build();
  bases.set(name, base);
  return base;
}

function allOf(
  items: readonly (Expression | undefined)[],
  make: (items: readonly Expression[]) => Expression,
): Expression | undefined {
  const all = items.filter((item) => item !== undefined);
  return all.length === items.length ? make(all) : undefined;
}

function entriesOf(entries: readonly (readonly [string, Expression | undefined])[]): Expression | undefined {
  return entries.some(([, value]) => value === undefined)
    ? undefined
    : { type: "object", entries: entries as readonly (readonly [string, Expression])[] };
}

/** The chain without the calls that the SDK rejects. */
function withSteps(chain: Chain): { expression: Chain; built: JsonObject } {
  try {
    return { expression: chain, built: builtBy(chain) };
  } catch {
    const accepted: Step[] = [];
    for (const step of chain.steps) {
      try {
        builtBy({ ...chain, steps: [...accepted, step] });
        accepted.push(step);
      } catch {
        // The SDK checks arguments, such as a width of at most 24. Grafana accepts others.
      }
    }
    const expression = { ...chain, steps: accepted };
    return { expression, built: builtBy(expression) };
  }
}

/** The number of properties that must be absent. */
function absentIn(rest: JsonObject): number {
  return Object.values(rest).reduce<number>(
    (sum, value: Part) => sum + (value === undefined ? 1 : isObject(value) ? absentIn(value) : 0),
    0,
  );
}

/** `{ id: "unit", value: "s" }`: the property of an override. */
function unitIn(value: Json, constantOf: (unit: string) => Expression | undefined): Expression | undefined {
  if (!isObject(value) || value["id"] !== "unit" || typeof value["value"] !== "string") return undefined;
  if (!equal(Object.keys(value).toSorted(), ["id", "value"])) return undefined;
  const unit = constantOf(value["value"]);
  return (
    unit && {
      type: "object",
      entries: [
        ["id", valueOf("unit")],
        ["value", unit],
      ],
    }
  );
}

function sizeOf(rest: JsonObject | undefined): number {
  return rest ? JSON.stringify(rest).length : 0;
}
