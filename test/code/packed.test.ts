import { expect, test } from "vitest";
import { EXISTING } from "../../src/kinds/dashboard/model/datasource-uses.ts";
import { compressed, compressProperty, withCompressed } from "../../src/util/compress.ts";

const isCompressed = (object: object, key: string) => Object.getOwnPropertyDescriptor(object, key)?.get !== undefined;

test.for([
  ["", "nothing"],
  ["Größe ↗ 𝄞", "more than ASCII"],
  ["x".repeat(100_000), "a text that is larger than a chunk"],
  ["ß".repeat(300_000), "a text that is larger than the scratch buffer"],
] as const)("a text is restored unchanged: %$ (%s)", ([text]) => {
  expect(compressed(text)()).toBe(text);
});

test("a packed property can be read any number of times, unchanged", () => {
  const panels = [{ title: "a", targets: [{ expr: 'up{a="b"}' }] }];
  const object = withCompressed({ uid: "u", spec: { panels } }, "spec");

  expect(object).toEqual({ uid: "u", spec: { panels } });
  object.spec.panels.pop();
  expect({ ...object }.spec).toEqual({ panels });
});

test("a compressed property can be read and changed", () => {
  const object = { title: "t", panels: [{ id: 1 }] };
  compressProperty(object, "panels");
  expect(isCompressed(object, "panels")).toBe(true);
  expect(Object.keys(object)).toEqual(["title", "panels"]);

  object.panels.push({ id: 2 });
  expect(object.panels).toEqual([{ id: 1 }, { id: 2 }]);
  expect(isCompressed(object, "panels")).toBe(false);
});

test("a compressed property can be replaced", () => {
  const object = { panels: [{ id: 1 }] };
  compressProperty(object, "panels");
  object.panels = [{ id: 3 }];
  expect(JSON.stringify(object)).toBe('{"panels":[{"id":3}]}');
});

test.for([
  ["a datasource that is marked as existing", [{ datasource: { uid: "d", [EXISTING]: true } }]],
  ["a function", [{ format: () => "" }]],
  ["an undefined property", [{ title: undefined }]],
  ["an object of a class", [{ since: new Date(0) }]],
  ["a number that JSON can't represent", [{ max: Infinity }]],
  ["a frozen object", [Object.freeze({ id: 1 })]],
  ["a list with a hole", Object.assign([], { length: 2 })],
  ["an object that contains itself", circle()],
] as const)("%s is not packed, because JSON would change it", ([, panels]) => {
  const object = { panels };
  compressProperty(object, "panels");
  expect(isCompressed(object, "panels")).toBe(false);
  expect(object.panels).toBe(panels);
});

function circle(): unknown[] {
  const panels: unknown[] = [];
  panels.push({ panels });
  return panels;
}

test("a frozen dashboard is not changed", () => {
  const object = Object.freeze({ panels: [{ id: 1 }] });
  compressProperty(object, "panels");
  expect(isCompressed(object, "panels")).toBe(false);
});
