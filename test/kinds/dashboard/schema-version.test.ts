import { expect, test } from "vitest";
import { bodyToSend } from "../../../src/kinds/dashboard/model-to-send.ts";
import type { JsonObject } from "../../../src/util/json.ts";

const sent = (spec: JsonObject) => bodyToSend({ kind: "dashboard", uid: "d", spec }, undefined)["schemaVersion"];

test("a dashboard without a schema version has the latest one, except if its panels are in rows", () => {
  expect(sent({ title: "T", panels: [] })).toBe(42);
  expect(sent({ title: "T", schemaVersion: 16 })).toBe(16);
  expect(sent({ title: "T", rows: [{ panels: [{ type: "text" }] }] })).toBeUndefined();
  expect(sent({ title: "T", schemaVersion: 14, rows: [] })).toBe(14);
});
