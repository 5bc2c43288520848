import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { datasource, folder } from "../../src/index.ts";
import { converge, planFor } from "../helpers/converge.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { KUBERNETES } from "../helpers/mode.ts";
import { GENERATED, runs, timeShare } from "../helpers/seed.ts";
import { saidOf } from "../kinds/dashboard/edits.ts";

interface Source {
  readonly name: string;
  readonly url: string;
  readonly basicAuth: boolean;
  readonly jsonData: Readonly<Record<string, unknown>>;
}

interface Place {
  readonly title: string;
  readonly description: string;
  readonly inside: boolean;
}

const word = fc.stringMatching(/^[a-z]{3,8}$/);
const source: fc.Arbitrary<Source> = fc.record({
  name: word,
  url: word.map((host) => `http://${host}:9090`),
  basicAuth: fc.boolean(),
  jsonData: fc.record({ timeInterval: fc.constantFrom("10s", "15s"), nested: fc.record({ list: fc.array(word) }) }),
});
const place: fc.Arbitrary<Place> = fc.record({ title: word, description: word, inside: fc.boolean() });

/** Each edit changes one thing, and has the expected difference. */
const SOURCE_EDITS: readonly ((one: Source) => readonly [Source, string])[] = [
  (one) => [{ ...one, name: `${one.name} two` }, "changed name renamed"],
  (one) => [{ ...one, url: `${one.url}/prometheus` }, "changed url"],
  (one) => [{ ...one, basicAuth: !one.basicAuth }, `${one.basicAuth ? "removed" : "added"} basicAuth`],
  (one) => [{ ...one, jsonData: { ...one.jsonData, timeInterval: "60s" } }, "changed jsonData.timeInterval"],
  (one) => [{ ...one, jsonData: { ...one.jsonData, httpMethod: "POST" } }, "added jsonData.httpMethod"],
  (one) => [{ ...one, jsonData: { ...one.jsonData, nested: { list: ["another"] } } }, "changed jsonData.nested.list"],
];
const FOLDER_EDITS: readonly ((one: Place) => readonly [Place, string])[] = [
  (one) => [{ ...one, title: `${one.title} two` }, "changed title renamed"],
  (one) => [{ ...one, inside: !one.inside }, "changed parent moved"],
  // The older API accepts a description but never returns it.
  ...(KUBERNETES
    ? [(one: Place) => [{ ...one, description: `${one.description} two` }, "changed description"] as const]
    : []),
];

describe("one edit is planned as this edit", GENERATED, () => {
  test("of datasources", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("edits"));
    const build = ({ name, ...fields }: Source) => [
      datasource({ uid: grafana.name("source"), name: grafana.name(name), type: "prometheus", ...fields }),
    ];
    const isOver = timeShare();
    await fc.assert(
      fc.asyncProperty(source, fc.constantFrom(...SOURCE_EDITS), async (one, edit) => {
        if (isOver()) return;
        await converge(context, build(one));
        const [next, expected] = edit(one);
        const { plan } = await planFor(context, build(next));
        expect(plan.changes.flatMap(({ differences }) => differences.map(saidOf))).toEqual([expected]);
      }),
      { numRuns: runs(20) },
    );
  });

  test("of folders", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("edits"));
    const outer = folder({ uid: grafana.name("outer"), title: grafana.name("Outer") });
    const build = ({ title, description, inside }: Place) => [
      outer,
      folder({
        uid: grafana.name("one"),
        title: grafana.name(title),
        description,
        parent: inside ? outer : null,
      }),
    ];
    const isOver = timeShare();
    await fc.assert(
      fc.asyncProperty(place, fc.constantFrom(...FOLDER_EDITS), async (one, edit) => {
        if (isOver()) return;
        await converge(context, build(one));
        const [next, expected] = edit(one);
        const { plan } = await planFor(context, build(next));
        expect(plan.changes.flatMap(({ differences }) => differences.map(saidOf))).toEqual([expected]);
      }),
      { numRuns: runs(20) },
    );
  });
});
