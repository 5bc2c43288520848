import { expect, test } from "vitest";
import { unknownProperties } from "../../src/kinds/dashboard/model/unknown-properties.ts";
import { RECORDED } from "./recorded.ts";
import { RECORDED_V2 } from "./recorded-v2.ts";

test.skipIf(RECORDED.length === 0)("real dashboards cause no warnings about unknown properties", () => {
  const found = RECORDED.flatMap(({ name, input, live, savedInUi }) =>
    [input, live, savedInUi].flatMap((spec) => unknownProperties(spec, "classic").map((one) => ({ name, ...one }))),
  );
  expect(found).toEqual([]);
  expect(RECORDED.length).toBeGreaterThan(30);
});

test.skipIf(RECORDED_V2.length === 0)("real dashboards in schema v2 cause no warnings about unknown properties", () => {
  const found = RECORDED_V2.flatMap(({ name, before, after }) =>
    [before, after].flatMap(({ v1, v2 }) =>
      [...unknownProperties(v1, "classic"), ...unknownProperties(v2, "v2")].map((one) => ({ name, ...one })),
    ),
  );
  expect(found).toEqual([]);
  expect(RECORDED_V2.length).toBeGreaterThan(30);
});
