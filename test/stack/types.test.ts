import { expect, test } from "vitest";
import { env } from "../../src/index.ts";
import { defineStack, type StackDefinition } from "../../src/stack/index.ts";

/** Definitions that the compiler rejects. */
const INVALID: Readonly<Record<string, () => unknown>> = {
  // @ts-expect-error
  "an unknown property": () => defineStack({ nam: "acme" }),
  // @ts-expect-error
  "an unknown service": () => defineStack({ services: { prometeus: {} } }),
  // @ts-expect-error
  "an unknown setting": () => defineStack({ services: { prometheus: { retension: "30d" } } }),
  // @ts-expect-error
  "a setting of another service": () => defineStack({ services: { loki: { sampling: 5 } } }),
  // @ts-expect-error
  "a number for a duration": () => defineStack({ scrapeInterval: 15 }),
  // @ts-expect-error
  "a number for memory": () => defineStack({ services: { redis: { memory: 512 } } }),
  // @ts-expect-error
  "an unknown log collector": () => defineStack({ logs: { collector: "fluentd" } }),
  // @ts-expect-error
  "an unknown storage": () => defineStack({ services: { jaeger: { storage: "cassandra" } } }),
  // @ts-expect-error
  "a string for a port": () => defineStack({ services: { redis: { ports: { redis: "6379" } } } }),
  // @ts-expect-error
  "a port of another service": () => defineStack({ services: { redis: { ports: { http: 6380 } } } }),
  // @ts-expect-error
  "true for a port": () => defineStack({ services: { redis: { ports: { redis: true } } } }),
  // @ts-expect-error
  "true for a service": () => defineStack({ services: { redis: true } }),
  // @ts-expect-error
  "a number for a variable": () => defineStack({ services: { grafana: { environment: { GF_LOG_LEVEL: 1 } } } }),
  // @ts-expect-error
  "undefined for an optional property": () => defineStack({ services: { redis: { maxMemory: undefined } } }),
  // @ts-expect-error
  "a promise": () => defineStack(Promise.resolve({ name: "acme" })),
};

test.each(Object.entries(INVALID))("%s is rejected by the types and at run time", (_what, define) => {
  expect(define).toThrow(expect.objectContaining({ code: "stack-definition-invalid" }));
});

test("a definition can be composed of typed parts", () => {
  const services: StackDefinition["services"] = {
    prometheus: { retention: "30d", ports: { http: false } },
    grafana: { environment: { GF_SMTP_PASSWORD: env("SMTP_PASSWORD") } },
    jaeger: { storage: { elasticsearch: "https://es.example.org:9200" } },
    redis: false,
  };
  const definition = { name: "acme", backend: false, logs: { application: false }, services } satisfies StackDefinition;
  expect(defineStack(definition).services.has("redis")).toBe(false);
  // A string from the environment is checked only at run time.
  const interval: string = process.env["STACK_TEST_INTERVAL"] ?? "30s";
  expect(defineStack({ ...definition, scrapeInterval: interval }).scrapeInterval).toBe("30s");
});
