import type { ServerResponse } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { createClient } from "../../src/grafana/client.ts";
import { createPace } from "../../src/grafana/pace.ts";
import { localServer } from "../cli/support.ts";

const LIMITED = new Error("limited");

function paceOf(maximum: number, wait = 0) {
  return createPace({ maximum, limited: (error) => (error === LIMITED ? wait : undefined) });
}

const done = () => Promise.resolve();
const limited = () => Promise.reject(LIMITED);

test("a rejection halves the limit, to at least 1, and successes raise it one by one to its maximum", async () => {
  const pace = paceOf(8);
  const limits: number[] = [];
  for (let times = 0; times < 4; times++) {
    await expect(pace.run(limited)).rejects.toBe(LIMITED);
    limits.push(pace.limit);
  }
  expect(limits).toEqual([4, 2, 1, 1]);
  for (let times = 0; times < 1 + 2 + 3; times++) await pace.run(done);
  expect(pace.limit).toBe(4);
  for (let times = 0; times < 100; times++) await pace.run(done);
  expect(pace.limit).toBe(8);
});

test("the rejections of one burst count once, and other errors do not count", async () => {
  const pace = paceOf(8);
  await Promise.allSettled(Array.from({ length: 8 }, () => pace.run(limited)));
  expect(pace.limit).toBe(4);
  await Promise.allSettled([pace.run(() => Promise.reject(new Error("other")))]);
  expect(pace.limit).toBe(4);
});

test("no more attempts run at once than the limit allows", async () => {
  const pace = paceOf(8);
  await expect(pace.run(limited)).rejects.toBe(LIMITED);
  let [running, most] = [0, 0];
  const attempt = async () => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running--;
  };
  await Promise.all(Array.from({ length: 4 }, () => pace.run(attempt)));
  expect(most).toBe(4);
});

test("all requests wait until the time that Grafana requests", async () => {
  const pace = paceOf(8, 60);
  const start = performance.now();
  await expect(pace.run(limited)).rejects.toBe(LIMITED);
  await Promise.all([pace.run(done), pace.run(done)]);
  expect(performance.now() - start).toBeGreaterThanOrEqual(59);
});

test("a client sends fewer requests at once after 429, and completes all of them", async () => {
  let [open, afterwards, answered] = [0, 0, 0];
  const respond = (response: ServerResponse): void => {
    open--;
    const reject = ++answered <= 2;
    response.writeHead(reject ? 429 : 200, { "Content-Type": "application/json", "Retry-After": "0" }).end("{}");
  };
  const { url } = await localServer((_request, response) => {
    open++;
    if (answered >= 2) afterwards = Math.max(afterwards, open);
    setImmediate(respond, response);
  });
  const client = await createClient({ url, credentials: { type: "none" }, retryDelay: 1, concurrency: 8 });
  onTestFinished(() => client.close());
  await client.send({ method: "GET", path: "/first" });
  await Promise.all(Array.from({ length: 6 }, (_, index) => client.send({ method: "GET", path: `/${index}` })));
  expect(afterwards).toBeLessThanOrEqual(4);
  expect(answered).toBe(9);
});
