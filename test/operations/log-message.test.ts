import { expect, test } from "vitest";
import { messageOf } from "../../src/operations/log-message.ts";

test.each([
  ['{"level":"error","message":"no such user 42"}', "no such user #"],
  ['{"level":"error","msg":"","error":"EOF"}', "EOF"],
  ['{"level":"error"}', '{"level":"error"}'],
  ["{broken", "{broken"],
  ['level=error msg="can\'t connect" err=EOF', "can't connect: EOF"],
  ["2026-11-30T18:00:00.123Z ERROR failed after 3.5s", "… ERROR failed after #s"],
  ["request 0f8fad5b-d9cb-469f-a165-70867728950e failed", "request … failed"],
  ["trace 4bf92f3577b34da6a3ce929d0e0e4736 failed", "trace … failed"],
  ["from 10.0.0.7:8080 to 0xff", "from # to #"],
  ["a ".repeat(300), `${"a ".repeat(99)}a…`],
])("%s", (line, message) => {
  expect(messageOf(line)).toBe(message);
});
