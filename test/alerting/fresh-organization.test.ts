import { expect, onTestFinished, test } from "vitest";
import { contactPoint, dashboard, folder, messageTemplate, muteTiming, notificationPolicy } from "../../src/index.ts";
import { address } from "../../src/engine/model.ts";
import { converge, planFor } from "../helpers/converge.ts";
import { faultyProxy, type Fate } from "../helpers/faulty-proxy.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";

// Grafana creates the Alertmanager configuration of a new organization up to a minute later.

const headers = { "Content-Type": "application/json" };
const NO_CONFIGURATION = "No alertmanager configuration present in this organization";

/** The responses of Grafana 12.4.0 until then, by method and collection. */
const RECORDED: Readonly<Record<string, readonly [status: number, body: object]>> = {
  "GET contact-points": [
    500,
    { statusCode: 500, messageId: "alerting.notification.configMissing", message: NO_CONFIGURATION },
  ],
  "POST contact-points": [500, { message: "Internal Server Error" }],
  "GET policies": [404, { message: "could not find an Alertmanager configuration" }],
  "PUT policies": [404, { message: "could not find an Alertmanager configuration" }],
  "DELETE policies": [500, { message: "failed to reset notification policy tree" }],
  "GET mute-timings": [500, { message: "failed to get mute timings" }],
  "POST mute-timings": [500, { message: "failed to create mute timing" }],
  "GET templates": [500, { message: "Internal Server Error" }],
  "PUT templates": [500, { message: "Internal Server Error" }],
};

interface Organization {
  readonly url: string;
  /** The requests for notification objects that failed, in order. */
  readonly failed: string[];
  configured: boolean;
}

async function freshOrganization(grafana: TestGrafana): Promise<Organization> {
  const proxy = await faultyProxy(grafana.url, ({ method, path }): Fate => {
    const [, collection] = /^\/api\/v1\/provisioning\/([a-z-]+)/.exec(path) ?? [];
    const answer = collection === undefined ? undefined : RECORDED[`${method} ${collection}`];
    if (state.configured || !answer) return "pass";
    state.failed.push(`${method} ${collection}`);
    return { status: answer[0], headers, body: JSON.stringify(answer[1]) };
  });
  onTestFinished(() => proxy.close());
  const state: Organization = { url: proxy.url, failed: [], configured: false };
  return state;
}

function codeFor(grafana: TestGrafana) {
  const home = folder({ uid: grafana.name("home"), title: grafana.name("Home") });
  const board = dashboard({ uid: grafana.name("board"), folder: home, spec: { title: "Board" } });
  const point = contactPoint({
    name: grafana.name("ops"),
    integrations: [{ type: "email", settings: { addresses: "ops@example.com" } }],
  });
  const nights = muteTiming({ name: grafana.name("nights"), time_intervals: [{ weekdays: ["sunday"] }] });
  const text = messageTemplate({ name: grafana.name("text"), template: '{{ define "x" }}x{{ end }}' });
  return { home, board, point, nights, text };
}

test("in a new organization, a plan shows notification objects as new, without waiting", async () => {
  const grafana = await testGrafana();
  const organization = await freshOrganization(grafana);
  const { home, point, nights, text } = codeFor(grafana);
  const context = await grafana.context(grafana.name("own"), { url: organization.url });

  const { plan } = await planFor(context, [home, point, nights, text, notificationPolicy({ receiver: point })]);

  expect(plan.changes.map(({ action, kind }) => `${action} ${kind}`).toSorted()).toEqual([
    "create contact-point",
    "create folder",
    "create message-template",
    "create mute-timing",
    "create notification-policy",
  ]);
});

test("in a new organization, an apply writes dashboards at once, and the rest when Grafana is ready for it", async () => {
  const grafana = await testGrafana();
  const organization = await freshOrganization(grafana);
  const { home, board, point, nights, text } = codeFor(grafana);
  const waits: string[] = [];
  const order: string[] = [];
  const context = await grafana.context(grafana.name("own"), {
    url: organization.url,
    retryDelay: 1,
    onWait: ({ why }) => waits.push(why),
    onRequest({ method, path }) {
      if (method === "GET" && path.includes("contact-points") && waits.length > 0) order.push("poll");
      if (method === "POST" && path.includes("/dashboards")) order.push("dashboard");
      // The dashboard was sent, and some polls later Grafana has created the configuration.
      const at = order.indexOf("dashboard");
      if (at >= 0 && order.length > at + 3) organization.configured = true;
    },
  });

  const { outcomes } = await converge(context, [home, board, point, nights, text]);

  expect(outcomes.map(({ change }) => address(change))).toHaveLength(5);
  expect(waits).toHaveLength(1);
  expect(organization.failed.filter((request) => !request.startsWith("GET"))).toEqual([]);
});

test("an organization that gets no configuration fails only its notification objects", async () => {
  const grafana = await testGrafana();
  const organization = await freshOrganization(grafana);
  const { home, board, nights } = codeFor(grafana);
  const context = await grafana.context(grafana.name("own"), { url: organization.url, retryDelay: 1, patience: 50 });

  const states = await converge(context, [home, board, nights]).then(
    () => [],
    () => planFor(context, [home, board, nights]),
  );

  const { changes } = "plan" in states ? states.plan : { changes: [] };
  expect(changes.map(({ kind }) => kind)).toEqual(["mute-timing"]);
});

test("another error of the same status is reported", async () => {
  const grafana = await testGrafana();
  const proxy = await faultyProxy(grafana.url, ({ path }) =>
    path.includes("/mute-timings")
      ? { status: 500, headers, body: '{"message":"failed to get mute timings"}' }
      : "pass",
  );
  onTestFinished(() => proxy.close());
  const context = await grafana.context(grafana.name("own"), { url: proxy.url });
  await expect(planFor(context, [codeFor(grafana).nights])).rejects.toThrow("failed to get mute timings");
});
