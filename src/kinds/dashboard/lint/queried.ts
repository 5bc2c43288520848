import type { Queried, QueriedPanel, QueriedTarget, QueriedVariable } from "../../../engine/queried.ts";
import { isObject, textOf, type Json, type JsonObject } from "../../../util/json.ts";
import { objects, refIdsOf } from "../model/panels.ts";
import { elementsIn } from "../v2/elements.ts";
import { placedPanels } from "./classic.ts";
import { isInternal, objectIn, sourceIn } from "./parts.ts";
import { placesIn, sourceV2, withoutWrapper } from "./v2.ts";

/** What a dashboard in the classic schema asks. */
export function classicQueries(model: JsonObject): Queried {
  const annotations = objects(objectIn(model, "annotations")["list"]);
  return {
    board: {
      panels: placedPanels(model).map(({ panel, path, row }) => queriedPanel(panel, path, row)),
      variables: objects(objectIn(model, "templating")["list"]).map((variable, index) => {
        const path = `spec.templating.list[${index}]`;
        const target = targetOf(variable["query"], variable["datasource"], `${path}.query`);
        return variableOf(variable, { path, type: textOf(variable["type"]), target });
      }),
      annotations: annotations.flatMap((annotation, index) => {
        const path = `spec.annotations.list[${index}]`;
        const own = isObject(annotation["target"]) && Object.keys(annotation["target"]).length > 0;
        const target = own
          ? targetOf(annotation["target"], annotation["datasource"], `${path}.target`)
          : targetOf({ ...annotation }, annotation["datasource"], path);
        return isInternal(target.datasource) ? [] : [{ name: textOf(annotation["name"]), target }];
      }),
    },
  };
}

/** `row`: the row that contains the panel, which can be repeated. */
export function queriedPanel(panel: JsonObject, path: string, row?: JsonObject): QueriedPanel {
  const common = panel["datasource"];
  const repeats = [row?.["repeat"], panel["type"] === "row" ? undefined : panel["repeat"]].map(textOf);
  const shared = objectIn(panel, "libraryPanel");
  const targets = objects(panel["targets"]);
  const refIds = refIdsOf(targets.map((target) => target["refId"]));
  return {
    path,
    title: textOf(panel["title"]),
    targets: targets.map((target, index) => ({
      ...targetOf(target, sourceIn(target["datasource"]) ? target["datasource"] : common, `${path}.targets[${index}]`),
      refId: refIds[index] ?? "",
    })),
    ...optionsOf(panel),
    repeatedBy: repeats.filter((name) => name !== ""),
    ...(textOf(shared["uid"]) === "" ? {} : { sharedId: textOf(shared["uid"]) }),
  };
}

/** The settings of a panel's queries. `interval` is the minimum of `$__interval`. */
function optionsOf({ interval, maxDataPoints, timeFrom, timeShift }: JsonObject) {
  const points = Number(maxDataPoints ?? 0);
  return {
    ...(textOf(interval) === "" ? {} : { minInterval: textOf(interval) }),
    ...(points > 0 ? { maxDataPoints: points } : {}),
    ...(textOf(timeFrom) === "" ? {} : { timeFrom: textOf(timeFrom) }),
    ...(textOf(timeShift) === "" ? {} : { timeShift: textOf(timeShift) }),
  };
}

function targetOf(query: Json | undefined, source: Json | undefined, path: string): QueriedTarget {
  const model = isObject(query) ? query : { query: textOf(query) };
  const named = sourceIn(model["datasource"]) ?? sourceIn(source);
  // Grafana's own datasource, which some versions write without its uid.
  const datasource = named?.type === "datasource" && named.uid === undefined ? { ...named, uid: "grafana" } : named;
  return {
    path,
    refId: textOf(model["refId"]) || "A",
    hidden: model["hide"] === true,
    model,
    ...(datasource ? { datasource } : {}),
  };
}

interface Found {
  readonly path: string;
  readonly type: string;
  readonly target: QueriedTarget;
}

const TYPES = ["query", "custom", "interval", "constant", "textbox", "adhoc", "groupby", "switch"] as const;

/** A variable. The properties are the same in both schemas, except the type, the query and the plugin of datasources. */
function variableOf(variable: JsonObject, { path, type: given, target }: Found): QueriedVariable {
  const type = given === "datasource" ? "sources" : (TYPES.find((one) => one === given) ?? "other");
  // A switch of schema v2 has only the value.
  const { current } = variable;
  const value = isObject(current) ? current["value"] : current;
  const selected = (Array.isArray(value) ? value : [value]).flatMap((one) =>
    typeof one === "string" || typeof one === "number" ? [`${one}`] : [],
  );
  const allValue = textOf(variable["allValue"]);
  const { query } = variable;
  return {
    path,
    name: textOf(variable["name"]),
    type,
    text: textOf(query) || textOf(variable["pluginId"]),
    regex: textOf(variable["regex"]),
    multi: variable["multi"] === true,
    includeAll: variable["includeAll"] === true,
    ...(allValue === "" ? {} : { allValue }),
    current: type === "switch" ? selected : selected.filter((one) => one !== ""),
    ...(type === "query" ? { target } : {}),
  };
}

/** What a dashboard in schema v2 asks. */
export function queriesV2(spec: JsonObject): Queried {
  const places = placesIn(objectIn(spec, "layout"));
  return {
    board: {
      panels: elementsIn(spec).map(([name, element]) => {
        const path = `spec.elements.${name}.spec`;
        const own = objectIn(element, "spec");
        const data = objectIn(objectIn(own, "data"), "spec");
        const shared = textOf(objectIn(own, "libraryPanel")["uid"]);
        const queries = objects(data["queries"]).map((one) => objectIn(one, "spec"));
        const refIds = refIdsOf(queries.map((query) => query["refId"]));
        return {
          path,
          title: textOf(own["title"]),
          targets: queries.map((query, index) => {
            const at = `${path}.data.spec.queries[${index}].spec.query`;
            return {
              ...targetV2(objectIn(query, "query"), at),
              refId: refIds[index] ?? "",
              hidden: query["hidden"] === true,
            };
          }),
          ...optionsOf(objectIn(data, "queryOptions")),
          repeatedBy: (places.get(name)?.repeatedBy ?? []).filter((variable) => variable !== ""),
          ...(element["kind"] === "LibraryPanel" && shared !== "" ? { sharedId: shared } : {}),
        };
      }),
      variables: objects(spec["variables"]).map((variable, index) => {
        const path = `spec.variables[${index}]`;
        const own = objectIn(variable, "spec");
        const kind = textOf(variable["kind"])
          .replace(/Variable$/, "")
          .toLowerCase();
        const target = targetV2(objectIn(own, "query"), `${path}.spec.query`);
        return variableOf(own, { path, type: kind === "text" ? "textbox" : kind, target });
      }),
      annotations: objects(spec["annotations"]).flatMap((annotation, index) => {
        const own = objectIn(annotation, "spec");
        const target = targetV2(objectIn(own, "query"), `spec.annotations[${index}].spec.query`);
        return isInternal(target.datasource) ? [] : [{ name: textOf(own["name"]), target }];
      }),
    },
  };
}

function targetV2(query: JsonObject, path: string): QueriedTarget {
  const datasource = sourceV2(query);
  const model = withoutWrapper(objectIn(query, "spec"));
  const refId = textOf(model["refId"]) || "A";
  return { path: `${path}.spec`, refId, hidden: false, model, ...(datasource ? { datasource } : {}) };
}
