import { expect, test } from "vitest";
import type { KindContext } from "../../src/engine/kind-context.ts";
import { contactPoint, folder, muteTiming } from "../../src/index.ts";
import { converge, planFor } from "../helpers/converge.ts";
import { MARKS } from "../helpers/mode.ts";
import { testGrafana } from "../helpers/grafana.ts";

/** The same Grafana, whose first list at this path is empty. */
function onceEmpty(context: KindContext, path: string): KindContext {
  const { client } = context.grafana;
  let empty = true;
  const send: typeof client.send = async (request) => {
    const answer = await client.send(request);
    if (!empty || request.method !== "GET" || !request.path.startsWith(path)) return answer;
    empty = false;
    return [];
  };
  return { ...context, grafana: { ...context.grafana, client: { ...client, send } } };
}

test.runIf(MARKS).each(["/api/v1/provisioning/contact-points", "/api/v1/provisioning/mute-timings"])(
  "a list of %s that is empty once does not end ownership, and nothing is created again [needs marks]",
  async (path) => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const settings = { url: "http://127.0.0.1:1/" };
    const code = [
      folder({ uid: grafana.name("home"), title: grafana.name("home") }),
      contactPoint({ name: grafana.name("hook"), integrations: [{ type: "webhook", settings }] }),
      muteTiming({
        name: grafana.name("nights"),
        time_intervals: [{ times: [{ start_time: "00:00", end_time: "06:00" }] }],
      }),
    ];
    await converge(context, code);

    const { plan, forgotten } = await planFor(onceEmpty(context, path), code);
    expect(plan.changes).toEqual([]);
    expect(forgotten).toEqual([]);
    await converge(onceEmpty(context, path), code);
    expect((await planFor(context, [], { prune: true })).plan.changes.map(({ action }) => action)).toEqual([
      "delete",
      "delete",
      "delete",
    ]);
  },
);
