import { withCommonParts } from "../../../import/code/common.ts";
import { builtBy, type Constant, type Expression } from "../../../import/code/expression.ts";
import { identifierFrom } from "../../../import/code/names.ts";
import type { Part } from "../../../import/sdk/values.ts";
import type { Writer } from "../../../import/sdk/writer.ts";
import { equal, isObject, textOf, withoutNulls, type JsonObject } from "../../../util/json.ts";
import { canonicalDashboard } from "../model/canonical.ts";
import { isLegacy } from "../model/legacy-panels.ts";
import { assignRefIds, objects } from "../model/panels.ts";
import { panelPlugins } from "../model/saved-in-ui/plugins.ts";
import type { Surroundings } from "../model/saved-in-ui/saved-in-ui.ts";
import { corrected } from "./corrected.ts";

/** How often the code of a panel is corrected. Every correction sets more of what Grafana stores. */
const CORRECTIONS = 4;

export interface PanelSource {
  readonly writer: Writer;
  readonly surroundings: Surroundings;
}

/** The builder of a panel, and what it builds. */
export interface BuiltPanel {
  readonly expression: Expression;
  readonly built: JsonObject;
}

/**
 * The builder of a panel. `form`: its canonical form; `raw`: the panel as Grafana stores it; `stated`: what the code sets
 * in addition, such as its position.
 */
export function panelExpression(
  form: JsonObject,
  raw: JsonObject,
  stated: JsonObject,
  { writer, surroundings }: PanelSource,
): BuiltPanel | undefined {
  const goal = contentOf(form);
  const { pluginVersion } = raw;
  // Some panels can only be compared with the version that saved them. The last attempt is the panel as it is stored.
  const attempts: JsonObject[] = [
    goal,
    ...(pluginVersion === undefined ? [] : [{ ...goal, pluginVersion }]),
    contentOf(withoutNulls(raw) as JsonObject),
  ];
  for (const first of attempts) {
    // What the builder sets by itself, Grafana does not have.
    const got = { ...first, ...(overlaid(ownSettings(form, { writer, surroundings }), first) as JsonObject) };
    const defaults = defaultsOf(form, surroundings);
    let wanted = corrected({ wanted: withoutUsualRefIds(first), goal: first, got, raw, defaults }) as JsonObject;
    for (let round = 0; round < CORRECTIONS; round++) {
      const expression = writer.builder({ ...wanted, ...stated }, "dashboard.Panel");
      if (!expression) break;
      const built = builtBy(expression);
      const got = canonicalPanel(built, surroundings);
      if (equal(got, goal)) return { expression, built };
      const next = corrected({ wanted, goal, got, raw, defaults }) as JsonObject;
      if (equal(next, wanted)) break;
      wanted = next;
    }
  }
  return undefined;
}

const ownSettingsOf = new Map<string, JsonObject>();

/** The canonical form of what the builder of a panel's type sets without any call of a method. */
function ownSettings(panel: JsonObject, { writer, surroundings }: PanelSource): JsonObject {
  const type = textOf(panel["type"]);
  const key = `${type} ${isLegacy(panel)} ${surroundings.version}`;
  const known = ownSettingsOf.get(key);
  if (known) return known;
  const expression = isLegacy(panel) ? undefined : writer.builder({ type }, "dashboard.Panel");
  const own = expression ? canonicalPanel(builtBy(expression), surroundings) : {};
  ownSettingsOf.set(key, own);
  return own;
}

/** The properties of both; those of the second replace those of the first. */
function overlaid(below: Part, above: Part): Part {
  if (above === undefined) return below;
  if (!isObject(below) || !isObject(above)) return above;
  const keys = new Set([...Object.keys(below), ...Object.keys(above)]);
  return Object.fromEntries([...keys].map((key) => [key, overlaid(below[key], above[key])])) as JsonObject;
}

/** The same panels, with functions for what several of them have in common. A panel that this would change stays as it is. */
export function sharingCode(panels: readonly BuiltPanel[]): BuiltPanel[] {
  const expressions = withCommonParts(panels.map(({ expression }) => expression));
  return panels.map((panel, index) => {
    const expression = expressions[index];
    return expression && equal(builtBy(expression), panel.built) ? { ...panel, expression } : panel;
  });
}

export function panelConstant({ name, row }: PanelName, { expression: value, built }: BuiltPanel): Constant {
  return { type: "constant", name, value, built, part: row || "panels" };
}

interface PanelName {
  readonly name: string;
  /** The title of its row. */
  readonly row: string;
}

/** Names for the panels: by their titles, with the title of their row if another panel has the same title. */
export function namedPanels(form: JsonObject): ReadonlyMap<JsonObject, PanelName> {
  const all: { panel: JsonObject; row: string; title: string }[] = [];
  let row = "";
  for (const panel of objects(form["panels"])) {
    if (panel["type"] === "row") row = titleOf(panel);
    for (const one of panel["type"] === "row" ? objects(panel["panels"]) : [panel])
      all.push({ panel: one, row, title: titleOf(one) });
  }
  const byTitle = Map.groupBy(all, ({ title }) => title);
  return new Map(
    all.map(({ panel, row: own, title }) => {
      const fallback = identifierFrom(textOf(panel["type"]), "panel");
      const others = byTitle.get(title) ?? [];
      const isAmbiguous = title !== "" && others.some((other) => other.row !== own);
      return [panel, { name: identifierFrom(isAmbiguous ? `${own} ${title}` : title, fallback), row: own }] as const;
    }),
  );
}

/** The title without variables, which are only in brackets or after a dollar sign. */
function titleOf(form: JsonObject): string {
  return textOf(form["title"]).replaceAll(/\$\{?(\w+)(:\w+)?\}?/g, "$1");
}

/** The defaults of the panel's plugin. */
function defaultsOf({ type }: JsonObject, { version }: Surroundings): JsonObject {
  const plugins = panelPlugins(version);
  const { options, fieldConfig } = (Object.hasOwn(plugins, textOf(type)) ? plugins[textOf(type)] : undefined) ?? {};
  return { ...(options ? { options } : {}), ...(fieldConfig ? { fieldConfig } : {}) };
}

function canonicalPanel(panel: JsonObject, surroundings: Surroundings): JsonObject {
  // The given panel stays as it is.
  const targets = objects(panel["targets"]).map((target) => ({ ...target }));
  const own = targets.length > 0 ? { targets } : {};
  const model: JsonObject = { panels: [{ id: 1, ...panel, ...own, gridPos: { x: 0, y: 0, w: 24, h: 1 } }] };
  assignRefIds(model);
  const [form = {}] = objects(canonicalDashboard(model, surroundings)["panels"]);
  return contentOf(form);
}

function contentOf({ id: _id, gridPos: _position, ...content }: JsonObject): JsonObject {
  return content;
}

/** Without the refIds that the tool assigns itself. */
function withoutUsualRefIds(panel: JsonObject): JsonObject {
  const targets = objects(panel["targets"]);
  if (targets.length === 0) return panel;
  const bare = targets.map(({ refId: _, ...target }) => target);
  const assigned = structuredClone(bare) as JsonObject[];
  assignRefIds({ panels: [{ targets: assigned }] });
  const isUsual = targets.every((target, index) => equal(target["refId"], assigned[index]?.["refId"]));
  return isUsual && targets.every(isObject) ? { ...panel, targets: bare } : panel;
}
