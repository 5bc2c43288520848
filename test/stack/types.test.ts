import { expect, test } from "vitest";
import { env } from "../../src/index.ts";
import { defineStack, type StackDefinition } from "../../src/stack/index.ts";

/** What an editor and `tsc` refuse, by what is wrong with it: each of these lines would be an error without its comment. */
const WRONG: Readonly<Record<string, () => unknown>> = {
  // @ts-expect-error
  "a property that isn't there": () => defineStack({ nam: "acme" }),
  // @ts-expect-error
  "a service that isn't there": () => defineStack({ services: { prometeus: {} } }),
  // @ts-expect-error
  "a setting that isn't there": () => defineStack({ services: { prometheus: { retension: "30d" } } }),
  // @ts-expect-error
  "a setting of another service": () => defineStack({ services: { loki: { sampling: 5 } } }),
  // @ts-expect-error
  "a number for a duration": () => defineStack({ scrapeInterval: 15 }),
  // @ts-expect-error
  "a number for memory": () => defineStack({ services: { redis: { memory: 512 } } }),
  // @ts-expect-error
  "another log collector": () => defineStack({ logs: { collector: "fluentd" } }),
  // @ts-expect-error
  "another storage": () => defineStack({ services: { jaeger: { storage: "cassandra" } } }),
  // @ts-expect-error
  "a text for a port": () => defineStack({ services: { redis: { ports: { redis: "6379" } } } }),
  // @ts-expect-error
  "a port of another service": () => defineStack({ services: { redis: { ports: { http: 6380 } } } }),
  // @ts-expect-error
  "true for a port": () => defineStack({ services: { redis: { ports: { redis: true } } } }),
  // @ts-expect-error
  "true for a service": () => defineStack({ services: { redis: true } }),
  // @ts-expect-error
  "a number for a variable": () => defineStack({ services: { grafana: { environment: { GF_LOG_LEVEL: 1 } } } }),
  // @ts-expect-error
  "undefined for what may be left out": () => defineStack({ services: { redis: { maxMemory: undefined } } }),
  // @ts-expect-error
  "what has to be awaited": () => defineStack(Promise.resolve({ name: "acme" })),
};

test.each(Object.entries(WRONG))("%s is refused by the types, and by the check as well", (_what, define) => {
  expect(define).toThrow("in the stack's definition");
});

test("a definition is written with what the types know, and in parts", () => {
  const services: StackDefinition["services"] = {
    prometheus: { retention: "30d", ports: { http: false } },
    grafana: { environment: { GF_SMTP_PASSWORD: env("SMTP_PASSWORD") } },
    jaeger: { storage: { elasticsearch: "https://es.example.org:9200" } },
    redis: false,
  };
  const definition = { name: "acme", backend: false, logs: { application: false }, services } satisfies StackDefinition;
  expect(defineStack(definition).services.has("redis")).toBe(false);
  // A name from elsewhere is a text, which the check tells more of.
  const interval: string = process.env["STACK_TEST_INTERVAL"] ?? "30s";
  expect(defineStack({ ...definition, scrapeInterval: interval }).scrapeInterval).toBe("30s");
});
