import fc from "fast-check";
import { expect, test } from "vitest";
import plugins from "../../../../src/kinds/dashboard/model/saved-in-ui/plugins/12.4.json" with { type: "json" };
import { dashboard } from "../../../../src/index.ts";
import { isObject, textOf, type Json, type JsonObject } from "../../../../src/util/json.ts";
import { remove } from "../../../engine/support.ts";
import { converge, planFor } from "../../../helpers/converge.ts";
import { testGrafana } from "../../../helpers/grafana.ts";
import { MARKS } from "../../../helpers/mode.ts";
import { readIn, saveInV2 } from "../../../helpers/schema-v2.ts";
import { GENERATED, runs, timeShare } from "../../../helpers/seed.ts";
import { saidOf } from "../edits.ts";
import { BOARDS } from "./boards.ts";
import { DYNAMIC } from "./dynamic.ts";
import { choiceV2, editV2 } from "./edits.ts";

/** Grafana 12.4 drops the variables of tabs and rows. */
const DROPPED = "adds a variable to a tab or row";

const CONTENTS = [...DYNAMIC, ...BOARDS.map(({ spec }) => spec)];

function partOf(value: Json | undefined, ...names: string[]): JsonObject {
  let one: Json | undefined = value;
  for (const name of names) one = isObject(one) ? one[name] : undefined;
  return isObject(one) ? one : {};
}

function withDefaults(own: JsonObject, defaults: JsonObject): JsonObject {
  const all = Object.entries(defaults).map(([name, value]): [string, Json] => {
    const given = own[name];
    return [
      name,
      isObject(value) && (given === undefined || isObject(given)) ? withDefaults(given ?? {}, value) : (given ?? value),
    ];
  });
  return { ...own, ...Object.fromEntries(all) };
}

const TIMESERIES = plugins.timeseries as unknown as JsonObject;

/** Adds what a save in the UI of Grafana 12.4 adds. */
function completeAsUi(spec: JsonObject): void {
  const time = partOf(spec["timeSettings"]);
  if (time["timezone"] === undefined) time["timezone"] = "browser";
  for (const element of Object.values(partOf(spec["elements"]))) {
    const viz = partOf(element, "spec", "vizConfig");
    const config = partOf(viz["spec"]);
    if (viz["group"] !== "timeseries") continue;
    viz["version"] = "12.4.0";
    const { defaults, ...rest } = partOf(config["fieldConfig"]);
    config["options"] = withDefaults(partOf(config["options"]), partOf(TIMESERIES["options"]));
    config["fieldConfig"] = {
      ...rest,
      defaults: withDefaults(partOf(defaults), partOf(TIMESERIES["fieldConfig"], "defaults")),
    };
  }
}

test.runIf(MARKS)("one edit in Grafana's UI is shown as this edit, and only that", GENERATED, async () => {
  const grafana = await testGrafana();
  const context = await grafana.context(grafana.name("own"));
  const isOver = timeShare();
  let count = 0;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...CONTENTS), choiceV2, async (content, choice) => {
      if (count > 0 && isOver()) return;
      fc.pre(choice.editor !== DROPPED && editV2(content, choice) !== undefined);
      const uid = grafana.name(`board-${++count}`);
      const code = dashboard({ uid, spec: structuredClone(content) as never });
      await converge(context, [code]);
      // Grafana may have dropped what its version doesn't know, and a user edits the rest.
      const edit = editV2((await readIn(grafana, "v2beta1", uid)).spec, choice);
      if (!edit) return;
      await saveInV2(grafana, uid, (spec) => {
        Object.assign(spec, structuredClone(edit.next));
        completeAsUi(spec);
      });
      const { plan } = await planFor(context, [code]);
      const found = plan.changes.flatMap(({ differences }) => differences.map(saidOf));
      // Panels below move with it, which is not a separate change.
      const own = edit.pushes ? found.filter((one) => !one.endsWith(".gridPos moved")) : found;
      const what = `${choice.editor} in ${textOf(content["title"])}`;
      const patterns = edit.expected.map((pattern) => expect.stringMatching(pattern) as string);
      // Their order depends on the direction of the comparison.
      expect(own, what).toEqual(expect.arrayContaining(patterns));
      expect(own, what).toHaveLength(patterns.length);
      expect(plan.changes.map(({ origin, left }) => [origin, left?.reason])).toEqual(
        edit.expected.length > 0 ? [["grafana", "drift"]] : [],
      );
      await remove(grafana, "dashboard", uid);
    }),
    { numRuns: runs(16), maxSkipsPerRun: 100 },
  );
  expect(count).toBeGreaterThan(0);
});
