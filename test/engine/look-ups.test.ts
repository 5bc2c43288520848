import { expect, test } from "vitest";
import { createLookUps, lookUp, type LookUp } from "../../src/engine/look-ups.ts";
import type { Client } from "../../src/grafana/client.ts";
import { Forbidden, Unavailable } from "../../src/grafana/errors.ts";

const grafana = { client: {} as Client };

/** A list whose answer is the number of its reads. */
function counted(kind?: string, fail: (read: number) => Error | undefined = () => undefined): LookUp<number> {
  let reads = 0;
  return {
    ...(kind === undefined ? {} : { kind }),
    async read() {
      const error = fail(++reads);
      if (error) throw error;
      return reads;
    },
  };
}

test("a list is read once for all look-ups of a run, and for each one outside of a run", async () => {
  const list = counted("team");
  const context = { grafana, lookUps: createLookUps() };
  expect(await Promise.all([lookUp(context, list), lookUp(context, list)])).toEqual([1, 1]);
  expect(await lookUp(context, list)).toBe(1);
  expect(await lookUp({ grafana }, list)).toBe(2);
  expect(await lookUp({ grafana, lookUps: createLookUps() }, list)).toBe(3);
});

test("a write of a kind discards only the lists that it changes, also those that are being read", async () => {
  const [teams, users] = [counted("team"), counted()];
  const lookUps = createLookUps();
  const context = { grafana, lookUps };
  await lookUp(context, users);
  const reading = lookUp(context, teams);
  lookUps.forget("team");
  expect(await lookUp(context, teams)).toBe(2);
  expect(await reading).toBe(1);
  lookUps.forget("folder");
  expect(await lookUp(context, teams)).toBe(2);
  expect(await lookUp(context, users)).toBe(1);
});

test("a list that could not be read is read again, unless a permission is missing", async () => {
  const passing = counted("team", (read) => (read === 1 ? new Unavailable("busy", { exitCode: 1 }) : undefined));
  const closed = counted("team", (read) => new Forbidden(`attempt ${read}`, { exitCode: 3 }));
  const context = { grafana, lookUps: createLookUps() };
  await expect(lookUp(context, passing)).rejects.toThrow("busy");
  expect(await lookUp(context, passing)).toBe(2);
  await expect(lookUp(context, closed)).rejects.toThrow("attempt 1");
  await expect(lookUp(context, closed)).rejects.toThrow("attempt 1");
});
