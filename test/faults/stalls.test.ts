import { expect, test } from "vitest";
import { isCreation, oneDashboard, runThrough, type Fault } from "./through.ts";

test("after a stall of 30 seconds before a write, the write is repeated, and the object exists once", async () => {
  const stall: Fault = { fate: () => "stall", times: 1 };
  const { code, stdout, stderr, sent } = await runThrough(["apply"], isCreation, stall, oneDashboard);

  expect(stdout).toContain("Applied: 1 added, 0 changed, 0 destroyed.\n");
  expect({ code, sent, stderr }).toEqual({ code: 0, sent: 2, stderr: "" });
});
