import { expect, test } from "vitest";
import { deletionsOf } from "../../src/engine/deletions.ts";
import type { LiveObject } from "../../src/engine/model.ts";
import type { Kinds } from "../../src/engine/resource.ts";

function object(id: string, more: Partial<LiveObject> = {}): LiveObject {
  return { id, title: id, version: "1", ownership: { state: "ours" }, touched: false, complete: true, ...more };
}

const kinds = new Map(["part", "user"].map((name) => [name, { name }])) as unknown as Kinds;
const part = object("a", { usedBy: ["user/one", "user/two"].map((user) => ({ user, named: "part/a" })) });

/** Why the object is not deleted, if these are deleted with it and these are written. */
function leftOf(deleted: readonly string[], written: Readonly<Record<string, readonly string[]>> = {}) {
  const doomed = deleted.map((id) => ({ kind: "user", object: object(id) }));
  const all = [{ kind: "part", object: part }, ...doomed];
  const live = new Map([["part", [part]]]);
  const changes = deletionsOf(all, { kinds, live, written: new Map(Object.entries(written)) }, () => undefined);
  return changes.find(({ kind }) => kind === "part")?.left?.message;
}

test("an object that Grafana reports as used is kept", () => {
  expect(leftOf([])).toBe("it is used by user/one, user/two");
  expect(leftOf(["one"])).toBe("it is used by user/two");
  expect(leftOf(["one", "two"])).toBeUndefined();
});

test("a user that this plan writes counts with its planned content", () => {
  expect(leftOf(["one"], { "user/two": [] })).toBeUndefined();
  expect(leftOf(["one"], { "user/two": ["part/a"] })).toBe("it is used by user/two");
});
