import type { NoSource, SourceContext } from "../../../engine/source.ts";
import { withCommonParts } from "../../../import/code/common.ts";
import {
  builtBy,
  call,
  evaluate,
  fromJson,
  property,
  valueOf,
  type Expression,
} from "../../../import/code/expression.ts";
import { identifierFrom } from "../../../import/code/names.ts";
import { sdkWriter, type Made } from "../../../import/sdk/writer.ts";
import { equal, isObject, textOf, type Json, type JsonObject } from "../../../util/json.ts";
import type { AnyDashboard, DashboardV2Model } from "../builder.ts";
import { observedForm, specV2Of, type LiveDashboard } from "../live-dashboard.ts";
import { placed } from "../plain.ts";
import { canonicalV2 } from "../v2/model/canonical.ts";
import { objects } from "../model/panels.ts";
import { elementsOf, partOf, specsOf } from "../v2/model/parts.ts";
import { toV2, toV2beta1 } from "../v2/shapes.ts";
import { builderFor, pruned, type Meaning } from "./minimal.ts";
import { writtenOnce } from "./known-panels.ts";
import { mergedObject } from "./plain-object.ts";
import { panelConstant, sharingCode, type BuiltPanel } from "./panels.ts";
import { formOf, resourceOf } from "./resource.ts";
import { writerTools } from "./tools.ts";

const MODULE = "dashboardv2";

/** The code of a dashboard that Grafana stores in schema v2: the SDK's builders, or else a typed object. */
export function writeV2(live: LiveDashboard, context: SourceContext): Expression | NoSource {
  const inV2: LiveDashboard = { ...live, schema: "v2" };
  const goal = observedForm(inV2);
  const uses: AnyDashboard = { kind: "dashboard", schema: "v2", spec: specV2Of(inV2) as unknown as DashboardV2Model };
  const isRight = (expression: Expression) => equal(formOf(evaluate(expression) as AnyDashboard, inV2, context), goal);
  const resource = (spec: Expression) => resourceOf(live, { uid: live.id, spec, uses }, context);
  const builder = builderOf(toV2(specV2Of(inV2)), inV2, context);
  if (builder) {
    const expression = resource(builder);
    const [shared = expression] = withCommonParts([expression]);
    for (const one of new Set([shared, expression])) if (isRight(one)) return one;
  }
  const model = toV2(specV2Of(inV2));
  const plain = resource(mergedObject(model, `${MODULE}.DashboardBuilder`, datasourceNames(context), context));
  return isRight(plain) ? plain : { left: "its schema v2 has properties that code can't have" };
}

/** Writes one part of a dashboard. */
type WritePart = (part: JsonObject, type: string, whole: (part: JsonObject) => JsonObject) => BuiltPanel | undefined;

/** The builder of a dashboard. Each part of it is compared on its own. */
function builderOf(raw: JsonObject, { surroundings }: LiveDashboard, context: SourceContext): Expression | undefined {
  const made = new Map<JsonObject, Made>();
  const tools = writerTools(context);
  const replace = datasourceNames(context);
  const otherwise = (value: JsonObject, type: string) =>
    type === typeOf("DataQueryKind") ? call(tools.object, fromJson(value, replace)) : undefined;
  const writer = sdkWriter({ sdk: context.sdk, tools, replace, made, otherwise });
  const canonical = (part: JsonObject) => canonicalV2(toV2beta1({ elements: {}, ...part }), surroundings);
  const write: WritePart = (part, type, whole) => {
    const meaning = (one: JsonObject) => canonical(whole(one));
    const expression = builderFor(part, typeOf(type), meaning, writer) ?? objectFor(part, type, meaning);
    return expression && { expression, built: builtBy(expression) };
  };
  const objectFor = (part: JsonObject, type: string, meaning: Meaning) => {
    const value = writer.value(pruned(part, meaning), ["@", typeOf(type)]);
    return value && call(tools.object, value);
  };
  const add = (part: JsonObject, type: string, whole: (part: JsonObject) => JsonObject) => {
    const written = write(part, type, whole);
    if (written) made.set(part, { builds: typeOf(type), expression: written.expression });
    return written !== undefined;
  };

  const { elements: _, layout, variables, annotations, links, timeSettings, ...settings } = raw;
  const panels = elementsOf(raw).map(([name, element]) => {
    const own = withoutOwnId(name, element);
    const writeElement = () => write(own, "Element", (one) => ({ elements: { [name]: withoutDefaultId(one) } }));
    return { name, own, built: writtenOnce(context.kinds, JSON.stringify(["v2", own, surroundings]), writeElement) };
  });
  const elements = Object.fromEntries(panels.map(({ name, own }) => [name, own]));
  const built = panels.flatMap((panel) => panel.built ?? []);
  if (built.length < panels.length || !isObject(layout)) return undefined;
  const rows = containersIn(layout);
  for (const [index, panel] of sharingCode(built).entries()) {
    const { name = "", own = {} } = panels[index] ?? {};
    const title = textOf(partOf(own, "spec")["title"]);
    const constant = panelConstant({ name: identifierFrom(title, "panel"), row: rows.get(name) ?? "" }, panel);
    made.set(own, { builds: typeOf("Element"), expression: constant });
  }
  for (const item of gridItemsIn(layout)) {
    const placed = placedItem(item, context);
    if (placed) made.set(item, { builds: typeOf("GridLayoutItemKind"), expression: placed });
  }
  const layoutBuilder = writer.builder(layout, typeOf(`${textOf(layout["kind"])}Kind`));
  if (!layoutBuilder) return undefined;
  made.set(layout, { builds: typeOf(`${textOf(layout["kind"])}Kind`), expression: layoutBuilder });
  const all = [
    ...objects(variables).map((one) => add(one, "VariableKind", (part) => ({ variables: [part] }))),
    ...objects(annotations).map((one) => add(one, "AnnotationQueryKind", (part) => ({ annotations: [part] }))),
    ...objects(links).map((one) => add(one, "DashboardLink", (part) => ({ links: [part] }))),
    !isObject(timeSettings) || add(timeSettings, "TimeSettingsSpec", (part) => ({ timeSettings: part })),
  ];
  if (all.includes(false)) return undefined;
  const isNeeded = (part: JsonObject) => !equal(canonical(part), canonical({}));
  const lists = {
    variables: objects(variables),
    annotations: objects(annotations).filter((one) => isNeeded({ annotations: [one] })),
    links: objects(links),
    ...(isObject(timeSettings) && isNeeded({ timeSettings }) ? { timeSettings } : {}),
  };
  const model = {
    ...pruned(settings, canonical),
    ...Object.fromEntries(Object.entries(lists).filter(([, list]) => !Array.isArray(list) || list.length > 0)),
    elements,
    layout,
  };
  return writer.builder(model, typeOf("Dashboard"));
}

function typeOf(name: string): string {
  return `${MODULE}.${name}`;
}

/** Without the id that an element gets by its name, such as `panel-3`. */
function withoutOwnId(name: string, element: JsonObject): JsonObject {
  const { id, ...spec } = partOf(element, "spec");
  return name === `panel-${textOf(id)}` ? { ...element, spec } : element;
}

/** The SDK's default id counts as missing. */
function withoutDefaultId(element: JsonObject): JsonObject {
  const { id, ...spec } = partOf(element, "spec");
  return id === 0 ? { ...element, spec } : element;
}

/** The titles of the rows or tabs that elements are in, by the names of elements. */
function containersIn(layout: JsonObject, title = ""): ReadonlyMap<string, string> {
  const { items, rows, tabs } = partOf(layout, "spec");
  const own = specsOf(items).map(({ spec }) => [textOf(partOf(spec, "element")["name"]), title] as const);
  const inner = specsOf(rows ?? tabs).flatMap(({ spec }) => [
    ...containersIn(partOf(spec, "layout"), textOf(spec["title"]) || title),
  ]);
  return new Map([...own, ...inner]);
}

function gridItemsIn(layout: JsonObject): JsonObject[] {
  const { items, rows, tabs } = partOf(layout, "spec");
  if (layout["kind"] === "GridLayout") return objects(items);
  return specsOf(rows ?? tabs).flatMap(({ spec }) => gridItemsIn(partOf(spec, "layout")));
}

/** `placed("panel-3", { x: 0, y: 8, width: 12, height: 8 })`, for an item that has nothing else. */
function placedItem({ spec }: JsonObject, context: SourceContext): Expression | undefined {
  const { element, ...place } = isObject(spec) ? spec : {};
  const { x, y, width, height, ...others } = place;
  if ([x, y, width, height].some((one) => typeof one !== "number") || Object.keys(others).length > 0) return undefined;
  const name = textOf(partOf(element)["name"]);
  return call(context.own("placed", placed), valueOf(name), fromJson({ x, y, width, height } as JsonObject));
}

/** `refV2` of datasources that Grafana has. */
function datasourceNames(context: SourceContext) {
  return (value: Json, key: string): Expression | undefined => {
    if (key !== "datasource" || !isObject(value) || Object.keys(value).length !== 1) return undefined;
    const uid = textOf(value["name"]);
    const live = uid === "" ? undefined : context.find("datasource", uid);
    const target = live?.id === uid ? context.refer("datasource", uid) : undefined;
    return target && property(target, "refV2");
  };
}
