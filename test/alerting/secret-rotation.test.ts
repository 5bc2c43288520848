import { expect, test } from "vitest";
import { apply } from "../../src/engine/apply.ts";
import type { KindContext } from "../../src/engine/kind-context.ts";
import { secretValues } from "../../src/secrets/values.ts";
import { Unavailable } from "../../src/grafana/errors.ts";
import { contactPoint, env, folder, secret } from "../../src/index.ts";
import { kinds } from "../../src/kinds/index.ts";
import { converge, planFor } from "../helpers/converge.ts";
import { MARKS } from "../helpers/mode.ts";
import { alertingGrafana } from "./support.ts";

/** The same Grafana, which returns 500 for every write of a contact point. */
function failing(context: KindContext): KindContext {
  const { client } = context.grafana;
  const send: typeof client.send = async (request) => {
    if (request.method === "PUT" && request.path.includes("contact-points")) {
      throw new Unavailable("it can't now", { exitCode: 1, status: 500, outcomeUnknown: true });
    }
    return client.send(request);
  };
  return { ...context, grafana: { ...context.grafana, client: { ...client, send } } };
}

// Without a ledger, it is unknown what was sent.
test.runIf(MARKS)("a changed secret whose write failed is in the next plan [needs marks]", async () => {
  const grafana = await alertingGrafana();
  const base = await grafana.context(grafana.name("own"));
  const withToken = (token: string): KindContext => ({
    ...base,
    secrets: secretValues({ variables: { TOKEN: token, GRAFANA_PROVISION_KEY: "key" } }),
  });
  const name = grafana.name("hook");
  const settings = { url: "http://127.0.0.1:1/", authorization_credentials: secret(env("TOKEN")) };
  const code = [
    folder({ uid: grafana.name("home"), title: grafana.name("home") }),
    contactPoint({ name, integrations: [{ type: "webhook", settings }] }),
  ];
  await converge(withToken("one"), code);

  const prepared = await planFor(withToken("two"), code);
  expect(prepared.plan.changes).toMatchObject([{ id: name, differences: [{ path: "secrets" }] }]);
  const options = { kinds, concurrency: 1, emit: () => {} };
  const [outcome] = await apply({ ...failing(withToken("two")), ledger: prepared.context.ledger }, prepared, options);
  expect(outcome?.status).toBe("failed");

  const again = await planFor(withToken("two"), code);
  expect(again.plan.changes).toMatchObject([{ id: name, differences: [{ path: "secrets" }] }]);
  await converge(withToken("two"), code);
});
